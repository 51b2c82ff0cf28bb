"""Inspects a stack again and again for `advent status --watch`; changes nothing.

An inspection reads all resources side by side, then the dead letters, the URLs and the words side by side. The next one
starts after two seconds, or after as long as this one took if that is more, so slow services get fewer calls. On AWS
the resources are read only every ten seconds, because their services allow few such calls and an `up` needs them.
A full scan, which finds the most frequent words, runs in the background and takes at most a tenth of the time: in each
inspection for a small table, every ten minutes for a table whose scan takes one. In between, each inspection reads the
counts of those words with BatchGetItem.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.inspection import Inspection, inspect
from advent_cli.live.view import LiveView, Sample, Words, growth, recent
from advent_cli.messages import log_reader
from advent_cli.messages.invocations import STARTED
from advent_cli.resources.table import Table
from advent_cli.stack.build import Stack
from advent_cli.words import counts

PAUSE = 2.0  # seconds between inspections
RESOURCES_EVERY = 10.0  # seconds between reads of the resources, on AWS
SCAN_SHARE = 10  # scans take at most one part in so many of the time
SCAN_WAIT = 1.0  # seconds that an inspection waits for a scan; enough for a small table


def poll(stack: Stack, top: int, notify: Callable[[LiveView | Exception], None]) -> None:
    """Inspect for ever and pass each result to `notify`, a failed one too; return only after a bug, passed as it is."""
    stack.aws.attempts, stack.aws.timeout = 3, 10  # the next inspection is a retry, too
    words, view = WordCounter(stack.table, top), LiveView(stack.config.stack, time.monotonic())
    inspection, inspected_at = None, 0.0
    while True:
        began = time.monotonic()
        try:
            if inspection is None or stack.aws.endpoint or began - inspected_at >= RESOURCES_EVERY:
                inspection, inspected_at = inspect(stack), began
            view = _view(inspection, words)
        except Exception as error:
            explained = explain(error)
            if explained is None:
                return notify(error)
            view = replace(view, error=explained)
        notify(view)
        time.sleep(max(PAUSE, time.monotonic() - began))


def _view(inspection: Inspection, counter: "WordCounter") -> LiveView:
    stack = inspection.stack
    has_queue = isinstance(inspection.seen[stack.queue.key], dict)
    has_api = isinstance(inspection.seen.get(stack.api.key), dict)
    has_words = counts.is_readable(stack.table, inspection.seen[stack.table.key])
    dead_letters, urls, words, requests = in_parallel(
        lambda: stack.queue.depth() if has_queue else None,
        lambda: tuple(stack.urls) if has_api else (),
        lambda: counter.read() if has_words else None,
        lambda: _requests(stack),
    )
    view = LiveView(stack.config.stack, time.monotonic(), inspection.steps_up(), urls, notes=inspection.notes)
    return replace(view, queue=stack.queue.name, dead_letters=dead_letters, words=words, requests=requests)


def _requests(stack: Stack) -> int | None:
    """How often the functions behind the API started in the last minute, by their logs; None without such functions."""
    behind = [name for name, function in stack.config.functions.items() if function.routes]
    lines = log_reader.read_merged(stack.aws, behind, time.time() - 60, '"START RequestId"')
    return sum(STARTED.match(line.text) is not None for line in lines) if behind else None


def pause_after_scan(took: float) -> float:
    """How many seconds to wait after a scan that took so many."""
    return (SCAN_SHARE - 1) * took


class WordCounter:
    """Reads the words of a table, inspection after inspection."""

    def __init__(self, table: Table, number: int) -> None:
        self.table = table
        self.number = number
        self._counts: counts.Counts | None = None
        self._samples: list[Sample] = []
        self._before: dict[str, int] = {}
        self._scan: _Scan | None = None
        self._due = 0.0

    def read(self) -> Words:
        """The words and their current counts; raises the error of a failed scan."""
        self._advance()
        scanned = self._counts
        now = counts.of(self.table, [word for word, _ in scanned.top]) if scanned else {}
        changes = {word: count - self._before[word] for word, count in now.items() if word in self._before}
        self._before = now
        words = Words(counts.ranked(now), changes, reading=self._scan.read if self._scan else None)
        if scanned is None:
            return words
        age = time.monotonic() - self._samples[-1].at
        return replace(words, words=scanned.words, total=scanned.total, age=age, growth=growth(self._samples))

    def _advance(self) -> None:
        """Start a scan if one is due, and take the result of one that has ended."""
        if self._scan is None and time.monotonic() >= self._due:
            self._scan = _Scan(self.table, self.number)
            self._scan.start()
            self._scan.join(SCAN_WAIT)
        scan = self._scan
        if scan is None or scan.is_alive():
            return
        self._scan = None
        if scan.error:
            raise scan.error
        ended = time.monotonic()
        self._due = ended + pause_after_scan(ended - scan.began)
        if scan.counts:
            self._counts = scan.counts
            self._samples = recent([*self._samples, Sample(scan.began, scan.counts.total)])


class _Scan(threading.Thread):
    """One scan of the whole table, in a daemon thread, so that the process can end during it."""

    def __init__(self, table: Table, number: int) -> None:
        super().__init__(daemon=True)
        self.table = table
        self.number = number
        self.began = time.monotonic()
        self.read = 0
        self.counts: counts.Counts | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Scan, and keep the result or the error."""
        try:
            self.counts = counts.top(self.table, self.number, self._note)
        except Exception as error:  # WordCounter raises it
            self.error = error

    def _note(self, read: int) -> None:
        self.read = read
