"""advent export: write the app as a CloudFormation template with its code."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import OFFLINE_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import FAILED, REFUSED
from advent_cli.output import stream


@click.command(
    cls=Command,
    example="advent export awsadvent-cloudformation",
    short_help="Write the app as a CloudFormation template.",
    codes=(*OFFLINE_CODES, FAILED, REFUSED),
    meaning={FAILED: "DIR cannot be written", REFUSED: "DIR is not empty, or the app does not fit a template"},
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def export(options: Options, folder: Path) -> None:
    """Export the app to DIR, to continue without advent: a CloudFormation template, the code, and a README.md.

    It needs no account and no engine, and changes nothing in AWS; the README.md has the commands to deploy the app.
    """
    from msgspec.structs import replace

    from advent_cli.cli.open_stack import read_config
    from advent_cli.config.config_file import check_region
    from advent_cli.export import write_export
    from advent_cli.resources.function import Function

    config = read_config(options)
    advent = f"advent --stack {options.stack}" if options.stack else "advent"
    if options.region:
        check_region(options.region)
        config, advent = replace(config, region=options.region), f"{advent} --region {options.region}"
    stack = write_export.write(config, folder, advent)
    stream.out(str(folder))
    functions = [resource for resource in stack.resources.values() if isinstance(resource, Function)]
    notes = dict.fromkeys(note for function in functions for note in function.code_notes(None))
    for note in [*notes, *([stack.execution_role.notice] if stack.execution_role else [])]:
        options.report.note(f"note: {note}")
    options.report.note(f"next: follow {shlex.quote(str(folder / 'README.md'))}")
