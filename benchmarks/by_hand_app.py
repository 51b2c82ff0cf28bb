"""The settings of the tutorial's app for by_hand.py: config.yaml in the form that AWS takes."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REGION, ACCOUNT = "us-east-1", "000000000000"  # of the local engine
TABLE, TOPIC = "table", "awsadvent"
TAGS = {"advent:stack": "awsadvent"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def arn(service: str, resource: str) -> str:
    """The ARN of a resource in this account."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def allow(actions: list[str], resource: str) -> dict[str, Any]:
    """A policy statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


SEND = allow(["sqs:SendMessage"], arn("sqs", "awsadvent-dlq"))
PUBLISH = allow(["sns:Publish"], arn("sns", TOPIC))
SECRET = "/advent/awsadvent/slack-secret"  # noqa: S105 (its name)
TABLE_ENVIRONMENT = {"DYNAMO_TABLE": TABLE, "DYNAMO_KEY": "word"}


@dataclass(frozen=True)
class Function:
    """A function; `grants` are its permissions besides writing its log and to the dead-letter queue."""

    role: str
    handler: str
    memory: int
    timeout: int
    files: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    grants: tuple[dict[str, Any], ...] = ()
    publishes: bool = False

    def policies(self, name: str) -> Mapping[str, list[dict[str, Any]]]:
        """The statements of the role's inline policies, by policy name."""
        log = allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("logs", f"log-group:/aws/lambda/{name}:*"))
        publish = {f"{self.role}_snspublish": [PUBLISH]} if self.publishes else {}
        return {f"{self.role}_microservice": [log, *self.grants, SEND], **publish}


def _on_table(*actions: str) -> dict[str, Any]:
    return allow([f"dynamodb:{action}" for action in actions], arn("dynamodb", f"table/{TABLE}"))


FUNCTIONS = {
    "aws_advent": Function(
        role="aws_advent_lambda_dynamo",
        handler="app.handler",
        memory=256,
        timeout=10,
        files=("app.py", "counting.py", "json_logging.py", "slack.py"),
        environment={
            **TABLE_ENVIRONMENT,
            "SLACK_SECRET_PARAMETER": SECRET,
            "DEAD_LETTER_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/awsadvent-dlq",
            "SNS_TOPIC_ARN": arn("sns", TOPIC),
        },
        grants=(
            _on_table("BatchGetItem", "UpdateItem"),
            allow(["ssm:GetParameter"], arn("ssm", f"parameter{SECRET}")),
        ),
        publishes=True,
    ),
    "sns_multiplier": Function(
        role="sns_multiplier_lambda_dynamo",
        handler="sns_multiplier.handler",
        memory=256,
        timeout=30,
        files=("counting.py", "json_logging.py", "sns_event.py", "sns_multiplier.py"),
        environment={**TABLE_ENVIRONMENT, "MULTIPLIER": "10"},
        grants=(_on_table("UpdateItem"),),
    ),
    "sns_logger": Function(
        role="sns_logger_lambda",
        handler="sns_logger.handler",
        memory=128,
        timeout=30,
        files=("json_logging.py", "sns_event.py", "sns_logger.py"),
    ),
}


def zipped(folder: Path, names: tuple[str, ...]) -> bytes:
    """The zip of a function's code, the same bytes in each run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, (folder / name).read_bytes())
    return buffer.getvalue()


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags in the form that the older services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
