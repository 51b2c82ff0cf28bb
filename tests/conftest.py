"""One engine for each worker of the test run, with IAM enforced, on a port and in a directory of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from advent_cli.local import lifecycle
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from tests.support import forked, stacks

# Other programs share the machine: how long a test takes is no matter.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A job in the background ignores Ctrl-C, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ADVENT = Path(sys.executable).with_name("advent")
PIP = [  # "Configuration" in pip's documentation
    Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "pip", "pip.conf"),
    Path.home() / "Library" / "Application Support" / "pip" / "pip.conf",
    Path.home() / ".pip" / "pip.conf",
]
XDG = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests marked `long` between the files, so that the processes share them; the order is else kept."""
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if item not in long]
    starts = [n for n, item in enumerate(rest) if n == 0 or item.path != rest[n - 1].path]
    places = [max((s for s in starts if s <= n * len(rest) // len(long)), default=0) for n in range(len(long))]
    for place, item in reversed([*zip(places, long, strict=True)]):
        rest.insert(place, item)
    items[:] = rest


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the person who runs the tests reaches them, and they leave none of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("AWS_", "ADVENT_")) or name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
                patch.delenv(name)
        if pip := next((str(file) for file in PIP if file.is_file()), None):
            patch.setenv("PIP_CONFIG_FILE", os.environ.get("PIP_CONFIG_FILE", pip))  # where packages come from
        home = tmp_path_factory.mktemp("home")
        for name in ("HOME", "USERPROFILE", *XDG):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def running_engine() -> Iterator[Engine]:
    """The engine of this worker."""
    engine = lifecycle.start()
    yield engine
    lifecycle.stop()


@pytest.fixture
def engine(running_engine: Engine) -> Iterator[Engine]:
    """The engine, empty, and empty again for the next test."""
    stacks.reset(running_engine)
    yield running_engine
    stacks.reset(running_engine)


@pytest.fixture(scope="module")
def deployed(running_engine: Engine) -> Stack:
    """The tutorial's stack, up; a test that changes it puts it back."""
    stacks.reset(running_engine)
    stack = stacks.tutorial(running_engine)
    stacks.up(stack)
    return stack


@pytest.fixture
def advent(tmp_path: Path) -> Run:
    """Run the command in an empty directory, without a terminal."""

    def run(
        *args: str, code: int = 0, stdin: str = "", cwd: Path = tmp_path, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        elsewhere = [name for name in XDG if not Path(env.get(name, "/")).is_absolute()]
        assert not elsewhere, f"a relative {elsewhere} is ignored, and the test reaches something outside its folder"
        done = forked.run(args, cwd=cwd, env={**os.environ, **env}, stdin=stdin)
        assert done.returncode == code, f"{args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
