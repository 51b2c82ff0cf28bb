"""A `meet` of the proxy that refuses what AWS refuses and the engine accepts."""

import json
import threading
import urllib.error
import urllib.request

from botocore.awsrequest import AWSRequest

from tests.support.proxy import Handler, pass_on, refuse, signature

LOCK = threading.Lock()
CREATIONS = {  # the call -> the field with the key of what it creates, and AWS's message for a duplicate
    "apigateway:CreateRoute": ("routeKey", "Route with key {} already exists for this API"),
    "apigateway:CreateStage": ("stageName", "Stage already exists"),
}


def meet(name: str, handler: Handler, body: bytes) -> None:
    """Pass a call on, unless it creates a route or a stage with an existing key.

    API Gateway answers that with ConflictException, "The resource already exists" (errors of CreateRoute and
    CreateStage in botocore's model of apigatewayv2). The messages are those that users report; advent uses the code
    alone.
    """
    if name not in CREATIONS:
        return pass_on(handler, body)
    field, text = CREATIONS[name]
    wanted = json.loads(body)[field]
    with LOCK:  # as on AWS, only one of two at once is the first
        if wanted in _existing(handler, field):
            return refuse(handler, 409, "ConflictException", text.format(wanted))
        return pass_on(handler, body)


def _existing(handler: Handler, field: str) -> set[str]:
    """The keys that the API has."""
    engine = handler.server.proxy.engine
    unsigned = AWSRequest("GET", f"{engine.url}{handler.path}")
    request = urllib.request.Request(unsigned.url, headers=signature(engine, "apigateway", unsigned))
    try:
        with urllib.request.urlopen(request) as answer:
            return {item[field] for item in json.load(answer)["items"]}
    except urllib.error.HTTPError:
        return set()
