"""Pure: which subscriber has which message, judged by the functions' logs and the dead letters."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from advent_cli.config.config_file import Config
from advent_cli.config.schema import Function
from advent_cli.messages.invocations import Invocation
from advent_cli.messages.log_reader import LAG
from advent_cli.messages.redeliver import TOPIC
from advent_cli.resources.destination import LONGEST_WAIT, RETRIES

SKEW = 1.0  # seconds by which the clocks of two functions may differ
LOCAL_PAUSES = 3.0  # seconds between the three tries of the local engine, altogether


class Fate(Enum):
    """What became of a message on its way to one subscriber; the value is for people."""

    DELIVERED = "delivered"
    DEAD_LETTER = "in the dead-letter queue"
    UNDER_WAY = "under way"
    FILTERED = "filtered or not seen"
    UNSEEN = "not seen in the log"
    LOST = "lost"


@dataclass(frozen=True)
class Readings:
    """What was read at `now`, back to `since` (seconds since 1970).

    `runs` are the invocations of each function, and `begins` says when its log begins. `dead` has the ids of the dead
    letters by target, as in `DeadLetter`, and `hidden` says how many more letters there are.
    """

    since: float
    now: float
    runs: Mapping[str, list[Invocation]]
    begins: Mapping[str, float]
    dead: Mapping[str, set[str]]
    hidden: int = 0
    is_local: bool = False


@dataclass(frozen=True)
class Announcement:
    """A message that a function published or tried to, in a run that began at `time`; the text, if that is logged.

    Subscribers know it by one of `ids`.
    """

    id: str
    time: float
    function: str
    topics: tuple[str, ...]
    ids: frozenset[str]
    text: str | None


@dataclass(frozen=True)
class Delivery:
    """A delivery to one subscriber: its fate, when each run that has the message began, and a failed run's error."""

    message: Announcement
    subscriber: str
    fate: Fate
    times: tuple[float, ...] = ()
    problem: str = ""


def announcements(config: Config, read: Readings) -> list[Announcement]:
    """The messages that the functions published, oldest first: those in `published` of their lines of JSON."""
    publishers = {name: function.publishes for name, function in config.functions.items() if function.publishes}
    published = {
        message_id for name in publishers for run in read.runs.get(name, []) for message_id in run.published or ()
    }
    found = [
        message
        for name, topics in publishers.items()
        for run in read.runs.get(name, [])
        if run.began >= read.since
        for message in _announced(name, tuple(topics), run, published)
    ]
    return sorted(dict.fromkeys(found), key=lambda message: message.time)


def _announced(name: str, topics: tuple[str, ...], run: Invocation, published_ids: set[str]) -> Iterator[Announcement]:
    """Function 1 publishes part N of a message as ID/N, and logs an error with that id if it cannot.

    A function that publishes on logs with it the id of the message that it got: SNS gave that one to another message.
    """
    own = [line.fields for line in run.lines if line.fields and line.request_id == run.request_id]
    for fields in own:
        if not isinstance(published := fields.get("published"), list):
            continue
        whole, text = str(fields.get("message_id") or ""), fields.get("text")
        errors = {str(each.get("message_id")) for each in own if each.get("level") == "ERROR"}
        unsent = sorted(each for each in errors if whole and each.startswith(f"{whole}/"))
        total = len(published) + len(unsent)
        parts = [part for part in (f"{whole}/{number}" for number in range(total)) if part not in unsent]
        for part, given in [*zip(parts, map(str, published), strict=False), *((part, "") for part in unsent)]:
            known = (whole if total == 1 else part) if whole else given
            ids = frozenset({part, known} - published_ids | {given} - {""})
            yield Announcement(
                known if known in ids else given, run.began, name, topics, ids, text if isinstance(text, str) else None
            )


def deliveries(config: Config, sent: list[Announcement], read: Readings) -> list[Delivery]:
    """The deliveries of these messages to all subscribers of their topics, those of one subscriber together."""
    found = []
    for name, function in config.functions.items():
        subscriber = _Subscriber(name, function, read)
        wanted = [message for message in sent if {*message.topics} & {*function.subscribes}]
        # The newest first: a run without an id is most likely that of the last message before it.
        found += [subscriber.delivery(message) for message in reversed(wanted)][::-1]
    return found


class _Subscriber:
    """The runs of a function: those with ids, and those without, each of which explains one missing message."""

    def __init__(self, name: str, function: Function, read: Readings) -> None:
        self.name, self.function, self.read = name, function, read
        # In seconds: all tries of Lambda, and the lag of the log. The engine has no longest wait.
        on_aws, local = LONGEST_WAIT + function.timeout + LAG, (RETRIES + 1) * function.timeout + LOCAL_PAUSES
        self.longest = local if read.is_local else on_aws
        self.recently = read.now - self.longest
        self.runs: dict[str, list[Invocation]] = defaultdict(list)
        for run in read.runs.get(name, []):
            for message_id in run.message_ids:
                self.runs[message_id].append(run)
        nameless = [run for run in read.runs.get(name, []) if not run.message_ids]
        self.silent = [run for run in nameless if self._has_succeeded(run)]
        self.unsuccessful = [run for run in nameless if not self._has_succeeded(run)]

    def delivery(self, message: Announcement) -> Delivery:
        runs = {run.request_id: run for each in message.ids for run in self.runs.get(each, [])}.values()
        done = sorted(run.began for run in runs if self._has_succeeded(run))
        error = next((run.error for run in runs if run.error), "")
        latest = max([message.time, *(run.began for run in runs)])
        fate = Fate.DELIVERED if done else self._fate(message, latest)
        return Delivery(message, self.name, fate, tuple(done), "" if done else error)

    def _fate(self, message: Announcement, latest: float) -> Fate:
        """The fate of a message that no run has; `latest` is the last sign of it."""
        read = self.read
        targets = [self.name, *(f"{TOPIC}{topic}" for topic in message.topics)]
        if any(message.ids & read.dead.get(target, set()) for target in targets):
            return Fate.DEAD_LETTER
        if latest > self.recently:
            self._take(self.unsuccessful, self.recently, math.inf)
            return Fate.UNDER_WAY
        if self.function.filter:
            return Fate.FILTERED
        # Which of several topics it was published to is not in the log.
        is_unknown = len(message.topics) > 1 or message.time < read.begins.get(self.name, 0) or read.hidden
        if is_unknown or self._take(self.silent, message.time - SKEW, message.time + self.longest):
            return Fate.UNSEEN
        # One that was redelivered and runs, or fails again, has no id in the log.
        return Fate.UNDER_WAY if self._take(self.unsuccessful, self.recently, math.inf) else Fate.LOST

    def _has_succeeded(self, run: Invocation) -> bool:
        """Whether it did not fail; one that has not ended yet still may, unless its end has gone missing in the log."""
        return not run.error and (run.is_over or run.began <= self.recently)

    def _take(self, runs: list[Invocation], start: float, end: float) -> bool:
        """Take the first of the runs that began within this time away; whether there was one."""
        run = next((run for run in runs if start <= run.began <= end), None)
        if run:
            runs.remove(run)
        return run is not None
