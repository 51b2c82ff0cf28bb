"""No test reaches an engine, settings or files of whoever runs the tests."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

ASK = """
import json, pathlib, signal, sys
import botocore.session, platformdirs
NAMES = ("cache", "config", "data", "log", "state")
places = {name: getattr(platformdirs, f"user_{name}_dir")("advent") for name in NAMES}
places["home"] = str(pathlib.Path.home())
session = botocore.session.Session()
for name in ("config_file", "credentials_file"):
    places[name] = str(pathlib.Path(session.get_config_variable(name)).expanduser())
print(json.dumps([places, signal.getsignal(signal.SIGINT) is signal.default_int_handler]))
"""


def asked(**env: str) -> tuple[dict[str, str], bool]:
    """Where a program that a test starts would find what it keeps, and whether Ctrl-C ends it."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    places, is_interrupted = json.loads(done.stdout)
    return places, is_interrupted


@pytest.mark.parametrize("state", ["", "nowhere", "./here", "~/there"], ids=repr)
def test_all_that_a_program_keeps_is_in_a_folder_of_the_tests(
    tmp_path_factory: pytest.TempPathFactory, state: str
) -> None:
    """Also where the directory of its state is a relative path, which is ignored by all who go by the standard."""
    places, _ = asked(XDG_STATE_HOME=state)
    own = tmp_path_factory.getbasetemp()
    assert {name for name, place in places.items() if place != os.devnull and own not in Path(place).parents} == set()


def test_the_command_is_not_run_with_a_state_elsewhere(advent: Run) -> None:
    with pytest.raises(AssertionError, match="outside its folder"):
        advent("local", "status", XDG_STATE_HOME="nowhere")


def test_what_a_test_starts_can_be_interrupted() -> None:
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    assert asked()[1]
