"""Pure: renders what a step does as shell lines, with the names and the syntax of the AWS CLI."""

import inspect
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from advent_cli.aws.calls import CLOSE, OPEN, Call, File, Line, Note, Until, Zip
from advent_cli.packaging import zip_file

KEPT = re.compile(f"{OPEN}(\\w+){CLOSE}")
RENAMED_OPTIONS = {("sns", "subscribe", "Endpoint"): "notification-endpoint"}  # argrename.py of the AWS CLI
AGAIN = """\
# again COMMAND... retries for a minute: Lambda learns of a new role or queue some seconds after IAM or SQS
again() {
for try in $(seq 30); do "$@" && return; sleep 2; done; return 1
}"""


def aws_function(endpoints: Mapping[str, str], services: Iterable[str]) -> list[str]:
    """A shell function `aws` that sends the commands of `services` to their `endpoints`; those not in it are at AWS."""
    if not endpoints:
        return []
    urls = {service: f"--endpoint-url {quote(url)} " for service, url in endpoints.items()}
    lines = ["# as an option, because version 1 of the AWS CLI ignores AWS_ENDPOINT_URL for SQS"]
    if len({*endpoints.values()}) == 1 and {*services} <= endpoints.keys():
        return [*lines, f'aws() {{ command aws {next(iter(urls.values()))}"$@"; }}']
    cases = [f'{service}) command aws {option}"$@" ;;' for service, option in urls.items()]
    return [*lines, "aws() {", 'case "$1" in', *cases, '*) command aws "$@" ;;', "esac", "}"]


def render(line: Line) -> str:
    """A line as one command or one comment."""
    match line:
        case Call():
            return _call(line)
        case Until():
            return " ".join([f"aws {line.service} wait {_dashed(line.waiter)}", *_options(line)])
        case Zip():
            return " ".join(["zip_code", *map(quote, (line.file, line.packages, line.folder, *line.names))])
        case Note():
            return comment(line.text)


def zip_code() -> str:
    """The shell function that `render` uses for a zip."""
    return f"""\
# zip_code ZIP PACKAGES FOLDER FILE... writes the same bytes at each run, because Lambda compares code by its hash
zip_code() {{
python3 -c '
from __future__ import annotations
import io, os, sys, zipfile
from pathlib import Path
{inspect.getsource(zip_file.zipped)}
Path(sys.argv[1]).write_bytes(zipped(sys.argv[3], sys.argv[4:], sys.argv[2], {zip_file.STORED_UP_TO}))
' "$@"
}}"""


def comment(text: str) -> str:
    """A shell comment of any text: on one line, with control characters escaped."""
    return "# " + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quote(text: str) -> str:
    """A text as one word of the shell; values that AWS chooses become shell variables in double quotes."""
    pieces = KEPT.split(text)
    words = [f'"${piece}"' if number % 2 else shlex.quote(piece) for number, piece in enumerate(pieces) if piece]
    return "".join(words) or "''"


def _call(call: Call) -> str:
    words = [f"aws {call.service} {_dashed(call.method)}", *_options(call)]
    if call.capture is None:
        return " ".join([*(["again"] if call.retry else []), *words])
    words += ["--query", quote(call.capture.query), "--output", call.capture.output]
    return f"{call.capture.variable}=$({' '.join(words)})"


def _options(line: Call | Until) -> list[str]:
    method = line.method if isinstance(line, Call) else ""
    words = []
    for name, value in _flattened(line.params).items():
        words += _option(RENAMED_OPTIONS.get((line.service, method, name)) or _option_name(name), value)
    return words


def _flattened(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the File of a structure in place of the structure: --zip-file is an option of its own."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        flat |= value if isinstance(value, dict) and any(isinstance(v, File) for v in value.values()) else {name: value}
    return flat


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, File):
        return [f"--{name}", quote(f"fileb://{value.name}")]
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return [f"--{name}", *map(quote, value)]
    if isinstance(value, list | dict):
        return [f"--{name}", quote(json.dumps(value, ensure_ascii=False))]
    text = str(value)
    return [f"--{name}={quote(text)}" if text.startswith("-") else f"--{name} {quote(text)}"]


def _option_name(parameter: str) -> str:
    from botocore import xform_name

    return _dashed(xform_name(parameter))


def _dashed(name: str) -> str:
    return name.replace("_", "-")
