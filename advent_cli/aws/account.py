"""The only door to AWS: the session, its clients, ARNs, and the tag that marks what is ours."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.rate_limit import RATES, RateLimiter

T = TypeVar("T")
Answers = dict[tuple[str, ...], "Future[Any]"]
OWNER_TAG = "advent:stack"
MOST_AT_ONCE = 40  # calls; more would wait for each other, and for the limits of the services


class Aws:
    """One account and one region, as one principal sees them."""

    def __init__(self, session: Any, stack: str, endpoint: Endpoint | None = None) -> None:
        self.session = session
        self.stack = stack
        self.endpoint = endpoint
        self.ids: dict[str, str] = {}
        """What AWS named by itself and we have learnt: the ids of roles and APIs, by our own names for them."""
        self.made: set[str] = set()
        """The keys of what was made since the last look, of which more is known than AWS could tell."""
        self.contested: set[str] = set()
        """The keys of what another run was at work on since the last look, as AWS said."""
        self.attempts, self.timeout = 8, 30
        """How often a call is tried, the first time included, and for how many seconds each, where nothing is said."""
        self._clients: dict[tuple[str, int], Any] = {}
        self._rate_limiters = {service: RateLimiter(rate) for service, rate in RATES.items()}
        self._lock = threading.Lock()
        self._answers: Answers | None = None

    def client(self, service: str, attempts: int | None = None, timeout: int | None = None) -> Any:
        """The client of a service, made once; `attempts` counts the first try too, `timeout` is in seconds a try."""
        attempts, timeout = attempts or self.attempts, timeout or self.timeout
        key = service, attempts
        if key not in self._clients:  # without the lock, which whoever makes another one holds for long
            with self._lock:  # making a client is not thread-safe, using one is
                if key not in self._clients:
                    self._clients[key] = self._make_client(service, attempts, timeout)
        return self._clients[key]

    def _make_client(self, service: str, attempts: int, timeout: int) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            read_timeout=timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=50,
            proxies={} if self.endpoint else None,
        )
        client = self.session.client(service, endpoint_url=self.endpoint.url if self.endpoint else None, config=config)
        if service in self._rate_limiters:
            self._rate_limiters[service].guard(client)
        if self.endpoint:
            self.endpoint.guard(client)
        return client

    @contextmanager
    def making_clients(self, services: Iterable[str]) -> Iterator[None]:
        """Begin to make the clients of these services, which takes longer than many an answer of AWS.

        One that cannot be made is tried again, and told, when it is asked for.
        """
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: [self.client(service) for service in services])
            yield

    @contextmanager
    def remembering(self, answers: Answers | None = None) -> Iterator[Answers]:
        """While this is entered, `once` asks each question once: for a look at many things side by side.

        With the answers of a look that was just made, those questions are not asked at all.
        """
        before, self._answers = self._answers, {} if answers is None else answers
        try:
            yield self._answers
        finally:
            self._answers = before

    def once(self, question: tuple[str, ...], ask: Callable[[], T]) -> T:
        """The answer to a question; afresh each time, but while `remembering` one answer serves all who ask."""
        if self._answers is None:
            return ask()
        own: Future[T] = Future()
        future = self._answers.setdefault(question, own)  # which is atomic
        if future is own:
            try:
                future.set_result(ask())
            except Exception as error:
                future.set_exception(error)
        answer: T = future.result()
        return answer

    @property
    def region(self) -> str:
        """The region all of this is in."""
        return str(self.session.region_name)

    @cached_property
    def identity(self) -> tuple[str, str]:
        """Account and ARN of the principal we are; asks AWS, which also proves that it can be reached."""
        answer = self.client("sts", attempts=2, timeout=4).get_caller_identity()
        return answer["Account"], answer["Arn"]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing of ours. IAM is global: its ARNs name no region."""
        partition = self.identity[1].split(":")[1]
        region = "" if service == "iam" else self.region
        return f"arn:{partition}:{service}:{region}:{self.identity[0]}:{resource}"

    @property
    def elsewhere(self) -> str:
        """The address of what answers in AWS's stead, as AWS_ENDPOINT_URL has it; nothing if it is AWS itself."""
        url = str(self.client("sts", attempts=2, timeout=4).meta.endpoint_url)
        return "" if re.fullmatch(r"https://[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|api\.aws)", url) else url

    @property
    def owner_tag(self) -> dict[str, str]:
        """The tag that marks a thing as ours, as `{key: value}`."""
        return {OWNER_TAG: self.stack}

    @property
    def owner_tags(self) -> list[dict[str, str]]:
        """The same as a list of Key and Value, as the older services want it."""
        return [{"Key": OWNER_TAG, "Value": self.stack}]

    def owns(self, tags: dict[str, str] | list[dict[str, str]] | None) -> bool:
        """Whether these tags, in either form, mark a thing as ours."""
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        return (tags or {}).get(OWNER_TAG) == self.stack


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that do not wait for each other, made at the same time."""
    with ThreadPoolExecutor(max(1, min(len(calls), MOST_AT_ONCE))) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
