"""What AWS refuses and the engine takes: a proxy's `meet` that answers as AWS does."""

import json
import threading
from http.client import HTTPConnection

from tests.support.proxy import Handler, pass_on, refuse

LOCK = threading.Lock()
MAKES = {  # what is made -> the field that names it, and what AWS calls it
    "apigateway:CreateRoute": ("routeKey", "Route with key {} already exists for this API"),
    "apigateway:CreateStage": ("stageName", "Stage already exists"),
}


def meet(name: str, handler: Handler, body: bytes) -> None:
    """Pass a call on, but for one that makes a route or a stage of the same key a second time.

    API Gateway answers ConflictException to that, "The resource already exists" (errors of CreateRoute and CreateStage
    in botocore's model of apigatewayv2). The texts are those that users report; advent goes by the code alone.
    """
    if name not in MAKES:
        return pass_on(handler, body)
    field, text = MAKES[name]
    wanted = json.loads(body)[field]
    with LOCK:  # as AWS has it, of two at once one is the first
        if wanted in _there(handler, field):
            return refuse(handler, 409, "ConflictException", text.format(wanted))
        return pass_on(handler, body)


def _there(handler: Handler, field: str) -> set[str]:
    """The keys of what the API has."""
    connection = HTTPConnection("127.0.0.1", handler.server.proxy.engine.port, timeout=10)
    try:
        connection.request("GET", handler.path, headers={"Authorization": handler.headers["Authorization"]})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    return {item[field] for item in json.loads(content)["items"]} if answer.status == 200 else set()
