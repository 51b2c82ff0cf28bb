"""Keeps secrets out of what is printed or stored: of errors, which stay readable, and of crash reports."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = len(HIDDEN) + 1  # of what is taken for a secret: so hiding one always makes the text shorter, and ends
LONG, LEARNT = 16, 8  # characters from which a variable, or what the run learnt, is no ordinary word like "test"
SECRET_NAMES = re.compile(r"SECRET|TOKEN|KEY|PASS|CREDENTIAL|AUTH", re.IGNORECASE)  # of variables, for crash files
NAMED_SECRET = re.compile(  # the same by whole words, so that KEYS_TABLE and PWD stay in an error
    r"(?<![^_])(KEY|PASS|AUTH|[A-Z]*(API|ACCESS|SECRET|PRIVATE)KEY"
    r"|[A-Z]*(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)|(?<=_)PWD)[0-9]*(?![^_])",
    re.IGNORECASE,
)
PLACES = re.compile(r"_(FILE|DIR|PATH|UR[IL]|SOCK|ARN|NAME|PARAMETER|TABLE)\Z", re.IGNORECASE)  # where a secret is
LABELLED = (  # what follows a label, which stays
    re.compile(
        r"""(x-amz-(?:signature|credential|security-token)\\*["']?\s*[=:]\s*(?:b?\\*["'])?)[^&,\s'"\\]+""", re.I
    ),
    re.compile(r"(hooks\.slack(?:-gov)?\.com(?:/|%2F)[a-z]+(?:/|%2F))[A-Za-z0-9/_%-]+", re.I),  # a webhook of Slack
)
CLEAR = (  # what can be nothing else
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}"  # ids of access keys: "IAM identifiers" in the IAM user guide
    r"|\bxox[a-z]-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+"  # tokens of Slack
    r"|(?i:(?<=authorization: )|(?<=authorization': ')|(?<=authorization\": \"))[^'\"\n]+"
    r"|(?i:(?<=signature=)|(?<=credential=))[^&\s,'\"]+"
    r"|(?<=://)[^/@\s'\"]+:[^/@\s'\"]+(?=@)"  # the user and the password of a URL
)
IN_ERRORS = re.compile(CLEAR + r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{16,}")
LOOKS_SECRET = re.compile(
    CLEAR + r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]+"
    r"|(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"  # secret access keys, and many a hash
)


def known(environment: Mapping[str, str], secrets: Iterable[str], names: re.Pattern[str] = SECRET_NAMES) -> set[str]:
    """The secrets that we know: those of the environment by the names of its variables, and what the run learnt."""
    whole = {value for name, value in environment.items() if names.search(name)} | {*secrets}
    lines = {line for secret in whole for line in secret.splitlines()}  # of a key in a file, too
    return {secret for secret in whole | lines if len(secret) >= SHORTEST}


def redact(text: str, secrets: Iterable[str], looks: re.Pattern[str] = LOOKS_SECRET) -> str:
    """The text without these secrets, as they are or as URLs, JSON and Python spell them, and without what looks so.

    A secret has four characters or more.
    """
    spelt = {spelling for secret in secrets for spelling in _spellings(secret)}
    longest_first = sorted(spelt, key=len, reverse=True)
    for labelled in LABELLED:
        text = labelled.sub(rf"\1{HIDDEN}", text)
    text = looks.sub(HIDDEN, text)
    while any(secret in text for secret in longest_first):  # again, for what is left may make one anew
        for secret in longest_first:
            text = text.replace(secret, HIDDEN)
    return text


def readable(text: str, learnt: Iterable[str] = ()) -> str:
    """What an error says, without the secrets that the run learnt, those of the environment, and what clearly is one.

    Short words, and what may be a hash or a path, stay: the text is for a person who has to act on it.
    """
    named = {name: value for name, value in os.environ.items() if not PLACES.search(name)}
    secrets = {secret for secret in known(named, (), NAMED_SECRET) if len(secret) >= LONG}
    secrets |= {secret for secret in known({}, learnt) if len(secret) >= LEARNT}
    return redact(text, secrets, IN_ERRORS)


def _spellings(secret: str) -> set[str]:
    raw = secret.encode(errors="surrogatepass")  # of the environment, which may hold any bytes
    in_urls = {quote(raw), quote(raw, safe=""), quote_plus(raw)}
    in_urls |= {re.sub("%..", lambda escape: escape[0].lower(), spelling) for spelling in in_urls}
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], repr(raw)[2:-1], *in_urls}
