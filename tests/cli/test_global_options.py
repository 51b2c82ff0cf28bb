"""The global options stand before the command or after it, of groups too; the later one wins."""

import pytest

from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from tests.conftest import Run

UP = "try: `advent --stack {} --region eu-west-1 up` creates it"


@pytest.mark.parametrize(
    ("words", "stack"),
    [
        (["say", "x", "--stack", "b", "--region", "eu-west-1"], "b"),
        (["--stack", "a", "say", "--region", "eu-west-1", "x"], "a"),
        (["--stack", "a", "say", "x", "--stack=b", "--region", "eu-west-1"], "b"),
        (["slack", "check", "--stack", "b", "--region", "eu-west-1"], "b"),
        (["slack", "--stack", "a", "check", "--region", "eu-west-1"], "a"),
        (["--region", "us-west-2", "slack", "--stack", "a", "check", "--stack", "b", "--region", "eu-west-1"], "b"),
    ],
)
def test_they_work_wherever_they_stand(engine: Engine, advent: Run, words: list[str], stack: str) -> None:
    assert UP.format(stack) in advent(*words, code=1).stderr


def test_a_group_takes_them_too(advent: Run) -> None:
    assert "`advent --stack b --region eu-west-1 up`" in advent("slack", "--stack", "b", "--region", "eu-west-1").stdout


def test_the_variables_belong_to_advent_and_an_option_overrules_them(engine: Engine, advent: Run) -> None:
    variables = {"ADVENT_STACK": "a", "ADVENT_REGION": "eu-west-1", "ADVENT_SAY_STACK": "none"}
    assert UP.format("a") in advent("say", "x", code=1, **variables).stderr
    assert UP.format("b") in advent("say", "x", "--stack", "b", code=1, **variables).stderr


def test_verbose_works_after_the_command(deployed: Stack, advent: Run) -> None:
    assert advent("status", "-v").stdout == advent("-v", "status").stdout
    followed = advent("logs", "--verbose", "sns_logger").stderr
    assert "FilterLogEvents" in followed


def test_a_message_may_hold_what_looks_like_an_option(deployed: Stack, advent: Run) -> None:
    assert advent("say", "--", "awsadvent", "-v").stdout.startswith("awsadvent = ")
    assert "--stak" in advent("status", "--stak", "x", code=2).stderr


def test_each_help_says_in_a_line_where_they_are(advent: Run) -> None:
    for words in (["up"], ["slack"], ["slack", "check"], ["local", "logs"]):
        help_text = advent(*words, "--help").stdout
        assert "\nAlso --config, --stack, --target, --profile, --region, -v: see advent --help.\n" in help_text
        assert "  --stack NAME" not in help_text
    assert "Also --config" not in advent("--help").stdout


def test_y_is_yes(engine: Engine, advent: Run) -> None:
    advent("up", "-y")
    advent("down", "-y")
    assert "nothing to delete" in advent("down", "-y").stderr
