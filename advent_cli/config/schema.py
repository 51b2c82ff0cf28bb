"""The settings of config.yaml as types, each with its description, which editors and documents show."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from advent_cli.config.value_types import (
    ApiName,
    Concurrency,
    Days,
    Handler,
    KeyName,
    Line,
    Memory,
    Name,
    PolicyArn,
    Prefix,
    QueueName,
    Rate,
    Region,
    RoleName,
    RoleNameOrArn,
    RouteKey,
    Runtime,
    Scope,
    SecretName,
    TableName,
    Timeout,
    TopicName,
    Value,
    Variable,
    Word,
)

SLACK_SECRET = "slack-secret"  # noqa: S105 (only the name of the secret that `advent slack secret` sets)


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The DynamoDB table."""

    name: Annotated[TableName, Meta(description="The name of the table.")]
    key: Annotated[KeyName, Meta(description="Its primary key, a string.")]


class Api(Struct, frozen=True, forbid_unknown_fields=True):
    """The API Gateway in front of the functions with routes."""

    name: Annotated[ApiName, Meta(description="The name of the API.")]
    rate: Annotated[
        Rate, Meta(description="Requests per second. On AWS, API Gateway rejects any above this with 429.")
    ] = 10
    burst: Annotated[
        Rate, Meta(description="The largest burst of requests. On AWS, API Gateway rejects any above this with 429.")
    ] = 20


class Slack(Struct, frozen=True, forbid_unknown_fields=True):
    """The values for Slack's outgoing-webhook form."""

    trigger_word: Annotated[
        Word,
        Meta(
            description="The word at the start of the messages that Slack's outgoing webhook posts to the app; "
            "the slash command has the same name."
        ),
    ]
    bot_name: Annotated[Line, Meta(description="The name shown on the replies.")]


class Function(Struct, frozen=True, forbid_unknown_fields=True):
    """A Lambda function: its code, its role, what invokes it, and what it uses."""

    handler: Annotated[
        Handler,
        Meta(
            description="Its code: FILE.FUNCTION in the handlers folder, or FOLDER/FILE.FUNCTION if it needs packages. "
            "Default: NAME.handler, with each - in NAME replaced by _."
        ),
    ] = ""
    role: Annotated[RoleName, Meta(description="Its IAM role. Each function needs its own. Default: NAME_lambda.")] = ""
    routes: Annotated[
        list[RouteKey], Meta(description="The requests to the API that it answers, such as POST /aws_advent.")
    ] = []
    table: Annotated[
        Literal["read", "write", "read-write", "count", "none"],
        Meta(
            description="What it can do with the table. write: add to the counts; read: read them; read-write: both; "
            "count: both, but only the calls that the tutorial's counting.py makes. "
            "Sets the environment variables DYNAMO_TABLE and DYNAMO_KEY."
        ),
    ] = "none"
    publishes: Annotated[
        list[TopicName],
        Meta(
            description="The topics that it can publish to. Sets the environment variable SNS_TOPIC_ARN; "
            "with several topics, SNS_TOPIC_ARN_NAME for each. Also sets DEAD_LETTER_QUEUE_URL."
        ),
    ] = []
    subscribes: Annotated[list[TopicName], Meta(description="The topics whose messages invoke it.")] = []
    filter: Annotated[
        dict[Scope, Any],
        Meta(
            description="Which messages of its topics invoke it: an SNS filter policy under attributes or body, "
            "such as attributes: {kind: [loud]}. advent checks the syntax and size, and SNS checks the rest; "
            'see "Amazon SNS message filtering" in the Amazon SNS Developer Guide.'
        ),
    ] = {}
    reads_secrets: Annotated[
        list[SecretName],
        Meta(
            description="The secrets that it can read, which `advent secret` sets. "
            "For each one, advent sets the environment variable NAME_PARAMETER, such as SLACK_SECRET_PARAMETER."
        ),
    ] = []
    memory: Annotated[Memory, Meta(description="Megabytes of memory; more memory also means more CPU.")] = 128
    timeout: Annotated[Timeout, Meta(description="The timeout, in seconds.")] = 30
    concurrency: Annotated[
        Concurrency | None,
        Meta(
            description="Reserved concurrency: the most instances that run at once; 0 pauses the function. "
            "A new AWS account may have none to reserve."
        ),
    ] = None
    environment: Annotated[
        dict[Variable, Value], Meta(description="Its own environment variables; put numbers in quotes.")
    ] = {}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of config.yaml. Paths are relative to its folder."""

    stack: Annotated[
        Name, Meta(description="The name of the app: the value of the tag advent:stack on all its resources.")
    ]
    table: Annotated[Table, Meta(description="The DynamoDB table.")]
    topics: Annotated[list[TopicName], Meta(description="The SNS topics.")]
    api: Annotated[Api, Meta(description="The API Gateway in front of the functions with routes.")]
    functions: Annotated[dict[Name, Function], Meta(description="The Lambda functions, by name.")]
    slack: Annotated[
        Slack | None,
        Meta(description="The values for Slack's outgoing-webhook form; none if the app is not for Slack."),
    ] = None
    prefix: Annotated[
        Prefix, Meta(description="Put before every name in AWS, so that apps in one account do not collide.")
    ] = ""
    target: Annotated[
        Literal["local", "aws"],
        Meta(description="Where the app runs. local: the engine on this machine; aws: your AWS account."),
    ] = "local"
    region: Annotated[
        Region | None,
        Meta(description="The AWS region. Default: that of your AWS settings; us-east-1 on the local engine."),
    ] = None
    handlers: Annotated[Line, Meta(description="The folder of the functions' code.")] = "handlers"
    runtime: Annotated[Runtime, Meta(description="The Python runtime of the functions.")] = "python3.13"
    architecture: Annotated[
        Literal["x86_64", "arm64"], Meta(description="The instruction set that the functions run on.")
    ] = "x86_64"
    log_retention_days: Annotated[Days, Meta(description="How many days CloudWatch Logs keeps the logs.")] = 14
    dead_letters: Annotated[
        QueueName,
        Meta(
            description="The SQS queue for messages that a consumer failed on; see `advent replay`. "
            "Default: STACK-dlq, or PREFIXdlq with a prefix."
        ),
    ] = ""
    allow_cycle: Annotated[
        bool,
        Meta(
            description="Allow functions to publish to each other in a cycle. "
            "Messages, and their cost, may then never stop."
        ),
    ] = False
    permissions_boundary: Annotated[
        PolicyArn | None,
        Meta(
            description="The ARN of a managed policy that limits what the functions' roles can do. "
            "If not set, advent leaves each role's existing boundary unchanged."
        ),
    ] = None
    execution_role: Annotated[
        RoleNameOrArn | None,
        Meta(
            description="An existing role for all functions: its name, or its ARN if it has a path. "
            "advent then manages no roles. Cannot be combined with permissions_boundary or role."
        ),
    ] = None
