"""AWS behaviour that the engine lacks: new resources take time to become usable, and calls are throttled."""

import json
import re
import time
import urllib.parse
from collections import Counter

from benchmarks.proxy import Forward, Request, Response

ASSUMABLE, ACTIVE_TABLE, ACTIVE_FUNCTION = 8.0, 6.0, 2.0  # seconds after creation of a role, a table, a function
LIMITS = {  # calls a second for each service or operation, and the size of the burst; an operation does not count twice
    "lambda": 15,
    "lambda:GetFunction": 100,
    "apigateway": 10,
    "logs:FilterLogEvents": 5,
}
REFUSED_WHILE_PENDING = (
    "DeleteFunction",
    "Invoke",
    "PublishVersion",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
)
PENDING = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


class Limits:
    """A behaviour of the proxy: throttles calls beyond the limits."""

    def __init__(self) -> None:
        self._tokens = {service: float(rate) for service, rate in LIMITS.items()}
        self._at = time.monotonic()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """The engine's response, or 429 Too Many Requests."""
        service = request.name if request.name in LIMITS else request.name.split(":")[0]
        now = time.monotonic()
        for limited, rate in LIMITS.items():
            self._tokens[limited] = min(rate, self._tokens[limited] + (now - self._at) * rate)
        self._at = now
        if service in LIMITS and self._tokens[service] < 1:
            self.refused[service] += 1
            return error_response(429, "TooManyRequestsException", "Rate exceeded")
        if service in LIMITS:
            self._tokens[service] -= 1
            self.accepted[service] += 1
        return await forward()

    @property
    def minimum_seconds(self) -> float:
        """The time that the accepted calls take at these limits at least, however they are spread."""
        return max(0, *((self.accepted[service] - rate) / rate for service, rate in LIMITS.items()))


class Delays:
    """A behaviour of the proxy: new resources are not usable yet, and calls are throttled."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._created: dict[str, float] = {}

    async def __call__(self, request: Request, forward: Forward) -> Response:
        """The response that AWS would give now."""
        if request.name == "lambda:CreateFunction" and self._is_new(f"role/{_role(request)}", ASSUMABLE):
            return await self.limits(request, _not_assumable)
        if request.name.removeprefix("lambda:") in REFUSED_WHILE_PENDING and self._is_pending(request):
            return await self.limits(request, _pending)
        response = await self.limits(request, forward)
        if request.name == "iam:CreateRole":
            role = urllib.parse.parse_qs(request.body.decode())["RoleName"][0]
            self._created[f"role/{role}"] = time.monotonic()
        elif request.name == "dynamodb:CreateTable":
            self._created["table"] = time.monotonic()
        elif request.name == "lambda:CreateFunction":
            self._created[f"function/{json.loads(request.body)['FunctionName']}"] = time.monotonic()
        elif request.name == "dynamodb:DescribeTable" and self._is_new("table", ACTIVE_TABLE):
            return changed(response, '"TableStatus": "ACTIVE"', '"TableStatus": "CREATING"')
        elif request.name in ("lambda:GetFunctionConfiguration", "lambda:GetFunction") and self._is_pending(request):
            return changed(response, '"State": "Active"', '"State": "Pending"')
        return response

    def _is_pending(self, request: Request) -> bool:
        name = request.path.split("?")[0].split("/functions/")[1].split("/")[0]
        return self._is_new(f"function/{name}", ACTIVE_FUNCTION)

    def _is_new(self, key: str, seconds: float) -> bool:
        return time.monotonic() - self._created.get(key, -seconds) < seconds


def _role(request: Request) -> str:
    return str(json.loads(request.body)["Role"].rsplit("/", 1)[1])


async def _pending() -> Response:
    return error_response(409, "ResourceConflictException", PENDING)


async def _not_assumable() -> Response:
    return error_response(400, "InvalidParameterValueException", NOT_ASSUMABLE)


def error_response(status: int, code: str, message: str) -> Response:
    """An error response in the JSON protocol."""
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    head = f"HTTP/1.1 {status} no\r\nContent-Type: application/json\r\nx-amzn-ErrorType: {code}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def changed(response: Response, old: str, new: str) -> Response:
    """The response with `old` replaced by `new`, without the checksum that would no longer match."""
    head, body = response.split(b"\r\n\r\n", 1)
    body = body.replace(old.encode(), new.encode())
    head = re.sub(rb"(?i)\r\nx-amz-crc32:[^\r]*", b"", head)
    return re.sub(rb"(?i)content-length: *\d+", b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body
