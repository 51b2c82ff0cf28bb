"""Pure: what a step does, as lines for the shell, with the names and the rules of the `aws` command."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from advent_cli.aws.calls import CLOSE, OPEN, Call, File, Line, Note, Run, Until, Zip

KEPT = re.compile(f"{OPEN}(\\w+){CLOSE}")
OTHER_NAMES = {("sns", "subscribe", "Endpoint"): "notification-endpoint"}  # argrename.py of the AWS CLI
AGAIN = """\
# again COMMAND... says it once more for a minute: IAM needs some seconds to tell Lambda about a new role
again() {
for try in $(seq 30); do "$@" && return; sleep 2; done; return 1
}"""
ZIP_CODE = """\
# zip_code ZIP FOLDER FILE... makes the same bytes at each run, for Lambda tells code apart by its hash
zip_code() {
python3 -c '
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name in sys.argv[3:]:
        data = pathlib.Path(sys.argv[2], name).read_bytes()
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, 0o100644 << 16
        archive.writestr(entry, data.replace(b"\\r\\n", b"\\n") if name.endswith(".py") else data)
' "$@"
}"""


def line(what: Line) -> str:
    """One command, or one comment."""
    match what:
        case Call():
            return _call(what)
        case Until():
            return " ".join([f"aws {what.service} wait {_dashed(what.waiter)}", *_options(what)])
        case Zip():
            return " ".join(["zip_code", *map(quoted, (what.file, what.folder, *what.names))])
        case Run():
            return " ".join(map(quoted, what.words))
        case Note():
            return comment(what.text)


def comment(text: str) -> str:
    """Text that the shell passes over, whatever is in it: on one line, and without what moves a terminal's cursor."""
    return "# " + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(text: str) -> str:
    """A text as one word of the shell; of what AWS names by itself the variable, between double quotes."""
    pieces = KEPT.split(text)
    words = [f'"${piece}"' if number % 2 else shlex.quote(piece) for number, piece in enumerate(pieces) if piece]
    return "".join(words) or "''"


def _call(call: Call) -> str:
    words = [f"aws {call.service} {_dashed(call.method)}", *_options(call)]
    if call.capture is None:
        return " ".join([*(["again"] if call.retry else []), *words])
    words += ["--query", quoted(call.capture.query), "--output", call.capture.output]
    return f"{call.capture.variable}=$({' '.join(words)})"


def _options(what: Call | Until) -> list[str]:
    method = what.method if isinstance(what, Call) else ""
    words = []
    for name, value in _hoisted(what.params).items():
        words += _option(OTHER_NAMES.get((what.service, method, name)) or _option_name(name), value)
    return words


def _hoisted(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as options: the zip in a function's Code has one of its own."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        flat |= value if isinstance(value, dict) and any(isinstance(v, File) for v in value.values()) else {name: value}
    return flat


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, File):
        return [f"--{name}", quoted(f"fileb://{value.name}")]
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return [f"--{name}", *map(quoted, value)]
    if isinstance(value, list | dict):
        return [f"--{name}", quoted(json.dumps(value, ensure_ascii=False))]
    text = str(value)
    return [f"--{name}={quoted(text)}" if text.startswith("-") else f"--{name} {quoted(text)}"]


def _option_name(parameter: str) -> str:
    from botocore import xform_name

    return _dashed(xform_name(parameter))


def _dashed(name: str) -> str:
    return name.replace("_", "-")
