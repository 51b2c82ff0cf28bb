"""What the doctor examines, and how one check runs without stopping the others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from advent_cli.aws.aws_errors import explain
from advent_cli.doctor.findings import Finding, problem
from advent_cli.errors import AdventError, of_file
from advent_cli.output import crash_report

T = TypeVar("T")
ANY_REGION = "us-east-1"  # to ask for the identity and the time if no region is set; they are the same everywhere


@dataclass(frozen=True)
class Subject:
    """The global options, None for one that is not given, and the set that secrets are added to."""

    config: str | None
    stack: str | None
    target: str | None
    profile: str | None
    region: str | None
    trace: Callable[[str], None] | None
    secrets: set[str]

    def attempt(self, check: str, ask: Callable[[], T]) -> T | Finding:
        """The result of `ask`, or a finding with the error, whatever the error is."""
        try:
            return ask()
        except AdventError as error:
            explained = error
        except ImportError as error:
            explained = AdventError(f"cannot load a package: {error}", hint="install aws-advent again")
        except Exception as error:  # one failing check must not stop the others
            explained = explain(error) or of_file(error) or self._bug(error)
        return problem(check, str(explained), explained.hint)

    def _bug(self, error: Exception) -> AdventError:
        report = crash_report.write(error, self.secrets)
        hint = f"report it, with {report.file or 'this line'}"
        return AdventError(f"this is a bug in advent: {report.problem}", hint=hint)
