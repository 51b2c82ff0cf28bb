"""advent say: post a message as Slack would, print the reply, and trace the message through the app."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli.command import Command
from advent_cli.cli.completion import trigger_word
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import json_option
from advent_cli.errors import DONE, FAILED, AdventError, TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.options import Options
    from advent_cli.messages.post import Reply, Webhook
    from advent_cli.stack.model import Stack


def _for_scripts(params: dict[str, Any]) -> None:
    params["trace"] = bool(params["trace"])


@click.command(
    cls=Command,
    example="advent say awsadvent some words",
    short_help="Post a message, as Slack would.",
    codes=STACK_CODES,
    meaning={FAILED: "no reply, or the trace shows a problem"},
    for_scripts=_for_scripts,
)
@click.argument("text", nargs=-1, required=True, shell_complete=trigger_word)
@click.option("--no-wait", is_flag=True, help="Print the reply and exit; do not wait for the consumers.")
@click.option("--trace/--no-trace", default=None, help="Trace the message through the app; default on a terminal.")
@click.option("--repeat", metavar="N", default=1, type=click.IntRange(1), help="Post it N times, one after the other.")
@json_option
@click.pass_obj
def say(options: Options, text: tuple[str, ...], no_wait: bool, trace: bool | None, repeat: int) -> int:
    """Post TEXT as Slack would, print the bot's reply, and wait for the final counts.

    TEXT that begins with a slash is posted as a slash command: advent say /count some words. If TEXT is -, each
    line of stdin is posted as a message.
    """
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import post
    from advent_cli.output import stream

    lines = text == ("-",)
    many = lines or repeat > 1
    if trace and (many or no_wait):
        raise UsageError(
            "--trace follows a single message to its last consumer", hint="leave out --no-wait, --repeat and -"
        )
    if lines and repeat > 1:
        raise UsageError("--repeat and - cannot be combined", hint="leave out one of them")
    message = "" if lines else post.message(text)
    stack = open_stack(options, lifecycle.require, ahead=("apigatewayv2", "ssm"))
    if many:
        messages, number = stream.stdin_lines() if lines else ([message] * repeat, repeat)
        return _say_many(options, stack, messages, number, wait=not no_wait)
    follow = stream.can_animate() if trace is None else trace
    return _say(options, stack, message, wait=not no_wait, trace=follow)


def _say(options: Options, stack: Stack, message: str, *, wait: bool, trace: bool) -> int:
    """Post one message and follow it; returns the exit code."""
    from advent_cli.aws.account import in_parallel
    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.follow_message import follow_message
    from advent_cli.messages import post, slack_post
    from advent_cli.words import settle

    report, consumers = options.report, settle.writers(stack) if wait else []
    webhook, answered = in_parallel(
        lambda: post.webhook(stack),
        lambda: settle.expected(stack, slack_post.counted_words(message)) if consumers else {},
    )
    options.run.secrets.add(webhook.secret or "")
    first = webhook.slack.trigger_word if webhook.slack else ""
    if not message.startswith(first) and not slack_post.is_command(message):
        report.note(f"note: Slack posts only messages that begin with {first!r}")
    with report.waiting() as notify:
        reply = _reply(stack, webhook, message, answered, Waiter(notify), trace=trace)
    report.say_started(stack, consumers)
    report.replied(message, reply.text)
    answered = answered if settle.is_word_counts(reply.text, answered) else {}
    if wait and trace:
        return follow_message(options.report, stack, webhook.function, reply, answered)
    if answered:
        with report.waiting() as notify:
            now = settle.settle(stack, answered, Waiter(notify))
        report.settled(consumers, now)
    return DONE


def _reply(
    stack: Stack, webhook: Webhook, message: str, answered: dict[str, int], waiter: Waiter, *, trace: bool
) -> Reply:
    """The reply; if there is none, `trace` adds to the error what is wrong with the function behind the URL."""
    from advent_cli.messages.diagnosis import diagnose, with_undetermined
    from advent_cli.words import settle

    try:
        return webhook.say(message, waiter, lambda _: settle.not_counted(stack, answered))
    except TargetError:
        raise
    except AdventError as error:
        if not trace:
            raise
        found = diagnose(stack, webhook.function, None)
        cause = with_undetermined(found.problem, found.undetermined)
        hint = cause if found.problem else "; ".join(filter(None, (error.hint, cause)))
        raise AdventError(error.what, why=error.why, hint=hint) from None


def _say_many(options: Options, stack: Stack, messages: Iterable[str], number: int | None, *, wait: bool) -> int:
    """Post the messages in turn; one without a reply is reported, and the rest still posted."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.messages import post, slack_post
    from advent_cli.words import settle

    report, webhook = options.report, post.webhook(stack)
    replied, failed, latest, began = 0, 0, settle.LatestWords(), time.monotonic()
    options.run.secrets.add(webhook.secret or "")
    consumers = settle.writers(stack) if wait else []
    report.say_started(stack, consumers)
    try:
        with report.posting(number) as one_more:
            for message in messages:
                try:
                    text = post.message((message,))
                    reply = webhook.say(text, Waiter())
                except TargetError:
                    raise
                except AdventError as error:
                    report.no_reply(message, error)
                    failed += 1
                else:
                    report.replied(text, reply.text)
                    replied += 1
                    latest.add(slack_post.counted_words(text))
                one_more()
    finally:  # even if interrupted
        report.posted(replied, failed, time.monotonic() - began)
    if latest.words and consumers:
        with report.waiting() as notify:
            now = settle.settle(stack, settle.expected(stack, latest.words), Waiter(notify), after_many=True)
        report.settled(consumers, now, are_all=latest.are_all)
    return FAILED if failed else DONE
