"""A local engine of the benchmark's own, in a directory that goes away with it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advent_cli import config, local
from advent_cli.aws import connect
from advent_cli.local import Engine
from advent_cli.stack import Stack, build

TUTORIAL = config.load(Path(__file__).parents[1] / "config.yaml")


@contextmanager
def running() -> Iterator[Engine]:
    """The engine, while this is entered; no setting of the person's AWS reaches what is measured."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "ADVENT_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["XDG_STATE_HOME"] = folder
        engine = local.start()
        try:
            yield engine
        finally:
            local.stop()


def tutorial(engine: Engine) -> Stack:
    """The tutorial's stack on this engine."""
    return build(TUTORIAL, connect(TUTORIAL.stack, endpoint=engine.endpoint))
