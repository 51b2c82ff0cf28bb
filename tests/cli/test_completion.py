"""Shell completion of the installed command."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ADVENT, Run
from tests.support.stacks import ROOT

FUNCTIONS = ["aws_advent", "sns_multiplier", "sns_logger"]


@pytest.fixture
def completions(advent: Run) -> "Completions":
    return Completions(advent)


class Completions:
    """What bash gets for a command line; the last word is the one at the cursor."""

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
    ("words", "expected"),
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
        (("slack", ""), plain("check", "listen", "manifest", "secret")),
        (("say", "a"), plain("awsadvent")),
        (("say", "awsadvent", "a"), []),
        (("new", "consumer", "x", "--topic", ""), plain("awsadvent")),
        (("new", "app", "x", "--from", "p"), plain("pipeline")),
        (("--target", ""), plain("local", "aws")),
        (("--config", "conf"), ["file,conf"]),
        (("slack", "check", "--target", ""), plain("local", "aws")),
        (("logs", "--config", "conf"), ["file,conf"]),
        (("logs", "--stack", "two", "two-a"), plain("two-aws_advent")),
        (("--stack", "one", "logs", "--stack", "two", "two-a"), plain("two-aws_advent")),
        (("status", "--re"), plain("--region")),
        (("down", "--export", "w"), ["file,w"]),
    ],
)
def test_words_are_offered(completions: Completions, words: tuple[str, ...], expected: list[str]) -> None:
    assert completions(*words) == expected


def test_they_come_from_the_selected_config(completions: Completions, tmp_path: Path) -> None:
    file = str(ROOT / "examples" / "pipeline" / "config.yaml")
    names = completions("--config", file, "logs", "")
    assert names
    assert not {*names} & {*plain(*FUNCTIONS)}
    assert completions("logs", "", ADVENT_CONFIG=file) == names


@pytest.mark.parametrize("text", ["", "stack: [", "stack: 5\n", "\x00\xff", "a: &a [*a]"])
def test_a_broken_config_gives_no_error(completions: Completions, tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="latin-1")
    for words in (
        ("logs", ""),
        ("secret", ""),
        ("up", "--adopt", ""),
        ("say", ""),
        ("new", "consumer", "x", "--topic", ""),
    ):
        assert completions(*words) == []
    assert completions("--stack", "no!such", "logs", "") == []
    assert completions("stat") == plain("status")


def test_a_config_that_is_a_directory_gives_no_error(completions: Completions, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    assert completions("logs", "") == []


def test_bash_completes_a_line(tmp_path: Path) -> None:
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
def test_zsh_and_fish_complete_a_line(advent: Run, shell: str, answer: str) -> None:
    word = {"COMP_CWORD": "2" if shell == "zsh" else "sns_m"}
    output = advent(_ADVENT_COMPLETE=f"{shell}_complete", COMP_WORDS="advent logs sns_m", **word).stdout
    assert output.replace("\nsns_multiplier\n\n", "\nsns_multiplier\n") == answer
    assert "_advent_completion" in advent(_ADVENT_COMPLETE=f"{shell}_source").stdout


@pytest.mark.parametrize(("line", "slow"), [("advent lo", {"msgspec", "yaml"}), ("advent up --adopt t", set())])
def test_completion_loads_no_slow_module(tmp_path: Path, line: str, slow: set[str]) -> None:
    program = "import sys; sys.argv = ['advent']\nfrom advent_cli.cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    request = {"_ADVENT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    command, environment = [sys.executable, "-c", program], {"PYTHONPATH": str(ROOT), **request}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout
    assert not {*done.stderr.split()} & {"boto3", "botocore", "rich", "ministack", *slow}
