"""Which questions IAM is asked about a request to AWS: the action, the ARN that it is on, and the condition keys.

They are read from the request itself, never from what advent declares. The sources:

- The actions, and which of them a resource can limit: Service Authorization Reference. What a call with tags needs
  too, and iam:PassRole for a call with a role: the same, and each service's developer guide on tags.
- CloudWatch Logs judges the tags of a group on its plain ARN, and everything else on `ARN:log-stream:`, as its denials
  show (ministryofjustice/modernisation-platform #7184; prowler #37, terraform-provider-aws #8804).
- IAM judges a role that does not exist on `role/NAME` without its path (keikoproj/iam-manager #31, #35); CreateRole has
  the path in the request. iam:PermissionsBoundary is the boundary in the request of CreateRole and
  PutRolePermissionsBoundary, and otherwise the one that the role has: IAM User Guide, "Permissions boundaries".
- A batch of SQS needs the action of a single one: "Amazon SQS API permissions" in its developer guide.
- Lambda returns the tags of a function with GetFunction only to those who have lambda:ListTags.
- API Gateway judges the tags of a new API on /tags/ with an asterisk for the id that it does not have yet; the parts of
  an API inherit its tags: API Gateway Developer Guide, "API Gateway resources that can be tagged", for REST APIs only.
"""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.support.proxy import Handler, service_of

Keys = dict[str, str | None]
Client = Callable[[str], Any]
GATEWAY = "arn:aws:apigateway:us-east-1::"
ON_ROLES = ("CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")
NO_KEYS: Keys = {}
EVERYTHING = "*"  # the ARN of a call that no resource can limit


class Question(NamedTuple):
    """An action, the ARN that it is on, and the condition keys of the request."""

    action: str
    arn: str
    keys: Keys = NO_KEYS


class Request(NamedTuple):
    """A call's operation, its parameters, its path, and a way to look at what there is."""

    operation: str
    given: dict[str, Any]
    method: str
    path: str
    client: Client

    @property
    def tags(self) -> bool:
        """Whether it has tags for what it creates."""
        return any(self.given.get(name) for name in ("Tags", "tags", "Tags.member.1.Key"))


def questions(name: str, handler: Handler, body: bytes, client: Client) -> list[Question]:
    """The questions about a call; none about one that needs no permission. `client` has full access."""
    service, operation = service_of(dict(handler.headers)), name.partition(":")[2]
    if service == "none" or operation == "GetCallerIdentity":
        return []  # a request to an HTTP API; GetCallerIdentity needs no permission
    request = Request(operation, _parameters(service, body), handler.command, handler.path, client)
    return list(SERVICES[service](request))


def _parameters(service: str, body: bytes) -> dict[str, Any]:
    if service in ("iam", "sns"):
        return {key: values[0] for key, values in urllib.parse.parse_qs(body.decode()).items()}
    return json.loads(body) if body.startswith(b"{") else {}


def arn_of(service: str, resource: str) -> str:
    """The ARN of a resource in the engine's account."""
    return f"arn:aws:{service}:{'' if service == 'iam' else 'us-east-1'}:000000000000:{resource}"


def _dynamodb(request: Request) -> Iterator[Question]:
    given = request.given
    tables = [*given.get("RequestItems", {})] or [given.get("TableName") or given["ResourceArn"].rpartition("/")[2]]
    for table in tables:
        arn = arn_of("dynamodb", f"table/{table}")
        yield Question(f"dynamodb:{request.operation}", arn)
        if request.operation == "CreateTable" and request.tags:
            yield Question("dynamodb:TagResource", arn)


def _logs(request: Request) -> Iterator[Question]:
    group = arn_of("logs", f"log-group:{request.given.get('logGroupName', '')}")
    yield Question(f"logs:{request.operation}", request.given.get("resourceArn", f"{group}:log-stream:"))
    if request.operation == "CreateLogGroup" and request.tags:
        yield Question("logs:TagResource", group)


def _sqs(request: Request) -> Iterator[Question]:
    arn = arn_of("sqs", request.given.get("QueueName") or request.given["QueueUrl"].rpartition("/")[2])
    yield Question(f"sqs:{request.operation.removesuffix('Batch')}", arn)
    if request.operation == "CreateQueue" and request.tags:
        yield Question("sqs:TagQueue", arn)


def _sns(request: Request) -> Iterator[Question]:
    named = arn_of("sns", request.given.get("Name", ""))
    arn = request.given.get("TopicArn") or request.given.get("ResourceArn") or named
    yield Question(f"sns:{request.operation}", EVERYTHING if "SubscriptionArn" in request.given else arn)
    if request.operation == "CreateTopic" and request.tags:
        yield Question("sns:TagResource", arn)


def _ssm(request: Request) -> Iterator[Question]:
    name = request.given.get("Name") or request.given.get("ResourceId")
    arn = arn_of("ssm", f"parameter{name}") if name else EVERYTHING
    yield Question(f"ssm:{request.operation}", arn)
    if request.operation == "PutParameter" and request.tags:
        yield Question("ssm:AddTagsToResource", arn)


def _lambda(request: Request) -> Iterator[Question]:
    path = urllib.parse.unquote(request.path.split("?")[0])
    named = re.search(r"/functions/([^/]+)", path) or re.search(r"/tags/.*:function:([^/]+)", path)
    arn = arn_of("lambda", f"function:{named[1] if named else request.given['FunctionName']}")
    action = {"Invoke": "InvokeFunction"}.get(request.operation, request.operation)
    yield Question(f"lambda:{action}", arn)
    if request.operation == "GetFunction":
        yield Question("lambda:ListTags", arn)
    if request.operation == "CreateFunction" and request.tags:
        yield Question("lambda:TagResource", arn)
    if "Role" in request.given:
        yield Question("iam:PassRole", request.given["Role"], {"iam:PassedToService": "lambda.amazonaws.com"})


def _iam(request: Request) -> Iterator[Question]:
    given, operation = request.given, request.operation
    if "RoleName" not in given:
        return (yield Question(f"iam:{operation}", given.get("PolicySourceArn", EVERYTHING)))
    iam = request.client("iam")
    try:
        role = iam.get_role(RoleName=given["RoleName"])["Role"]
    except iam.exceptions.NoSuchEntityException:
        role = {"Arn": arn_of("iam", f"role{given.get('Path', '/')}{given['RoleName']}")}
    current = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    sets_it = operation in ("CreateRole", "PutRolePermissionsBoundary")
    boundary = given.get("PermissionsBoundary") if sets_it else current
    keys: Keys = {"iam:PermissionsBoundary": boundary} if operation in ON_ROLES else {}
    yield Question(f"iam:{operation}", role["Arn"], keys)
    if operation == "CreateRole" and request.tags:
        yield Question("iam:TagRole", role["Arn"])
    return None


def _api_gateway(request: Request) -> Iterator[Question]:
    path = urllib.parse.unquote(request.path.removeprefix("/v2").split("?")[0])
    action, tags = f"apigateway:{request.method}", tags_in(request.given)
    if path.startswith("/apis/"):
        yield Question(action, GATEWAY + path, _tags_of_api(request.client, path.split("/")[2]))
    else:
        arn = GATEWAY + (path if path == "/apis" else as_tags(path.removeprefix("/tags/")))
        yield Question(action, arn, tags)
    if path == "/apis" and tags:
        yield Question(action, GATEWAY + as_tags(f"{GATEWAY}/v2/apis/*"), tags)


def _tagging(request: Request) -> Iterator[Question]:
    yield Question(f"tag:{request.operation}", EVERYTHING)


def _tags_of_api(client: Client, api_id: str) -> Keys:
    gateway = client("apigatewayv2")
    try:
        tags = gateway.get_api(ApiId=api_id).get("Tags", {})
    except gateway.exceptions.NotFoundException:
        tags = {}
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def tags_in(given: dict[str, Any]) -> Keys:
    """The tags of a request, as condition keys."""
    return {f"aws:RequestTag/{key}": value for key, value in given.get("tags", {}).items()}


def as_tags(arn: str) -> str:
    """The path of a resource's tags, as in the ARN that IAM checks when they change."""
    return f"/tags/{urllib.parse.quote(arn, safe='*')}"


SERVICES = {
    "apigateway": _api_gateway,
    "dynamodb": _dynamodb,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "tagging": _tagging,
}
