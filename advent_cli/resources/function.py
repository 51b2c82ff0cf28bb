"""A Lambda function: its code and its settings."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, found
from advent_cli.bundle import Bundle
from advent_cli.errors import AdventError, ForeignError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

ROLE_IS_NEW = "IAM has not told Lambda about the role yet"
RACES = (
    Race("InvalidParameterValueException", "cannot be assumed by Lambda", ROLE_IS_NEW),
    Race("InvalidParameterValueException", "execution role does not have permissions", ROLE_IS_NEW),
    Race("InvalidParameterValueException", "KMS key is invalid for CreateGrant", ROLE_IS_NEW),
    Race("ResourceConflictException", "update is in progress", "Lambda is still busy with the function"),
    Race("ResourceConflictException", "following state: Pending", "Lambda is still making the function"),
    Race("ResourceConflictException", "concurrent update operation", "Lambda is still busy with the function"),
)
READY = "ready"


@dataclass(frozen=True)
class Function(Resource):
    """A function with the settings of config.yaml.

    `environment` is what it sets itself; `attached` are variables that steps of their own see to, so this one only
    carries them along: into the create call, and unharmed through a change of the others.
    """

    kind: ClassVar[str] = "function"
    aws: Aws
    name: str
    bundle: Bundle
    handler: str
    role_arn: str
    runtime: str
    architecture: str
    memory: int
    timeout: int
    environment: dict[str, str]
    attached: dict[str, str]

    @property
    def arn(self) -> str:
        """The function's ARN, known before the function is made."""
        return self.aws.arn("lambda", f"function:{self.name}")

    def want(self) -> Settings:
        return {
            "code": self.bundle.sha256,
            "handler": self.handler,
            "runtime": self.runtime,
            "architecture": self.architecture,
            "memory": self.memory,
            "timeout": self.timeout,
            "role": self.role_arn,
            "environment": self.environment,
            "state": READY,
        }

    def read(self) -> Settings | None:
        answer = self._get()
        if answer is None:
            return None
        if not self.aws.owns(answer.get("Tags")):
            raise ForeignError(self.title, answer["Configuration"]["FunctionArn"])
        now = answer["Configuration"]
        return {
            "code": now["CodeSha256"],
            "handler": now["Handler"],
            "runtime": now["Runtime"],
            "architecture": ", ".join(now["Architectures"]),
            "memory": now["MemorySize"],
            "timeout": now["Timeout"],
            "role": now["Role"],
            "environment": {k: v for k, v in variables(now).items() if k not in self.attached},
            "state": state(now),
        }

    def create(self, wait: Patience) -> None:
        wait.retry(
            partial(
                self.aws.client("lambda").create_function,
                FunctionName=self.name,
                Code={"ZipFile": self.bundle.data},
                Architectures=[self.architecture],
                Tags=self.aws.owner_tag,
                **self._configuration(self.attached),
            ),
            *RACES,
        )
        self._wait_until_ready(wait)

    def update(self, now: Settings, wait: Patience) -> None:
        if now["state"].startswith("Failed"):  # such a function can only be made anew
            self.delete(wait)
            return self.create(wait)
        client, want = self.aws.client("lambda"), self.want()
        different = {name for name in want if now[name] != want[name]}
        if now["state"] != READY:
            self._wait_until_ready(wait)
        if different & {"code", "architecture"}:
            code = {"ZipFile": self.bundle.data, "Architectures": [self.architecture]}
            wait.retry(partial(client.update_function_code, FunctionName=self.name, **code), *RACES)
            self._wait_until_ready(wait)
        if different - {"code", "architecture", "state"}:
            carried = {k: v for k, v in variables(self._configured()).items() if k in self.attached}
            settings = {"FunctionName": self.name, **self._configuration(carried)}
            wait.retry(partial(client.update_function_configuration, **settings), *RACES)
            self._wait_until_ready(wait)
        return None

    def delete(self, wait: Patience) -> None:
        call = self.aws.client("lambda").delete_function
        wait.retry(partial(found, call, "ResourceNotFoundException", FunctionName=self.name), *RACES)
        wait.until(lambda: self._get() is None, "Lambda is deleting the function")

    def _configuration(self, carried: dict[str, str]) -> dict[str, Any]:
        return {
            "Handler": self.handler,
            "Role": self.role_arn,
            "Runtime": self.runtime,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": {**self.environment, **carried}},
        }

    def _get(self) -> dict[str, Any] | None:
        call = self.aws.client("lambda").get_function
        answer: dict[str, Any] | None = found(call, "ResourceNotFoundException", FunctionName=self.name)
        return answer

    def _configured(self) -> dict[str, Any]:
        return dict(self.aws.client("lambda").get_function_configuration(FunctionName=self.name))

    def _wait_until_ready(self, wait: Patience) -> None:
        wait_until_ready(self.aws, self.name, wait)


def variables(configuration: dict[str, Any]) -> dict[str, str]:
    """The environment variables in an answer of Lambda; the key is missing where there are none."""
    return dict(configuration.get("Environment", {}).get("Variables", {}))


def state(configuration: dict[str, Any]) -> str:
    """`ready`, or what keeps the function from running; see "Lambda function states" in the developer guide."""
    now, last = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if now == "Failed":
        return f"Failed: {configuration.get('StateReason', '')}"
    if last == "Failed":
        return f"the last update failed: {configuration.get('LastUpdateStatusReason', '')}"
    # Inactive: not called for weeks; the next call wakes it.
    return READY if now in ("Active", "Inactive") and last == "Successful" else f"{now}, update {last}"


def wait_until_ready(aws: Aws, name: str, wait: Patience) -> None:
    """Return when Lambda has made, or changed, the function; raises AdventError if Lambda gave up on it."""

    def ready() -> bool:
        now = state(aws.client("lambda").get_function_configuration(FunctionName=name))
        if "ailed" in now:
            raise AdventError(f"Lambda could not set up {name}", why=now)
        return now == READY

    wait.until(ready, "Lambda is setting up the function")
