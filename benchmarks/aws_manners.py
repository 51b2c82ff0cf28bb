"""What AWS does and the engine does not: things need time until they can be used, too many calls are refused."""

import json
import re
import time
import urllib.parse
from collections import Counter

from benchmarks.proxy import Answer, Forward, Request

ASSUMABLE, ACTIVE_TABLE, ACTIVE_FUNCTION = 8.0, 6.0, 2.0  # seconds after a role, a table, a function was made
LIMITS = {"lambda": 15, "apigateway": 10}  # calls a second of each service, and as many at once
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


class Limits:
    """A behaviour of the proxy: what is beyond the limits is refused."""

    def __init__(self) -> None:
        self._tokens = {service: float(rate) for service, rate in LIMITS.items()}
        self._at = time.monotonic()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    async def __call__(self, request: Request, forward: Forward) -> Answer:
        """The engine's answer, or that there were too many requests."""
        service = request.name.split(":")[0]
        now = time.monotonic()
        for each, rate in LIMITS.items():
            self._tokens[each] = min(rate, self._tokens[each] + (now - self._at) * rate)
        self._at = now
        if service in LIMITS and self._tokens[service] < 1:
            self.refused[service] += 1
            return refusal(429, "TooManyRequestsException", "Rate exceeded")
        if service in LIMITS:
            self._tokens[service] -= 1
            self.accepted[service] += 1
        return await forward()

    @property
    def least(self) -> float:
        """The seconds that as many calls as were accepted take at these limits, however they are spread."""
        return max(0, *((self.accepted[service] - rate) / rate for service, rate in LIMITS.items()))


class Delays:
    """A behaviour of the proxy: what was just made cannot be used yet. And the limits."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._made: dict[str, float] = {}

    async def __call__(self, request: Request, forward: Forward) -> Answer:
        """The answer as AWS would give it at this moment."""
        if request.name == "lambda:CreateFunction" and self._is_new(f"role/{_role(request)}", ASSUMABLE):
            return await self.limits(request, _refused)
        answer = await self.limits(request, forward)
        if request.name == "iam:CreateRole":
            role = urllib.parse.parse_qs(request.body.decode())["RoleName"][0]
            self._made[f"role/{role}"] = time.monotonic()
        elif request.name == "dynamodb:CreateTable":
            self._made["table"] = time.monotonic()
        elif request.name == "lambda:CreateFunction":
            self._made[f"function/{json.loads(request.body)['FunctionName']}"] = time.monotonic()
        elif request.name == "dynamodb:DescribeTable" and self._is_new("table", ACTIVE_TABLE):
            return changed(answer, '"TableStatus": "ACTIVE"', '"TableStatus": "CREATING"')
        elif request.name in ("lambda:GetFunctionConfiguration", "lambda:GetFunction"):
            name = request.path.split("?")[0].removesuffix("/configuration").rsplit("/", 1)[1]
            if self._is_new(f"function/{name}", ACTIVE_FUNCTION):
                return changed(answer, '"State": "Active"', '"State": "Pending"')
        return answer

    def _is_new(self, thing: str, seconds: float) -> bool:
        return time.monotonic() - self._made.get(thing, -seconds) < seconds


def _role(request: Request) -> str:
    return str(json.loads(request.body)["Role"].rsplit("/", 1)[1])


async def _refused() -> Answer:
    return refusal(400, "InvalidParameterValueException", NOT_ASSUMABLE)


def refusal(status: int, code: str, message: str) -> Answer:
    """An error as the services that speak JSON give it."""
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    head = f"HTTP/1.1 {status} no\r\nContent-Type: application/json\r\nx-amzn-ErrorType: {code}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def changed(answer: Answer, old: str, new: str) -> Answer:
    """The answer with another text in it, and without the sum that would tell."""
    head, body = answer.split(b"\r\n\r\n", 1)
    body = body.replace(old.encode(), new.encode())
    head = re.sub(rb"(?i)\r\nx-amz-crc32:[^\r]*", b"", head)
    return re.sub(rb"(?i)content-length: *\d+", b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body
