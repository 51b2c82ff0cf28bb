"""The first thing that runs, so that Ctrl-C at any moment is no traceback."""

import gc
import signal
import sys


def main() -> None:
    """Run the command line, and end the process."""
    gc.set_threshold(100_000)  # what is imported stays: to look for garbage among it takes 70 of 900 milliseconds
    try:
        from advent_cli.cli.run import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while it loads, or tells how it ended
        sys.stderr.write("interrupted\n")
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said; what is left is to clean up
    sys.exit(code)
