"""Escapes control characters, so that text from outside cannot steer a terminal."""

JOINER = "\u200d"  # combines several emoji into one


def escape_controls(text: str) -> str:
    """The text on one line, with control characters and other unprintable ones escaped."""
    return "".join(c if c.isprintable() or c == JOINER else c.encode("unicode_escape").decode() for c in text)


def escape_lines(text: str) -> str:
    """The same for a text of several lines; line breaks stay."""
    return "\n".join(escape_controls(line.expandtabs()) for line in text.split("\n"))


def printable(text: str, longest: int = 60) -> str:
    """The text on one line, escaped, cut to `longest` characters."""
    shown = escape_controls(text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."
