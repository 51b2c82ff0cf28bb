"""Each slash command is posted once, and acknowledged once and in time; what is late goes to the response_url."""

import json
import urllib.parse
from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier

from advent_cli.aws.http_client import HttpClient
from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError
from advent_cli.messages import post, slack_commands, slack_post
from advent_cli.messages.post import Reply, Webhook
from advent_cli.messages.slack_commands import NO_ANSWER, Answered, Payload, SlashCommand, SlashCommands
from tests.messages.test_post import REPLY, Gateway, gateway, no_sleep
from tests.support.stacks import TUTORIAL

__all__ = ["gateway"]  # a fixture

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
URL = "https://hooks.slack.com/commands/1234/5678"
FIELDS = {"token": "t", "user_name": "ann", "command": "/count", "text": "some &amp; more", "response_url": URL}
MESSAGE = {"response_type": "in_channel", "text": "some = 1"}


def reply(body: str = '{"text": "some = 1"}') -> Reply:
    return Reply("some = 1", 0, 0, None, body)


class Slack:
    """What Slack and the terminal got from the commands; the app takes `seconds` to reply."""

    def __init__(self, result: Reply | Exception | None = None, seconds: float = 0) -> None:
        self.result, self.seconds, self.now = result or reply(), seconds, 0.0
        self.is_open = True
        self.posted: list[str] = []
        self.acknowledged: list[Payload | None] = []
        self.responses: list[tuple[str, Payload]] = []
        self.shown: list[Answered] = []
        self.commands = SlashCommands(
            self.post, lambda url, message: self.responses.append((url, message)), self.shown.append, lambda: self.now
        )

    def post(self, command: SlashCommand) -> Reply:
        self.posted.append(command.text)
        until = self.now + self.seconds
        while self.now < until:
            self.now += 0.1
            self.commands.acknowledge_late()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def acknowledge(self, message: Payload | None) -> bool:
        self.acknowledged_at = self.now
        if self.is_open:
            self.acknowledged.append(message)
        return self.is_open

    def type(self, envelope_id: str = "1") -> None:
        self.commands.receive(envelope_id, FIELDS, self.acknowledge)
        while not self.commands.queue.empty():
            self.commands.answer(self.commands.queue.get())


def test_the_reply_is_the_acknowledgement() -> None:
    slack = Slack()
    slack.type()
    assert (slack.posted, slack.acknowledged, slack.responses) == (["/count some & more"], [MESSAGE], [])
    assert [(each.reply, each.is_late) for each in slack.shown] == [(reply(), False)]


def test_a_slow_function_is_acknowledged_in_time_and_answered_later() -> None:
    slack = Slack(seconds=2.4)
    slack.type()
    assert (slack.acknowledged, slack.responses) == ([MESSAGE], [])
    slack = Slack(seconds=10)
    slack.type()
    assert (slack.acknowledged, slack.responses) == ([None], [(URL, MESSAGE)])
    assert 2.5 <= slack.acknowledged_at < 2.8
    assert slack.shown[0].is_late


def test_a_command_that_waits_for_its_turn_is_acknowledged_in_time() -> None:
    slack = Slack()
    slack.commands.receive("1", FIELDS, slack.acknowledge)
    slack.now = 2.5
    slack.commands.acknowledge_late()
    slack.commands.acknowledge_late()
    assert slack.acknowledged == [None]


def test_a_repeated_envelope_is_neither_posted_nor_acknowledged_again() -> None:
    slack = Slack()
    for _ in range(3):
        slack.type("1")
    slack.type("2")
    assert len(slack.posted) == len(slack.acknowledged) == 2


def test_what_cannot_be_acknowledged_is_answered_and_acknowledged_when_slack_repeats_it() -> None:
    slack = Slack()
    slack.is_open = False
    slack.type()
    assert slack.responses == [(URL, MESSAGE)]
    slack.is_open = True
    for _ in range(3):
        slack.type()
    assert (len(slack.posted), slack.acknowledged, len(slack.responses)) == (1, [None], 1)


@pytest.mark.parametrize("error", [AdventError("the API answered 500"), RuntimeError("a bug")])
def test_a_failure_is_for_the_person_who_typed_the_command(error: Exception) -> None:
    slack = Slack(error)
    slack.type()
    assert slack.acknowledged == [{"response_type": "ephemeral", "text": NO_ANSWER}]
    assert [each.reply for each in slack.shown] == [error]


def test_many_envelopes_are_remembered_but_not_all() -> None:
    slack = Slack()
    for number in range(slack_commands.REMEMBERED + 5):
        slack.type(str(number))
    assert len(slack.commands.known) == slack_commands.REMEMBERED
    assert not slack.commands.waiting


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", None),
        ('{"text": "a", "response_type": "ephemeral"}', {"response_type": "ephemeral", "text": "a"}),
        ('{"text": "a", "blocks": []}', {"response_type": "in_channel", "text": "a", "blocks": []}),
    ],
)
def test_slack_shows_what_the_function_wants(body: str, message: Payload | None) -> None:
    assert slack_commands.payload(reply(body)) == message


def webhook(gateway: Gateway, secret: str | None = None) -> Webhook:
    return Webhook(gateway.url, "aws_advent", TUTORIAL.slack, secret)


def typed(fields: dict[str, Any] = FIELDS) -> SlashCommand:
    return SlashCommand("1", fields, lambda _: True)


def test_the_form_has_all_the_fields(gateway: Gateway) -> None:
    gateway.responses = [REPLY]
    fields = {**FIELDS, "text": "ü & <@U1|ann> = +", "is_enterprise_install": False}
    posted = slack_commands.post_command(webhook(gateway), typed(fields), Waiter())
    assert (posted.text, posted.body) == ("some = 1", '{"text": "some = 1"}')
    form = dict(urllib.parse.parse_qsl(gateway.posted[0][1], strict_parsing=True))
    assert form == {**fields, "is_enterprise_install": "false"}


BUSY = (429, b'{"message":"Too Many Requests"}')
NOT_COUNTED = (503, b'{"text": "Nothing was counted. Please try again in a moment."}')
UNKNOWN = (503, b'{"text": "The table did not answer in time: this may be counted, or not. Please try again"}')


def test_what_was_turned_away_is_posted_again(gateway: Gateway) -> None:
    gateway.responses = [BUSY, NOT_COUNTED, BUSY, REPLY]
    assert slack_commands.post_command(webhook(gateway), typed(), Waiter(sleep=no_sleep)).text == "some = 1"


def test_what_may_be_counted_is_not_posted_again(gateway: Gateway) -> None:
    gateway.responses = [UNKNOWN, REPLY]
    with pytest.raises(AdventError, match="the API answered 503"):
        slack_commands.post_command(webhook(gateway), typed(), Waiter(sleep=no_sleep))
    assert gateway.responses == [REPLY]


@pytest.mark.parametrize("sender", ["listen", "say"])
def test_slacks_own_verifier_accepts_requests_and_refuses_changed_ones(sender: str) -> None:
    forwarded, said = slack_post.forward(FIELDS, SECRET), slack_post.build_request("/count ü & b", None, SECRET)
    request_ = forwarded if sender == "listen" else said
    verifier, body, headers = SignatureVerifier(SECRET), request_.body, request_.headers
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + b"x", headers)
    assert not verifier.is_valid_request(body, {**headers, "X-Slack-Request-Timestamp": "1"})
    later = str(int(headers["X-Slack-Request-Timestamp"]) + 1)
    assert not verifier.is_valid_request(body, {**headers, "X-Slack-Request-Timestamp": later})
    assert not SignatureVerifier("other").is_valid_request(body, headers)


def test_who_forwards_a_command_is_not_taken_for_slack() -> None:
    assert not slack_post.forward(FIELDS, None).headers["User-Agent"].startswith("Slackbot")
    assert "X-Slack-Signature" not in slack_post.forward(FIELDS, None).headers


@pytest.mark.parametrize("url", ["", "http://hooks.slack.com/commands/1", "https://hooks.slack.com.example.org/", "x"])
def test_a_reply_goes_to_slack_only(url: str) -> None:
    with pytest.raises(AdventError, match="is not a response_url of Slack"):
        slack_commands.respond(HttpClient(), url, MESSAGE)


def test_a_response_url_that_has_expired_is_an_error(gateway: Gateway) -> None:
    gateway.responses = [(200, b"ok"), (404, b"expired_url")]
    allowed = (gateway.url,)
    slack_commands.respond(post.NO_PROFILE, gateway.url, MESSAGE, allowed)
    assert json.loads(gateway.posted[0][1]) == MESSAGE
    with pytest.raises(AdventError, match="404: expired_url"):
        slack_commands.respond(post.NO_PROFILE, gateway.url, MESSAGE, allowed)
