"""Shows a message's trace through the app as a growing tree."""

from itertools import groupby

from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from advent_cli.messages.trace_model import Hop, State
from advent_cli.output.advice import with_options
from advent_cli.output.control_characters import printable

MAX_LINES = 8  # of a function's log
MAX_LINE = 1000  # columns, where no terminal sets a width
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
        self.notes: dict[str, str] = {}
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

    def note(self, function: str, text: str) -> None:
        """Add a few words to a function, shown once it is done."""
        self.notes[function] = text

    def draw(self) -> Tree:
        """The tree as it is now."""
        tree = Tree(self.title, guide_style="dim")
        if self.trace:
            self._add(tree, self.trace)
        return tree

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
            text.append(f"  {max(0, hop.ended - self.trace.ended) * 1000:.0f} ms after {self.trace.function}", "dim")
        if lines := _lines(hop.log) if hop.state is not State.FAILED else "":
            text.append(f"  {lines}")
        if hop.function in self.notes and hop.state is State.DONE:
            text.append(f"  ({self.notes[hop.function]})", "bold")
        if hop.problem:
            style = "yellow" if hop.state is State.DONE else "red"
            problem = printable(with_options(hop.problem, self.advice), 300)
            text.append(f"\n{'but ' if hop.state is State.DONE else ''}{problem}", style)
        if hop.undetermined:
            text.append(f"\n{printable(with_options(hop.undetermined, self.advice), 300)}", "dim")
        return text


def _lines(lines: tuple[str, ...]) -> str:
    shown = " | ".join(printable(line, 80) for line in lines[-MAX_LINES:])
    return f"... | {shown}" if len(lines) > MAX_LINES else shown
