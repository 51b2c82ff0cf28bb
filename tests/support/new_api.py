"""A `meet` of the proxy that answers the first requests to the app's URL as API Gateway does while an API is new.

Users of AWS report these responses for up to a minute after an API was created: hashicorp/terraform #12416 and #14970,
Ge0rg3/requests-ip-rotator #17. The engine knows an API at once, and does not ask whether it may invoke a function.
"""

import json
from collections.abc import Callable

from tests.support.proxy import Handler, pass_on

URL = "/_aws/execute-api/"
FORBIDDEN, NOT_FOUND = (403, "Forbidden"), (404, "Not Found")
NOT_PERMITTED = (500, "Internal Server Error")


def nothing() -> None:
    """Do nothing."""


class NewApi:
    """Answers requests to the app with these responses, one after the other, before it passes on the next.

    `asked` has the methods of all these requests. `before` is called at the first of them.
    """

    def __init__(self, *responses: tuple[int, str], before: Callable[[], None] = nothing) -> None:
        self._left = [*responses]
        self._before = before
        self.asked: list[str] = []

    def meet(self, _: str, handler: Handler, body: bytes) -> None:
        """Answer a request to the app; pass on all others."""
        if not handler.path.startswith(URL):
            return pass_on(handler, body)
        self.asked.append(handler.command)
        if len(self.asked) == 1:
            self._before()
        if not self._left:
            return pass_on(handler, body)
        status, message = self._left.pop(0)
        text = json.dumps({"message": message}, separators=(",", ":"))
        return handler.answer(status, {"Content-Type": "application/json"}, text.encode())
