"""The command that looks for what stands in the way: advent doctor."""

from __future__ import annotations

import click

from advent_cli.cli.command import AT_HOME, Command
from advent_cli.cli.options import Options
from advent_cli.errors import FAILED


@click.command(
    cls=Command,
    example="advent --target aws doctor",
    short_help="Look for what stands in the way.",
    codes=(*AT_HOME, FAILED),
    meaning={FAILED: "there is a problem"},
)
@click.pass_obj
def doctor(options: Options) -> int:
    """Look for what stands in the way: versions, config.yaml, the engine, credentials, permissions, the clock, the app.

    Nothing is changed or counted, and it works whatever is broken.
    """
    from advent_cli.doctor.findings import exit_code
    from advent_cli.doctor.version_check import broken
    from advent_cli.output import health, terminal

    try:
        from advent_cli.doctor.examine import examine
        from advent_cli.doctor.subject import Subject

        checks = examine(
            Subject(
                options.config,
                options.stack,
                options.target,
                options.profile,
                options.region,
                options.trace,
                options.run.secrets,
            )
        )
    except ImportError as error:
        checks = iter(broken(error))
    out, findings = terminal.stdout(), []
    for found in checks:
        health.show(out, found)
        findings.append(found)
    return exit_code(findings)
