"""The folder of an export: what is in it, and that it is written whole or not at all, over nothing."""

import io
import os
import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path

from advent_cli.config import config_file
from advent_cli.export import write_export
from advent_cli.resources.function import Function
from advent_cli.words import scratch_folder
from tests.conftest import ADVENT, Run
from tests.packaging.test_own_app import app
from tests.support import stacks

__all__ = ["app"]


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files beneath a folder with their modes."""
    paths = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
    return {p.relative_to(folder).as_posix(): (p.read_bytes(), p.lstat().st_mode & 0o777) for p in paths}


def test_it_has_what_the_zips_have_with_packages_for_lambda(app: Path, advent: Run, tmp_path: Path) -> None:
    done = advent("export", "out")
    assert done.stdout == "out\n"
    assert "note: the zip of handlers/front has hidden files: .setting\n" in done.stderr
    assert done.stderr.endswith("next: follow out/README.md\n")
    found = files(tmp_path / "out")
    wanted = {}
    stack = write_export.write(config_file.load(app / "config.yaml"), tmp_path / "again", "advent")
    for function in [each for each in stack.resources.values() if isinstance(each, Function)]:
        assert function.bundle
        with zipfile.ZipFile(io.BytesIO(function.bundle.data)) as archive:
            for each in archive.infolist():
                mode = each.external_attr >> 16 & 0o777
                wanted[f"functions/{function.name}/{each.filename}"] = (archive.read(each), mode)
    assert {name for name in found if name not in wanted} == {"README.md", "template.yaml"}
    assert {name: each for name, each in found.items() if name in wanted} == wanted
    assert {name for name, (_, mode) in found.items() if mode == 0o755} == {
        "functions/own-front/tools/shout",
        "functions/own-front/greeting/bin/ok",
    }
    assert any("aarch64" in name for name in found)
    assert files(tmp_path / "again") == found


def test_it_needs_no_account_and_no_engine_and_is_the_same_from_anywhere(advent: Run, tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "a folder"
    shutil.copytree(stacks.ROOT / "handlers", tmp_path / "app" / "handlers")
    shutil.copy(stacks.ROOT / "config.yaml", tmp_path / "app")
    elsewhere.mkdir()
    os.utime(tmp_path / "app" / "handlers" / "app.py", (0, 0))
    advent("export", "one", XDG_STATE_HOME=str(state))
    config = ("--config", str(tmp_path / "app" / "config.yaml"))
    advent(*config, "--target", "aws", "export", "deep/two", cwd=elsewhere, XDG_STATE_HOME=str(state), TZ="Asia/Tokyo")
    assert files(tmp_path / "one") == files(elsewhere / "deep" / "two")
    assert not state.exists()


def test_a_second_stack_and_its_region_are_named_in_all_commands(advent: Run, tmp_path: Path) -> None:
    advent("--stack", "trial_2", "--region", "eu-west-3", "export", "out")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "advent --stack trial_2 --region eu-west-3 --target aws down --hand-over\n" in text
    assert "the region; advent used eu-west-3.\n" in text
    assert " --stack-name trial-2 " in text
    assert (tmp_path / "out" / "functions" / "trial_2-aws_advent" / "app.py").is_file()


def test_it_writes_over_nothing(advent: Run, tmp_path: Path) -> None:
    """Not even over an earlier export: who changed that would lose the change."""
    (tmp_path / "it's").mkdir()
    (tmp_path / "it's" / ".hidden").write_text("mine")
    done = advent("export", "it's", code=4)
    assert "error: it's is not empty\n" in done.stderr
    command = done.stderr.split("compare: ")[1].strip()
    shown = subprocess.run(
        ["bash", "-c", f'advent() {{ mkdir "$2"; echo "$1"; }}\n{command}'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "Only in it's: .hidden\n" in shown.stdout
    assert shown.stdout.startswith("export\n")
    assert files(tmp_path / "it's") == {".hidden": (b"mine", 0o644)}
    advent("export", "one")
    before = files(tmp_path / "one")
    advent("export", "one", code=4)
    assert files(tmp_path / "one") == before
    (tmp_path / "file").touch()
    advent("export", "file", code=2)
    here = advent("export", ".", cwd=tmp_path / "it's", code=4).stderr
    beside = shlex.quote(f"{tmp_path}/it's-new")
    assert f"advent export {beside} && diff -r . {beside}\n" in here
    refused = advent("export", "file/beneath", code=1).stderr
    assert "error: cannot write file/beneath: " in refused


def test_it_takes_an_empty_folder_as_it_is(advent: Run, tmp_path: Path) -> None:
    """The folder may be the shell's own, or what a link leads to; so it is the same folder afterwards.

    What an export left that was killed while it wrote there is no obstacle.
    """
    real = tmp_path / "real"
    real.mkdir()
    inode = real.stat().st_ino
    (tmp_path / "link").symlink_to("real")
    advent("export", "link")
    assert {path.name for path in real.iterdir()} == {"README.md", "functions", "template.yaml"}
    assert (real.stat().st_ino, (tmp_path / "link").is_symlink()) == (inode, True)
    killed = tmp_path / "here" / ".advent-export-killed"
    (killed / "part" / "functions").mkdir(parents=True)
    (killed / "lock").write_text(scratch_folder.MARK)
    advent("export", ".", cwd=tmp_path / "here")
    assert files(tmp_path / "here") == files(real)


def test_two_at_once_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    commands = {stack: [ADVENT, "--stack", stack, "export", "out"] for stack in ("one", "two")}
    started = {
        stack: subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for stack, command in commands.items()
    }
    (written,) = [stack for stack, process in started.items() if process.wait() == 0]
    assert (tmp_path / "out" / "README.md").read_text(encoding="utf-8").startswith(f"# {written}\n")
    assert {path.name.partition("-")[0] for path in (tmp_path / "out" / "functions").iterdir()} == {written}


def test_an_app_that_cloudformation_does_not_take_is_refused(advent: Run, tmp_path: Path) -> None:
    shutil.copytree(stacks.ROOT / "handlers", tmp_path / "handlers")
    text = (stacks.ROOT / "config.yaml").read_text(encoding="utf-8")
    more = "".join(f"  f{n}: {{handler: sns_logger.handler, subscribes: awsadvent}}\n" for n in range(80))
    (tmp_path / "config.yaml").write_text(f"{text}\n{more}", encoding="utf-8")
    refused = advent("export", "out", code=4).stderr
    assert "a template has at most 500 resources, and this app 504\n" in refused
    assert not (tmp_path / "out").exists()


def test_an_export_that_fails_leaves_nothing(app: Path, advent: Run, tmp_path: Path) -> None:
    (app / "handlers" / "common.txt").write_text("greeting==2.0\n")
    before = {path.name for path in tmp_path.iterdir()}
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        assert "cannot install the packages" in advent("export", name, code=2).stderr
    assert {path.name for path in tmp_path.iterdir()} - before <= {"empty", "cache"}
    assert list((tmp_path / "empty").iterdir()) == []
