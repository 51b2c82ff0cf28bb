"""The Tab key, as shells ask the installed command."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ADVENT, Run
from tests.support.stacks import ROOT

FUNCTIONS = ["aws_advent", "sns_multiplier", "sns_logger"]


@pytest.fixture
def offered(advent: Run) -> "Offered":
    return Offered(advent)


class Offered:
    """What bash is told for a line; the last word is the one at the cursor."""

    def __init__(self, advent: Run) -> None:
        self.advent = advent

    def __call__(self, *words: str, **environment: str) -> list[str]:
        line = {"COMP_WORDS": " ".join(("advent", *words)), "COMP_CWORD": str(len(words))}
        done = self.advent(_ADVENT_COMPLETE="bash_complete", **line, **environment)
        assert done.stderr == ""
        return done.stdout.split()


def plain(*words: str) -> list[str]:
    return [f"plain,{word}" for word in words]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("lo",), plain("local", "logs")),
        (("logs", ""), plain(*FUNCTIONS)),
        (("logs", "sns_l"), plain("sns_logger")),
        (("logs", "-f", "sns_logger", ""), plain("aws_advent", "sns_multiplier")),
        (("--stack", "two", "logs", "two-a"), plain("two-aws_advent")),
        (("secret", ""), plain("slack-secret")),
        (("up", "--adopt", "t"), plain("table/table", "topic/awsadvent")),
        (("up", "--adopt", "table/table", "--adopt", "t"), plain("topic/awsadvent")),
        (("up", "--adopt", "p"), []),  # no policy can be adopted
        (("up", "--ad"), plain("--adopt")),
        (("policy", "s"), plain("status", "say", "slack", "slack-check")),
        (("slack", ""), plain("check", "manifest", "secret")),
        (("say", "a"), plain("awsadvent")),
        (("say", "awsadvent", "a"), []),
        (("new", "consumer", "x", "--topic", ""), plain("awsadvent")),
        (("new", "app", "x", "--from", "p"), plain("pipeline")),
        (("--target", ""), plain("local", "aws")),
        (("--config", "conf"), ["file,conf"]),
        (("down", "--export", "w"), ["file,w"]),
    ],
)
def test_words_are_offered(offered: Offered, words: tuple[str, ...], wanted: list[str]) -> None:
    assert offered(*words) == wanted


def test_they_are_those_of_the_config_that_is_meant(offered: Offered, tmp_path: Path) -> None:
    file = str(ROOT / "examples" / "pipeline" / "config.yaml")
    given = offered("--config", file, "logs", "")
    assert given
    assert not {*given} & {*plain(*FUNCTIONS)}
    assert offered("logs", "", ADVENT_CONFIG=file) == given


@pytest.mark.parametrize("text", ["", "stack: [", "stack: 5\n", "\x00\xff", "a: &a [*a]"])
def test_a_broken_config_is_no_matter(offered: Offered, tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="latin-1")
    for words in (
        ("logs", ""),
        ("secret", ""),
        ("up", "--adopt", ""),
        ("say", ""),
        ("new", "consumer", "x", "--topic", ""),
    ):
        assert offered(*words) == []
    assert offered("--stack", "no!such", "logs", "") == []
    assert offered("stat") == plain("status")


def test_a_config_that_is_a_directory_is_no_matter(offered: Offered, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    assert offered("logs", "") == []


def test_bash_itself_completes_a_line(tmp_path: Path) -> None:
    script = """
        eval "$(_ADVENT_COMPLETE=bash_source advent)"
        COMP_WORDS=(advent logs sns_m) COMP_CWORD=2
        $(complete -p advent | sed 's/.*-F \\([^ ]*\\).*/\\1/') advent sns_m logs
        echo "${COMPREPLY[@]}"
    """
    path = f"{ADVENT.parent}:/usr/bin:/bin"
    environment = {"PATH": path, "PYTHONPATH": str(ROOT)}
    command = ["bash", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("sns_multiplier\n", "")


@pytest.mark.parametrize(
    ("shell", "answer"), [("zsh", "plain\nsns_multiplier\n_\n"), ("fish", "plain,sns_multiplier\n")]
)
def test_the_other_shells_are_answered_too(advent: Run, shell: str, answer: str) -> None:
    word = {"COMP_CWORD": "2" if shell == "zsh" else "sns_m"}
    told = advent(_ADVENT_COMPLETE=f"{shell}_complete", COMP_WORDS="advent logs sns_m", **word).stdout
    assert told.replace("\nsns_multiplier\n\n", "\nsns_multiplier\n") == answer
    assert "_advent_completion" in advent(_ADVENT_COMPLETE=f"{shell}_source").stdout


@pytest.mark.parametrize(("line", "heavy"), [("advent lo", {"msgspec", "yaml"}), ("advent up --adopt t", set())])
def test_it_is_quick_for_nothing_heavy_is_loaded(tmp_path: Path, line: str, heavy: set[str]) -> None:
    program = "import sys; sys.argv = ['advent']\nfrom advent_cli.cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    asked = {"_ADVENT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    command, environment = [sys.executable, "-c", program], {"PYTHONPATH": str(ROOT), **asked}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout
    assert not {*done.stderr.split()} & {"boto3", "botocore", "rich", "ministack", *heavy}
