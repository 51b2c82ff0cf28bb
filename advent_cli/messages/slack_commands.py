"""Answers slash commands: each is posted to the app once, and acknowledged once, within the time that Slack waits."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Queue
from threading import Lock, Thread
from typing import Any

from advent_cli.aws.http_client import HttpClient, Response
from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError
from advent_cli.messages import slack_post
from advent_cli.messages.post import TIMEOUT, Reply, Webhook

LIMIT = 2.5  # seconds until a command is acknowledged; Slack waits three
WORKERS = 8  # commands that are posted at the same time; the functions of the local engine are not many more
REMEMBERED = 10_000  # envelopes; Slack repeats one within minutes, if at all
NOTHING_COUNTED = "Nothing was counted"  # what the tutorial's function says then; others have no such promise
RESPONSE_URLS = ("https://hooks.slack.com/", "https://hooks.slack-gov.com/")
NO_ANSWER = "The app did not answer. The terminal with `advent slack listen` shows why."
Payload = dict[str, Any]
Acknowledge = Callable[[Payload | None], bool]


@dataclass(frozen=True)
class SlashCommand:
    """A slash command: its envelope's id, the fields that Slack sent, and when it arrived, by the clock in use.

    `acknowledge` sends an acknowledgement, and returns whether it could.
    """

    envelope_id: str
    fields: Mapping[str, Any]
    acknowledge: Acknowledge
    arrived: float = 0

    @property
    def text(self) -> str:
        """What the person typed."""
        return slack_post.unescape(f"{self.fields.get('command', '')} {self.fields.get('text', '')}".strip())

    @property
    def sender(self) -> str:
        """Who typed it."""
        return str(self.fields.get("user_name") or self.fields.get("user_id") or "somebody")


@dataclass(frozen=True)
class Answered:
    """What came of a command: the reply, or the error instead; `is_late` if it did not fit the acknowledgement."""

    command: SlashCommand
    reply: Reply | Exception
    is_late: bool


@dataclass
class SlashCommands:
    """The commands under way. `receive` and `acknowledge_late` return at once, and may be called in any thread.

    `post` sends a command to the app, and `respond` a message to a response_url. `done` gets what came of each command.
    """

    post: Callable[[SlashCommand], Reply]
    respond: Callable[[str, Payload], None]
    done: Callable[[Answered], None]
    clock: Callable[[], float] = time.monotonic
    waiting: dict[str, SlashCommand] = field(default_factory=dict)  # not acknowledged yet
    known: dict[str, bool] = field(default_factory=dict)  # whether each envelope is, or will be, acknowledged
    queue: "Queue[SlashCommand]" = field(default_factory=Queue)
    lock: Lock = field(default_factory=Lock)

    def start(self) -> None:
        """Work on the commands in threads that end with the process."""
        for _ in range(WORKERS):
            Thread(target=self._work, daemon=True).start()

    def receive(self, envelope_id: str, fields: Mapping[str, Any], acknowledge: Acknowledge) -> None:
        """Take a command. A repeated envelope only gets the acknowledgement that could not be sent before."""
        command = SlashCommand(envelope_id, fields, acknowledge, self.clock())
        with self.lock:
            is_new, is_acknowledged = envelope_id not in self.known, self.known.get(envelope_id, True)
            self.known[envelope_id] = True
            if is_new:
                self.waiting[envelope_id] = command
                if len(self.known) > REMEMBERED:
                    del self.known[next(iter(self.known))]
        if is_new:
            self.queue.put(command)
        elif not is_acknowledged:
            self._acknowledge(command, None)

    def acknowledge_late(self) -> None:
        """Acknowledge, without a reply, the commands that Slack would soon give up."""
        with self.lock:
            late = [each for each in self.waiting.values() if self.clock() - each.arrived >= LIMIT]
            for command in late:
                del self.waiting[command.envelope_id]
        for command in late:
            self._acknowledge(command, None)

    def answer(self, command: SlashCommand) -> None:
        """Post a command to the app, and bring Slack the reply."""
        reply = _result(lambda: self.post(command))
        message = payload(reply)
        with self.lock:
            in_time = self.waiting.pop(command.envelope_id, None) is not None
        is_late = not (in_time and self._acknowledge(command, message))
        if is_late and message:
            failure = _result(lambda: self.respond(str(command.fields.get("response_url", "")), message))
            reply = failure if isinstance(failure, Exception) else reply
        self.done(Answered(command, reply, is_late))

    def _acknowledge(self, command: SlashCommand, message: Payload | None) -> bool:
        is_sent = command.acknowledge(message)
        with self.lock:
            self.known[command.envelope_id] = is_sent
        return is_sent

    def _work(self) -> None:
        while True:
            self.answer(self.queue.get())
            self.queue.task_done()


def _result(call: Callable[[], Any]) -> Any:
    """What the call returns, or raises: a thread must go on, and the command that started it reports errors."""
    try:
        return call()
    except Exception as error:
        return error


def payload(reply: Reply | Exception) -> Payload | None:
    """What Slack shows: the function's reply, for the whole channel unless it says otherwise; None if it is empty."""
    if isinstance(reply, Exception):
        return {"response_type": "ephemeral", "text": NO_ANSWER}
    return {"response_type": "in_channel", **json.loads(reply.body)} if reply.body else None


def post_command(webhook: Webhook, command: SlashCommand, waiter: Waiter) -> Reply:
    """Post a command as Slack would over HTTP; what API Gateway or the function turned away is posted again."""
    request = slack_post.forward(command.fields, webhook.secret)
    return webhook.send(request, waiter, lambda response: NOTHING_COUNTED in response.text)


def respond(http: HttpClient, url: str, message: Payload, allowed: tuple[str, ...] = RESPONSE_URLS) -> None:
    """Post a message to the response_url of a command, which must be one of Slack's: it came from outside."""
    if not url.startswith(allowed):
        raise AdventError("the reply did not reach Slack", why=f"{url[:200]!r} is not a response_url of Slack")
    response: Response = http.post(url, json.dumps(message).encode(), {"Content-Type": "application/json"}, TIMEOUT)
    if response.status >= 300:
        raise AdventError("the reply did not reach Slack", why=f"it answered {response.status}: {response.text[:200]}")
