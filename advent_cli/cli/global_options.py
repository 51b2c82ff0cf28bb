"""The global options: defined once, and understood before the command and after it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from advent_cli.cli.completion import files
from advent_cli.cli.options import Options, Run
from advent_cli.cli.pick_reporter import pick_reporter
from advent_cli.output.stream import err

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFINED: dict[tuple[str, ...], dict[str, Any]] = {
    ("--config",): {
        "metavar": "FILE",
        "shell_complete": files,
        "help": "Use this config.yaml; default: the nearest one in this or a parent folder, else the tutorial's.",
    },
    ("--stack",): {"metavar": "NAME", "help": "Use a separate copy of the app, whose names all begin with NAME-."},
    ("--target",): {"type": click.Choice(["local", "aws"]), "help": "Override the target in config.yaml."},
    ("--profile",): {"metavar": "NAME", "help": "Use this profile of your AWS config, with --target aws."},
    ("--region",): {"metavar": "NAME", "help": "Override the region in config.yaml."},
    ("-v", "--verbose"): {
        "is_flag": True,
        "help": "Print each call to AWS; plan and status also print all settings.",
    },
}
WHERE = f"Also {', '.join(names[0] for names in _DEFINED)}: see advent --help."


class _After(click.Option):
    """A global option after the command. The help of the command does not list it, and completion offers it."""

    def get_help_record(self, _: click.Context) -> None:
        """Nothing: WHERE is in the help instead."""


def _overrule(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Put what stands after the command in place of what stands before it."""
    name = option.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        context.find_root().params[name] = value


BEFORE = tuple(click.Option(names, **attributes) for names, attributes in _DEFINED.items())
AFTER = tuple(  # their variables are those of BEFORE
    _After(names, **attributes, expose_value=False, allow_from_autoenv=False, callback=_overrule)
    for names, attributes in _DEFINED.items()
)


def options(context: click.Context, command: str, modes: Sequence[str] = ()) -> Options:
    """The global options of this run, wherever they stand, and the reporter of the command in these output modes."""
    root = context.find_root()
    run, given = root.ensure_object(Run), {str(option.name): root.params[str(option.name)] for option in BEFORE}
    run.verbose = given.pop("verbose")
    words = (word for name, value in given.items() if value for word in (f"--{name}", value))
    run.command = shlex.join(["advent", *words])
    trace = (lambda line: err(f"  {line}")) if run.verbose else None
    return Options(pick_reporter(command, modes, run), **given, trace=trace, run=run)
