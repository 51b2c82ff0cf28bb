"""Each slash command is posted once, and acknowledged once and in time; what is late goes to the response_url."""

import itertools
import json
import urllib.parse
from concurrent.futures import Future
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier

from advent_cli.aws.http_client import HttpClient
from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError
from advent_cli.messages import post, slack_commands, slack_post
from advent_cli.messages.post import Reply, Webhook
from advent_cli.messages.slack_commands import NO_ANSWER, Forwarder, Payload, SlashCommand, SlashCommands
from tests.messages.test_post import REPLY, Gateway, gateway, no_sleep
from tests.support.fake_slack import wait_until
from tests.support.stacks import TUTORIAL

__all__ = ["gateway"]  # a fixture

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
URL, GONE = "https://hooks.slack.com/commands/1234/5678", "https://hooks.slack.com/commands/1234/gone"
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
        self.shown: list[SlashCommand] = []
        self.commands = SlashCommands(self.post, self.respond, self.shown.append, self.is_done)

    def post(self, command: SlashCommand) -> Reply:
        self.posted.append(command.text)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def is_done(self, _: Future[Reply], seconds: float) -> bool:
        self.now += min(self.seconds, seconds)
        return self.seconds <= seconds

    def acknowledge(self, message: Payload | None) -> bool:
        self.acknowledged_at = self.now
        if self.is_open:
            self.acknowledged.append(message)
        return self.is_open

    def respond(self, url: str, message: Payload) -> None:
        if url == GONE:
            raise AdventError("the reply did not reach Slack")
        self.responses.append((url, message))

    def type(self, envelope_id: str = "1", **fields: str) -> None:
        self.commands.receive(SlashCommand(envelope_id, {**FIELDS, **fields}, self.acknowledge))
        self.commands.finish()


def test_the_reply_is_the_acknowledgement() -> None:
    slack = Slack()
    slack.type()
    assert (slack.posted, slack.acknowledged, slack.responses) == (["/count some & more"], [MESSAGE], [])
    assert [(each.reply, each.error, each.is_late) for each in slack.shown] == [(reply(), None, False)]


def test_a_slow_function_is_acknowledged_in_time_and_answered_later() -> None:
    slack = Slack(seconds=2.4)
    slack.type()
    assert (slack.acknowledged, slack.responses) == ([MESSAGE], [])
    slack = Slack(seconds=10)
    slack.type()
    assert (slack.acknowledged, slack.responses) == ([None], [(URL, MESSAGE)])
    assert slack.acknowledged_at == 2.5
    assert slack.shown[0].is_late


def test_a_command_that_waits_for_its_turn_is_acknowledged_in_time() -> None:
    slack = Slack(seconds=10)
    free = Event()
    for _ in range(slack_commands.AT_ONCE):
        slack.commands.posting.submit(free.wait)
    slack.commands.receive(SlashCommand("1", FIELDS, slack.acknowledge))
    wait_until(lambda: slack.acknowledged == [None])
    assert not slack.posted
    free.set()
    slack.commands.finish()
    assert slack.responses == [(URL, MESSAGE)]


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


def test_an_error_in_the_thread_of_a_command_is_shown_and_ctrl_c_does_not_wait_for_it() -> None:
    slack, error = Slack(), RuntimeError("a bug")

    def broken(_: Payload | None) -> bool:
        raise error

    slack.commands.receive(SlashCommand("1", FIELDS, broken))
    (command,) = slack.commands.known.values()
    assert command.is_answered.wait(60)
    assert [each.error for each in slack.shown] == [error]


def test_an_envelope_that_is_repeated_while_its_connection_ends_is_acknowledged_over_the_other() -> None:
    slack = Slack()

    def ended(_: Payload | None) -> bool:
        slack.commands.receive(SlashCommand("1", FIELDS, slack.acknowledge))
        return False

    slack.commands.receive(SlashCommand("1", FIELDS, ended))
    slack.commands.finish()
    assert (slack.posted, slack.acknowledged, slack.responses) == (["/count some & more"], [MESSAGE], [])


def test_an_envelope_that_is_repeated_while_its_reply_goes_to_the_response_url_is_acknowledged() -> None:
    slack = Slack()
    slack.is_open = False

    def respond(url: str, message: Payload) -> None:
        slack.is_open = True
        slack.commands.receive(SlashCommand("1", FIELDS, slack.acknowledge))

    slack.commands.respond = respond
    slack.type()
    assert (len(slack.posted), slack.acknowledged) == (1, [None])


@pytest.mark.parametrize("error", [AdventError("the API answered 500"), RuntimeError("a bug")])
def test_a_failure_is_for_the_person_who_typed_the_command(error: Exception) -> None:
    slack = Slack(error)
    slack.type()
    assert slack.acknowledged == [{"response_type": "ephemeral", "text": NO_ANSWER}]
    assert [each.error for each in slack.shown] == [error]


def test_a_reply_that_does_not_reach_slack_is_shown_with_the_error() -> None:
    slack = Slack(seconds=10)
    slack.type(response_url=GONE)
    assert [(each.reply, str(each.error)) for each in slack.shown] == [(reply(), "the reply did not reach Slack")]


def test_many_envelopes_are_remembered_but_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_commands, "REMEMBERED", 50)
    slack = Slack()
    for number in range(slack_commands.REMEMBERED + 5):
        slack.type(str(number))
    assert len(slack.commands.known) == 50
    assert len(slack.posted) == 55
    assert not slack.commands.under_way()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", None),
        ('{"text": "a", "response_type": "ephemeral"}', {"response_type": "ephemeral", "text": "a"}),
        ('{"text": "a", "blocks": []}', {"response_type": "in_channel", "text": "a", "blocks": []}),
    ],
)
def test_slack_shows_what_the_function_wants(body: str, message: Payload | None) -> None:
    slack = Slack(reply(body))
    slack.type()
    assert slack.acknowledged == [message]


def webhook(gateway: Gateway, secret: str | None = None) -> Webhook:
    return Webhook(gateway.url, "aws_advent", TUTORIAL.slack, secret)


def forward(*webhooks: Webhook, fields: dict[str, Any] = FIELDS) -> Reply:
    """Forward a command to an app whose webhook changes."""
    each = itertools.chain(webhooks, itertools.repeat(webhooks[-1]))
    app = Forwarder(lambda: next(each), Waiter(sleep=no_sleep))
    return app.post(SlashCommand("1", fields, lambda _: True))


def test_the_form_has_all_the_fields(gateway: Gateway) -> None:
    gateway.responses = [REPLY]
    fields = {**FIELDS, "text": "ü & <@U1|ann> = +", "is_enterprise_install": False}
    posted = forward(webhook(gateway), fields=fields)
    assert (posted.text, posted.body) == ("some = 1", '{"text": "some = 1"}')
    form = dict(urllib.parse.parse_qsl(gateway.posted[0][1], strict_parsing=True))
    assert form == {**fields, "is_enterprise_install": "false"}


BUSY = (429, b'{"message":"Too Many Requests"}')
NOT_COUNTED = (503, b'{"text": "Nothing was counted. Please try again in a moment."}')
UNKNOWN = (503, b'{"text": "The table did not answer in time: this may be counted, or not. Please try again"}')


@pytest.mark.parametrize("first", [BUSY, NOT_COUNTED])
def test_what_was_turned_away_is_posted_again(gateway: Gateway, first: tuple[int, bytes]) -> None:
    gateway.responses = [first, NOT_COUNTED, BUSY, REPLY]
    assert forward(webhook(gateway)).text == "some = 1"


def test_what_may_be_counted_is_not_posted_again(gateway: Gateway) -> None:
    gateway.responses = [UNKNOWN, REPLY]
    with pytest.raises(AdventError, match="the API answered 503"):
        forward(webhook(gateway), webhook(gateway, SECRET))
    assert gateway.responses == [REPLY]


NOT_FOUND = (404, b'{"message":"Not Found"}')
UNAUTHORIZED = (401, b'{"text": "This is not signed by Slack"}')


@pytest.mark.parametrize("response", [NOT_FOUND, UNAUTHORIZED])
def test_an_app_that_got_another_url_or_secret_is_found_after_a_failure(
    gateway: Gateway, response: tuple[int, bytes]
) -> None:
    gateway.responses = [response, REPLY]
    now = replace(webhook(gateway, SECRET), url=gateway.url.replace("some-api", "other-api"))
    assert forward(webhook(gateway), now).text == "some = 1"
    assert [host.partition(".")[0] for host, _ in gateway.posted] == ["some-api", "other-api"]


def test_an_app_that_is_gone_is_an_error(gateway: Gateway) -> None:
    def gone() -> Webhook:
        raise AdventError("the API is missing")

    gateway.responses = [NOT_FOUND]
    app = Forwarder(lambda: webhook(gateway), Waiter(sleep=no_sleep))
    app.read = gone
    with pytest.raises(AdventError, match="the API is missing"):
        app.post(SlashCommand("1", FIELDS, lambda _: True))


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
def test_a_reply_goes_to_slack_only(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("", "http://127.0.0.1:1/api/"):
        monkeypatch.setenv(slack_commands.API_URL, given)
        with pytest.raises(AdventError, match="is not a response_url of Slack"):
            slack_commands.respond(HttpClient(), url, MESSAGE)


def test_a_response_url_that_has_expired_is_an_error(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.responses = [(200, b"ok"), (404, b"expired_url")]
    monkeypatch.setenv(slack_commands.API_URL, gateway.url)
    slack_commands.respond(post.NO_PROFILE, gateway.url, MESSAGE)
    assert json.loads(gateway.posted[0][1]) == MESSAGE
    with pytest.raises(AdventError, match="404: expired_url"):
        slack_commands.respond(post.NO_PROFILE, gateway.url, MESSAGE)
