"""The rate limit of a service, with a fake clock and a real client without a network."""

from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from advent_cli.aws.rate_limit import RateLimiter


class Body:
    def __init__(self, text: bytes) -> None:
        self.text = text

    def stream(self, **_: Any) -> Any:
        yield self.text


class Service:
    """Lambda, which returns these responses, and how long each call had to wait."""

    def __init__(self, *responses: tuple[int, str]) -> None:
        self.responses, self.naps, self.now = list(responses), list[float](), 100.0
        self.client = boto3.client(
            "lambda",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        RateLimiter(10, self.naps.append, lambda: self.now).guard(self.client)
        self.client.meta.events.register_last("before-send", self.respond)

    def respond(self, request: Any, **_: Any) -> AWSResponse:
        status, code = self.responses.pop(0)
        return AWSResponse(request.url, status, {"x-amzn-ErrorType": code}, Body(b"{}"))

    def call(self) -> None:
        self.client.get_policy(FunctionName="f")


def test_no_call_waits_until_one_is_throttled() -> None:
    service = Service((200, ""), (200, ""))
    service.call()
    service.call()
    assert service.naps == []


def test_after_throttling_calls_are_spaced() -> None:
    service = Service((429, "TooManyRequestsException"), (200, ""), (200, ""), (200, ""), (200, ""))
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        service.call()
    for _ in range(3):
        service.call()
    assert service.naps == pytest.approx([0, 0.1, 0.2])  # the clock stands still
    service.now += 1
    service.call()
    assert service.naps[3] == 0


def test_a_call_with_a_quota_of_its_own_neither_waits_nor_starts_the_limit() -> None:
    """ "Lambda quotas": 100 GetFunction a second, and 15 of "the remainder of the control plane API requests"."""
    service = Service((429, "TooManyRequestsException"), (200, ""), (429, "TooManyRequestsException"), (200, ""))
    for call in (service.client.get_function, service.client.get_policy, service.client.get_policy):
        with suppress(ClientError):
            call(FunctionName="f")
    assert service.naps == []
    service.client.get_function(FunctionName="f")
    assert service.naps == []


def test_another_error_does_not_start_the_limit() -> None:
    service = Service((404, "ResourceNotFoundException"), (200, ""))
    with pytest.raises(ClientError):
        service.call()
    service.call()
    assert service.naps == []
