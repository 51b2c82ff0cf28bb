"""docs/commands.md, docs/commands-more.md and docs/configuration.md: `python -m tests.support.reference` writes them.

The commands are read from click, so a new command or option needs no change here.
"""

import inspect
from collections.abc import Iterable, Iterator
from itertools import chain

import click

from advent_cli.cli.app import advent
from advent_cli.cli.command import Command, Context
from advent_cli.cli.exit_codes import MEANINGS
from tests.support.config_reference import MADE, configuration
from tests.support.stacks import ROOT

FOLDER = ROOT / "docs"
COMMANDS = ("commands.md", "commands-more.md")
HEAD = f"""{MADE}
# Commands

`advent COMMAND [OPTIONS]`. Results go to stdout and everything else to stderr, so a script can read the
URL from `advent up` and the reply from `advent say`. `advent COMMAND --help` shows the same as this page.

You can also set each option with the environment variable beside it; for a flag, use `1`. An option on the command
line wins over its variable. Three more variables exist: `ADVENT_SLACK_APP_TOKEN` holds the token for `advent slack
listen`, `ADVENT_SLACK_API_URL` replaces `https://slack.com/api/`, and `NO_COLOR` turns colors off. With `TERM=dumb` or
in a pipe, output is not animated or wrapped.
"""
MORE = f"""{MADE}
# More commands

[Commands](commands.md) has the options that every command takes, and the exit codes.
"""
CODES = """If a command uses a code differently, its entry says so. After the first Ctrl-C, running calls
finish and nothing new starts; the second ends the process."""
TAB = """
## Shell completion

The Tab key completes commands, options, and the names in config.yaml: functions, secrets, topics, and `KIND/NAME` for
`--adopt`. To enable it, make sure `advent` is on your `PATH`, and add one of these lines to your shell's startup file.
For bash (4.4 or newer), to `~/.bashrc`:

```sh
eval "$(_ADVENT_COMPLETE=bash_source advent)"
```

For zsh, to `~/.zshrc`:

```sh
eval "$(_ADVENT_COMPLETE=zsh_source advent)"
```

For fish, to `~/.config/fish/completions/advent.fish`:

```sh
_ADVENT_COMPLETE=fish_source advent | source
```
"""


def commands() -> list[str]:
    """The pages of commands: the sections in order, divided where the longer page is shortest."""
    ways = [_divided(after) for after in range(1, len(advent.sections))]
    return min(ways, key=lambda pages: max(page.count("\n") for page in pages))


def _divided(after: int) -> list[str]:
    """The pages, with so many sections on the first."""
    sections = [_section(title, each) for title, each in advent.sections.items()]
    first = [*HEAD.splitlines(), "", *_contents(after), *_globals(), *_codes(), *chain(*sections[:after])]
    second = [*MORE.splitlines(), *chain(*sections[after:]), *TAB.rstrip().splitlines()]
    return ["\n".join(page) + "\n" for page in (first, second)]


def runnable(command: click.Command, *path: str) -> Iterator[tuple[str, Command]]:
    """The command and all below it that can be run, with their full names."""
    assert isinstance(command, Command)
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield " ".join((*path, str(command.name))), command
    for below in getattr(command, "commands", {}).values():
        yield from runnable(below, *path, str(command.name))


def _contents(after: int) -> list[str]:
    """A line for each section, with a link to each command."""
    lines = []
    for number, (title, section) in enumerate(advent.sections.items()):
        page = COMMANDS[1] if number >= after else ""
        names = [name for command in section for name, _ in runnable(command)]
        links = ", ".join(f"[{name}]({page}#advent-{name.replace(' ', '-')})" for name in names)
        lines.append(f"- {title}: {links}")
    return lines


def _globals() -> list[str]:
    """The options of all commands."""
    lines = [
        "",
        "## Options of every command",
        "",
        "Put them before or after the command; the later one wins.",
        "",
    ]
    return [*lines, *_options(advent, Context(advent, info_name="advent", auto_envvar_prefix="ADVENT"))]


def _codes() -> list[str]:
    """The exit codes."""
    rows = [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    lines = ["", "## Exit codes", "", *CODES.splitlines(), ""]
    return [*lines, "| code | meaning |", "|---|---|", *rows]


def _section(title: str, section: Iterable[click.Command]) -> list[str]:
    """The commands of a section."""
    lines = ["", f"## {title}"]
    for command in section:
        for name, each in runnable(command):
            lines += _command(name, each)
    return lines


def _command(name: str, command: Command) -> list[str]:
    """What a command does, its usage, example and exit codes, and its options."""
    prefix = f"advent_{name}".upper().replace(" ", "_").replace("-", "_")
    context = Context(command, info_name=name, auto_envvar_prefix=prefix)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "COMMAND [ARGS]..."]
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    codes = [str(n) if meaning == MEANINGS[n] else f"{n} ({meaning})" for n, meaning in command.codes.items()]
    lines = ["", f"### advent {name}", ""]
    for paragraph in paragraphs:
        lines += [" ".join(paragraph.split()), ""]
    usage = " ".join(["advent", name, *pieces])
    lines.append(f"Usage: `{usage}`. Example: `{command.example}`. Exit codes: {', '.join(codes)}.")
    options = _options(command, context)
    return [*lines, "", *options] if options else lines


def _options(command: click.Command, context: click.Context) -> list[str]:
    """The rows of a command's own options."""
    rows = []
    for option in command.params:
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            names, words = (text.replace("|", "\\|") for text in record)
            variable = f"`{context.auto_envvar_prefix}_{option.name}`".upper()
            rows.append(f"| `{names}` | {variable if option.name != 'version' else ''} | {' '.join(words.split())} |")
    return ["| option | variable | what it does |", "|---|---|---|", *rows] if rows else []


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each generated page, by its name."""
    return {**dict(zip(COMMANDS, commands(), strict=True)), "configuration.md": configuration()}


if __name__ == "__main__":
    main()
