"""advent status --watch: the live view, from the first inspection to the key that ends it."""

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
    """Show the live view until the user quits, then end the process; raises UsageError without a suitable terminal."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.live import polling
    from advent_cli.local import lifecycle
    from advent_cli.output import full_screen, terminal
    from advent_cli.output.live_screen import draw

    console = terminal.full_screen_console()
    if console is None:
        why = "stdout is a pipe or a file" if not sys.stdout.isatty() else f"TERM is {os.environ.get('TERM')}"
        raise UsageError("--watch needs a terminal", why=why, hint="`advent status` shows the same once")
    if options.trace:
        raise UsageError("--watch and --verbose cannot be combined", why="the calls would overwrite the live view")
    stack = open_stack(options, lifecycle.require)
    inbox: queue.SimpleQueue[LiveView | Exception] = queue.SimpleQueue()
    shown: LiveView | None = None

    def has_update() -> bool:
        nonlocal shown
        if inbox.empty():
            return False
        update = inbox.get()
        if isinstance(update, Exception):
            raise update
        shown = update
        return True

    code = DONE
    try:
        with full_screen.full_screen(console) as display:
            threading.Thread(target=polling.poll, args=(stack, top, inbox.put), daemon=True).start()
            display.run(has_update, lambda: draw(console, shown, time.monotonic()))
    except KeyboardInterrupt:
        pass
    except SystemExit:  # SIGTERM
        code = INTERRUPTED
    # Do not wait for an inspection under way: it only reads, and may take minutes.
    sys.stdout.flush()
    os._exit(code)
