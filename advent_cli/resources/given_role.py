"""The role that config.yaml gives all functions, where nobody may create roles, as in an AWS Academy Learner Lab."""

from dataclasses import dataclass

from advent_cli.aws.account import Aws
from advent_cli.errors import ConfigError


@dataclass(frozen=True)
class GivenRole:
    """A role that somebody else created and manages. It is no resource of the stack: advent only passes it to Lambda.

    Nothing is asked of IAM about it, so that iam:PassRole is all that a deployer needs on it. So its unique id is
    unknown too, and advent does not notice if it is deleted and recreated; see role_id.py.
    """

    arn: str

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return self.arn.rpartition("/")[2]

    @property
    def notice(self) -> str:
        """What every command that shows the app says about it."""
        return f"the functions run as role {self.name}; advent does not manage its permissions"

    def check_account(self, aws: Aws) -> None:
        """Raise ConfigError if it is a role of another account or partition, which Lambda does not accept."""
        _, partition, _, _, account, _ = self.arn.split(":", 5)
        here = aws.identity[1].split(":")[1], aws.identity[0]
        if (partition, account) != here:
            raise ConfigError(
                f"execution_role in config.yaml cannot be used here: {self.arn}",
                why=f"functions in account {here[1]} (partition {here[0]}) can only run as roles of that account",
                hint="name a role of this account; a name without an ARN always means the account in use",
            )


def given_role(given: str | None, aws: Aws) -> GivenRole | None:
    """The role by its name or ARN, as config.yaml has it; None if there is none."""
    if given is None:
        return None
    return GivenRole(given if given.startswith("arn:") else aws.arn("iam", f"role/{given}"))
