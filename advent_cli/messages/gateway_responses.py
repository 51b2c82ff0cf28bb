"""The responses that API Gateway sends by itself, and what each means. Pure."""

import re
from dataclasses import dataclass

NOT_READY = {403, 404, 429}  # of an API or a route that it does not know everywhere yet, and of a busy one


@dataclass(frozen=True)
class OwnResponse:
    """A response that no function sent: a pattern of its body, what it means, and what to do."""

    body: str
    meaning: str
    hint: str


def _says(message: str) -> str:
    """The pattern of a body with this message and nothing else."""
    return rf'\s*{{\s*"message"\s*:\s*"{message}"\s*}}\s*'


OWN_RESPONSES = {
    403: OwnResponse(
        _says("Forbidden"),
        "API Gateway does not know the API",
        "a new API takes a minute; if it is not new, run `advent up`",
    ),
    404: OwnResponse(
        _says("Not Found"),
        "API Gateway does not know the route",
        "a new route takes a minute; if it is not new, run `advent up`",
    ),
    429: OwnResponse(
        _says("Too Many Requests"),
        "too many requests",
        "try again; `api.rate` in config.yaml is the limit",
    ),
    500: OwnResponse(
        _says("Internal Server Error"),
        "API Gateway may not invoke the function, or the function failed",
        "run `advent up` to fix the permission; `advent logs --errors` shows a failure",
    ),
    502: OwnResponse(  # the local engine's, where AWS sends 500
        r'\s*{.*"errorMessage".*}\s*',
        "the function failed",
        "see `advent logs --errors`",
    ),
    503: OwnResponse(
        _says("Service Unavailable"),
        "the function cannot run right now",
        "see `advent logs --errors`",
    ),
}


def own_response(status: int, body: str) -> OwnResponse | None:
    """What API Gateway means by a response; None if a function sent it."""
    own = OWN_RESPONSES.get(status)
    return own if own and re.fullmatch(own.body, body, re.IGNORECASE | re.DOTALL) else None
