"""The entry point; it runs first, so that Ctrl-C never prints a traceback."""

import gc
import signal
import sys


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(100_000)  # modules stay loaded: collecting garbage among them takes 70 of 900 ms
    try:
        from advent_cli.cli.run_command import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules load, or while the end is reported
        sys.stderr.write("interrupted\n")
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the result is out; only cleanup follows
    gc.freeze()  # else Python looks for garbage once more when it ends, which takes 100 of 700 ms
    sys.exit(code)
