"""Looks at a stack again and again, for `advent status --watch`; changes nothing.

A look reads all resources side by side, and then so the dead letters, the addresses and the words. The next begins two
seconds after it, or as long after it as it took, if that is more: what answers slowly is asked less often. On AWS the
resources are looked at in every tenth second only, for its services take few such calls, and an `up` needs them.
The whole table is read in the background, as often as that fills at most a tenth of the time: in each look if it is
small, every ten minutes if it takes one. Only so it is known which words are the most frequent; their own counts are
read in each look, with BatchGetItem.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.inspection import Inspection, inspect
from advent_cli.live.view import Board, Sample, Words, growth, recent
from advent_cli.messages import log_reader
from advent_cli.messages.invocations import STARTED
from advent_cli.resources.table import Table
from advent_cli.stack.build import Stack
from advent_cli.words import counts

PAUSE = 2.0  # seconds between two looks
RESOURCES = 10.0  # seconds between two looks at the resources, on AWS
SHARE = 10  # the part of the time that the table may be read for, one in so many
MOMENT = 1.0  # seconds that a look waits for the whole table, which is enough for a small one


def forever(stack: Stack, top: int, notify: Callable[[Board | Exception], None]) -> None:
    """Tell what each look finds; a look that fails is told too, and soon; only a bug of ours ends it."""
    stack.aws.attempts, stack.aws.timeout = 3, 10  # the next look is one more try
    words, board = Counting(stack.table, top), Board(stack.config.stack, time.monotonic())
    inspection, looked = None, 0.0
    while True:
        began = time.monotonic()
        try:
            if inspection is None or stack.aws.endpoint or began - looked >= RESOURCES:
                inspection, looked = inspect(stack), began
            board = _board(inspection, words)
        except Exception as error:
            told = explain(error)
            if told is None:
                return notify(error)
            board = replace(board, error=told)
        notify(board)
        time.sleep(max(PAUSE, time.monotonic() - began))


def _board(inspection: Inspection, counting: "Counting") -> Board:
    stack = inspection.stack
    has_queue = isinstance(inspection.seen[stack.queue.key], dict)
    has_api = isinstance(inspection.seen.get(stack.api.key), dict)
    has_words = counts.readable(stack.table, inspection.seen[stack.table.key])
    letters, urls, words, requests = in_parallel(
        lambda: stack.queue.depth() if has_queue else None,
        lambda: tuple(stack.urls) if has_api else (),
        lambda: counting.inspect() if has_words else None,
        lambda: _requests(stack),
    )
    queue, steps = stack.queue.name, inspection.steps_up()
    return Board(stack.config.stack, time.monotonic(), steps, urls, queue, letters, words, requests)


def _requests(stack: Stack) -> int | None:
    """How often the functions behind the API ran in the last minute, as their logs tell; None if there are none."""
    behind = [name for name, function in stack.config.functions.items() if function.routes]
    lines = log_reader.since(stack.aws, behind, time.time() - 60, '"START RequestId"')
    return sum(STARTED.match(line.text) is not None for line in lines) if behind else None


def rest(took: float) -> float:
    """How long the table is left alone after it was read for so many seconds."""
    return (SHARE - 1) * took


class Counting:
    """The words of a table, look after look."""

    def __init__(self, table: Table, number: int) -> None:
        self.table = table
        self.number = number
        self._found: counts.Counts | None = None
        self._samples: list[Sample] = []
        self._before: dict[str, int] = {}
        self._scan: _Scan | None = None
        self._due = 0.0

    def inspect(self) -> Words:
        """The words as they are now; raises what the reading of the table met with."""
        self._advance()
        found = self._found
        now = counts.of(self.table, [word for word, _ in found.top]) if found else {}
        changes = {word: count - self._before[word] for word, count in now.items() if word in self._before}
        self._before = now
        words = Words(counts.ranked(now), changes, reading=self._scan.read if self._scan else None)
        if found is None:
            return words
        age = time.monotonic() - self._samples[-1].at
        return replace(words, words=found.words, total=found.total, age=age, growth=growth(self._samples))

    def _advance(self) -> None:
        """Begin to read the whole table if it is time, and take what was read if it has ended."""
        if self._scan is None and time.monotonic() >= self._due:
            self._scan = _Scan(self.table, self.number)
            self._scan.start()
            self._scan.join(MOMENT)
        scan = self._scan
        if scan is None or scan.is_alive():
            return
        self._scan = None
        if scan.error:
            raise scan.error
        ended = time.monotonic()
        self._due = ended + rest(ended - scan.began)
        if scan.found:
            self._found = scan.found
            self._samples = recent([*self._samples, Sample(scan.began, scan.found.total)])


class _Scan(threading.Thread):
    """One reading of the whole table, in the background; it does not keep the process from ending."""

    def __init__(self, table: Table, number: int) -> None:
        super().__init__(daemon=True)
        self.table = table
        self.number = number
        self.began = time.monotonic()
        self.read = 0
        self.found: counts.Counts | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Read it."""
        try:
            self.found = counts.top(self.table, self.number, self._tell)
        except Exception as error:  # raised again in the next look
            self.error = error

    def _tell(self, read: int) -> None:
        self.read = read
