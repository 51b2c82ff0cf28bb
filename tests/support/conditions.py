"""Evaluates policy conditions as IAM does on AWS, for condition keys that the engine does not know.

The engine does not support iam:PermissionsBoundary, and for API Gateway neither aws:RequestTag nor the tags of the
parts of an API; nor does it check /tags/* when an API is created with tags. So the proxy decides these calls, and
passes allowed ones to the engine signed as root. The sources in AWS's documentation:

- The keys of each action: Service Authorization Reference, "AWS Identity and Access Management" and "Amazon API Gateway
  Management V2". That the parts of an API inherit its tags: API Gateway Developer Guide, "API Gateway resources that
  can be tagged", for REST APIs only.
- iam:PermissionsBoundary is the boundary in the request of CreateRole and PutRolePermissionsBoundary, and otherwise the
  one that the role has: IAM User Guide, "Permissions boundaries", "Delegating responsibility to others".
- A key that is not in the request matches no StringEquals, and the meaning of `${*}`: "IAM JSON policy elements".
"""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support import proxy as proxies
from tests.support.proxy import Handler, pass_on, refuse, service_of

Keys = dict[str, str | None]
Question = tuple[str, str, Keys]  # an action, the ARN it is on, and the condition keys
ON_ROLES = ("CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")
GATEWAY = "arn:aws:apigateway:us-east-1::"


@dataclass
class Judge:
    """Allows what the `statements` of an IAM user allow; `client` returns clients with full access."""

    client: Callable[[str], Any]
    statements: list[dict[str, Any]] = field(default_factory=list)

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Handle a call as a fault of the proxy does."""
        questions = list(self._questions(name, handler, body))
        for action, arn, keys in questions:
            if not any(allows(statement, action, arn, keys) for statement in self.statements):
                return refuse(handler, 403, "AccessDenied", f"not authorized to perform: {action} on resource: {arn}")
        if questions:
            proxies.sign_as_root(handler, body)
        return pass_on(handler, body)

    def _questions(self, name: str, handler: Handler, body: bytes) -> Iterator[Question]:
        service, _, operation = name.partition(":")
        if service == "iam" and operation in ON_ROLES:
            given = {key: values[0] for key, values in urllib.parse.parse_qs(body.decode()).items()}
            yield name, *self._role(operation, given)
        elif service_of(dict(handler.headers)) == "apigateway" and handler.command != "GET":
            path = urllib.parse.unquote(handler.path.removeprefix("/v2"))
            action, tags = f"apigateway:{handler.command}", tags_in(body)
            if path.startswith("/apis/"):
                yield action, GATEWAY + path, self._tags(path.split("/")[2])
            else:
                yield action, GATEWAY + (path if path == "/apis" else as_tags(path.removeprefix("/tags/"))), tags
            if path == "/apis" and tags:
                yield action, GATEWAY + as_tags(f"{GATEWAY}/v2/apis/*"), tags

    def _role(self, operation: str, given: dict[str, str]) -> tuple[str, Keys]:
        """The ARN of the role, and the boundary that counts: the requested one if the operation sets it."""
        iam = self.client("iam")
        try:
            role = iam.get_role(RoleName=given["RoleName"])["Role"]
        except iam.exceptions.NoSuchEntityException:
            role = {"Arn": f"arn:aws:iam::000000000000:role{given.get('Path', '/')}{given['RoleName']}"}
        current = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        sets_it = operation in ("CreateRole", "PutRolePermissionsBoundary")
        return role["Arn"], {"iam:PermissionsBoundary": given.get("PermissionsBoundary") if sets_it else current}

    def _tags(self, api_id: str) -> Keys:
        gateway = self.client("apigatewayv2")
        try:
            tags = gateway.get_api(ApiId=api_id).get("Tags", {})
        except gateway.exceptions.NotFoundException:
            tags = {}
        return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def simulating(statements: list[dict[str, Any]]) -> Callable[[str, Handler, bytes], None]:
    """A `meet` of the proxy that answers SimulatePrincipalPolicy; the engine's simulator ignores context keys."""

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if name != "iam:SimulatePrincipalPolicy":
            return pass_on(handler, body)
        given = {key: values[0] for key, values in urllib.parse.parse_qs(body.decode()).items()}
        keys: Keys = {
            value: given[key.replace("ContextKeyName", "ContextKeyValues.member.1")]
            for key, value in given.items()
            if key.endswith(".ContextKeyName")
        }
        arn, results = given["ResourceArns.member.1"], ""
        for action in [value for key, value in given.items() if key.startswith("ActionNames.")]:
            decision = "allowed" if any(allows(each, action, arn, keys) for each in statements) else "implicitDeny"
            result = f"<EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>"
            results += f"<member>{result}</member>"
        evaluated = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
        answer = f"<SimulatePrincipalPolicyResult>{evaluated}</SimulatePrincipalPolicyResult>"
        text = f"<SimulatePrincipalPolicyResponse>{answer}</SimulatePrincipalPolicyResponse>"
        return handler.answer(200, {"Content-Type": "text/xml"}, text.encode())

    return meet


def tags_in(body: bytes) -> Keys:
    """The tags of a request, as condition keys."""
    return {f"aws:RequestTag/{key}": value for key, value in json.loads(body or b"{}").get("tags", {}).items()}


def as_tags(arn: str) -> str:
    """The path of a resource's tags, as in the ARN that IAM checks when they change."""
    return f"/tags/{urllib.parse.quote(arn, safe='*')}"


def allows(statement: dict[str, Any], action: str, arn: str, keys: Keys) -> bool:
    """Whether a statement allows an action; supports StringEquals only, and no wildcards in actions."""
    wanted = statement.get("Condition", {}).get("StringEquals", {})
    return (
        action in statement["Action"]
        and any(matches(pattern, arn) for pattern in statement["Resource"])
        and all(keys.get(key) == value for key, value in wanted.items())
    )


def matches(pattern: str, arn: str) -> bool:
    """Whether an ARN matches a policy's pattern; `*` matches anything, `${*}` an asterisk."""
    parts = re.split(r"(\$\{\*\}|\*)", pattern)
    return (
        re.fullmatch("".join({"*": ".*", "${*}": r"\*"}.get(part, re.escape(part)) for part in parts), arn) is not None
    )
