"""Shows a message's trace through the app as a growing tree, and the counts under it."""

from collections.abc import Mapping
from itertools import groupby

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from advent_cli.messages.trace_model import Hop, State
from advent_cli.output import counts_table
from advent_cli.output.advice import with_options
from advent_cli.output.control_characters import printable

MAX_LINES = 8  # of a function's log
MAX_LINE = 1000  # columns, where no terminal sets a width
MAX_REASON = 2000  # characters; a terminal wraps them
STYLES = {
    State.WAITED_FOR: "dim",
    State.DONE: "green",
    State.FAILED: "bold red",
    State.MISSING: "bold red",
    State.UNSEEN: "dim",
    State.RUNNING: "yellow",
}


class TraceTree:
    """Draws the trace: as it grows on a terminal, or once on exit."""

    def __init__(self, console: Console, milliseconds: float, advice: str, *, grows: bool) -> None:
        self.console = console
        self.advice = advice
        self.grows = grows
        self.title = f"the API answered in {milliseconds:.0f} ms"
        self.trace: Hop | None = None
        self.columns: dict[str, Mapping[str, int]] = {}
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=8, redirect_stdout=False)

    def __enter__(self) -> "TraceTree":
        if self.grows:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.grows:
            self.live.stop()
        elif self.trace:
            if not self.console.is_terminal:
                self.console.width = MAX_LINE
            self.console.print(self.draw())

    def show(self, trace: Hop) -> None:
        """Set the trace as known so far."""
        self.trace = trace

    def counts(self, function: str, counts: Mapping[str, int]) -> None:
        """Add a column to the table of counts."""
        self.columns[function] = counts

    def draw(self) -> Group:
        """The tree as it is now, and the table of counts under it."""
        tree = Tree(self.title, guide_style="dim")
        if self.trace:
            self._add(tree, self.trace)
        rows = counts_table.table(self.columns, self.console.width) if self.columns else []
        return Group(tree, *rows)

    def _add(self, tree: Tree, hop: Hop) -> None:
        branch = tree.add(self._label(hop))
        for topic, hops in groupby(hop.hops, key=lambda next_hop: next_hop.topic):
            ids = f"  message {', '.join(hop.published[:3])}" if hop.published else ""
            topic_branch = branch.add(Text.assemble("topic ", (topic or "", "bold"), (ids, "dim")))
            for next_hop in hops:
                self._add(topic_branch, next_hop)

    def _label(self, hop: Hop) -> Text:
        text = Text.assemble((hop.function, "bold"))
        if hop.state is State.DONE and hop.milliseconds is not None:
            text.append(f"  {hop.milliseconds:.0f} ms", STYLES[hop.state])
        else:
            text.append(f"  {hop.state.value}", STYLES[hop.state])
        if self.trace and hop is not self.trace and hop.ended and self.trace.ended:
            later = max(0, hop.ended - self.trace.ended) * 1000
            text.append(f"  done {later:.0f} ms after {self.trace.function}", "dim")
        if lines := _lines(hop.log) if hop.state is not State.FAILED else "":
            text.append(f"  {lines}")
        if hop.problem:
            style = "yellow" if hop.state is State.DONE else "red"
            problem = printable(with_options(hop.problem, self.advice), MAX_REASON)
            text.append(f"\n{'but ' if hop.state is State.DONE else ''}{problem}", style)
        if hop.undetermined:
            text.append(f"\n{printable(with_options(hop.undetermined, self.advice), MAX_REASON)}", "dim")
        return text


def _lines(lines: tuple[str, ...]) -> str:
    shown = " | ".join(printable(line, 80) for line in lines[-MAX_LINES:])
    return f"... | {shown}" if len(lines) > MAX_LINES else shown
