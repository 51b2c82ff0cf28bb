"""Whether the app answers at its URL, and if not, why: the last step of `up`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from advent_cli.aws.http_client import NoResponseError, Response
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.config.config_file import Config
from advent_cli.errors import AdventError
from advent_cli.messages import log_reader
from advent_cli.messages.diagnosis import FIX, Diagnosis, drift, problems, unread, with_undetermined
from advent_cli.messages.gateway_responses import NOT_READY, own_response
from advent_cli.messages.invocations import invocations
from advent_cli.messages.log_turns import Turns
from advent_cli.messages.post import FORM, TIMEOUT, sent_at
from advent_cli.messages.slack_post import SSL_CHECK
from advent_cli.stack.build import Stack

# Seconds to wait, since users report up to a minute for a new API and its name in DNS, and less for a new permission.
UNKNOWN_WITHIN, FAILED_WITHIN = 60.0, 20.0
BUSY = 429
NOT_READY_YET = "run `advent up` again in a minute"
WORDS = "waiting for the app to answer"


class Verdict(Enum):
    """What a response says of the app."""

    ANSWERS = "the function answered, or API Gateway for it"
    UNKNOWN = "the API or the route is not known everywhere yet"
    FAILED = "the function could not be invoked, or failed"


@dataclass(frozen=True)
class Question:
    """A request that changes nothing in the app; `route` and `function` are those that it is about.

    Without `has_route`, API Gateway has no route for it, and so it reaches no function.
    """

    method: str
    url: str
    route: str
    function: str
    body: bytes = b""
    has_route: bool = True


@dataclass
class Evidence:
    """What is known so far: the last response (None if DNS does not know the host), and the function's log.

    `since` is when the function was first asked in vain, `error` what its log says about that, `unread` why it could
    not be read.
    """

    response: Response | None = None
    since: float = 0.0
    error: str = ""
    unread: str = ""


def question(config: Config, urls: Sequence[str]) -> Question | None:
    """Pure: what to ask the app, whose routes have these URLs; None if it has none, or its functions are paused.

    Without a route at which asking has no effect, it is an OPTIONS for which API Gateway has no route: that shows only
    whether API Gateway knows the API.
    """
    by_route, asked = dict(zip(config.routes, urls, strict=False)), config.asked_route
    route = asked or next(iter(config.running_routes), None)
    if route not in by_route:
        return None
    is_slack = config.slack is not None and route in config.post_routes
    method = "OPTIONS" if asked is None or route.startswith("OPTIONS ") else "POST" if is_slack else "GET"
    url, body = by_route[route].partition("{")[0], SSL_CHECK.body if method == "POST" else b""
    return Question(method, url, route, config.function_of(route), body, has_route=asked is not None)


def judge(asked: Question, response: Response | None) -> Verdict:
    """Pure: what a response to the question says; None is that DNS does not know the host."""
    if response is None:
        return Verdict.UNKNOWN
    own = own_response(response.status, response.text)
    if own is None or response.status == BUSY or (response.status == 404 and not asked.has_route):
        return Verdict.ANSWERS
    return Verdict.UNKNOWN if response.status in NOT_READY else Verdict.FAILED


def wait_until_it_answers(stack: Stack, waiter: Waiter) -> float | None:
    """Ask the app until it answers; returns the seconds that took, or None if it has no URL to ask at.

    Raises AdventError with the reason if it does not answer.
    """
    asked = question(stack.config, stack.urls)
    if asked is None:
        return None
    evidence, turns, began = Evidence(), Turns(stack.aws, waiter.clock), waiter.clock()
    failing_since: float | None = None

    def is_settled() -> bool:
        nonlocal failing_since
        verdict = _ask(stack, asked, evidence)
        if verdict is not Verdict.FAILED:
            failing_since = None
            return verdict is Verdict.ANSWERS
        failing_since = waiter.clock() if failing_since is None else failing_since
        if turns.take([asked.function]):
            _read_log(stack, asked.function, evidence)
        if evidence.error or waiter.clock() - failing_since >= FAILED_WITHIN:
            raise _no_answer(stack, asked, evidence)
        return False

    try:
        waiter.until(is_settled, WORDS, within=UNKNOWN_WITHIN)
    except GaveUpError:
        raise _no_answer(stack, asked, evidence) from None
    return waiter.clock() - began


def _ask(stack: Stack, asked: Question, evidence: Evidence) -> Verdict:
    """Ask once; raises TargetError if there is no response for another reason than that DNS does not know the host."""
    at, began = time.time(), time.perf_counter()
    headers = {"Content-Type": FORM} if asked.body else {}
    try:
        evidence.response = stack.aws.http.request(asked.method, asked.url, asked.body, headers, TIMEOUT)
    except NoResponseError as error:
        if not error.is_unknown_host:
            if stack.aws.endpoint:
                stack.aws.endpoint.check()
            raise
        evidence.response = None
    verdict = judge(asked, evidence.response)
    if evidence.response and verdict is Verdict.FAILED and not evidence.since:
        evidence.since = sent_at(evidence.response, at, time.perf_counter() - began)
    return verdict


def _read_log(stack: Stack, function: str, evidence: Evidence) -> None:
    """Look for an error of the function since it was asked."""
    try:
        lines = log_reader.read(stack.aws, function, evidence.since)
        evidence.error, evidence.unread = next((each.error for each in invocations(lines) if each.error), ""), ""
    except Exception as error:
        evidence.unread = unread(error)


def _no_answer(stack: Stack, asked: Question, evidence: Evidence) -> AdventError:
    """The error that says why the app does not answer, and what to do next."""
    what, response = f"the app does not answer at {asked.url}", evidence.response
    if evidence.error:
        hint = f"`advent logs {asked.function} --errors` shows more; correct the function and run `advent up`"
        return AdventError(what, why=f"function {asked.function} failed: {evidence.error}", hint=hint)
    if response is None:
        hint = "check the network; if the API is new, run `advent up` again in a minute"
        return AdventError(what, why=f"DNS does not know {urlsplit(asked.url).hostname}", hint=hint)
    own, found = own_response(response.status, response.text), _cause(stack, asked, response)
    found += Diagnosis(unread=(evidence.unread,) if evidence.unread else ())
    cause = with_undetermined(found.problem.removesuffix(f"; {FIX}"), found.undetermined)
    meaning = own.meaning if own and not found.problem else ""
    why = ": ".join(filter(None, (f"it answered {response.status}", meaning, cause)))
    again = NOT_READY_YET if response.status in NOT_READY else f"see `advent logs {asked.function} --errors`"
    return AdventError(what, why=why, hint=FIX if found.problem else again)


def _cause(stack: Stack, asked: Question, response: Response) -> Diagnosis:
    """What is missing or differs of what leads to the function, or of the function."""
    if response.status in NOT_READY:
        return problems([stack.api, stack.resources[f"route/{asked.route}"]])
    return drift(stack, asked.function, None)
