"""What `say` and `audit` show to people: the reply or the audit on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from advent_cli.output.advice import with_options
from advent_cli.output.control_characters import printable
from advent_cli.output.stream import err, out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from advent_cli.messages.delivery_audit import Audit
    from advent_cli.messages.trace_model import Hop
    from advent_cli.output.reporter import TraceView
    from advent_cli.stack.model import Stack


class SayReporter:
    """The part of the reporter for people that is about messages; `advice` is `advent` with its global options."""

    def __init__(self, *, advice: str, verbose: bool) -> None:
        self.advice = advice
        self.verbose = verbose

    def say_started(self, stack: Stack, consumers: list[str]) -> None: ...

    def replied(self, message: str, reply: str) -> None:
        out(printable(reply, 100_000) if sys.stdout.isatty() else reply)

    def slash_command(self, sender: str, message: str, reply: str | None, *, is_late: bool) -> None:
        late = " (late, through the response_url)" if is_late else ""
        out(f"{printable(sender)}: {printable(message, 1000)} -> {printable(reply or 'no reply', 1000)}{late}")

    def posting(self, total: int | None) -> AbstractContextManager[Callable[[], None]]:
        if sys.stdin.isatty() and total is None:  # typed at the terminal
            return nullcontext(lambda: None)
        from advent_cli.output import terminal

        return terminal.counting("posted", total, lines_only=self.verbose)

    def posted(self, replied: int, failed: int, seconds: float) -> None:
        err(f"{replied} posted in {seconds:.1f} s" + (f", {failed} without a reply" if failed else ""))

    def settled(self, consumers: Sequence[str], counts: Mapping[str, int], *, are_all: bool = True) -> None:
        now = ", ".join(f"{printable(word)} = {count}" for word, count in counts.items())
        which = "" if are_all else f" (the last {len(counts)} words)"
        err(f"after {' and '.join(consumers)}{which}: {now}")

    def tracing(self, seconds: float) -> AbstractContextManager[TraceView]:
        from advent_cli.output import terminal

        return terminal.trace(seconds, self.advice, lines_only=self.verbose)

    def traced(self, trace: Hop, consumers: Sequence[str], counts: Mapping[str, int]) -> None: ...

    def audited(self, stack: Stack, audit: Audit) -> None:
        from advent_cli.output import audit_page, terminal

        audit_page.show(terminal.stdout(self.advice), audit, every_exception=self.verbose)
        redelivers = ["`advent replay` redelivers the dead letters"] if audit.summary["dead_letter"] else []
        for note in [*audit.notes, *redelivers]:
            err(with_options(f"note: {note}", self.advice))
