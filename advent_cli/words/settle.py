"""Waits for the consumers to count on, after function 1 has answered."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice

from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.retry import Waiter
from advent_cli.errors import SEE_STATUS, AdventError
from advent_cli.stack.build import Stack
from advent_cli.words import counts

LONGEST_WORD, MOST_WORDS = 2048, 1000  # bytes, and different words; the handlers leave out what is beyond
WRITES = ("write", "read-write", "count")  # what config.yaml says of the table for a function that adds to it
CALM = 3.0  # seconds without a change after which several consumers, or messages, count as done


def untouched(stack: Stack, answered: dict[str, int]) -> bool:
    """Whether none of the words can have been counted yet; unknown is no."""
    now = counts.of(stack.table, answered)
    return bool(answered) and all(now[word] < answered[word] for word in answered)


def is_word_counts(reply: str, answered: dict[str, int]) -> bool:
    """Whether the reply is one of a word counter, so that there is something to wait for."""
    return all(f"{word} = " in reply for word in answered)


def counts_in(reply: str) -> dict[str, int]:
    """The counts that a reply tells, as in `some = 1, words = 1`; words have no blanks in them."""
    return {word: int(count) for word, count in re.findall(r"(\S+) = (\d+)", reply)}


def writers(stack: Stack) -> list[str]:
    """The consumers that count too, so that the counts go on changing after the reply."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if function.subscribes and function.table in WRITES]


def expected(stack: Stack, text: str) -> dict[str, int]:
    """The counts that function 1 will answer with, from those there are before the text is posted."""
    fitting = Counter(word for word in text.split() if len(word.encode()) <= LONGEST_WORD)
    words = dict(islice(fitting.items(), MOST_WORDS))
    before = get_or_none(lambda: counts.of(stack.table, words), "ResourceNotFoundException")
    if before is None:
        raise AdventError(f"the {stack.table.title} is missing", hint="`advent up` makes it")
    return {word: before[word] + times for word, times in words.items()}


def settle(stack: Stack, answered: Mapping[str, int], waiter: Waiter, *, after_many: bool = False) -> Mapping[str, int]:
    """Wait until the consumers have counted on from what was `answered`, and return the counts then.

    With one consumer that is when each word has moved; with several, when nothing has moved for a while after that. And
    `after_many` messages, of which some may have been counted already, when nothing has moved for a while.
    """
    now, moved_at = answered, waiter.clock()

    def settled() -> bool:
        nonlocal now, moved_at
        latest = counts.of(stack.table, answered)
        if latest != now:
            now, moved_at = latest, waiter.clock()
        if not after_many and any(now[word] <= answered[word] for word in answered):
            return False
        return (len(writers(stack)) == 1 and not after_many) or waiter.clock() - moved_at > CALM

    waiter.until(settled, f"waiting for {', '.join(writers(stack))} to count", within=20, hint=SEE_STATUS)
    return now
