"""The command that talks to the app: advent say."""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from typing import TYPE_CHECKING, TextIO

import click

from advent_cli import cli_said, cli_told
from advent_cli.cli_answer import Answering, as_json
from advent_cli.cli_complete import trigger_word
from advent_cli.cli_help import MEETS
from advent_cli.errors import DONE, FAILED, AdventError, TargetError, UsageError
from advent_cli.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advent_cli.patience import Patience
    from advent_cli.say import Door, Reply
    from advent_cli.stack import Stack


@click.command(
    cls=Answering,
    example="advent say awsadvent some words",
    short_help="Say something, as Slack would.",
    codes=MEETS,
    meaning={FAILED: "no reply, or something on the message's way is wrong"},
)
@click.argument("text", nargs=-1, required=True, shell_complete=trigger_word)
@click.option("--no-wait", is_flag=True, help="Print the reply and leave; do not wait for the consumers.")
@click.option("--trace/--no-trace", default=None, help="Follow the message through the app; so on a terminal.")
@click.option("--repeat", metavar="N", default=1, type=click.IntRange(1), help="Say it N times, one after the other.")
@as_json
@click.pass_obj
def say(options: Options, text: tuple[str, ...], no_wait: bool, trace: bool | None, repeat: int) -> int:
    """Post TEXT as Slack would, print the bot's reply, and watch the counts settle.

    TEXT that begins with a slash is posted as a slash command: advent say /count some words. A single - means the lines
    of stdin, each a message of its own.
    """
    from advent_cli import local
    from advent_cli import say as talk
    from advent_cli.context import open_stack

    lines = text == ("-",)
    many = lines or repeat > 1
    if trace and (many or no_wait):
        raise UsageError("--trace follows one message to its end", hint="leave out --no-wait, --repeat and -")
    if lines and repeat > 1:
        raise UsageError("--repeat says TEXT again, and not the lines of stdin", hint="leave out one of them")
    message = "" if lines else talk.message(text)
    stack = open_stack(options, local.require, ahead=("apigatewayv2", "ssm"))
    if many:
        messages, number = _lines(sys.__stdin__ or sys.stdin) if lines else ([message] * repeat, repeat)
        return _say_many(options, stack, messages, number, wait=not no_wait)
    follow = _is_watched(options) if trace is None else trace
    return _say(options, stack, message, wait=not no_wait, trace=follow)


def _is_watched(options: Options) -> bool:
    from advent_cli.display import terminal

    return options.answer is None and terminal.is_lively()


def _say(options: Options, stack: Stack, message: str, *, wait: bool, trace: bool) -> int:
    """One message, and what becomes of it."""
    from advent_cli import say as talk
    from advent_cli import settle, slack
    from advent_cli.aws import together
    from advent_cli.patience import Patience

    consumers = settle.writers(stack) if wait else []
    door, answered = together(
        lambda: talk.door(stack),
        lambda: settle.expected(stack, message) if consumers else {},
    )
    options.run.secrets.add(door.secret or "")
    first = door.slack.trigger_word if door.slack else ""
    if not message.startswith(first) and not slack.is_command(message):
        click.echo(f"note: Slack posts only what begins with {first!r}", err=True)
    with cli_told.waiting(options) as tell:
        reply = _answer(stack, door, message, answered, Patience(tell=tell), trace=trace)
    cli_said.begin(options, stack, consumers)
    cli_said.replied(options, message, reply.text)
    answered = answered if settle.tells_counts(reply.text, answered) else {}
    if wait and trace:
        return _follow(options, stack, door, reply, answered)
    if answered:
        with cli_told.waiting(options) as tell:
            now = settle.settle(stack, answered, Patience(tell=tell))
        cli_said.settled(options, consumers, now)
    return DONE


def _answer(stack: Stack, door: Door, message: str, answered: dict[str, int], wait: Patience, *, trace: bool) -> Reply:
    """The reply; if there is none, the error tells what is wrong with the function behind the door (with `trace`)."""
    from advent_cli import settle
    from advent_cli.causes import causes

    try:
        return door.say(message, wait, lambda: settle.untouched(stack, answered))
    except TargetError:
        raise
    except AdventError as error:
        if not trace:
            raise
        raise AdventError(error.what, why=error.why, hint=causes(stack, door.function, None) or error.hint) from None


def _follow(options: Options, stack: Stack, door: Door, reply: Reply, answered: Mapping[str, int]) -> int:
    """Show the message's way to its last function, and what the one that counts on has made of the counts."""
    from advent_cli import counts, settle
    from advent_cli.hops import State
    from advent_cli.patience import Patience
    from advent_cli.trace import Known, follow, unproductive

    known = Known(door.function, reply.at, reply.message_id)
    with cli_said.way(options, reply.seconds) as shown:
        if answered:
            shown.note(door.function, ", ".join(map(str, answered.values())))
        way = follow(stack, known, shown.show, Patience())
        writers = settle.writers(stack)
        done = [hop.function for hop in way.all() if hop.function in writers and hop.state is State.DONE]
        if answered and len(writers) == 1 and done == writers:
            now = counts.of(stack.table, answered)
            more = {now[word] - before for word, before in answered.items()}
            if more == {0}:
                way = unproductive(stack, way, writers[0])
                shown.show(way)
            added = f"+{more.pop()}: " if len(more) == 1 else ""
            shown.note(writers[-1], added + ", ".join(map(str, now.values())))
            if options.answer:
                cli_said.settled(options, writers, now)
    problems = [AdventError(hop.function, why=hop.problem) for hop in way.all() if hop.problem]
    if options.answer:
        options.answer.errors += problems
    return FAILED if problems else DONE


def _say_many(options: Options, stack: Stack, messages: Iterable[str], number: int | None, *, wait: bool) -> int:
    """Message after message; who gets no reply is told, and counted."""
    from advent_cli import say as talk
    from advent_cli import settle
    from advent_cli.patience import Patience

    door, said, failed, last, began = talk.door(stack), 0, 0, "", time.monotonic()
    options.run.secrets.add(door.secret or "")
    consumers = settle.writers(stack) if wait else []
    cli_said.begin(options, stack, consumers)
    try:
        with cli_said.counting(options, "said", number) as one_more:
            for message in messages:
                try:
                    reply = door.say(talk.message((message,)), Patience())
                except TargetError:
                    raise
                except AdventError as error:
                    cli_said.unanswered(options, message, error)
                    failed += 1
                else:
                    cli_said.replied(options, message, reply.text)
                    said, last = said + 1, message
                one_more()
    finally:  # also when it is interrupted
        seconds = time.monotonic() - began
        cli_told.note(options, f"{said} said in {seconds:.1f} s" + (f", {failed} without a reply" if failed else ""))
    if last and consumers:
        with cli_told.waiting(options) as tell:
            now = settle.settle(stack, settle.expected(stack, last), Patience(tell=tell), after_many=True)
        cli_said.settled(options, consumers, now)
    return FAILED if failed else DONE


def _lines(stream: TextIO) -> tuple[Iterable[str], int | None]:
    """The lines of stdin that are not empty; and how many, if that can be known before the first is said.

    It is the process's own stdin, also where sys.stdin has been replaced so that nobody can be asked.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="surrogateescape")  # a line that is no text is refused, and the others are said
    messages = (line for line in map(str.strip, stream) if line)
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        everything = list(messages)
        return everything, len(everything)
    return messages, None
