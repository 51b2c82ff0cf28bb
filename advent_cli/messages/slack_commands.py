"""Answers slash commands: each is posted to the app once, and acknowledged once, within the time that Slack waits."""

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Any

from advent_cli.aws.http_client import HttpClient
from advent_cli.aws.retry import StoppedError, Waiter
from advent_cli.errors import AdventError
from advent_cli.messages import slack_post
from advent_cli.messages.post import TIMEOUT, Reply, UnauthorizedError, Webhook

LIMIT = 2.5  # seconds until a command is acknowledged; Slack waits three
AT_ONCE = 8  # posts; the functions of the local engine are not many more
MOST_WAITING = 1000  # commands; each that waits for its reply has a thread
REMEMBERED = 10_000  # envelopes; Slack repeats one within minutes, if at all
NOTHING_COUNTED = "Nothing was counted"  # what the tutorial's function says then; others have no such promise
API_URL = "ADVENT_SLACK_API_URL"  # a variable, for a proxy or a stand-in; its response_urls begin with the same
RESPONSE_URLS = ("https://hooks.slack.com/", "https://hooks.slack-gov.com/")
NO_ANSWER = "The app did not answer. The terminal with `advent slack listen` shows why."
WAITER = Waiter()
Payload = dict[str, Any]


@dataclass
class SlashCommand:
    """A slash command: its envelope's id, the fields that Slack sent, and later what came of it.

    `acknowledge` sends an acknowledgement, with a message or without, and returns whether it could; `is_acknowledged`
    is None until then. `is_late` if the reply did not go with it. An error beside a reply kept that from Slack.
    """

    envelope_id: str
    fields: Mapping[str, Any]
    acknowledge: Callable[[Payload | None], bool]
    reply: Reply | None = None
    error: BaseException | None = None
    is_late: bool = False
    is_acknowledged: bool | None = None
    is_answered: Event = field(default_factory=Event)

    @property
    def text(self) -> str:
        """What the person typed."""
        return slack_post.unescape(f"{self.fields.get('command', '')} {self.fields.get('text', '')}".strip())

    @property
    def sender(self) -> str:
        """Who typed it."""
        return str(self.fields.get("user_name") or self.fields.get("user_id") or "somebody")


class SlashCommands:
    """Takes commands in any thread, and answers each in threads of its own.

    `post` sends a command to the app, and `respond` a message to a response_url; `answered` gets each command in the
    end. `is_done` waits for a post, for so many seconds at most.
    """

    def __init__(
        self,
        post: Callable[[SlashCommand], Reply],
        respond: Callable[[str, Payload], None],
        answered: Callable[[SlashCommand], None],
        is_done: Callable[["Future[Reply]", float], bool] = lambda post, seconds: bool(wait([post], seconds).done),
    ) -> None:
        self.post, self.respond, self.answered, self.is_done = post, respond, answered, is_done
        self.posting, self.answering = ThreadPoolExecutor(AT_ONCE), ThreadPoolExecutor(MOST_WAITING)
        self.known: dict[str, SlashCommand] = {}  # by the ids of their envelopes
        self.lock = Lock()

    def receive(self, command: SlashCommand) -> None:
        """Take a command. A repeated envelope only gets the acknowledgement that could not be sent before."""
        with self.lock:
            before = self.known.setdefault(command.envelope_id, command)
            if len(self.known) > REMEMBERED:
                del self.known[next(iter(self.known))]
            is_repeated, was_acknowledged = before is not command, before.is_acknowledged
            if is_repeated:
                before.acknowledge = command.acknowledge  # over the connection that Slack uses now
                before.is_acknowledged = was_acknowledged or None
        if not is_repeated:
            self.answering.submit(self._answer, command)
        elif was_acknowledged is False:
            self._acknowledge(before, None)

    def finish(self) -> None:
        """Wait for the commands that are under way."""
        for command in self.under_way():
            command.is_answered.wait()

    def under_way(self) -> list[SlashCommand]:
        """The commands that are not answered yet."""
        with self.lock:
            return [each for each in self.known.values() if not each.is_answered.is_set()]

    def _answer(self, command: SlashCommand) -> None:
        """Post a command to the app, and bring Slack the reply; no error is lost with the thread."""
        try:
            self._bring_reply(command)
        except Exception as error:  # whoever shows the command reports it
            command.error = command.error or error
        self.answered(command)
        command.is_answered.set()

    def _bring_reply(self, command: SlashCommand) -> None:
        post = self.posting.submit(self.post, command)
        is_on_time = self.is_done(post, LIMIT)
        is_acknowledged = self._acknowledge(command, message_of(post) if is_on_time else None)
        command.is_late = not (is_on_time and is_acknowledged)
        message, command.error = message_of(post), post.exception()
        command.reply = None if command.error else post.result()
        if command.is_late and message:
            self.respond(str(command.fields.get("response_url", "")), message)

    def _acknowledge(self, command: SlashCommand, message: Payload | None) -> bool:
        """Acknowledge a command; if that fails and Slack has repeated it meanwhile, over the other connection."""
        while True:
            acknowledge = command.acknowledge
            is_sent = acknowledge(message)
            with self.lock:
                if is_sent or command.acknowledge is acknowledge:
                    command.is_acknowledged = is_sent
                    return is_sent


def message_of(post: "Future[Reply]") -> Payload | None:
    """What Slack shows: the function's reply, for the whole channel unless it says otherwise; None if it is empty."""
    if post.exception():
        return {"response_type": "ephemeral", "text": NO_ANSWER}
    body = post.result().body
    return {"response_type": "in_channel", **json.loads(body)} if body else None


class Forwarder:
    """Posts commands to the app as Slack would over HTTP; `read` returns the app's webhook, which may change."""

    def __init__(self, read: Callable[[], Webhook], waiter: Waiter = WAITER) -> None:
        self.read, self.webhook, self.waiter, self.lock = read, read(), waiter, Lock()

    def post(self, command: SlashCommand) -> Reply:
        """Post a command; what API Gateway or the function turned away is posted again, for a while."""
        webhook = self.webhook
        try:
            return _send(webhook, command, replace(self.waiter, stopped=lambda: True))
        except (StoppedError, UnauthorizedError):  # nothing was counted; the app may have another URL or secret now
            with self.lock:
                if self.webhook is webhook:
                    self.webhook = self.read()
        return _send(self.webhook, command, self.waiter)


def _send(webhook: Webhook, command: SlashCommand, waiter: Waiter) -> Reply:
    request = slack_post.forward(command.fields, webhook.secret)
    return webhook.send(request, waiter, lambda response: NOTHING_COUNTED in response.text)


def respond(http: HttpClient, url: str, message: Payload) -> None:
    """Post a message to the response_url of a command, which must be one of Slack's: it came from outside."""
    if not url.startswith((*RESPONSE_URLS, os.environ.get(API_URL) or RESPONSE_URLS[0])):
        raise AdventError("the reply did not reach Slack", why=f"{url[:200]!r} is not a response_url of Slack")
    response = http.post(url, json.dumps(message).encode(), {"Content-Type": "application/json"}, TIMEOUT)
    if response.status >= 300:
        raise AdventError("the reply did not reach Slack", why=f"it answered {response.status}: {response.text[:200]}")
