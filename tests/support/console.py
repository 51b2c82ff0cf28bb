"""The `console` blocks of a page, run in order in a terminal: `python -m tests.support.console FILE` fills them.

A line that begins with `$ ` is a command, and what follows is what it shows. A line `...` stands for any lines. An
answer to a question stands behind it, as in `[y/N]: y`. What differs from run to run (times, ids, ports) is not
compared.
"""

import difflib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyte

from tests.support import pictures
from tests.support.screen import Terminal
from tests.support.stacks import ROOT

COLUMNS, LINES = 116, 200  # wide enough for the longest line, whatever its times are
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = re.compile(r"\[y/N\]: ([yn])$", re.MULTILINE)
CHANGING = (
    (r"\d\d:\d\d:\d\d\.\d{3}", "CLOCK"),
    (r"https?://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
    (r"/execute-api/[0-9a-f]+", "/execute-api/ID"),
)


@dataclass
class Shown:
    """A command of a page, and the lines that it shows: there, or when it is run."""

    command: str
    lines: list[str]


def shown_in(text: str) -> list[Shown]:
    """The commands of a page, in order."""
    found: list[Shown] = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Shown(line[2:], []))
            else:
                found[-1].lines.append(line)
    return found


def run(page: list[Shown], folder: Path) -> Iterator[Shown]:
    """What these commands show in a terminal, in a folder that looks like a checkout."""
    for name in ("handlers", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.yaml", folder)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with Terminal(pictures.BASH, folder, (COLUMNS, LINES), PS1="$ ", PATH=path) as terminal:
        terminal.read(pictures.PROMPT)
        for each in page:
            terminal.written = ""
            terminal.press(f"{each.command}\n")
            if answer := ASKED.search("\n".join(each.lines)):
                terminal.read("[y/N]: ")
                terminal.press(f"{answer[1]}\n")
            terminal.read(pictures.PROMPT)
            yield Shown(each.command, _lines(terminal.written))
        terminal.press("exit\n")
        terminal.ended()


def _lines(written: str) -> list[str]:
    """The lines that a terminal shows after the command."""
    screen = pyte.Screen(COLUMNS, LINES)
    pyte.Stream(screen).feed("$ " + written)
    lines = [line.rstrip() for line in screen.display][1:]
    while lines and lines[-1] in ("", "$"):
        lines.pop()
    return lines


def matches(documented: list[str], real: list[str]) -> bool:
    """Whether these lines show what was seen, apart from what differs from run to run."""
    pattern = "".join(r"(.*\n)*?" if line.strip() == "..." else re.escape(f"{same(line)}\n") for line in documented)
    return re.fullmatch(pattern, "".join(f"{same(line)}\n" for line in real)) is not None


def same(line: str) -> str:
    """The line without what differs from run to run."""
    for expression, name in CHANGING:
        line = re.sub(expression, name, line)
    return pictures.same(line).strip()


def updated(documented: list[str], real: list[str]) -> list[str]:
    """What a page should show: the same if it is right, else what is real, except for what the page leaves out."""
    if matches(documented, real):
        return documented
    lines, place = [], 0
    for line in documented:
        left = {same(each): number for number, each in reversed([*enumerate(real)]) if number >= place}
        near = difflib.get_close_matches(same(line), left, n=1)
        if line.strip() == "...":
            lines.append(line)
        elif near:
            lines.append(real[left[near[0]]])
            place = left[near[0]] + 1
    return lines if matches(lines, real) else real


def filled(text: str, folder: Path) -> str:
    """The page with what its commands show, where that differs from what is there."""
    page = shown_in(text)
    seen = list(zip(page, run(page, folder), strict=True))

    def block(found: re.Match[str]) -> str:
        lines = ["```console"]
        for _ in re.findall(r"^\$ ", found[1], re.MULTILINE):
            documented, real = seen.pop(0)
            lines += [f"$ {documented.command}", *updated(documented.lines, real.lines)]
        return "\n".join([*lines, "```"])

    return BLOCK.sub(block, text)


def main() -> None:
    """Fill the blocks of the pages that are named."""
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            text = filled(Path(name).read_text(encoding="utf-8"), Path(folder))
        Path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
