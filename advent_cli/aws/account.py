"""One AWS account and region: its clients, ARNs, and the tag that marks the resources of a stack."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from advent_cli.aws import tags
from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.http_client import HttpClient
from advent_cli.aws.rate_limit import PACED, RATES, Pacer, RateLimiter
from advent_cli.aws.tags import OWNER_TAG, Tags

T = TypeVar("T")
Answers = dict[tuple[str, ...], "Future[Any]"]
ALL_APIS = ("apis",)  # the key of the list of APIs for `Aws.cached`; what other keys stand for may be None
MAX_PARALLEL = 40  # parallel calls; more would wait for each other and hit the services' rate limits


class Aws:
    """One account and one region, as one principal sees them."""

    def __init__(self, session: Any, stack: str, endpoint: Endpoint | None = None, profile: str | None = None) -> None:
        self.session = session
        self.stack = stack
        self.endpoint = endpoint
        self.profile = profile
        self.ids: dict[str, str] = {}
        """The ids that AWS assigned to roles and APIs, by their ARNs, names or keys."""
        self.made: set[str] = set()
        """The keys of the resources created since the last inspection: AWS's lists may not show them yet."""
        self.contested: set[str] = set()
        """The keys of the resources that another run changed since the last inspection, according to AWS's errors."""
        self.attempts, self.timeout = 8, 30
        """The defaults of `client`: how often a call is tried, and the read timeout of each try in seconds."""
        self._clients: dict[tuple[str, int], Any] = {}
        self._rate_limiters = {service: RateLimiter(rate) for service, rate in RATES.items()}
        self._pacers = {} if endpoint else {service: Pacer(*limit) for service, limit in PACED.items()}
        self._lock = threading.Lock()
        self._answers: Answers | None = None

    def client(self, service: str, attempts: int | None = None, timeout: int | None = None) -> Any:
        """The client of a service, created once; `attempts` includes the first try, `timeout` is in seconds per try."""
        attempts, timeout = attempts or self.attempts, timeout or self.timeout
        key = service, attempts
        if key not in self._clients:  # checked without the lock, which is held for long while another client is created
            with self._lock:  # creating a client is not thread-safe, using one is
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
        if service in self._pacers:
            self._pacers[service].guard(service, client)
        if self.endpoint:
            self.endpoint.guard(client)
        return client

    @contextmanager
    def creating_clients(self, services: Iterable[str]) -> Iterator[None]:
        """Create the clients of these services in the background: that takes longer than many a call to AWS.

        A client that cannot be created is tried again when it is asked for, and only then raises its error.
        """
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: [self.client(service) for service in services])
            yield

    @contextmanager
    def caching(self, answers: Answers | None = None) -> Iterator[Answers]:
        """While this is entered, `cached` makes each call once, as an inspection needs that reads many resources.

        Pass the answers of a previous inspection to reuse them.
        """
        before, self._answers = self._answers, {} if answers is None else answers
        try:
            yield self._answers
        finally:
            self._answers = before

    def cached(self, key: tuple[str, ...], call: Callable[[], T]) -> T:
        """The result of `call`; inside `caching`, all callers with the same key share one result or error."""
        if self._answers is None:
            return call()
        own: Future[T] = Future()
        future = self._answers.setdefault(key, own)  # atomic
        if future is own:
            try:
                future.set_result(call())
            except Exception as error:
                future.set_exception(error)
        result: T = future.result()
        return result

    def signed_headers(self, method: str, url: str, service: str) -> dict[str, str]:
        """The headers that sign a request without a body with the keys of this session."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url)
        SigV4Auth(self.session.get_credentials(), service, self.region).add_auth(request)
        return dict(request.headers)

    @property
    def region(self) -> str:
        """The region of this account."""
        return str(self.session.region_name)

    @cached_property
    def identity(self) -> tuple[str, str]:
        """The account id and the ARN of the caller; asks AWS, which also proves that it can be reached."""
        answer = self.client("sts", attempts=2, timeout=4).get_caller_identity()
        return answer["Account"], answer["Arn"]

    @cached_property
    def http(self) -> HttpClient:
        """The client for requests that are not calls of AWS: with the certificates of the session."""
        if self.endpoint:
            return HttpClient()
        from advent_cli.aws import session

        return HttpClient(session.ca_bundle(self.profile))

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this account and region. IAM is global: its ARNs name no region."""
        partition = self.identity[1].split(":")[1]
        region = "" if service == "iam" else self.region
        return f"arn:{partition}:{service}:{region}:{self.identity[0]}:{resource}"

    @property
    def owner_tag(self) -> dict[str, str]:
        """The tag that marks a resource of this stack, as `{key: value}`."""
        return {OWNER_TAG: self.stack}

    @property
    def owner_tags(self) -> list[dict[str, str]]:
        """The same tag as a list of Key and Value, the form of the older services."""
        return tags.as_list(self.owner_tag)

    def owns(self, found: Tags | None) -> bool:
        """Whether these tags mark a resource of this stack, and not one that CloudFormation manages."""
        return tags.owner(found) == self.stack


def in_parallel(*calls: Callable[[], Any], at_once: int = MAX_PARALLEL) -> list[Any]:
    """The results of these calls, in order; the calls run at the same time, at most `at_once` of them.

    After an error or Ctrl-C no further call starts.
    """
    with ThreadPoolExecutor(max(1, min(len(calls), at_once))) as pool:
        futures = [pool.submit(call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
