"""advent plan --format markdown: one comment on stdout however the command ends, everything else on stderr."""

from pathlib import Path

import pytest

from advent_cli.errors import DIFFERENT, REFUSED, USAGE
from advent_cli.local.lifecycle import Engine
from advent_cli.output.markdown_page import MARK
from advent_cli.stack.build import Stack
from tests.conftest import Run

COMMENT = ("plan", "--exit-code", "--format", "markdown")


@pytest.fixture
def app(engine: Engine, advent: Run, tmp_path: Path) -> Path:
    advent("new", "app", "hires", "--from", "new-hire")
    return tmp_path / "hires"


def test_a_new_app_then_nothing_then_a_change_that_loses_data(app: Path, advent: Run) -> None:
    new = advent(*COMMENT, code=DIFFERENT, cwd=app).stdout
    assert new.startswith(f"{MARK}\n")
    assert "to create**" in new
    assert "lost" not in new
    advent("up", "--yes", "--no-wait", cwd=app)
    nothing = advent(*COMMENT, cwd=app).stdout
    assert "**nothing to do: everything matches config.yaml**" in nothing
    (app / "config.yaml").write_text((app / "config.yaml").read_text().replace("name: steps", "name: moments"))
    losing = advent(*COMMENT, code=DIFFERENT, cwd=app).stdout
    assert losing.splitlines()[3:6] == [
        "> [!CAUTION]",
        "> **Data will be lost for good:** <code>advent up --yes</code> deletes",
        "> - <code>table hires-steps</code>, and with it its items",
    ]
    assert "table/hires-moments" in losing
    assert losing == advent(*COMMENT, code=DIFFERENT, cwd=app).stdout
    assert "prefix" not in losing
    elsewhere = advent("--config", "hires/config.yaml", *COMMENT, code=DIFFERENT).stdout
    assert "<code>advent --config hires/config&#46;yaml up --yes</code> deletes" in elsewhere
    assert len(advent("-v", *COMMENT, code=DIFFERENT, cwd=app).stdout) > len(losing)


def test_an_error_is_on_stderr_and_the_comment_claims_no_success(app: Path, advent: Run) -> None:
    with (app / "config.yaml").open("a") as file:
        file.write("regoin: <b>@team\n")
    done = advent(*COMMENT, code=USAGE, cwd=app)
    assert "unknown setting 'regoin'" in done.stderr
    assert done.stdout.startswith(f"{MARK}\n### advent plan failed\n")
    assert "unknown setting" in done.stdout
    assert "nothing to do" not in done.stdout


def test_a_misspelled_option_ends_in_a_comment_too(advent: Run) -> None:
    for words in (["--format", "markdown"], ["--format=markdown"]):
        done = advent("plan", *words, "--exit-cod", code=USAGE)
        assert done.stdout.startswith(f"{MARK}\n### advent plan failed\n")
        assert "--exit-cod" in done.stdout
        assert "--exit-cod" in done.stderr
    for other in (["plan", "--format", "text", "--exit-cod"], ["up", "--format", "markdown"]):
        assert advent(*other, code=USAGE).stdout == ""


def test_what_is_blocked_is_in_the_comment_with_what_to_do(deployed: Stack, advent: Run) -> None:
    topics = deployed.aws.client("sns")
    arn = deployed.topics["awsadvent"].arn
    topics.untag_resource(ResourceArn=arn, TagKeys=["advent:stack"])
    try:
        text = advent("--region", "us-east-1", *COMMENT, code=REFUSED).stdout
    finally:
        topics.tag_resource(ResourceArn=arn, Tags=[{"Key": "advent:stack", "Value": "awsadvent"}])
    assert "`!`&nbsp;blocked" in text
    assert "exists but is not managed by this stack" in text
    assert "advent --region us-east-1 up --adopt topic/awsadvent" in text.replace("&#45;", "-")
    assert "nothing to do" not in text


def test_one_format_at_a_time(advent: Run) -> None:
    for words, message in (
        (["--json"], "--format markdown cannot be combined with --json"),
        (["--explain"], "--explain cannot be combined with --json or another output format"),
    ):
        done = advent(*COMMENT, *words, code=USAGE)
        assert message in done.stdout + done.stderr
