"""A `meet` of the proxy that has Lambda report states of a function which the engine never reports."""

import re
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tests.support import stacks
from tests.support.proxy import Handler, changing, pass_on, refuse


@dataclass
class InState:
    """The function `name` is in `state`, one of the State enum in botocore's model of Lambda.

    Deleting and Deactivating end after a few looks: the one with the function gone, the other with it Active. Until
    then what changes the function is refused, as Lambda documents it for Pending ("Lambda function states"). The other
    states last until the function is deleted. AWS documents none of this; it is assumed from the states' names.
    """

    name: str
    state: str
    looks: int = 4
    ended: bool = False

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Pass a call on, unless it is about this function while it is in this state."""
        about = (
            re.search(rf"/functions/{self.name}(/|\\?|$)", handler.path)
            or f'"FunctionName": "{self.name}"'.encode() in body
        )
        if self.ended or not about or not name.startswith("lambda:"):
            return pass_on(handler, body)
        passes = self.state in ("Deleting", "Deactivating")
        if name in ("lambda:GetFunction", "lambda:GetFunctionConfiguration"):
            self.looks -= 1
            if passes and self.looks < 0:
                self._end(handler)
                return pass_on(handler, body)
            return changing('"State": "Active"', f'"State": "{self.state}"')(handler, body)
        if passes and re.match("lambda:(Create|Update|Delete|Put)Function", name):
            text = "The operation cannot be performed at this time. The function is currently in the following state: "
            return refuse(handler, 409, "ResourceConflictException", text + self.state)
        self.ended = name == "lambda:DeleteFunction"
        return pass_on(handler, body)

    def _end(self, handler: Handler) -> None:
        self.ended = True
        if self.state == "Deleting":
            client = stacks.tutorial(handler.server.proxy.engine).aws.client("lambda")
            with suppress(ClientError):
                client.delete_function(FunctionName=self.name)
