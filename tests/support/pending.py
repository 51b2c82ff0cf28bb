"""A `meet` of the proxy under which a new function is Pending for a while. The engine accepts all calls then."""

import json
import re
import threading
import urllib.parse

from tests.support.proxy import Handler, changing, pass_on, refuse

LOOKS = 10  # polls of about two seconds together
READS = ("lambda:GetFunction",)
REFUSED = (
    "lambda:DeleteFunction",
    "lambda:Invoke",
    "lambda:PublishVersion",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
)
MESSAGE = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
WHY = "The role that is defined for the function was deleted."
PENDING = changing('"State": "Active"', '"State": "Pending"')


class Pending:
    """Has each new function Pending until it was looked at `LOOKS` times; then the one named `failing` is Failed, once.

    AWS refuses the calls of `REFUSED` while a function is Pending ("Lambda function states" in the Lambda developer
    guide), and accepts AddPermission, PutFunctionConcurrency and Subscribe (LocalStack's snapshots of AWS's answers in
    test_lambda_api). `early` has the calls about functions that were Pending, as in `lambda:AddPermission sns_logger`,
    `late` those about others, and `refused` those that were refused.
    """

    def __init__(self, failing: str = "") -> None:
        self._failing = failing
        self.early: list[str] = []
        self.late: list[str] = []
        self.refused: list[str] = []
        self._left: dict[str, int] = {}  # function -> looks until it is no longer Pending
        self._lock = threading.Lock()

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Answer a call as AWS does."""
        function = _function(name, handler.path, body)
        with self._lock:
            left = self._left.get(function, 0)
            (self.early if left else self.late).append(f"{name} {function}")
            if left and name in (*READS, *REFUSED):
                self._left[function] = left - 1
            if left and name in REFUSED:
                self.refused.append(f"{name} {function}")
            elif name == "lambda:CreateFunction":
                self._left[function] = LOOKS
            elif name == "lambda:DeleteFunction" and function == self._failing:
                self._failing = ""
        if left and name in REFUSED:
            refuse(handler, 409, "ResourceConflictException", MESSAGE)
        elif left and name in READS:
            PENDING(handler, body)
        elif name in READS and function == self._failing and function in self._left:
            handler.answer(*_failed(*handler.upstream(body)))
        else:
            pass_on(handler, body)


def _failed(status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer about a function with the state Failed."""
    answer = json.loads(body)
    answer.get("Configuration", answer).update(State="Failed", StateReason=WHY)
    return status, headers, json.dumps(answer).encode()


def _function(name: str, path: str, body: bytes) -> str:
    """The name of the function that a call is about; empty if it is about none."""
    if name == "lambda:CreateFunction":
        return str(json.loads(body)["FunctionName"])
    if name == "sns:Subscribe":
        return urllib.parse.parse_qs(body.decode())["Endpoint"][0].rsplit(":", 1)[1]
    if name == "apigateway:CreateIntegration":
        return str(json.loads(body)["integrationUri"]).rsplit(":", 1)[1]
    found = re.search(r"/functions/([^/?]+)", path)
    return found[1] if found else ""
