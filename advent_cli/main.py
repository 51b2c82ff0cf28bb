"""The process of the command line: its streams, its errors, and what it ends with."""

import gc
import os
import sys

import click

from advent_cli.cli import advent
from advent_cli.cli_answer import fail, in_words, misunderstood
from advent_cli.errors import DONE, FAILED, INTERRUPTED, USAGE
from advent_cli.options import Run


def main() -> None:
    """Run the command line; what people can act on is told in a few lines, a bug leaves its traceback in a file."""
    _mend_streams()
    gc.set_threshold(100_000)  # what is imported stays: to look for garbage among it takes 70 of 900 milliseconds
    run = Run()
    try:
        sys.exit(advent.main(standalone_mode=False, auto_envvar_prefix="ADVENT", obj=run) or DONE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        if answer := misunderstood(advent, sys.argv[1:]):
            sys.exit(fail(answer, error))
        error.show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # click's sign that nobody reads our output any more
            sys.exit(DONE)
        raise
    except Exception as error:
        try:
            sys.exit(_explained(error))
        except Exception as bug:  # the error itself, or what went wrong while it was told
            from advent_cli import crash

            crash.tell(bug, run)
            sys.exit(FAILED)


def _mend_streams() -> None:
    """Streams that somebody closed are as good as /dev/null; what a terminal cannot show becomes a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 (until the end)
        setattr(sys, name, stream)
        if mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _explained(error: Exception) -> int:
    from advent_cli.display import report, terminal

    told = in_words(error)
    if told is None:
        raise error
    report.error(terminal.stderr(), told)
    return told.exit_code
