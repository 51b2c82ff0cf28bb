"""What a person sees: rows on a terminal, lines in a pipe, and nothing harmful from other people's words."""

import io

from rich.console import Console

from advent_cli.display import report
from advent_cli.display.plain import Plain
from advent_cli.display.rows import Rows
from advent_cli.display.text import printable
from advent_cli.errors import AdventError, ForeignError
from advent_cli.events import Event, Finished, Outcome, Planned, Started, Stopping, Waiting
from advent_cli.plan import Step

KEYS = ["table/table", "policy/sns_multiplier_lambda_dynamo_microservice", "function/aws_advent", "api/aws_advent"]
EVENTS: list[Event] = [
    Planned(tuple(Step(key, key.replace("/", " "), {}, None) for key in KEYS)),
    Started(KEYS[0]),
    Finished(KEYS[0], Outcome.CREATED, 6.2),
    Started(KEYS[2]),
    Waiting(KEYS[2], "IAM has not told Lambda about the role yet, 4 s"),
    Finished(KEYS[1], Outcome.FAILED, 0.01, AdventError("no")),
    Finished(KEYS[3], Outcome.SKIPPED, reason="function/aws_advent"),
    Stopping(),
]


def shown(width: int, what: object) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_lines_come_when_a_step_ends_and_only_then() -> None:
    out = io.StringIO()
    with Plain(out) as plain:
        for event in EVENTS:
            plain(event)
    assert out.getvalue().splitlines() == [
        "+ table        table                                      6.2 s created",
        "x policy       sns_multiplier_lambda_dynamo_microservice        failed",
        ". api          aws_advent                                       skipped (function/aws_advent)",
        "stopping: the calls under way are finished, nothing new is started",
    ]


def test_all_rows_are_there_from_the_start_and_each_fits_its_line() -> None:
    for width in (40, 60, 80, 120):
        rows = Rows(Console(file=io.StringIO(), width=width))
        for event in EVENTS:
            rows(event)
        lines = shown(width, rows.draw()).splitlines()
        assert len(lines) == len(KEYS) + 1
        assert max(map(len, lines)) <= width
        assert [line[0] for line in lines] == ["+", "x", lines[2][0], ".", "s"]
        assert " 6.2 s created" in lines[0]
    for text in ("IAM has not told Lambda about the role yet, 4 s", "failed", "skipped", "stopping"):
        assert text in "\n".join(lines)


def test_words_of_others_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\r\n\u202ec") == "a\\x1b[2Jb\\r\\n\\u202ec"
    assert len(printable("x" * 1000, 40)) == 40


def test_bars_are_as_long_as_their_counts_and_words_are_no_markup() -> None:
    console = Console(file=io.StringIO(), width=60)
    report.words(console, [("[red]a", 40), ("b", 20), ("c", 0)], 5, 1_000_060)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    bars = [line.count("█") for line in lines]
    assert lines[0].startswith("[red]a 40 ")
    assert bars[0] == 2 * bars[1]
    assert max(map(len, lines)) <= 60
    assert lines[-1] == "5 words counted, 1,000,060 in all; the 3 most frequent above"


def test_a_plan_names_what_differs_and_what_is_in_the_way() -> None:
    steps = [
        Step("table/table", "table table", {"a": 1}, None),
        Step("role/r", "role r", {"trust": {"x": [1]}}, {"trust": {"x": [2]}}),
        Step("topic/t", "topic t", {}, ForeignError("topic/t", "topic t", "arn:aws:sns:::t", "made 2020-01-01")),
        Step("api/a", "api a", {"a": 1}, {"a": 1}),
    ]
    console = Console(file=io.StringIO(), width=30)
    report.plan(console, steps, show_settings=False)
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "+ table        table",
        "~ role         r",
        "    trust.x: [2] -> [1]",
        "! topic        t",
        "    topic t exists and belongs to someone else (arn:aws:sns:::t, made 2020-01-01)",
        "    try: give ours another name in config.yaml, or make this one ours with `advent up --adopt topic/t`",
        "1 to create, 1 to update, 1 cannot be done",
    ]
