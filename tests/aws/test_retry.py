"""Waiting and retrying, with a fake clock."""

from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from advent_cli.aws.retry import StoppedError, Transient, Waiter
from advent_cli.errors import AdventError

TRANSIENT = Transient(
    "InvalidParameterValueException", "cannot be assumed", "IAM has not made the role known to Lambda yet"
)


@dataclass
class Clock:
    """Time passes only during `sleep`."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps.append(seconds)

    def waiter(self) -> Waiter:
        return Waiter(notify=self.words.append, sleep=self.sleep, clock=lambda: self.now)


def refusal(message: str = "The role cannot be assumed by Lambda.") -> ClientError:
    return ClientError({"Error": {"Code": "InvalidParameterValueException", "Message": message}}, "CreateFunction")


def test_a_transient_error_is_retried_and_reported_in_words() -> None:
    clock, calls_left = Clock(), [5]

    def call() -> str:
        calls_left[0] -= 1
        if calls_left[0]:
            raise refusal()
        return "made"

    assert clock.waiter().retry(call, TRANSIENT) == "made"
    assert clock.words[0] == TRANSIENT.words
    assert clock.naps == sorted(clock.naps)  # the pauses grow
    assert clock.naps[0] < 0.2


def test_a_lasting_transient_error_is_raised_after_the_time_limit() -> None:
    clock = Clock()

    def call() -> None:
        raise refusal()

    with pytest.raises(ClientError):
        clock.waiter().retry(call, TRANSIENT, within=60)
    assert 60 <= clock.now < 63
    assert max(clock.naps) <= 2.4
    assert clock.words[-1].startswith(f"{TRANSIENT.words}, ")  # the message includes the time


def test_the_same_code_with_another_message_is_another_error() -> None:
    clock = Clock()

    def call() -> None:
        raise refusal("Memory must be a multiple of something")

    with pytest.raises(ClientError):
        clock.waiter().retry(call, TRANSIENT)
    assert clock.naps == []


def test_a_wait_that_times_out_says_what_it_waited_for() -> None:
    with pytest.raises(AdventError, match="DynamoDB is making the table"):
        Clock().waiter().until(lambda: False, "DynamoDB is making the table", within=5)


def test_stopping_ends_the_wait_at_once() -> None:
    clock = Clock()
    wait = Waiter(sleep=clock.sleep, clock=lambda: clock.now, stopped=lambda: True)
    with pytest.raises(StoppedError):
        wait.until(lambda: False, "anything")
    assert clock.naps == []


def test_no_pause_is_longer_than_asked_for() -> None:
    clock = Clock()

    def call() -> None:
        raise refusal()

    with pytest.raises(ClientError):
        clock.waiter().retry(call, TRANSIENT, within=10, longest=0.2)
    clock.waiter().until(lambda: clock.now > 20, "IAM is at work", longest=0.2)
    assert clock.now > 20
    assert max(clock.naps) <= 0.2 * 1.05
