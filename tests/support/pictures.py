"""The README's pictures, of the real program in a terminal: `python -m tests.support.pictures` makes them anew.

Each is a run of some commands on an engine of its own. What differs from run to run (times, ids, the port) is left out
where two pictures are compared.
"""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.support.screen import Terminal
from tests.support.stacks import ROOT

FOLDER = ROOT / "docs" / "pictures"
COLUMNS, LINES = 108, 60
PICTURES = {
    "up": ["advent up", "advent say awsadvent some words"],
    "status": ["advent status", "advent diagram"],
}
BASH = ["bash", "--norc", "--noprofile"]
PROMPT = "\x1b[?2004h$ "  # with what bash says to the terminal before it
CHANGING = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"http://127\.0\.0\.1:\d+/_aws/execute-api/[0-9a-f]+", "URL"),
    (r"\b(after|in) (\d+ ms|\d+\.\d s)", r"\1 TIME"),
    (r" *\d+\.\d s", ""),
    (r" \([\d.]+ s waiting for .*", ""),
    (r"\d+ ms", "TIME"),
    (r" +", " "),
)


def run(commands: Sequence[str], folder: Path) -> pyte.Screen:
    """What a terminal shows after these commands."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    shutil.copy(ROOT / "config.yaml", folder)  # so that no path of this machine is in the picture
    shutil.copytree(ROOT / "handlers", folder / "handlers", dirs_exist_ok=True)
    with Terminal(BASH, folder, (COLUMNS, LINES), PS1="$ ", PATH=path) as terminal:
        terminal.read(PROMPT)
        terminal.written = "$ "  # without what bash says of a terminal that is not its own
        for command in commands:
            terminal.press(f"{command}\n")
            terminal.read(f"{command}\r\n")
            terminal.read(PROMPT)
        stream.feed(terminal.written)
        terminal.press("exit\n")
        terminal.ended()
    return screen


def draw(screen: pyte.Screen) -> str:
    """The same as an SVG image."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines(screen):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    return console.export_svg(title="advent")


def lines(screen: pyte.Screen) -> list[Text]:
    """The lines that are not empty at the end, with their colours; without the last prompt."""
    found = []
    for number in range(LINES):
        text = Text()
        for column in range(COLUMNS):
            char = screen.buffer[number][column]
            colour = {"brown": "yellow", "default": None}.get(char.fg, char.fg)
            text.append(char.data, Style(color=colour, bold=char.bold))
        text.rstrip()
        found.append(text)
    while found and found[-1].plain in ("", "$"):
        found.pop()
    return found


def same(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


def text_of(svg: str) -> str:
    """The text in a picture, line by line."""
    rows: dict[float, str] = {}
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 (our own file)
        if element.get("clip-path") and element.text:
            width = float(element.attrib["textLength"]) / len(element.text)
            column, y = round(float(element.attrib["x"]) / width), float(element.attrib["y"])
            rows[y] = rows.get(y, "").ljust(column) + element.text  # what is blank is not drawn
    return "\n".join(row.replace("\xa0", " ").rstrip() for _, row in sorted(rows.items()))


def main() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, commands in PICTURES.items():
            (FOLDER / f"{name}.svg").write_text(draw(run(commands, Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
