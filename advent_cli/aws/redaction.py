"""Removes secrets from errors, which stay readable, and from crash reports."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = len(HIDDEN) + 1  # characters of a secret: hiding one then always shortens the text, so the loop ends
LONG_VARIABLE, LONG_LEARNT = 16, 8  # characters from which a value is not an ordinary word such as "test"
SECRET_NAMES = re.compile(r"SECRET|TOKEN|KEY|PASS|CREDENTIAL|AUTH", re.IGNORECASE)  # variables, for crash reports
NAMED_SECRET = re.compile(  # the same as whole words: KEYS_TABLE and PWD stay in an error
    r"(?<![^_])(KEY|PASS|AUTH|[A-Z]*(API|ACCESS|SECRET|PRIVATE)KEY"
    r"|[A-Z]*(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)|(?<=_)PWD)[0-9]*(?![^_])",
    re.IGNORECASE,
)
PLACES = re.compile(  # variables that say where a secret is
    r"_(FILE|DIR|PATH|UR[IL]|SOCK|ARN|NAME|PARAMETER|TABLE)\Z", re.IGNORECASE
)
LABELLED = (  # the value is hidden, the label before it stays
    re.compile(
        r"""(x-amz-(?:signature|credential|security-token)\\*["']?\s*[=:]\s*(?:b?\\*["'])?)[^&,\s'"\\]+""", re.I
    ),
    re.compile(r"(hooks\.slack(?:-gov)?\.com(?:/|%2F)[a-z]+(?:/|%2F))[A-Za-z0-9/_%-]+", re.I),  # a Slack webhook
)
CERTAIN = (  # patterns that match nothing but a secret
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}"  # access key ids: "IAM identifiers" in the IAM user guide
    r"|\bxox[a-z]-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+"  # Slack tokens
    r"|(?i:(?<=authorization: )|(?<=authorization': ')|(?<=authorization\": \"))[^'\"\n]+"
    r"|(?i:(?<=signature=)|(?<=credential=))[^&\s,'\"]+"
    r"|(?<=://)[^/@\s'\"]+:[^/@\s'\"]+(?=@)"  # user and password in a URL
)
IN_ERRORS = re.compile(CERTAIN + r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{16,}")
LOOKS_SECRET = re.compile(
    CERTAIN + r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]+"
    r"|(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"  # secret access keys, and many hashes
)


def known_secrets(
    environment: Mapping[str, str], secrets: Iterable[str], names: re.Pattern[str] = SECRET_NAMES
) -> set[str]:
    """The values of the variables whose names match `names`, and these secrets; of multi-line ones, each line too."""
    whole = {value for name, value in environment.items() if names.search(name)} | {*secrets}
    lines = {line for secret in whole for line in secret.splitlines()}  # as of a key in PEM format
    return {secret for secret in whole | lines if len(secret) >= SHORTEST}


def redact(text: str, secrets: Iterable[str], pattern: re.Pattern[str] = LOOKS_SECRET) -> str:
    """The text without these secrets, plain or as URLs, JSON and Python encode them, and without matches of `pattern`.

    Each secret has at least SHORTEST characters.
    """
    encoded = {encoding for secret in secrets for encoding in _encodings(secret)}
    longest_first = sorted(encoded, key=len, reverse=True)
    for labelled in LABELLED:
        text = labelled.sub(rf"\1{HIDDEN}", text)
    text = pattern.sub(HIDDEN, text)
    while any(secret in text for secret in longest_first):  # repeated, since removing one secret may form another
        for secret in longest_first:
            text = text.replace(secret, HIDDEN)
    return text


def readable(text: str, learnt: Iterable[str] = ()) -> str:
    """An error message without `learnt` secrets, those of the environment, and certain secrets.

    Short words, and what may be a hash or a path, stay: a person has to act on the message.
    """
    named = {name: value for name, value in os.environ.items() if not PLACES.search(name)}
    secrets = {secret for secret in known_secrets(named, (), NAMED_SECRET) if len(secret) >= LONG_VARIABLE}
    secrets |= {secret for secret in known_secrets({}, learnt) if len(secret) >= LONG_LEARNT}
    return redact(text, secrets, IN_ERRORS)


def _encodings(secret: str) -> set[str]:
    raw = secret.encode(errors="surrogatepass")  # environment variables may hold any bytes
    in_urls = {quote(raw), quote(raw, safe=""), quote_plus(raw)}
    in_urls |= {re.sub("%..", lambda escape: escape[0].lower(), encoding) for encoding in in_urls}
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], repr(raw)[2:-1], *in_urls}
