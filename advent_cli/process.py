"""The process of the command line: its streams, its errors, and what it ends with."""

from __future__ import annotations

import os
import sys

import click

from advent_cli.cli import advent
from advent_cli.cli_answer import fail, in_words, misunderstood
from advent_cli.errors import DONE, FAILED, INTERRUPTED, USAGE
from advent_cli.options import Run


def run(words: list[str]) -> int:
    """Run a command line; what people can act on is told in a few lines, a bug leaves its traceback in a file."""
    _mend_streams()
    learnt = Run()
    try:
        code = advent.main(words, standalone_mode=False, auto_envvar_prefix="ADVENT", obj=learnt) or DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _misunderstood(words, error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except SystemExit as error:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # click's sign that nobody reads our output any more
            return DONE
        return int(error.code or DONE)
    except Exception as error:
        try:
            return _explained(error, learnt)
        except Exception as bug:  # the error itself, or what went wrong while it was told
            from advent_cli import crash

            crash.tell(bug, learnt)
            return FAILED
    return int(code)


def _mend_streams() -> None:
    """Streams that somebody closed are as good as /dev/null; what a terminal cannot show becomes a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 (until the end)
        setattr(sys, name, stream)
        if mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _misunderstood(words: list[str], error: click.ClickException) -> int:
    """Tell what click did not understand, in the way that was asked for."""
    if answer := misunderstood(advent, words, error):
        return fail(answer, error)
    error.show()
    ours = {name for parameter in advent.params for name in parameter.opts}
    if isinstance(error, click.NoSuchOption) and error.option_name in ours and error.ctx:
        click.echo(f"  try: it stands before the command: advent {error.option_name} {error.ctx.info_name}", err=True)
    return USAGE


def _explained(error: Exception, learnt: Run) -> int:
    told = in_words(error)
    if told is None:
        raise error
    from advent_cli.crash import shown
    from advent_cli.display import report, terminal

    report.error(terminal.stderr(), shown(told, learnt))
    return told.exit_code
