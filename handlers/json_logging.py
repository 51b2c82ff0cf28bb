"""Sets up Python's logging to print each record as one line of JSON, whose fields CloudWatch Logs Insights can query.

What people type appears only inside a JSON string. So it never starts a line, and never looks like an error.
"""

import json
import logging
import sys
from typing import Any

MAX_LENGTH = 16_000  # characters of a value; Lambda splits lines over 256 KB, and the rest would start with the value
RECORD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "message", "asctime"}  # every other one comes from `extra`


class JsonFormatter(logging.Formatter):
    """Formats a record as level, message and request_id, followed by the fields in `extra`."""

    request_id: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line: long values are cut, and characters that could end the line are escaped."""
        fields = {"level": record.levelname, "message": record.getMessage(), "request_id": self.request_id}
        fields |= {name: value for name, value in vars(record).items() if name not in RECORD_ATTRIBUTES}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        line = json.dumps({name: _cut(value) for name, value in fields.items()}, ensure_ascii=False, default=str)
        return line if line.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


_formatter = JsonFormatter()


def configure() -> None:
    """Print what all loggers report at level INFO and above; call this at the top level of the handler's module."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_formatter)
    # On AWS, the Lambda runtime has already added its own handler to the root logger. It would print each record a
    # second time, as plain text. `force` replaces it, and also the handler of an earlier call. The local engine adds
    # no handler, so the output is the same there.
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)  # at INFO it reports where it finds credentials


def set_request_id(request_id: str) -> None:
    """Add this invocation's request ID to each record from now on; Lambda runs one invocation at a time."""
    _formatter.request_id = request_id


def _cut(value: Any) -> Any:
    return f"{value[:MAX_LENGTH]}..." if isinstance(value, str) and len(value) > MAX_LENGTH else value
