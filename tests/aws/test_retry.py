"""Waiting, on a clock that does not run by itself."""

from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from advent_cli.aws.retry import StoppedError, Transient, Waiter
from advent_cli.errors import AdventError

TRANSIENT = Transient(
    "InvalidParameterValueException", "cannot be assumed", "IAM has not told Lambda about the role yet"
)


@dataclass
class Clock:
    """Time passes only while somebody sleeps."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps.append(seconds)

    def timeout(self) -> Waiter:
        return Waiter(notify=self.words.append, sleep=self.sleep, clock=lambda: self.now)


def refusal(message: str = "The role cannot be assumed by Lambda.") -> ClientError:
    return ClientError({"Error": {"Code": "InvalidParameterValueException", "Message": message}}, "CreateFunction")


def test_a_race_is_waited_out_and_told_in_words() -> None:
    clock, left = Clock(), [5]

    def call() -> str:
        left[0] -= 1
        if left[0]:
            raise refusal()
        return "made"

    assert clock.timeout().retry(call, TRANSIENT) == "made"
    assert clock.words[0] == TRANSIENT.words
    assert clock.naps == sorted(clock.naps)  # dense at first, then slower
    assert clock.naps[0] < 0.2


def test_a_race_that_does_not_end_is_given_up_with_the_error_of_aws() -> None:
    clock = Clock()

    def call() -> None:
        raise refusal()

    with pytest.raises(ClientError):
        clock.timeout().retry(call, TRANSIENT, within=60)
    assert 60 <= clock.now < 63
    assert max(clock.naps) <= 2.4
    assert clock.words[-1].startswith(f"{TRANSIENT.words}, ")  # ... and for how long


def test_the_same_code_with_another_text_is_another_error() -> None:
    clock = Clock()

    def call() -> None:
        raise refusal("Memory must be a multiple of something")

    with pytest.raises(ClientError):
        clock.timeout().retry(call, TRANSIENT)
    assert clock.naps == []


def test_what_never_gets_ready_ends_with_what_was_waited_for() -> None:
    with pytest.raises(AdventError, match="DynamoDB is making the table"):
        Clock().timeout().until(lambda: False, "DynamoDB is making the table", within=5)


def test_a_person_who_stops_does_not_wait_until_the_end() -> None:
    clock = Clock()
    wait = Waiter(sleep=clock.sleep, clock=lambda: clock.now, stopped=lambda: True)
    with pytest.raises(StoppedError):
        wait.until(lambda: False, "anything")
    assert clock.naps == []
