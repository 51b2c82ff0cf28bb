"""What Slack sends, how to know that it was Slack who sent it, and how to answer.

Slack has two ways to send what a person typed: an outgoing webhook, a form that proves itself by a secret token in it,
and a slash command, a form that is signed. Both are described on docs.slack.dev, "Outgoing webhooks (legacy)",
"Implementing slash commands" and "Verifying requests from Slack".
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

PARAMETER = os.environ.get("SLACK_SECRET_PARAMETER")  # where Systems Manager may keep Slack's secret
LONGEST_BODY = 1_000_000  # bytes
LONGEST_TEXT = 200_000  # bytes; Slack cuts messages at 40,000 characters, SNS at 262,144 bytes
OLDEST_SIGNATURE = 300  # seconds off our clock, either way
KEEP_SECRET, ASK_AGAIN = 60.0, 1.0  # seconds for which the secret is believed; and after a refusal
SLACKBOT = "USLACKBOT"  # the user under whose name Slack posts our own replies

ssm = boto3.client("ssm", config=Config(connect_timeout=0.5, read_timeout=0.8, retries={"total_max_attempts": 1}))
remembered: dict[str, Any] = {"secret": None, "read": 0.0, "asked": 0.0}  # and when, in seconds of time.time()


class RefusedError(Exception):
    """A request that is not taken: the HTTP status to answer with, and why in a few words."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def request(event: dict[str, Any]) -> dict[str, str]:
    """The fields of the form that an HTTP API hands on (payload format 2.0), once it is known who sent it.

    Raises RefusedError for what is no form of Slack's, or not from Slack.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = _body(event)
    form = _form(headers, body)
    if form.get("ssl_check") == "1":
        return form  # Slack asks now and then whether we are there; nothing is counted, so nobody need prove anything
    for age in (KEEP_SECRET, ASK_AGAIN):  # the secret may have been changed a moment ago
        secret = _secret(age)
        if secret is None or _is_slack(secret, headers, body, form):
            return form
    raise RefusedError(401, "this did not come from Slack, or not from this team")


def text(form: dict[str, str]) -> str | None:
    """What the person typed; None if there is nothing to answer: the message is a bot's own, or a mere check."""
    if form.get("user_id") == SLACKBOT or form.get("bot_id") or form.get("ssl_check") == "1":
        return None  # or the bot would count its own replies, and reply to that
    if "text" not in form:
        raise RefusedError(400, "the field text is missing")
    typed = re.sub(r"<([^<>|]*)(?:\|([^<>]*))?>", _as_typed, form["text"])
    typed = typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    typed = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", typed)  # control characters part words, as spaces do
    if len(typed.encode()) > LONGEST_TEXT:
        raise RefusedError(413, f"the text is longer than {LONGEST_TEXT} bytes")
    return typed


def answer(form: dict[str, str], text: str | None, status: int = 200, message_id: str = "") -> dict[str, Any]:
    """The reply as an HTTP API takes it, its text as Slack does (none: the bot says nothing); logs have the same id."""
    body: dict[str, str] = {}
    if text is not None:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        # Else only the person who typed the command would see the answer.
        body = {**({"response_type": "in_channel"} if "command" in form else {}), "text": escaped}
    headers = {"Content-Type": "application/json", **({"X-Message-Id": message_id} if message_id else {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body) if body else ""}


def _body(event: dict[str, Any]) -> bytes:
    """The very bytes that were sent, which is what Slack signs."""
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else str(body).encode()
    except ValueError:
        raise RefusedError(400, "the body cannot be decoded") from None
    if len(raw) > LONGEST_BODY:
        raise RefusedError(413, f"the body is longer than {LONGEST_BODY} bytes")
    return raw


def _form(headers: dict[str, str], body: bytes) -> dict[str, str]:
    kind = headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise RefusedError(415, "send a form (application/x-www-form-urlencoded), as Slack does")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise RefusedError(400, "the form is not in UTF-8, or has too many fields") from None
    return {name: values[0] for name, values in fields.items()}


def _as_typed(link: re.Match[str]) -> str:
    """Slack's `<...>` as the person typed it: `<https://a.org|a.org>`, `<@U1|ann>`, `<#C1|general>`, `<!here>`."""
    target, label = link[1], link[2]
    if not label:
        return "@" + target[1:] if target.startswith("!") else target
    return target[0] + label if target[:1] in ("@", "#") else label


def _is_slack(secret: str, headers: dict[str, str], body: bytes, form: dict[str, str]) -> bool:
    if "command" not in form and "x-slack-signature" not in headers:
        return hmac.compare_digest(form.get("token", "").encode(), secret.encode())
    sent = headers.get("x-slack-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", sent) or abs(time.time() - int(sent)) > OLDEST_SIGNATURE:
        return False
    digest = hmac.new(secret.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode())


def _secret(age: float) -> str | None:
    """Slack's secret, not read longer ago than `age` seconds; None if none is kept: then the API is open to all.

    By the clock on the wall, for the other one stands still while Lambda keeps a container frozen.
    """
    now = time.time()
    if PARAMETER and _is_over(age, remembered["read"], now) and _is_over(ASK_AGAIN, remembered["asked"], now):
        remembered["asked"] = now
        try:
            kept = ssm.get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
            remembered.update(secret=kept, read=now)
        except ssm.exceptions.ParameterNotFound:
            remembered.update(secret=None, read=now)
        except (BotoCoreError, ClientError) as error:
            logger.error("cannot read the secret: %s: %s", type(error).__name__, error)
    if PARAMETER and not remembered["read"]:  # never open the door only because we cannot look at the lock
        raise RefusedError(503, "It cannot be told who sent this. Please try again in a moment.")
    secret: str | None = remembered["secret"]
    return secret


def _is_over(seconds: float, since: float, now: float) -> bool:
    return not 0 <= now - since <= seconds
