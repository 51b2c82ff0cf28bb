"""The rate limit of a service, with a fake clock and a real client without a network."""

from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from advent_cli.aws.rate_limit import LOG_READS, Pacer, RateLimiter


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


class Logs:
    """CloudWatch Logs, whose calls arrive half a `way` after they are sent and are answered after another half.

    `arrived` has when each call arrived; the clock stands still but for that, and for what the pacer sleeps.
    """

    def __init__(self, ways: list[float], refused: int = -1) -> None:
        self.ways, self.refused, self.arrived, self.now = ways, refused, list[float](), 0.0
        self.client = boto3.client(
            "logs",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        Pacer("FilterLogEvents", LOG_READS, self.sleep, lambda: self.now).guard("logs", self.client)
        self.client.meta.events.register_last("before-send", self.respond)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def respond(self, request: Any, **_: Any) -> AWSResponse:
        half = self.ways[len(self.arrived) % len(self.ways)] / 2
        self.arrived.append(self.now + half)
        self.now += 2 * half
        is_refused = len(self.arrived) - 1 == self.refused
        body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}' if is_refused else b"{}"
        return AWSResponse(request.url, 400 if is_refused else 200, {}, Body(body))


@pytest.mark.parametrize("ways", [[0.0], [0.01], [0.4, 0.0], [3.0, 0.0, 0.1]])
def test_log_reads_are_within_the_limit_from_the_first_on_however_long_they_take(ways: list[float]) -> None:
    logs = Logs(ways)
    for _ in range(20):
        logs.client.filter_log_events(logGroupName="g")
    within_a_second = [later - first for first, later in zip(logs.arrived, logs.arrived[LOG_READS:], strict=False)]
    assert min(within_a_second) >= 1
    assert logs.arrived[-1] <= 3 + sum(ways) / len(ways) * 20  # and not slower than they have to be
    logs.client.describe_log_groups()
    logs.client.describe_log_groups()  # another call has a limit of its own


def test_after_a_refusal_all_log_reads_wait_a_second() -> None:
    logs = Logs([0.0], refused=0)
    with pytest.raises(ClientError, match="ThrottlingException"):
        logs.client.filter_log_events(logGroupName="g")
    logs.client.filter_log_events(logGroupName="g")
    assert logs.arrived == [0, 1]
