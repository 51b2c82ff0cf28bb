"""Checks whether the app answers Slack's ssl_check at its URL, which counts nothing."""

from advent_cli.aws.http_client import NoResponseError
from advent_cli.doctor.findings import Finding, note, ok, problem
from advent_cli.messages.gateway_responses import own_response
from advent_cli.messages.post import send
from advent_cli.messages.slack_post import SSL_CHECK
from advent_cli.stack.build import Stack


def app(stack: Stack) -> Finding:
    """The finding, by one request to the app."""
    url = stack.url
    if url is None:
        return note("app", "there is no API yet, or it has no POST route", "`advent up` creates it")
    if stack.config.slack is None:
        return note("app", f"{url} was not requested, because an app without Slack could act on it")
    try:
        response = send(stack.aws.http, url, SSL_CHECK)
    except NoResponseError as error:
        return problem("app", str(error), "check the network; a new API takes a minute")
    return judge_app(url, response.status, response.text)


def judge_app(url: str, status: int, body: str) -> Finding:
    """Pure: what the app's response to ssl_check means."""
    if status == 200 and not body.strip():
        return ok("app", f"{url} answers")
    if status == 200:
        hint = "run `advent up` to deploy the word counter"
        return problem("app", f"{url} answers, but not like the word counter: {body[:100]!r}", hint)
    if own := own_response(status, body):
        return problem("app", f"{url} answered {status}: {own.meaning}", own.hint)
    return problem("app", f"{url} answered {status}", "see `advent logs --errors`")
