"""advent status --watch: the live board, from its first look to the key that ends it."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from advent_cli.cli.options import Options
from advent_cli.errors import DONE, INTERRUPTED, UsageError

if TYPE_CHECKING:
    from advent_cli.live.view import LiveView


def show_live(options: Options, top: int) -> NoReturn:
    """Show the board until the person quits, then end the process; raises UsageError where there can be none."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.live import polling
    from advent_cli.local import lifecycle
    from advent_cli.output import screen, terminal
    from advent_cli.output.live_screen import draw

    console = terminal.full()
    if console is None:
        why = "stdout is a pipe or a file" if not sys.stdout.isatty() else "this one cannot be drawn on, says TERM"
        raise UsageError("--watch needs a terminal", why=why, hint="`advent status` tells the same once")
    if options.trace:
        raise UsageError("--watch and --verbose do not go together", why="the calls would be written over the board")
    stack = open_stack(options, lifecycle.require)
    inbox: queue.SimpleQueue[LiveView | Exception] = queue.SimpleQueue()
    shown: LiveView | None = None

    def news() -> bool:
        nonlocal shown
        if inbox.empty():
            return False
        told = inbox.get()
        if isinstance(told, Exception):
            raise told
        shown = told
        return True

    code = DONE
    try:
        with screen.whole(console) as whole:
            threading.Thread(target=polling.poll, args=(stack, top, inbox.put), daemon=True).start()
            whole.run(news, lambda: draw(console, shown, time.monotonic()))
    except KeyboardInterrupt:
        pass
    except SystemExit:  # SIGTERM
        code = INTERRUPTED
    # A look that is under way only reads, and its answers may be minutes away: it is not waited for.
    sys.stdout.flush()
    os._exit(code)
