"""Walks a graph of steps in parallel: each step starts as soon as those that it needs are done, or exist."""

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

from advent_cli.deploy.events import Event, Existing, Finished, Outcome, Started, Stopping
from advent_cli.errors import INTERRUPTED

WORKERS = 40  # more would only wait for each other and for the rate limits of the services
Report = Callable[[Event], None]
Work = Callable[[str, Report], Outcome]


class Interrupt:
    """Handles Ctrl-C and SIGTERM while entered: the first asks to stop, the second ends the process at once."""

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
        """Call `wake` at the first signal."""
        self._wake = wake

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature of a handler)
        if self.asked:
            if sys.stderr.isatty():
                os.write(2, b"\x1b[?25h\n")  # shows the cursor, which a live display hides
            os._exit(INTERRUPTED)
        self.asked = True
        self._wake()


def execute(
    needs: Mapping[str, set[str]],
    work: Work,
    interrupt: Interrupt | None = None,
    existing: Mapping[str, set[str]] | None = None,
) -> Iterator[Event]:
    """Do `work` for each key after the keys that it needs, as many as possible at once; yields the events.

    `work` runs in a thread of its own, may report Waiting and Existing events about its key, and raises if it fails;
    then the keys that need its key and have not started are skipped, and the others go on. `existing` has for a key
    those of its needs that only need to exist: it may start once they are Existing. Each key ends with exactly one
    Finished. After an interrupt no new key starts.
    """
    interrupt = interrupt or Interrupt()
    inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
    interrupt.wakes(lambda: inbox.put(Stopping()))
    sorter = TopologicalSorter(_graph(needs, existing or {}))
    sorter.prepare()
    open_marks = {mark.key: mark for keys in (existing or {}).values() for mark in map(Existing, keys)}
    unmet: dict[str, str] = {}  # key -> why it, and the keys that need it, cannot be done
    waiting, running = set(needs), 0
    with ThreadPoolExecutor(WORKERS) as pool:
        while waiting or running:
            for key in sorter.get_ready() if sorter.is_active() else ():
                if isinstance(key, Existing):
                    continue  # it is done when its step says so
                reason = _reason(needs[key], unmet, interrupt)
                waiting.discard(key)
                running += 1
                if reason:
                    inbox.put(Finished(key, Outcome.SKIPPED, reason=reason))
                else:
                    pool.submit(_do, key, work, inbox)
            event = inbox.get()
            if isinstance(event, Existing | Finished) and event.key in open_marks:
                sorter.done(open_marks.pop(event.key))
            if isinstance(event, Finished):
                running -= 1
                if event.outcome in (Outcome.FAILED, Outcome.SKIPPED):
                    unmet[event.key] = event.reason if event.outcome is Outcome.SKIPPED else event.key
                sorter.done(event.key)
            yield event


def _graph(
    needs: Mapping[str, set[str]], existing: Mapping[str, set[str]]
) -> dict[str | Existing, set[str | Existing]]:
    """The graph in which a node of its own stands for the existence of a key, and comes before what needs no more."""
    return {
        key: {Existing(need) if need in existing.get(key, ()) else need for need in before}
        for key, before in needs.items()
    }


def _reason(needs: set[str], unmet: Mapping[str, str], interrupt: Interrupt) -> str:
    if interrupt.asked:
        return "stopped"
    return next((unmet[need] for need in sorted(needs) if need in unmet), "")


def _do(key: str, work: Work, inbox: "queue.SimpleQueue[Event]") -> None:
    inbox.put(Started(key))
    began = time.monotonic()
    try:
        outcome, error = work(key, inbox.put), None
    except Exception as caught:  # the listener reports it, a bug with its traceback
        outcome, error = Outcome.FAILED, caught
    inbox.put(Finished(key, outcome, time.monotonic() - began, error))
