"""Walks a graph of steps in parallel: each step starts the moment its own needs are done."""

import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from types import FrameType, TracebackType
from typing import Any

from advent_cli.deploy.events import Event, Finished, Outcome, Started, Stopping, Waiting
from advent_cli.errors import INTERRUPTED

WORKERS = 40  # more gain nothing: they wait for each other, and for the limits of the services
Notify = Callable[[str], None]
Work = Callable[[str, Notify], Outcome]


class Interrupt:
    """Ctrl-C and SIGTERM, while this is entered: the first asks to stop, the second ends the process at once."""

    def __init__(self) -> None:
        self.asked = False
        self._wake: Callable[[], None] = lambda: None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wakes(self, wake: Callable[[], None]) -> None:
        """Have `wake` called at the first signal."""
        self._wake = wake

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature of a handler)
        if self.asked:
            if sys.stderr.isatty():
                os.write(2, b"\x1b[?25h\n")  # the cursor, which a live display hides
            os._exit(INTERRUPTED)
        self.asked = True
        self._wake()


def execute(needs: Mapping[str, set[str]], work: Work, interrupt: Interrupt | None = None) -> Iterator[Event]:
    """Do `work` for each key, the keys it needs first, as many as possible at once; yields what happens.

    `work` runs in a thread of its own and raises when it fails; then whatever needs its key is skipped, and the rest
    goes on. Each key ends in exactly one Finished. After an interrupt nothing new starts.
    """
    interrupt = interrupt or Interrupt()
    inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    interrupt.wakes(lambda: inbox.put(Stopping()))
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    unmet: dict[str, str] = {}  # key -> why it, and what needs it, cannot be done
    waiting, running = set(needs), 0
    with ThreadPoolExecutor(WORKERS) as pool:
        while waiting or running:
            for key in sorter.get_ready() if sorter.is_active() else ():
                reason = _reason(needs[key], unmet, interrupt)
                waiting.discard(key)
                running += 1
                if reason:
                    inbox.put(Finished(key, Outcome.SKIPPED, reason=reason))
                else:
                    pool.submit(_do, key, work, inbox)
            event = inbox.get()
            if isinstance(event, Finished):
                running -= 1
                if event.outcome in (Outcome.FAILED, Outcome.SKIPPED):
                    unmet[event.key] = event.reason if event.outcome is Outcome.SKIPPED else event.key
                sorter.done(event.key)
            if event is not None:
                yield event


def _reason(needs: set[str], unmet: Mapping[str, str], interrupt: Interrupt) -> str:
    if interrupt.asked:
        return "stopped"
    return next((unmet[need] for need in sorted(needs) if need in unmet), "")


def _do(key: str, work: Work, inbox: "queue.SimpleQueue[Event | None]") -> None:
    inbox.put(Started(key))
    began = time.monotonic()
    try:
        outcome, error = work(key, lambda words: inbox.put(Waiting(key, words))), None
    except Exception as caught:  # reported by whoever listens, a bug with its traceback
        outcome, error = Outcome.FAILED, caught
    inbox.put(Finished(key, outcome, time.monotonic() - began, error))
