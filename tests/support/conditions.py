"""Judges calls by the statements of a policy as IAM does on AWS; the engine judges some of them otherwise.

The engine omits the path of a role's ARN, knows neither iam:PermissionsBoundary nor the tags of the parts of an API,
does not ask about iam:PassRole, and judges some calls on `*`. So the proxy decides all calls, by the questions of
iam_requests.py, and passes allowed ones to the engine signed as root. A key that is not in the request matches no
StringEquals, and the meaning of `${*}`: "IAM JSON policy elements".

The simulator refuses a call that mixes actions that it knows with others, and answers the others alone. AWS's
documents do not say so: aws-cloudformation/rain, internal/aws/iam, quotes the error, and radkawar/stackd,
docs/iam-simulation.md, found with 21,894 actions that this "unrecognized" group is what calls are refused for.
"""

import re
import urllib.parse
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from tests.support import proxy as proxies
from tests.support.iam_requests import Keys, Question, questions
from tests.support.proxy import Handler, pass_on, refuse

UNRECOGNIZED = frozenset({"apigateway:TagResource"})  # an action that is in no reference of AWS


@dataclass
class Judge:
    """Allows what the `statements` of an IAM user allow; None is everything. `client` returns clients with full access.

    `asked` are all questions so far, `refused` those that no statement allows, and `needed` the statements, by number,
    and their actions and ARNs, without which a call would have been refused.
    """

    client: Callable[[str], Any]
    statements: list[dict[str, Any]] | None = None
    asked: list[Question] = field(default_factory=list)
    refused: list[Question] = field(default_factory=list)
    needed: set[tuple[int, str]] = field(default_factory=set)

    def allow(self, statements: list[dict[str, Any]] | None) -> None:
        """Judge by these statements from now on."""
        self.statements, self.asked, self.refused, self.needed = statements, [], [], set()

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Handle a call as a fault of the proxy does."""
        asked = questions(name, handler, body, self.client)
        statements = self.statements
        for question in asked:
            if statements is not None and not self._allows(question, statements):
                words = f"not authorized to perform: {question.action} on resource: {question.arn}"
                return refuse(handler, 403, "AccessDenied", words)
        if name == "iam:SimulatePrincipalPolicy" and statements is not None:
            return simulating(statements)(name, handler, body)
        if asked:
            proxies.sign_as_root(handler, body)
        return pass_on(handler, body)

    def _allows(self, question: Question, statements: list[dict[str, Any]]) -> bool:
        allowing = [number for number, each in enumerate(statements) if allows(each, *question)]
        self.asked.append(question)
        if not allowing:
            self.refused.append(question)
        if len(allowing) == 1:
            arns = [arn for arn in statements[allowing[0]]["Resource"] if matches(arn, question.arn)]
            self.needed |= {(allowing[0], question.action), *((allowing[0], arn) for arn in arns)}
        return bool(allowing)


def simulating(
    statements: list[dict[str, Any]], unrecognized: Collection[str] = UNRECOGNIZED, never: Collection[str] = ()
) -> Callable[[str, Handler, bytes], None]:
    """A `meet` of the proxy that answers SimulatePrincipalPolicy; the engine's simulator ignores context keys.

    It refuses calls that mix actions in `unrecognized` with others, and all calls with one in `never`.
    """

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
        actions = [value for key, value in given.items() if key.startswith("ActionNames.")]
        if (others := [action for action in actions if action in unrecognized]) and others != actions:
            groups = f"[{','.join(each for each in actions if each not in others)}] and [{','.join(others)}]"
            words = f"Invalid Input Actions: {groups} require different authorization information."
            return refuse(handler, 400, "InvalidInput", words)
        if {*actions} & {*never}:
            return refuse(handler, 400, "InvalidInput", "Invalid Input Action")
        for action in actions:
            decision = "allowed" if any(allows(each, action, arn, keys) for each in statements) else "implicitDeny"
            result = f"<EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>"
            results += f"<member>{result}</member>"
        evaluated = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
        answer = f"<SimulatePrincipalPolicyResult>{evaluated}</SimulatePrincipalPolicyResult>"
        text = f"<SimulatePrincipalPolicyResponse>{answer}</SimulatePrincipalPolicyResponse>"
        return handler.answer(200, {"Content-Type": "text/xml"}, text.encode())

    return meet


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
