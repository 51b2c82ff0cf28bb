"""A local engine for the benchmarks, in a temporary directory."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from advent_cli.aws.connect import connect
from advent_cli.config import config_file
from advent_cli.local import files, lifecycle
from advent_cli.local.files import Record
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack, build

ROOT = Path(__file__).parents[1]
TUTORIAL = config_file.load(ROOT / "config.yaml")
ADVENT = str(Path(sys.executable).with_name("advent"))


@contextmanager
def running() -> Iterator[Engine]:
    """A running engine; removes the user's AWS, advent and Python variables from the environment first."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "ADVENT_", "PYTHON"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= {"XDG_STATE_HOME": folder, "PYTHONPATH": str(ROOT)}
        engine = lifecycle.start()
        try:
            yield engine
        finally:
            lifecycle.stop()


def tutorial(engine: Engine) -> Stack:
    """The tutorial's stack on this engine."""
    return build(TUTORIAL, connect(TUTORIAL.stack, endpoint=engine.endpoint))


@contextmanager
def commands_use_port(port: int) -> Iterator[None]:
    """Makes commands use the server on this port as their engine."""
    before, engine = os.environ["XDG_STATE_HOME"], lifecycle.require()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        home = lifecycle.home()
        files.write_record(home, Record(os.getpid(), port, engine.access_key, engine.secret_key))
        try:
            with FileLock(home / "running.lock"):
                yield
        finally:
            os.environ["XDG_STATE_HOME"] = before


@contextmanager
def app() -> Iterator[Path]:
    """A folder with a copy of the tutorial's config.yaml and handlers, to modify."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "config.yaml", folder)
        shutil.copytree(ROOT / "handlers", Path(folder, "handlers"))
        yield Path(folder)
