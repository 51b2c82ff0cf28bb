"""Checks whether the app answers Slack's ssl_check at its URL, which counts nothing."""

from advent_cli.aws.http_client import NoResponseError
from advent_cli.doctor.findings import Finding, note, ok, problem
from advent_cli.messages.post import send
from advent_cli.messages.slack_post import SSL_CHECK
from advent_cli.stack.build import Stack

RESPONSES = {  # API Gateway's own responses: what each means, and what to do
    403: ("API Gateway does not know the API", "a new API takes a minute; if it is not new, run `advent up`"),
    404: ("API Gateway does not know the route", "a new route takes a minute; if it is not new, run `advent up`"),
    429: ("too many requests", "try again; `api.rate` in config.yaml is the limit"),
    500: (
        "API Gateway may not invoke the function, or the function failed",
        "run `advent up` to fix the permission; `advent logs --errors` shows a failure",
    ),
    503: ("the function cannot run right now", "see `advent logs --errors`"),
}


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
    meaning, hint = RESPONSES.get(status, ("", "see `advent logs --errors`"))
    return problem("app", f"{url} answered {status}" + (f": {meaning}" if meaning else ""), hint)
