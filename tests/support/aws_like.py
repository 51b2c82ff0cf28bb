"""What AWS refuses and the engine takes: a proxy's `meet` that answers as AWS does."""

import json
import threading
import urllib.error
import urllib.request

from botocore.awsrequest import AWSRequest

from tests.support.proxy import Handler, pass_on, refuse, signature

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
    engine = handler.server.proxy.engine
    asked = AWSRequest("GET", f"{engine.url}{handler.path}")
    request = urllib.request.Request(asked.url, headers=signature(engine, "apigateway", asked))
    try:
        with urllib.request.urlopen(request) as answer:
            return {item[field] for item in json.load(answer)["items"]}
    except urllib.error.HTTPError:
        return set()
