"""Output for people: rows on a terminal, lines in a pipe, and no control characters from outside."""

import importlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from advent_cli.aws.retry import Transient
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Event, Finished, Outcome, Planned, Started, Stopping, Waiting
from advent_cli.deploy.inspection import Inspection
from advent_cli.deploy.timing import Waits, service_of
from advent_cli.errors import AdventError, ForeignError
from advent_cli.output import plan_page, styled_lines, summary, terminal
from advent_cli.output.control_characters import printable
from advent_cli.output.group_progress import PROBLEMS, outcome_of
from advent_cli.output.groups import groups
from advent_cli.output.people_reporter import PeopleReporter
from advent_cli.output.problem_lines import ProblemLines
from advent_cli.output.progress_lines import GroupLines, StepLines
from advent_cli.output.progress_rows import Rows
from advent_cli.words.counts import Counts
from tests.support import stacks
from tests.test_rooms import PACKAGE

KEYS = ["table/table", "policy/sns_multiplier_lambda_dynamo_microservice", "function/aws_advent", "api/aws_advent"]
EVENTS: list[Event] = [
    Planned(tuple(Step(key, key.replace("/", " "), {}, None) for key in KEYS)),
    Started(KEYS[0]),
    Finished(KEYS[0], Outcome.CREATED, 6.2),
    Started(KEYS[2]),
    Waiting(KEYS[2], "IAM has not made the role known to Lambda yet, 4 s"),
    Finished(KEYS[1], Outcome.FAILED, 0.01, AdventError("no")),
    Finished(KEYS[3], Outcome.SKIPPED, reason="function/aws_advent"),
    Stopping(),
]
DENIED = AdventError("access denied", why="why", hint="ask")
GROUP_EVENTS: list[Event] = [
    Planned(
        (
            Step("table/table", "table table", {}, None, "table/table"),
            Step("role/r", "role r", {}, None, "function/logger"),
            Step("function/logger", "function logger", {}, None, "function/logger"),
            Step("queue/q", "queue q", {}, None, "function/logger"),
        )
    ),
    *(Started(key) for key in ("table/table", "role/r", "queue/q")),
    Finished("table/table", Outcome.CREATED, 6.2),
    Finished("role/r", Outcome.FAILED, 0.1, DENIED),
    Finished("function/logger", Outcome.SKIPPED, reason="role/r"),
    Finished("queue/q", Outcome.FAILED, 0.1, DENIED),
]


def rendered(width: int, what: object) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def present(error: AdventError) -> AdventError:
    return error


def test_verbose_lines_are_one_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    with StepLines(terminal.stderr(), present) as lines:
        for event in EVENTS:
            lines(event)
        lines(Finished(KEYS[0], Outcome.SKIPPED, reason="a\x1b]52;c;eA==\x07"))
    *printed, escaped = capsys.readouterr().err.splitlines()
    assert escaped.endswith("(a\\x1b]52;c;eA==\\x07)")
    assert printed == [
        "  + table        table                                      6.2 s created",
        "  x policy       sns_multiplier_lambda_dynamo_microservice        failed",
        "      error: policy sns_multiplier_lambda_dynamo_microservice: no",
        "  . api          aws_advent                                       skipped (function/aws_advent)",
        "stopping: calls in flight finish, nothing new starts",
    ]


def test_in_a_pipe_a_group_has_one_line_when_it_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with GroupLines(terminal.stderr(), present) as lines:
        for event in GROUP_EVENTS:
            lines(event)
    assert [re.sub(r" +[\d.]+ s$", "", line) for line in capsys.readouterr().err.splitlines()] == [
        "  ✔ DynamoDB table   table                 created",
        "  ✘ Lambda function  logger · role, queue  failed",
        "      error: role r: access denied: why",
        "        try: ask",
        "      error: the same for queue q",
        "      skipped: function logger (needs role r)",
    ]


def test_a_cause_and_a_hint_are_shown_once() -> None:
    steps = [Step(f"topic/{n}", f"topic {n}", {}, None) for n in ("one", "two", "three", "four")]
    errors = [
        AdventError("busy", hint="again"),
        AdventError("gone", hint="again"),
        AdventError("AWS: no on resource: arn:aws:sns:::three"),
        AdventError("AWS: no on resource: arn:aws:sns:::four"),
    ]
    finished = {s.key: Finished(s.key, Outcome.FAILED, 0, e) for s, e in zip(steps, errors, strict=True)}
    lines = ["".join(text for text, _ in parts) for parts in ProblemLines(present).of(steps, finished)]
    assert lines == [
        "error: topic one: busy",
        "  try: again",
        "error: topic two: gone",
        "error: topic three: AWS: no on resource: arn:aws:sns:::three",
        "error: the same for topic four",
    ]


def drawn(width: int, height: int, events: list[Event] = EVENTS) -> list[str]:
    """What a terminal of this size shows after these events."""
    rows = Rows(Console(file=io.StringIO(), width=width, height=height), present)
    for event in events:
        rows(event)
    return rendered(width, rows.draw()).splitlines()


def test_all_rows_show_from_the_start_and_fit_the_width() -> None:
    for width in (40, 60, 80, 120):
        lines = drawn(width, 30)
        assert len(lines) == len(KEYS) + 2
        assert max(map(len, lines)) <= width
        assert [line[2] for line in lines[:4]] == ["✔", "✘", lines[2][2], "."]
    for text in (
        "IAM has not made the role known to Lambda yet, 4 s",
        "failed",
        "skipped",
        "3 of 4, 0.0 s",
        "stopping",
    ):
        assert text in "\n".join(lines)
    assert "creating" in drawn(80, 30, [EVENTS[0], Started(KEYS[0])])[0]


def test_a_short_terminal_shows_failed_and_running_groups() -> None:
    for height in range(4, 8):
        assert len(drawn(80, height)) < height
    lines = drawn(80, 6)
    assert [line[2] for line in lines[:2]] == ["✘", drawn(80, 30)[2][2]]
    assert lines[2] == "  and 2 more"


def at_the_end(width: int, events: list[Event], *, only_problems: bool = False) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=4, force_terminal=True, legacy_windows=False)
    with Rows(console, present, only_problems=only_problems) as rows:
        for event in events:
            rows(event)
    end = out.getvalue().rpartition("\x1b[2K")[2]  # after the last cleared line
    return [Text.from_ansi(line).plain.rstrip() for line in end.splitlines()]


def test_at_the_end_every_group_is_printed_once_with_its_problems() -> None:
    lines = at_the_end(60, GROUP_EVENTS)
    assert [" ".join(line.split()[:4]) for line in lines] == [
        "✔ DynamoDB table table",
        "✘ Lambda function logger",
        "error: role r: access",
        "try: ask",
        "error: the same for",
        "skipped: function logger (needs",
    ]
    assert [line for line in at_the_end(60, GROUP_EVENTS, only_problems=True) if "DynamoDB" in line] == []
    long = [*GROUP_EVENTS[:-1], Finished("queue/q", Outcome.FAILED, 0.1, AdventError("because " * 20))]
    assert " ".join(at_the_end(60, long)).count("because") == 20  # wrapped, not cut
    assert max(map(len, at_the_end(60, long))) <= 60


def test_a_run_of_the_tutorial_has_nine_rows() -> None:
    stack = stacks.without_calls()
    nothing = Inspection(stack, dict.fromkeys(stack.resources), {})
    for steps in (nothing.steps_up(), nothing.steps_down()):
        assert [(group.title, group.name, len(group.steps)) for group in groups(steps)] == [
            ("DynamoDB table", "table", 1),
            ("Lambda function", "aws_advent", 4),
            ("API Gateway", "POST /aws_advent", 3),
            ("SNS topic", "awsadvent", 1),
            ("Publish permission", "aws_advent_lambda_dynamo_snspublish", 1),
            ("SNS_TOPIC_ARN", "on aws_advent", 1),
            ("Lambda function", "sns_multiplier", 7),
            ("Lambda function", "sns_logger", 7),
            ("Dead-letter queue", "awsadvent-dlq", 1),
        ]
    first = groups(nothing.steps_up())[1]
    assert first.subject(60) == "aws_advent · role, policy, log group"
    assert first.subject(30) == "aws_advent · role, 2 more"
    assert first.subject(24) == "aws_advent · 4 resources"
    assert first.subject(10) == "aws_advent"


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_a_group_ends_as_its_worst_step(outcomes: list[Outcome]) -> None:
    ended = outcome_of(outcomes)
    problems = [outcome for outcome in PROBLEMS if outcome in outcomes]
    assert ended is problems[0] if problems else ended not in PROBLEMS
    changes = {*outcomes} - {Outcome.UNCHANGED, Outcome.ABSENT}
    if len({*outcomes}) == 1:
        assert ended in (outcomes[0], Outcome.UNCHANGED)
    assert (ended is Outcome.UNCHANGED) == (not changes)


def test_waiting_counts_once_for_each_service() -> None:
    now = 0.0
    waits = Waits(clock=lambda: now)
    events: list[tuple[float, Event]] = [
        (1, Waiting("a", "IAM has not made the role known to Lambda yet")),
        (2, Waiting("b", "IAM does not know the new role everywhere yet, 4 s")),
        (3, Waiting("c", "DynamoDB is making the table")),
        (4, Finished("a", Outcome.CREATED)),
        (6, Waiting("b", "Lambda is setting up the function")),
        (6, Finished("c", Outcome.CREATED)),
        (7, Finished("b", Outcome.CREATED)),
        (8, Finished("d", Outcome.CREATED)),
    ]
    for at, event in events:
        now = at
        waits.note(event)
    assert waits.seconds == {"IAM": 5, "DynamoDB": 3, "Lambda": 1}
    words = summary.run_totals([Outcome.CREATED], 8.04, waits.seconds)
    assert words == (
        "1 created in 8.0 s (5.0 s waiting for IAM and 3.0 s waiting for DynamoDB and 1.0 s waiting for Lambda)"
    )


def test_totals_count_only_what_was_there() -> None:
    """What `down` finds gone, as everything but a kept table, is no news."""
    steps = [Step("table/t", "table t", None, {}), Step("topic/t", "topic t", None, None)]
    ended = {"table/t": Finished("table/t", Outcome.DELETED), "topic/t": Finished("topic/t", Outcome.ABSENT)}
    for done, shown in (
        (ended, "  1 deleted in 0.0 s\n"),
        ({"topic/t": ended["topic/t"]}, "✔ a stack: nothing to delete\n"),
    ):
        console = Console(file=io.StringIO(), width=80)
        summary.run_ended(console, steps, Result(done), "a stack: nothing to delete", None)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert text == shown


def test_each_transient_error_names_its_service() -> None:
    """Otherwise the time would count for AWS as a whole."""
    names = [f"resources.{file.stem}" for file in (PACKAGE / "resources").glob("[a-z]*.py")]
    modules = [importlib.import_module(f"advent_cli.{name}") for name in names]
    values = [value for module in modules for value in vars(module).values()]
    transients = [transient for value in values for transient in (value if isinstance(value, tuple) else (value,))]
    words = {transient.words for transient in transients if isinstance(transient, Transient)}
    assert len(words) > 12
    assert [one for one in words if service_of(one) == "AWS"] == []


def test_printable_escapes_control_characters() -> None:
    assert printable("a\x1b[2Jb\r\n\u202ec") == "a\\x1b[2Jb\\r\\n\\u202ec"
    assert len(printable("x" * 1000, 40)) == 40


def test_wrapped_lines_keep_their_indent() -> None:
    console = Console(file=io.StringIO(), width=40, force_terminal=True, color_system=None)
    styled_lines.line(console, "    try: `advent slack secret` sets it, so that only Slack can post")
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "    try: `advent slack secret` sets it,",
        "    so that only Slack can post",
    ]


def test_bars_are_proportional_and_words_are_not_markup() -> None:
    console = Console(file=io.StringIO(), width=60)
    summary.words(console, Counts([("[red]a", 40), ("b", 20), ("c", 0)], words=5, others=0, total=1_000_060))
    lines = console.file.getvalue().splitlines()[1:]  # type: ignore[attr-defined]
    bars = [line.count("█") for line in lines]
    assert lines[0].startswith("  [red]a 40 ")
    assert bars[0] == 2 * bars[1]
    assert max(map(len, lines)) <= 60
    assert lines[-1] == "  5 words, 1,000,060 in total; top 3 above"


def test_a_plan_shows_differences_and_blocked_steps() -> None:
    steps = [
        Step("table/table", "table table", {"a": 1}, None),
        Step("role/r", "role r", {"trust": {"x": [1]}}, {"trust": {"x": [2]}}),
        Step("topic/t", "topic t", {}, ForeignError("topic/t", "topic t", "arn:aws:sns:::t", "made 2020-01-01")),
        Step("api/a", "api a", {"a": 1}, {"a": 1}),
    ]
    console = Console(file=io.StringIO(), width=30)
    plan_page.show(console, steps, {}, every_resource=False)
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "  + DynamoDB table  table",
        "    IAM role        r",
        "      ~ role         r",
        "          trust.x: [2] -> [1]",
        "    SNS topic       t",
        "      ! topic        t",
        "          topic t exists but is not managed by this stack (arn:aws:sns:::t, made 2020-01-01)",
        "          try: choose another name in config.yaml, or take over this one with `advent up --adopt topic/t`",
        "  + 1 to create, ~ 1 to update, ! 1 blocked",
    ]


def test_suggested_commands_have_the_options_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Else, as pasted, they would act on another stack."""
    reporter = PeopleReporter(secrets=set(), advice="advent --stack x", verbose=False)
    reporter.error(AdventError("no", hint="run `advent up`, then `advent say`"))
    reporter.note("see `advent status`")
    reporter.dead_letters("queue", 2)
    reporter.words_unavailable("table t", is_missing=True)
    out, err = capsys.readouterr()
    assert re.findall("`(.*?)`", err) == ["advent --stack x up", "advent --stack x say", "advent --stack x status"]
    assert re.findall("`(.*?)`", out) == ["advent --stack x replay", "advent --stack x plan"]
