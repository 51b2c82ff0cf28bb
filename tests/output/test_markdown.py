"""The comment of a plan, read as GitHub reads it: with its own parser, cmark-gfm."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from hypothesis import example, given
from hypothesis import strategies as st

from advent_cli.deploy.decide import Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import AdventError, ForeignError, UsesForeignError
from advent_cli.local.lifecycle import Engine
from advent_cli.output.control_characters import printable
from advent_cli.output.markdown import LONGEST, code
from advent_cli.output.markdown_page import MARK, PlanComment
from tests.support import stacks

LIMIT = 65_536  # characters of a comment; the REST API answers "Body is too long (maximum is 65536 characters)"
OURS = {"h3", "p", "strong", "blockquote", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "br"}
HOSTILE = (
    r"a|b \| c `d` ``e @team <img src=x> [l](https://evil.example) www.evil.example #1 :tada: &amp; <!-- **x** _y_"
)


@dataclass
class Page(HTMLParser):
    """The elements of a page, the cells of its tables, and its text inside and outside of code."""

    elements: set[str] = field(default_factory=set)
    rows: list[list[str]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    prose: str = ""
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.elements.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "code":
            self.code.append("")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.rows[-1][-1] += data
        if "code" in self.open:
            self.code[-1] += data
        else:
            self.prose += data


def read(markdown: str) -> Page:
    page = Page()
    page.feed(github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))  # GitHub allows <code> and <br>
    page.close()
    return page


@given(st.text(min_size=1, max_size=80))
@example(HOSTILE)
@example("</code>|<script>")
def test_text_from_outside_is_one_code_in_one_cell_and_nothing_else(text: str) -> None:
    page = read(f"| a | b |\n|---|---|\n| x {code(text)} | y |")
    assert page.elements <= OURS
    assert page.rows[-1] == [f"x {printable(text, LONGEST)}", "y"]
    assert page.code == [printable(text, LONGEST)]


Comment = Callable[..., str]


@pytest.fixture
def comment(running_engine: Engine) -> Comment:
    stack = stacks.tutorial(running_engine)
    inspection = Inspection(stack, dict.fromkeys(stack.resources), {})
    return lambda *steps: PlanComment({}, lambda error: error, "advent").of(inspection, steps)


def test_what_will_be_lost_comes_first_and_a_group_is_deleted_only_as_a_whole(comment: Comment) -> None:
    page = read(
        text := comment(
            Step("topic/t", "topic t", {"a": 1}, {"a": 1}),
            Step("subscription/s", "subscription s", None, {"a": 1}, group="topic/t"),
            Step("function/f", "function f", {"memory": 512, "code": "b"}, {"memory": 128, "code": "a"}),
            Step("table/old", "table old", None, {"key": "k"}),
            Step("log-group/new", "log-group new", {"days": 1}, None),
        )
    )
    assert text.startswith(f"{MARK}\n### ")
    assert text.index("Data will be lost for good") < text.index("to delete") < text.index("| group |")
    assert "table old, and with it its items" in " ".join(text.replace("<code>", "").replace("</code>", "").split())
    words = {cells[1].replace("\n", ""): cells[0] for cells in page.rows[1:]}
    assert words == {
        "SNS topic t": "change",
        "Lambda function f": "~\N{NO-BREAK SPACE}update",
        "DynamoDB table old": "-\N{NO-BREAK SPACE}delete",
        "Log group new": "+\N{NO-BREAK SPACE}create",
    }
    assert page.elements <= OURS
    nothing = comment(Step("topic/t", "topic t", {"a": 1}, {"a": 1}))
    assert "nothing to do" in nothing
    assert "lost" not in nothing
    assert "|" not in nothing


def test_nothing_from_outside_is_markup(comment: Comment) -> None:
    foreign = ForeignError("role/r", f"role {HOSTILE}", "arn:x")
    page = read(
        comment(
            Step(
                "function/f", "function f", {"environment": {"A": HOSTILE}}, {"environment": {"A": f"\n\n# {HOSTILE}"}}
            ),
            Step(f"role/{HOSTILE}", f"role {HOSTILE}", {}, foreign),
            Step("variable/V on f", "variable V", {}, UsesForeignError(HOSTILE)),
            Step("topic/t", "topic t", {}, AdventError("denied", why=HOSTILE, hint=f"`advent {HOSTILE}`")),
            Step(f"queue/{HOSTILE}", f"queue {HOSTILE}", None, {"a": 1}),
        )
    )
    assert page.elements <= OURS
    assert all(len(cells) == 3 for cells in page.rows[1:])
    assert len(page.rows) == 6
    for mark in ("@team", "evil.example", ":tada:", "#1"):
        assert mark not in page.prose
        assert sum(mark in part for part in page.code) >= 5


def test_a_secret_is_not_in_the_comment(comment: Comment) -> None:
    now = {"environment": {"API_TOKEN": "old", "DB_PASSWORD": "x", "TOKEN_FILE": "/a"}}
    text = comment(Step("function/f", "function f", {"environment": {}}, now))
    assert "old" not in text
    assert "<code>x</code>" not in text
    assert "<code>/a</code>" in text


def test_a_long_plan_fits_in_a_comment_and_says_what_is_missing(comment: Comment) -> None:
    long = "@" * 3000
    want, now = {f"s{n}": long for n in range(40)}, {f"s{n}": f"!{long}" for n in range(40)}
    lost = [Step(f"table/{n}{long}", f"table {n}{long}", None, {"key": "k"}) for n in range(100)]
    changed = [Step(f"function/{n}", f"function {n}", want, now) for n in range(80)]
    text = comment(*lost, *changed)
    assert 40_000 < len(text) < LIMIT
    page = read(text)
    assert page.elements <= OURS
    assert "more" in page.rows[-1][1]
    assert "<code>advent plan</code> shows them" in text
    assert "> - and " in text
    assert "~ 80 to update, - 100 to delete" in text
