"""The `console` blocks of the documents show what the commands in them show, run in order on an engine of their own."""

from pathlib import Path

import pytest

from advent_cli.local import lifecycle
from tests.support import console
from tests.support.stacks import ROOT

PAGES = [file for file in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))) if "```console" in file.read_text()]


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_the_output_in_the_documents_is_real(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    documented = console.shown_in(page.read_text(encoding="utf-8"))
    (tmp_path / "checkout").mkdir()
    try:
        for there, real in zip(documented, console.run(documented, tmp_path / "checkout"), strict=True):
            assert console.matches(there.lines, real.lines), "\n".join([f"$ {there.command}", *real.lines])
    finally:
        lifecycle.stop()


def test_a_page_with_wrong_output_is_noticed() -> None:
    real = ["awsadvent = 1", "the API answered in 12 ms", "└── aws_advent  3 ms"]
    assert console.matches(["awsadvent = 1", "the API answered in 9 ms", "..."], real)
    assert not console.matches(["awsadvent = 2", "..."], real)
    assert not console.matches(real[:2], real)


def test_filling_keeps_what_a_page_leaves_out() -> None:
    real = ["stack trial on the local engine", "  table  created", "  topic  created", "  27 created in 0.7 s"]
    documented = ["stack trial on the local engine", "...", "  26 created in 0.5 s"]
    assert console.updated(documented, real) == [documented[0], "...", real[3]]
    assert console.updated(documented[:1], real) == real
