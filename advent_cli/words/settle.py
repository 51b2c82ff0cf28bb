"""Waits until the consumers have counted a message that function 1 has replied to."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.retry import Waiter
from advent_cli.errors import SEE_STATUS, AdventError
from advent_cli.stack.build import Stack
from advent_cli.words import counts

LONGEST_WORD, MOST_WORDS = 2048, 1000  # bytes, and different words; the handlers skip the rest
WRITES = ("write", "read-write", "count")  # values of `table` in config.yaml that let a function add to the counts
MOST_FOLLOWED = counts.BATCH  # words of many messages, so that they are read in one call
QUIET = 3.0  # seconds without a change after which the counts of several consumers or messages are final


class LatestWords:
    """The latest different words of many messages, at most MOST_FOLLOWED; `are_all` unless there were more."""

    def __init__(self) -> None:
        self.words: dict[str, None] = {}
        self.are_all = True

    def add(self, words: Iterable[str]) -> None:
        """Take in the words of a message."""
        for word in words:
            self.words[word] = None
            if len(self.words) > MOST_FOLLOWED:
                del self.words[next(iter(self.words))]
                self.are_all = False


def not_counted(stack: Stack, expected: dict[str, int]) -> bool:
    """Whether all counts are still below the `expected` ones; False without any."""
    now = counts.of(stack.table, expected)
    return bool(expected) and all(now[word] < expected[word] for word in expected)


def is_word_counts(reply: str, expected: dict[str, int]) -> bool:
    """Whether the reply is that of a word counter, whose counts can settle."""
    return all(f"{word} = " in reply for word in expected)


def parse_counts(reply: str) -> dict[str, int]:
    """The counts in a reply such as `some = 1, words = 1`; words contain no spaces."""
    return {word: int(count) for word, count in re.findall(r"(\S+) = (\d+)", reply)}


def writers(stack: Stack) -> list[str]:
    """The consumers that write to the table, so that counts change after the reply."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if function.subscribes and function.table in WRITES]


def expected(stack: Stack, said: Iterable[str]) -> dict[str, int]:
    """The counts that function 1 will reply with, computed from the current ones before these words are posted."""
    fitting = Counter(word for word in said if len(word.encode()) <= LONGEST_WORD)
    words = dict(islice(fitting.items(), MOST_WORDS))
    before = get_or_none(lambda: counts.of(stack.table, words), "ResourceNotFoundException")
    if before is None:
        raise AdventError(f"the {stack.table.title} is missing", hint="`advent up` creates it")
    return {word: before[word] + times for word, times in words.items()}


def settle(stack: Stack, replied: Mapping[str, int], waiter: Waiter, *, after_many: bool = False) -> Mapping[str, int]:
    """Wait until the consumers have added to the `replied` counts, and return the final ones.

    With one consumer they are final once every count has changed; with several, once nothing changes for QUIET seconds
    after that. With `after_many` messages some may already be counted, so only the QUIET seconds matter.
    """
    now, changed_at = replied, waiter.clock()

    def settled() -> bool:
        nonlocal now, changed_at
        latest = counts.of(stack.table, replied)
        if latest != now:
            now, changed_at = latest, waiter.clock()
        if not after_many and any(now[word] <= replied[word] for word in replied):
            return False
        return (len(writers(stack)) == 1 and not after_many) or waiter.clock() - changed_at > QUIET

    waiter.until(settled, f"waiting for {', '.join(writers(stack))} to count", within=20, hint=SEE_STATUS)
    return now
