"""The counts under a trace: a row for each word, a column for each function, in 60 columns."""

import io
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from advent_cli.messages.trace_model import Hop, State
from advent_cli.output import counts_table
from advent_cli.output.trace_tree import TraceTree
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support.screen import Terminal

COUNTS = st.dictionaries(st.text(min_size=1, max_size=50), st.integers(0, 10**9), min_size=1, max_size=12)


def lines(*columns: tuple[str, dict[str, int]], width: int = 80) -> list[str]:
    return [line.plain for line in counts_table.table(dict(columns), width)]


def test_numbers_are_aligned_and_long_names_are_cut() -> None:
    assert lines(("front", {"some": 1, "words": 12}), ("multiplier", {"some": 11, "words": 22})) == [
        "  counts after  front  multiplier",
        "  some              1          11",
        "  words            12          22",
    ]
    assert lines(("a_function_with_a_long_name", {"w" * 70: 1}), ("b", {"w" * 70: 1_000_000})) == [
        f"  {'counts after':29}  a_function_with_a…        b",
        f"  {'w' * 28}…  {1:18}  1000000",
    ]


def test_only_the_first_words_are_shown() -> None:
    many = {f"word{n}": n for n in range(13)}
    assert len(lines(("f", many))) == 1 + 10 + 1
    assert lines(("f", many))[-1] == "  and 3 more"
    assert "more" not in lines(("f", dict([*many.items()][:10])))[-1]


@given(COUNTS, COUNTS, st.sampled_from([40, 60, 80, 200]))
def test_it_fits(first: dict[str, int], second: dict[str, int], width: int) -> None:
    shown = lines(("a_function_with_a_long_name", first), ("another_function_with_one", second), width=width)
    assert max(map(cell_len, shown)) <= min(width, 60)
    assert "".join(shown).isprintable()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_long_reason_is_wrapped_and_whole(width: int) -> None:
    reason = f"{'the role of this function may not do that, '.strip() * 12} run `advent up` to fix it"
    console = Console(file=io.StringIO(), width=width, highlight=False)
    hop = Hop("front", None, State.DONE, 3, hops=(Hop("logger", "topic", State.MISSING, problem=reason),))
    tree = TraceTree(console, 3, "advent", grows=False)
    tree.show(hop)
    console.print(tree.draw())
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, shown.splitlines())) <= width
    assert " ".join(shown.replace("│", " ").split()).endswith(f"logger was not invoked {reason}")


def test_say_shows_it_under_the_trace(deployed: Stack, advent: Run, tmp_path: Path) -> None:
    with Terminal([ADVENT, "say", "awsadvent", "table", "words"], tmp_path, (60, 40)) as terminal:
        assert terminal.ended() == 0
    screen = pyte.Screen(60, 40)
    pyte.Stream(screen).feed(terminal.written)
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert [line.split() for line in shown[-4:]] == [
        ["counts", "after", "aws_advent", "sns_multiplier"],
        ["awsadvent", "1", "11"],
        ["table", "1", "11"],
        ["words", "1", "11"],
    ]
    assert shown[-4].startswith("  counts after ")
    assert advent("say", "awsadvent").stderr == "after sns_multiplier: awsadvent = 22\n"
