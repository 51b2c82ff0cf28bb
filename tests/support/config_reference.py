"""docs/configuration.md, from the types in config/schema.py; `python -m tests.support.reference` writes it."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from advent_cli.config.problems import allowed
from advent_cli.config.schema import Settings

MADE = "<!-- Written by `python -m tests.support.reference`: change the program, not this page. -->"
CONFIGURATION = f"""{MADE}
# config.yaml

`advent up` makes AWS match this file; [the tutorial's](../config.yaml) is an example with comments. advent checks it
before it calls AWS, and reports a mistake with its line and column. Paths are relative to the file's folder.

Without `--config FILE`, advent uses the config.yaml in this folder or in the nearest folder above, up to the first
`.git` or your home directory. If the file is not in this folder, advent prints its path on stderr. If there is no
config.yaml, advent uses the tutorial's. It rejects a `config.yml`. In the names of environment variables, a dash
becomes an underscore, as in `SNS_TOPIC_ARN_NEW_HIRES`.

[Your own apps](own-apps.md) explains handlers and packages; [AWS](aws.md) explains `permissions_boundary` and
`execution_role`.
"""


def settings(kind: Any = Settings, path: str = "") -> Iterator[str]:
    """A row for each setting below a type: what it is, which values it takes, and its default."""
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        value, *metas = get_args(hints[field.name])
        name, words = f"{path}{field.name}", " ".join(meta.description or "" for meta in metas).strip()
        inner = next((each for each in (value, *get_args(value)) if isinstance(each, msgspec.StructMeta)), None)
        if inner is None:
            default = "required" if field.required else _default(field.default)
            values = allowed(hints[field.name]).replace(" or empty", ", or empty")
            yield f"| `{name}` | {words} | {values} | {default} |"
        else:
            yield from settings(inner, f"{name}.NAME." if get_origin(value) is dict else f"{name}.")


def _default(value: object) -> str:
    """The default as config.yaml has it; nothing if it is nothing, or if the description says what it is."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "" if value in ("", None, msgspec.NODEFAULT) else f"`{text}`"  # a list or a dict has a factory


def configuration() -> str:
    """The page of settings."""
    return "\n".join(
        [CONFIGURATION, "| setting | what it is | values | default |", "|---|---|---|---|", *settings(), ""]
    )
