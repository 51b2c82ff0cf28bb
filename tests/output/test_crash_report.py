"""A bug: a few lines for the user, the traceback in a file, and no secret in either."""

import json
import os
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advent_cli.aws import redaction
from advent_cli.cli.open_stack import open_stack
from advent_cli.cli.options import Options, Run
from advent_cli.cli.pick_reporter import pick_reporter
from advent_cli.local.lifecycle import Engine, require
from advent_cli.output import crash_report
from tests.conftest import Run as Advent
from tests.support.stacks import ROOT

SECRET = "hunter2, and more/of it"
SECRETS = st.lists(st.text(min_size=redaction.SHORTEST, max_size=20), min_size=1, max_size=4)


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, str]:
    """A third-party package that fails on import, with secrets in its message."""
    (tmp_path / "packages" / "rich").mkdir(parents=True)
    source = "import os\nraise RuntimeError(f'cannot use {os.environ[\"MY_TOKEN\"]!r}, AKIAIOSFODNN7EXAMPLE')\n"
    (tmp_path / "packages" / "rich" / "__init__.py").write_text(source)
    path = f"{tmp_path / 'packages'}{os.pathsep}{ROOT}"
    return {"PYTHONPATH": path, "MY_TOKEN": SECRET, "XDG_STATE_HOME": str(tmp_path / "state")}


def files(environment: dict[str, str]) -> list[Path]:
    return sorted(Path(environment["XDG_STATE_HOME"], "advent", "log").iterdir())


def test_a_bug_is_summarized_and_saved_to_a_file(broken: dict[str, str], advent: Advent) -> None:
    done = advent("plan", code=1, **broken)
    (file,) = files(broken)
    assert done.stdout == ""
    first, second, third = done.stderr.splitlines()
    assert first == "error: this is a bug in advent: RuntimeError: cannot use '***', ***"
    assert str(file) in second
    assert third.startswith("  try: ")
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert 'advent_cli/cli/plan.py", line' in text
    assert "hunter2" not in text + done.stderr
    assert "AKIA" not in text + done.stderr


def test_verbose_shows_the_traceback_too_without_secrets(broken: dict[str, str], advent: Advent) -> None:
    output = advent("-v", "plan", code=1, **broken).stderr
    assert "Traceback (most recent call last)" in output
    assert "hunter2" not in output
    assert len(files(broken)) == 1


def test_without_a_file_the_traceback_is_printed(broken: dict[str, str], advent: Advent, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    output = advent("plan", code=1, **broken).stderr
    assert "Traceback (most recent call last)" in output
    assert "cannot be saved" in output
    assert "hunter2" not in output


def test_only_the_newest_reports_are_kept(broken: dict[str, str], advent: Advent) -> None:
    folder = Path(broken["XDG_STATE_HOME"], "advent", "log")
    folder.mkdir(parents=True)
    for number in range(7):
        (folder / f"crash-20200101-00000{number}-1.txt").write_text("old")
    (folder / "mine.txt").write_text("mine")
    advent("plan", code=1, **broken)
    left = [file.name for file in files(broken)]
    assert left[-1] == "mine.txt"
    assert len(left) == crash_report.MAX_FILES + 1
    assert "crash-20200101-000006-1.txt" in left


def test_a_typed_secret_is_removed(broken: dict[str, str], advent: Advent, tmp_path: Path) -> None:
    """The failing package quotes the secret from the memory of the process."""
    (tmp_path / "packages" / "rich").rename(tmp_path / "packages" / "poor")
    source = "import sys, traceback\nstacks = [traceback.walk_stack(f) for f in sys._current_frames().values()]\n"
    source += "frame = next(frame for stack in stacks for frame, _ in stack if 'prompt' in frame.f_locals)\n"
    module = tmp_path / "packages" / "filelock.py"
    module.write_text(source + "raise RuntimeError(f'found {frame.f_locals[\"value\"]}')\n")
    done = advent("slack", "secret", code=1, stdin="correct-horse-battery\n", **broken)
    assert "RuntimeError: found ***" in done.stderr
    assert "correct-horse" not in done.stderr + files(broken)[0].read_text()


def test_a_bug_in_a_check_does_not_stop_doctor(broken: dict[str, str], advent: Advent, tmp_path: Path) -> None:
    (tmp_path / "packages" / "rich").rename(tmp_path / "packages" / "poor")
    (tmp_path / "packages" / "filelock.py").write_text(f"raise RuntimeError({SECRET!r})\n")
    done = advent("doctor", code=1, **broken)
    assert "problem engine       this is a bug in advent: RuntimeError: ***" in done.stdout
    assert str(files(broken)[0]) in done.stdout


def test_the_credentials_in_use_are_known_secrets(running_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running_engine.environment(None).items():
        monkeypatch.setenv(name, value)
    options = Options(pick_reporter("up", (), Run()), target="aws", config=str(ROOT / "config.yaml"))
    open_stack(options, require)
    assert options.run.secrets == {running_engine.access_key, running_engine.secret_key}


@given(SECRETS, st.lists(st.one_of(st.text(max_size=9), st.integers(0, 3)), max_size=8))
@example(["****"], ["x****"])
@example(["x***yzw", "abcd"], ["xabcdyzw"])
@example(["not UTF-8 \udcff"], [0])
@example(["abca", "cabc"], ["abcabcab"])
@example(["***a", "SECRET"], ["SECRETa"])
def test_no_known_secret_survives(secrets: list[str], parts: list[str | int]) -> None:
    text = "".join(secrets[part % len(secrets)] if isinstance(part, int) else part for part in parts)
    raw = text.encode(errors="surrogatepass")
    for written in (text, json.dumps(text), repr(text), repr(raw), quote(raw), quote_plus(raw)):
        output = redaction.redact(written, secrets)
        assert not [secret for secret in secrets if secret in output]


@pytest.mark.parametrize(
    "text",
    [
        "id ASIAIOSFODNN7EXAMPLE.",
        "key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101, Signature=abcdef0123",
        "{'Authorization': 'Bearer abc.def'}",
        "'Authorization': b'Bearer abc.def'",
        "https://x/?X-Amz-Credential=abc%2F1&X-Amz-Security-Token=abc%2B&X-Amz-Signature=abc1 .",
        "xoxb-1234-abc and xapp-1-abc",
        "x-amz-security-token: abc%2F and X-Amz-Security-Token : abc",
        '{"X-Amz-Security-Token": "abc/+=", "b": {"X-Amz-Signature":"abc"}}',
        r'"{\"X-Amz-Security-Token\": \"abc\"}"',
        "{'x-amz-security-token': b'abc'}",
        "post to https://hooks.slack.com/services/T0abc/B0abc/abcXYZ.",
        "https%3a%2f%2fhooks.slack.com%2fservices%2fT0abc%2fB0abc%2fabcXYZ",
    ],
)
def test_text_that_looks_like_a_secret_is_removed(text: str) -> None:
    output = redaction.redact(text, ())
    assert "***" in output
    for part in ("abc", "ASIA", "AKIA", "wJalr", "20260101", "xox"):
        assert part not in output


def test_a_known_secret_is_removed_with_lower_case_escapes() -> None:
    output = redaction.redact("a=one%2ftwo%2bthree%3d&b=one%2Ftwo%2Bthree%3D", {"one/two+three="})
    assert output == "a=***&b=***"


def test_text_around_a_secret_stays() -> None:
    text = '{"X-Amz-Security-Token": "abc", "left": 1}, https://hooks.slack.com/services/T0/B0/abc. Then'
    output = '{"X-Amz-Security-Token": "***", "left": 1}, https://hooks.slack.com/services/***. Then'
    assert redaction.redact(text, ()) == output


def test_variables_are_secret_by_their_names() -> None:
    environment = {"MY_SECRET": "aaaa", "github_token": "bbbb", "PGPASSWORD": "cccc", "KEYS": "no", "HOME": "dddd"}
    assert redaction.known_secrets(environment, {"line one\nline two"}) == {
        *("aaaa", "bbbb", "cccc", "line one\nline two", "line one", "line two")
    }
