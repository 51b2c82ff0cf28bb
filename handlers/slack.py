"""Reads what Slack sends, verifies that Slack sent it, and builds the response.

Slack sends what a person types in one of two ways: an outgoing webhook posts a form that contains a secret token, and a
slash command posts a form that is signed. See docs.slack.dev, "Outgoing webhooks (legacy)", "Implementing slash
commands" and "Verifying requests from Slack".
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import re
import time
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

PARAMETER = os.environ.get("SLACK_SECRET_PARAMETER")  # of Systems Manager, for Slack's token or signing secret
MAX_BODY_LENGTH = 1_000_000  # bytes
MAX_TEXT_LENGTH = 200_000  # bytes; Slack truncates messages at 40,000 characters, and the limit of SNS is 262,144 bytes
MAX_SIGNATURE_AGE = 300  # seconds, in the past or in the future
SECRET_TTL, MIN_READ_INTERVAL = 60.0, 1.0  # seconds: how long to cache the secret, and to wait between two reads
SLACKBOT_USER = "USLACKBOT"  # the user that our own replies come from

ssm = boto3.client("ssm", config=Config(connect_timeout=0.5, read_timeout=0.8, retries={"total_max_attempts": 1}))
cache: dict[str, Any] = {"secret": None, "read": 0.0, "attempted": 0.0}  # the last two are values of time.time()


class RefusedError(Exception):
    """A request that the app does not accept: the reason, and the HTTP status of the response."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_form(event: dict[str, Any]) -> dict[str, str]:
    """Return the form fields of an HTTP API's event (payload format version 2.0), once the sender is verified.

    Raises RefusedError if the request is not a form as Slack sends it, or does not come from Slack.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = _body(event)
    form = _form(headers, body)
    if form.get("ssl_check") == "1":
        return form  # Slack checks now and then that the URL works; nothing is counted, so there is nothing to verify
    for max_age in (SECRET_TTL, MIN_READ_INTERVAL):  # the second time, because the secret may just have changed
        secret = _secret(max_age)
        if secret is None or _is_from_slack(secret, headers, body, form):
            return form
    raise RefusedError(401, "this did not come from Slack, or not from this team")


def read_text(form: dict[str, str]) -> str | None:
    """Return what the person typed, or None for what gets no reply: a bot's message, or a check of the URL."""
    if form.get("user_id") == SLACKBOT_USER or form.get("bot_id") or form.get("ssl_check") == "1":
        return None  # otherwise the bot would count its own replies, and reply to them
    if "text" not in form:
        raise RefusedError(400, "the field text is missing")
    text = re.sub(r"<([^<>|]*)(?:\|([^<>]*))?>", _as_typed, form["text"])
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)  # control characters separate words, as spaces do
    if len(text.encode()) > MAX_TEXT_LENGTH:
        raise RefusedError(413, f"the text is longer than {MAX_TEXT_LENGTH} bytes")
    return text


def response(form: dict[str, str], text: str | None, status: int = 200, message_id: str = "") -> dict[str, Any]:
    """Return the response for the HTTP API, with the text that Slack shows; without a text, the bot stays silent."""
    body: dict[str, str] = {}
    if text is not None:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        # By default, only the person who typed a slash command sees the reply.
        body = {**({"response_type": "in_channel"} if "command" in form else {}), "text": escaped}
    headers = {"Content-Type": "application/json", **({"X-Message-Id": message_id} if message_id else {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body) if body else ""}


def _body(event: dict[str, Any]) -> bytes:
    """Return exactly the bytes that were sent, because Slack signs these."""
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else str(body).encode()
    except ValueError:
        raise RefusedError(400, "the body cannot be decoded") from None
    if len(raw) > MAX_BODY_LENGTH:
        raise RefusedError(413, f"the body is longer than {MAX_BODY_LENGTH} bytes")
    return raw


def _form(headers: dict[str, str], body: bytes) -> dict[str, str]:
    media_type = headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise RefusedError(415, "send a form (application/x-www-form-urlencoded), as Slack does")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise RefusedError(400, "the form is not in UTF-8, or has too many fields") from None
    return {name: values[0] for name, values in fields.items()}


def _as_typed(link: re.Match[str]) -> str:
    """Return Slack's `<...>` as it was typed: a link, person, channel, date, or group as in `<!here|here>`."""
    target, label = link[1], link[2]
    if target.startswith("!") and not (label and target.startswith("!date")):
        return "@" + (label or target[1:]).removeprefix("@")
    return target if not label else target[0] + label if target[:1] in ("@", "#") else label


def _is_from_slack(secret: str, headers: dict[str, str], body: bytes, form: dict[str, str]) -> bool:
    if "command" not in form and "x-slack-signature" not in headers:
        return hmac.compare_digest(form.get("token", "").encode(), secret.encode())
    timestamp = headers.get("x-slack-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > MAX_SIGNATURE_AGE:
        return False
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode())


def _secret(max_age: float) -> str | None:
    """Return Slack's secret, read at most `max_age` seconds ago; None if none is stored, so that anyone can post.

    This uses time.time(), because time.monotonic() stops while Lambda freezes the execution environment.
    """
    now = time.time()
    if PARAMETER and _is_past(max_age, cache["read"], now) and _is_past(MIN_READ_INTERVAL, cache["attempted"], now):
        cache["attempted"] = now
        try:
            value = ssm.get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
            cache.update(secret=value, read=now)
        except ssm.exceptions.ParameterNotFound:
            cache.update(secret=None, read=now)
        except (BotoCoreError, ClientError) as error:
            logger.error("cannot read the secret: %s: %s", type(error).__name__, error)
    if PARAMETER and not cache["read"]:  # not knowing the secret must not let anyone in
        raise RefusedError(503, "It cannot be told who sent this. Please try again in a moment.")
    secret: str | None = cache["secret"]
    return secret


def _is_past(seconds: float, since: float, now: float) -> bool:
    return not 0 <= now - since <= seconds
