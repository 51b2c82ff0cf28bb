"""The settings of config.yaml as types: what each may be, and how an error describes it."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

SLACK_SECRET = "slack-secret"  # noqa: S105 (only the name of the secret that `advent slack secret` sets)


def _name(pattern: str, longest: int, words: str, shortest: int = 1) -> Meta:
    return Meta(
        pattern=rf"^{pattern}+\Z",
        min_length=shortest,
        max_length=longest,
        description=f"a name of {shortest} to {longest} characters ({words})",
    )


# The limits are those of each service's API reference (CreateTable, CreateTopic, CreateRole, CreateFunction ...).
Name = Annotated[str, _name(r"[A-Za-z0-9_-]", 64, "letters, digits, _ and -")]
SecretName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*\Z",
        max_length=64,
        description="a name of at most 64 letters, digits, _ and -, starting with a letter",
    ),
]
TableName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .", shortest=3)]
TopicName = Annotated[str, _name(r"[A-Za-z0-9_-]", 256, "letters, digits, _ and -")]
QueueName = Annotated[str, _name(r"[A-Za-z0-9_-]", 80, "letters, digits, _ and -")]
ApiName = Annotated[str, _name(r"[A-Za-z0-9_-]", 128, "letters, digits, _ and -")]
KeyName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .")]
RoleName = Annotated[str, _name(r"[A-Za-z0-9_+=,.@-]", 64, "letters, digits and _ + = , . @ -")]
Handler = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9_-]+/)?[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*\Z",
        max_length=128,
        description="FILE.FUNCTION, such as app.handler, or FOLDER/FILE.FUNCTION",
    ),
]
RouteKey = Annotated[
    str,
    Meta(
        pattern=r"^(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /"
        r"(([A-Za-z0-9_.~-]+|\{[A-Za-z0-9_]+\})(/([A-Za-z0-9_.~-]+|\{[A-Za-z0-9_]+\}))*(/\{[A-Za-z0-9_]+\+\})?)?\Z",
        max_length=200,
        description="METHOD /PATH, such as POST /aws_advent or GET /orders/{id}",
    ),
]
Prefix = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z][A-Za-z0-9_-]*)?\Z",
        max_length=30,
        description="at most 30 letters, digits, _ and -, starting with a letter",
    ),
]
Concurrency = Annotated[
    int, Meta(ge=0, le=10000, description="a whole number of concurrent executions from 0 to 10000")
]
Variable = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]+\Z",
        description="a name of at least two letters, digits and _, starting with a letter",
    ),
]
Runtime = Annotated[
    str, Meta(pattern=r"^python3\.[0-9]{1,2}\Z", description="a Python runtime of Lambda, such as python3.13")
]
Region = Annotated[
    str, Meta(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}\Z", description="an AWS region, such as eu-west-1")
]
PolicyArn = Annotated[
    str,
    Meta(
        pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}\Z",
        max_length=2048,
        description="the ARN of a managed policy, such as arn:aws:iam::123456789012:policy/advent-boundary",
    ),
]
RoleNameOrArn = Annotated[
    str,
    Meta(
        pattern=r"^(arn:aws[a-z-]*:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]+/)*)?[A-Za-z0-9_+=,.@-]{1,64}\Z",
        max_length=2048,
        description="the name of a role, such as LabRole, or its ARN, such as arn:aws:iam::123456789012:role/LabRole",
    ),
]
Memory = Annotated[int, Meta(ge=128, le=10240, description="a whole number of megabytes from 128 to 10240")]
Timeout = Annotated[int, Meta(ge=1, le=900, description="a whole number of seconds from 1 to 900")]
Rate = Annotated[int, Meta(ge=1, le=5000, description="a whole number from 1 to 5000")]
CONTROL = r"\x00-\x1f\x7f-\x9f"  # control characters, which a terminal would obey
Word = Annotated[
    str,
    Meta(
        pattern=rf"^[^\s{CONTROL}]+\Z",
        max_length=100,
        description="one word of at most 100 characters without spaces or control characters",
    ),
]
Line = Annotated[str, Meta(pattern=rf"^[^{CONTROL}]*\Z", description="one line of text without control characters")]
Value = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\Z",
        description="text without control characters",
    ),
]
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
Scope = Annotated[str, Meta(pattern=r"^(attributes|body)\Z", description="attributes or body")]


class Table(Struct, frozen=True):
    """The DynamoDB table of the word counts; `key` is its primary key, a string."""

    name: TableName
    key: KeyName


class Api(Struct, frozen=True):
    """The API Gateway in front of the functions with routes; it allows `rate` requests per second, `burst` at once."""

    name: ApiName
    rate: Rate = 10
    burst: Rate = 20


class Slack(Struct, frozen=True):
    """The values for Slack's outgoing-webhook form."""

    trigger_word: Word
    bot_name: Line


class Function(Struct, frozen=True):
    """A Lambda function: its code, its role, what invokes it, and what it uses.

    `filter` is an SNS filter policy on the attributes or the body of messages; see "Amazon SNS message filtering" in
    its developer guide.
    """

    handler: Handler = ""
    role: RoleName = ""
    routes: list[RouteKey] = []
    table: Literal["read", "write", "read-write", "count", "none"] = "none"
    publishes: list[TopicName] = []
    subscribes: list[TopicName] = []
    filter: dict[Scope, Any] = {}
    reads_secrets: list[SecretName] = []
    memory: Memory = 128
    timeout: Timeout = 30
    concurrency: Concurrency | None = None
    environment: dict[Variable, Value] = {}


class Settings(Struct, frozen=True):
    """All settings of config.yaml."""

    stack: Name
    table: Table
    topics: list[TopicName]
    api: Api
    functions: dict[Name, Function]
    slack: Slack | None = None
    prefix: Prefix = ""
    target: Literal["local", "aws"] = "local"
    region: Region | None = None
    handlers: Line = "handlers"
    runtime: Runtime = "python3.13"
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    log_retention_days: Days = 14
    dead_letters: QueueName = ""
    allow_cycle: bool = False
    permissions_boundary: PolicyArn | None = None
    execution_role: RoleNameOrArn | None = None
