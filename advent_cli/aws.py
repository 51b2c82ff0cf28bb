"""The only door to AWS: the session, its clients, ARNs, and the tag that marks what is ours."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from advent_cli.aws_errors import not_aws, unreachable
from advent_cli.errors import TargetError
from advent_cli.pace import RATES, Pace

T = TypeVar("T")
Answers = dict[tuple[str, ...], "Future[Any]"]
OWNER_TAG = "advent:stack"
MOST_AT_ONCE = 40  # calls; more would wait for each other, and for the limits of the services


@dataclass(frozen=True)
class Endpoint:
    """An AWS-compatible server with keys of its own, and how it spells the address of an API."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    api_url: str  # with {api_id} in it, without the path of the call
    has_ended: Callable[[], bool] = lambda: False  # asked when it does not answer

    def check(self) -> None:
        """Raise TargetError if the server has ended."""
        if self.has_ended():
            raise TargetError(
                "the local engine ended while it was in use",
                hint="`advent local logs` shows its last words, and `advent up` starts it again",
            )

    def guard(self, client: Any) -> None:
        """Have a client of botocore's ask at once whether the server has ended if there is no answer to a call."""

        def heed(caught_exception: Exception | None, **_: Any) -> None:
            if caught_exception is not None:
                self.check()

        client.meta.events.register("needs-retry", heed)


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
        self.attempts, self.patience = 8, 30
        """How often a call is tried, the first time included, and for how many seconds each, where nothing is said."""
        self._clients: dict[tuple[str, int], Any] = {}
        self._paces = {service: Pace(rate) for service, rate in RATES.items()}
        self._lock = threading.Lock()
        self._answers: Answers | None = None

    def client(self, service: str, attempts: int | None = None, patience: int | None = None) -> Any:
        """The client of a service, made once; `attempts` counts the first try too, `patience` is in seconds a try."""
        attempts, patience = attempts or self.attempts, patience or self.patience
        key = service, attempts
        if key not in self._clients:  # without the lock, which whoever makes another one holds for long
            with self._lock:  # making a client is not thread-safe, using one is
                if key not in self._clients:
                    self._clients[key] = self._make_client(service, attempts, patience)
        return self._clients[key]

    def _make_client(self, service: str, attempts: int, patience: int) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            read_timeout=patience,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=50,
            proxies={} if self.endpoint else None,
        )
        client = self.session.client(service, endpoint_url=self.endpoint.url if self.endpoint else None, config=config)
        if service in self._paces:
            self._paces[service].guard(client)
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
        answer = self.client("sts", attempts=2, patience=4).get_caller_identity()
        return answer["Account"], answer["Arn"]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing of ours. IAM is global: its ARNs name no region."""
        partition = self.identity[1].split(":")[1]
        region = "" if service == "iam" else self.region
        return f"arn:{partition}:{service}:{region}:{self.identity[0]}:{resource}"

    @property
    def elsewhere(self) -> str:
        """The address of what answers in AWS's stead, as AWS_ENDPOINT_URL has it; nothing if it is AWS itself."""
        url = str(self.client("sts", attempts=2, patience=4).meta.endpoint_url)
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


def connect(
    stack: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: Endpoint | None = None,
    trace: Callable[[str], None] | None = None,
    ahead: Iterable[str] = (),
    secrets: set[str] | None = None,
) -> Aws:
    """Open the door and see who is there; raises TargetError when AWS can't be reached or refuses the credentials.

    Without `endpoint` everything comes from boto3's own chain, AWS_ENDPOINT_URL included. `trace` gets one line for
    each answer, `service:Operation status milliseconds`. `secrets` gets the credentials; what AWS says in its errors
    never quotes one of these secrets.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from advent_cli import sessions

    try:
        if endpoint:
            session = sessions.of(endpoint.access_key, endpoint.secret_key, region or endpoint.region)
        else:
            session = sessions.own(profile, region)
        if trace:
            sessions.trace(session, trace)
        aws = Aws(session, stack, endpoint)
        if not session.region_name:
            raise TargetError(
                "no region is set", hint="put one into config.yaml, or give --region, or set AWS_DEFAULT_REGION"
            )
        secrets = sessions.hide(session, secrets)
        with aws.making_clients(ahead):
            secrets |= sessions.credentials(session)
            _ = aws.identity
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise unreachable(error) from None
    except (ValueError, KeyError) as error:  # botocore's way with a URL that is none, and with a page for an answer
        raise not_aws(error) from None
    return aws


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that do not wait for each other, made at the same time."""
    with ThreadPoolExecutor(max(1, min(len(calls), MOST_AT_ONCE))) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
