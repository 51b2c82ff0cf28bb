"""Pure: what each command does to the stack's resources, and to the data in them."""

from advent_cli.resources import api_gateway
from advent_cli.resources.base import Resource
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.stack.build import Stack

VERBS = {  # what each command does to a resource; `up` deletes orphans, and what it has to recreate
    "up": ("read", "create", "update", "delete"),
    "plan": ("read",),
    "status": ("read",),
    "diagram": ("read",),
    "down": ("read", "delete", "hand over"),
    "say": ("read",),
    "replay": (),
    "audit": (),
    "slack": (),
    "list": (),
    "logs": (),
    "doctor": ("read",),
    "slack-check": (),
}
SECRET = {"up": ("read", "delete"), "plan": ("read",), "status": ("read",), "down": ("read", "delete")}
SECRET |= {"diagram": ("read",), "say": ("read",), "slack": ("read", "update", "delete"), "doctor": ("read",)}
TRACED_KINDS = (  # `say` reads these to explain why a message did not reach a function
    "topic", "queue", "subscription", "permission", "function", "variable", "destination", "log-group", "role", "policy"
)  # fmt: skip
INSPECTING = ("up", "plan", "status", "diagram", "doctor", "down")  # the commands that look for orphans
FIND_STACKS = ("iam:ListRoles", "tag:GetResources")
SIMULATE = ("iam:GetRole", "iam:SimulatePrincipalPolicy")  # on the caller's own role, which the stack does not know
UNSCOPED = {**dict.fromkeys(("list", *INSPECTING), FIND_STACKS), "doctor": (*FIND_STACKS, *SIMULATE)}
UNSCOPED |= {"audit": ("logs:DescribeLogGroups",)}
COUNT_WORDS, READ_LOGS, FIND_API = "dynamodb:Scan", "logs:FilterLogEvents", "apigateway:GET"
DATA = {  # what each command does to the data in the resources (words, messages, logs), and to find the API
    "up": ("dynamodb:BatchWriteItem", READ_LOGS),
    "status": (COUNT_WORDS, "dynamodb:BatchGetItem", READ_LOGS),
    "logs": (READ_LOGS,),
    "doctor": (FIND_API,),
    "slack-check": (FIND_API, READ_LOGS),
    "down": (COUNT_WORDS,),
    "say": ("dynamodb:BatchGetItem", FIND_API, "ssm:GetParameter", READ_LOGS),
    "replay": (
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sns:ListSubscriptionsByTopic",
        "sns:Publish",
        "lambda:InvokeFunction",
    ),
    "audit": (
        READ_LOGS,
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sns:ListSubscriptionsByTopic",
    ),
}


def verbs(command: str, resource: Resource) -> tuple[str, ...]:
    """What a command does to a resource of the stack: `read`, `create`, `update`, `delete` or `hand over`."""
    if resource.kind == Parameter.kind:
        return SECRET.get(command, ())
    if command == "say" and resource.kind not in TRACED_KINDS:
        return ()
    return tuple(verb for verb in VERBS[command] if verb != "delete" or _may_delete(command, resource))


def verbs_for_orphan(command: str, orphan: Resource) -> tuple[str, ...]:
    """What a command does to something that config.yaml no longer has."""
    if command not in INSPECTING:
        return ()
    every = SECRET if orphan.kind == Parameter.kind else VERBS
    return tuple(verb for verb in every[command] if verb in ("read", "delete", "hand over"))


def data_arns(stack: Stack, command: str, action: str) -> set[str]:
    """The ARNs on which IAM judges an action of `DATA`; empty if the app has no such resource."""
    if command == "slack-check" and stack.config.slack is None:
        return set()
    if action == FIND_API:
        return {*api_gateway.find_scope(stack.aws)} if stack.config.routes else set()
    if action == READ_LOGS:
        groups = [resource for resource in stack.resources.values() if isinstance(resource, LogGroup)]
        return {arn for group in groups if _reads_log(stack, command, group) for arn in group.events_scope()}
    resources = (*stack.resources.values(), *stack.secrets.values())
    return {arn for r in resources for arn in r.scope() if arn.split(":")[2] == action.partition(":")[0]}


def _may_delete(command: str, resource: Resource) -> bool:
    """Whether the command deletes it: `down` deletes only the parents, and `up` keeps what an app has one of."""
    return not resource.deleted_with_parent if command == "down" else resource.kind not in (Table.kind, Queue.kind)


def _reads_log(stack: Stack, command: str, group: LogGroup) -> bool:
    """Whether the command reads this log: those about requests read only the functions behind the API.

    `up` reads only that of the function that it asks whether the app answers, `audit` those that messages pass through.
    """
    function = stack.config.functions[group.function]
    if command == "audit":
        return bool(function.publishes or function.subscribes)
    if command == "up":
        return bool(route := stack.config.asked_route) and stack.config.function_of(route or "") == group.function
    return command not in ("status", "slack-check") or bool(function.routes)
