"""Writes an export to a folder: all of it or nothing, and never over what is there."""

import io
import os
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

from advent_cli.aws.calls import placeholder
from advent_cli.aws.connect import offline
from advent_cli.config.config_file import Config
from advent_cli.errors import AdventError, RefusedError
from advent_cli.export import guide, yaml_text
from advent_cli.export.cloudformation import ACCOUNT, PARTITION, REGION
from advent_cli.export.template import CODE, Template
from advent_cli.resources.function import Function
from advent_cli.stack.build import build
from advent_cli.stack.model import Stack
from advent_cli.words import scratch_folder


def write(config: Config, folder: Path, advent: str) -> Stack:
    """Write the app to a new or empty folder, the same bytes for the same app; returns the stack that was written.

    `advent` is the command with the global options that select the stack. Raises RefusedError if the folder has
    anything in it, an earlier export included, which is its owner's to change; and ConfigError as `up` does.
    """
    target = Path(os.path.realpath(folder))
    try:
        is_there = target.is_dir()
        if is_there and any(not path.name.startswith(scratch_folder.PREFIX) for path in target.iterdir()):
            new = shlex.quote(f"{folder if folder.name else target}-new")
            hint = (
                f"export to a new folder and compare: advent export {new} && diff -r {shlex.quote(str(folder))} {new}"
            )
            raise RefusedError(f"{folder} is not empty", hint=hint)
        target.parent.mkdir(parents=True, exist_ok=True)
        # In the folder if it is there, because it may be the shell's, or have a file system of its own.
        with scratch_folder.part_file(target / CODE if is_there else target) as part:
            stack = _write_all(config, part, advent)
            # The code first: a folder does not replace another export's, as a file would.
            for source in sorted(part.iterdir(), key=Path.is_file) if is_there else ():
                source.rename(target / source.name)
            if not is_there:
                part.rename(target)
    except OSError as error:
        raise AdventError(f"cannot write {folder}", why=str(error.strerror), hint="use another folder") from None
    return stack


def _write_all(config: Config, folder: Path, advent: str) -> Stack:
    account, partition, region = map(placeholder, (ACCOUNT, PARTITION, REGION))
    stack = build(config, offline(config.stack, account=account, partition=partition, region=region))
    template = Template(stack)
    folder.mkdir()
    for name, data, mode in _code(stack):
        path = folder / CODE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:  # where case does not count, two names may be one
            out.write(data)
        path.chmod(mode)
    (folder / "README.md").write_text(guide.text(template, advent), encoding="utf-8", newline="")
    (folder / "template.yaml").write_text(yaml_text.text(template), encoding="utf-8", newline="")
    return stack


def _code(stack: Stack) -> Iterator[tuple[str, bytes, int]]:
    """Each file in each function's zip: its path, with the function before it, its bytes and its mode."""
    for function in stack.resources.values():
        if isinstance(function, Function) and function.bundle:
            with zipfile.ZipFile(io.BytesIO(function.bundle.data)) as archive:
                for entry in archive.infolist():
                    mode = entry.external_attr >> 16 & 0o777
                    yield f"{function.name}/{entry.filename}", archive.read(entry), mode
