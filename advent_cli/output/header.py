"""The header of a command that acts or asks: the stack, where it is, and its config.yaml."""

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from advent_cli.deploy import place
from advent_cli.output.group_rows import WIDTH
from advent_cli.stack.model import Stack


def show(console: Console, stack: Stack) -> None:
    """Print the header on one line, or on two if the terminal is too narrow. A pipe has no width."""
    where, file = place.target(stack.aws), f"from {place.config_file(stack)}"
    text = Text.assemble("stack ", (stack.aws.stack, "bold"), f" on {where}")
    width = console.width if console.is_terminal else WIDTH
    room = width - text.cell_len - cell_len(file)
    if console.is_terminal and room < 2:
        text.append(f"\n{file}", "dim")
    else:
        text.append(" " * max(room, 2) + file, "dim")
    console.print(text, soft_wrap=True)
