"""advent doctor: check for problems."""

from __future__ import annotations

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import OFFLINE_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import FAILED


@click.command(
    cls=Command,
    example="advent --target aws doctor",
    short_help="Check for problems.",
    codes=(*OFFLINE_CODES, FAILED),
    meaning={FAILED: "a check found a problem"},
)
@click.pass_obj
def doctor(options: Options) -> int:
    """Check for problems: versions, config.yaml, the engine, credentials, permissions, the clock, the stack, the app.

    It changes nothing, does not add to the counts, and works even when something else is broken. `advent -v doctor`
    also shows what each check found.
    """
    from advent_cli.doctor.findings import Finding, exit_code
    from advent_cli.doctor.version_check import broken
    from advent_cli.output import doctor_findings, terminal

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
    findings: list[Finding] = []
    try:
        with options.report.waiting("running the checks") as notify:
            for finding in checks:
                findings.append(finding)
                notify(f"running the checks: {finding.check} is done")
    finally:  # even if interrupted, because the check that hangs is the one after these
        doctor_findings.show(terminal.stdout(options.run.command), findings, details=options.run.verbose)
    return exit_code(findings)
