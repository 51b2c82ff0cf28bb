"""The screens of the tutorial fit a terminal: nothing scrolls at 80x24, nothing is cut at 60 columns."""

import json
import re
import signal
from pathlib import Path

import pyte
import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import stacks
from tests.support.schemas import checked
from tests.support.screen import Terminal
from tests.support.stacks import ROOT
from tests.support.tampering import reconfigure

RUNNING = "awsadvent on the local engine, us-east-1"


def screen(folder: Path, *words: str, columns: int = 80, answer: str = "") -> list[str]:
    """What a terminal of 24 lines shows after the command, if nothing has scrolled off it."""
    shown = pyte.HistoryScreen(columns, 24, history=100)
    with Terminal([ADVENT, *words], folder, (columns, 24)) as terminal:
        if answer:
            terminal.read("[y/N]: ")
            terminal.press(f"{answer}\n")
        assert terminal.ended() == 0
    pyte.Stream(shown).feed(terminal.written)
    assert not shown.history.top, terminal.written
    return [line.rstrip() for line in shown.display if line.strip()]


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_the_tutorials_screens_fit(engine: Engine, tmp_path: Path, columns: int) -> None:
    plan = screen(tmp_path, "plan", columns=columns)
    assert plan[-2:] == ["  + 26 to create", "  apply: `advent up`"]
    assert len([line for line in plan if line.startswith("  + ")]) == 9 + 1  # and the totals
    up = screen(tmp_path, "up", columns=columns)
    assert up[0].startswith(f"stack {RUNNING}")
    assert len([line for line in up if line.startswith("  ✔ ")]) == 9 + 1  # and that the app answers
    status = screen(tmp_path, "status", columns=columns)
    assert "  ✔ 26 of 26 healthy" in status
    again = "".join(screen(tmp_path, "up", columns=columns))
    assert re.fullmatch(rf"✔ {RUNNING}: up to date, 26 ?resourceshttp://\S+", again), again
    down = screen(tmp_path, "down", columns=columns, answer="y")
    assert len([line for line in down if line.startswith("  - ")]) == 9
    (deleted,) = [at for at, line in enumerate(down) if line.startswith("  26 deleted in ")]
    assert down[deleted + 1].startswith("  nothing is left: ")


def test_only_what_is_wrong_unfolds(deployed: Stack, tmp_path: Path, advent: Run) -> None:
    (subscription,) = [r for r in deployed.resources.values() if r.key == "subscription/awsadvent to sns_logger"]
    subscription.delete(Waiter())
    reconfigure(deployed.aws.client("lambda"), "sns_multiplier", Timeout=3)
    shown = screen(tmp_path, "status")
    totals = shown.index("  ✘ 24 of 26 healthy: 1 differs, 1 missing")  # the header has two lines if paths are long
    assert shown[totals : totals + 5] == [
        "  ✘ 24 of 26 healthy: 1 differs, 1 missing",
        "    differs  function     sns_multiplier",
        "      timeout: 3, should be 30",
        "    missing  subscription awsadvent to sns_logger",
        "    repair: `advent up`; `advent plan` shows what it would do",
    ]
    document = checked(json.loads(advent("status", "--json", "--exit-code", code=5).stdout))
    groups = {each["key"]: each["group"] for each in document["resources"] if each["state"] != "ok"}
    assert groups == {
        "function/sns_multiplier": "function/sns_multiplier",
        "subscription/awsadvent to sns_logger": "function/sns_logger",
    }
    advent("status")
    rows = [re.split(r"  +", line)[2] for line in screen(tmp_path, "up") if line.startswith("  ✔ Lambda")]
    assert rows == ["sns_multiplier · timeout", "sns_logger · new subscription"]
    advent("status", "--exit-code")
    assert "cannot be combined" in advent("status", "--watch", "--exit-code", code=2).stderr


def test_a_reason_is_wrapped_and_not_cut(engine: Engine, tmp_path: Path, advent: Run) -> None:
    advent("up")
    advent("down", "--yes")
    boto = stacks.tutorial(engine).aws
    boto.client("sns").create_topic(Name="awsadvent")
    for columns in (60, 80):
        with Terminal([ADVENT, "up", "--keep-going"], tmp_path, (columns, 60)) as terminal:
            assert terminal.ended() == 4
        text = re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.written))
        assert "choose another name in config.yaml, or take over this one with `advent up --adopt topic/" in text
        assert "…" not in text.rpartition(RUNNING)[2].rpartition("inspecting")[2].rpartition("26 resources")[0][-2000:]


def test_a_plan_names_the_files_that_change(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("new", "app", "own")
    app = tmp_path / "own"
    advent("up", cwd=app)
    (app / "handlers" / "counting.py").write_text((app / "handlers" / "counting.py").read_text() + "# more\n")
    logger = app / "handlers" / "sns_logger.py"
    logger.write_text("import counting\n" + logger.read_text())
    lines = [line.strip() for line in advent("plan", cwd=app).stdout.splitlines() if "code to upload: " in line]
    assert lines == [
        "code to upload: counting.py (changed)",
        "code to upload: counting.py (changed)",
        "code to upload: counting.py (new), sns_logger.py (changed)",
    ]


def test_each_save_is_one_line(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("new", "app", "own")
    handler = tmp_path / "own" / "handlers" / "sns_logger.py"
    with Terminal([ADVENT, "up", "--watch"], tmp_path / "own", (80, 24)) as terminal:
        terminal.read("press Ctrl-C to stop")
        handler.write_text(handler.read_text() + "# more\n")
        terminal.read("1 updated in ")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0
    shown = pyte.HistoryScreen(80, 24, history=100)
    pyte.Stream(shown).feed(terminal.written)
    lines = [line for line in shown.display if "handlers/sns_logger.py" in line]
    assert len(lines) == 1
    assert re.fullmatch(r"\d\d:\d\d:\d\d ✔ handlers/sns_logger.py: 1 updated in [\d.]+ s", lines[0].strip())


def test_questions_repeat_the_header(engine: Engine, tmp_path: Path, advent: Run) -> None:
    advent("up")
    with Terminal([ADVENT, "down"], tmp_path, (200, 40)) as terminal:
        terminal.read("[y/N]: ")
        terminal.press("n\n")
        assert terminal.ended() == 4
    assert f"Delete stack awsadvent of {ROOT}/config.yaml on the local engine, us-east-1? [y/N]: " in terminal.written
    with Terminal([ADVENT, "slack", "secret"], tmp_path, (200, 40)) as terminal:
        terminal.read("ecret")
        terminal.process.send_signal(signal.SIGINT)
        terminal.ended()
    assert "stack " in terminal.written.split("Slack's signing secret")[0]


def test_a_pipe_has_the_header_on_one_line_however_long_the_path(tmp_path: Path, advent: Run) -> None:
    folder = tmp_path / ("long" * 30) / "app"
    advent("new", "app", str(folder))
    first, second = advent("--config", str(folder / "config.yaml"), "plan").stdout.splitlines()[:2]
    assert first.startswith("stack ")
    assert first.endswith("/config.yaml")
    assert second.startswith("  + ")
