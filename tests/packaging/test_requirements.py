"""The packages of a function: those that its requirements.txt asks for on Lambda, whatever pip is told here."""

import hashlib
import io
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.errors import ConfigError
from advent_cli.packaging import pip_settings, requirements, uv_errors, uv_program, zip_file
from advent_cli.packaging.bundle import Bundle, Source
from tests.support.package_index import serving, wheel
from tests.support.stacks import ROOT

Patch = pytest.MonkeyPatch
HELLO = {"greeting.py": "def hello():\n    return 'hello'\n"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Patch) -> Path:
    """A handler's folder, which requires a package that only the folder `wheels` has."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "wheels").mkdir()
    mailer = tmp_path / "handlers" / "mailer"
    (mailer / "texts").mkdir(parents=True)
    (mailer / "requirements.txt").write_text("--no-index\n--find-links ../../wheels\ngreeting==1.0\n")
    (mailer / "app.py").write_text("import greeting\n")
    (mailer / "texts" / "note.txt").write_bytes(b"one\r\ntwo")
    return mailer


def bundle_of(folder: Path, architecture: str = "", runtime: str = "python3.13") -> Bundle:
    source = Source(folder / "app.py", is_folder=True, handler="app.handler", root=folder.parent.parent)
    return Bundle(source, runtime, architecture)


def files(built: Bundle) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(built.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def error(folder: Path, text: str, architecture: str = "arm64") -> ConfigError:
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        _ = bundle_of(folder, architecture).data
    return caught.value


def test_a_package_is_whole_but_for_what_only_installers_need(folder: Path, tmp_path: Path) -> None:
    """The scripts that an installer makes name the Python of this machine; those of the package itself go along."""
    info = "greeting-1.0.dist-info"
    more = {
        "greeting/.hidden/data": "x",
        f"{info}/entry_points.txt": "[console_scripts]\ngreet = greeting:hello\n",
        "greeting-1.0.data/scripts/greeter": "#!python\nprint('hello')\n",
    }
    wheel(tmp_path / "wheels", {**HELLO, **more})
    found = files(bundle_of(folder))
    names = ["METADATA", "WHEEL", "entry_points.txt"]
    assert sorted(found) == sorted(
        ["app.py", "texts/note.txt", "greeting.py", "bin/greeter", "greeting/.hidden/data"]
        + [f"{info}/{name}" for name in names]
    )
    assert found["texts/note.txt"] == b"one\r\ntwo"
    assert found["bin/greeter"] == b"#!/usr/bin/env python3\nprint('hello')\n"


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_wheels_and_markers_are_those_of_lambdas_python_and_machine(
    folder: Path, tmp_path: Path, architecture: str, machine: str
) -> None:
    """pip takes the markers of the Python that runs it: https://github.com/pypa/pip/issues/11664."""
    for python in ("cp312", "cp313"):
        for other in ("x86_64", "aarch64"):
            tag = f"{python}-{python}-manylinux_2_17_{other}"
            needs = "Requires-Dist: old; python_version < '3.13'\nRequires-Dist: arm; platform_machine == 'aarch64'\n"
            wheel(tmp_path / "wheels", {"greeting.py": tag}, tag=tag, metadata=needs)
    for name in ("old", "arm", "windows"):
        wheel(tmp_path / "wheels", {f"{name}.py": ""}, name=name)
    with (folder / "requirements.txt").open("a") as file:
        file.write("windows; sys_platform == 'win32'\n")
    for python, arm in (("3.13", {"arm.py"}), ("3.12", {"arm.py", "old.py"})):
        found = files(bundle_of(folder, architecture, f"python{python}"))
        tag = f"cp{python.replace('.', '')}"
        assert found["greeting.py"].decode() == f"{tag}-{tag}-manylinux_2_17_{machine}"
        wanted = arm if machine == "aarch64" else arm - {"arm.py"}
        assert {name for name in found if name in ("arm.py", "old.py", "windows.py")} == wanted


def test_an_older_python_runs_on_an_older_linux(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", {"greeting.py": ""}, tag="cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(ConfigError, match=r"Python 3\.11 on x86_64"):
        _ = bundle_of(folder, "x86_64", "python3.11").data
    wheel(tmp_path / "wheels", {"greeting.py": ""}, tag="cp311-cp311-manylinux_2_17_x86_64")
    assert "greeting.py" in files(bundle_of(folder, "x86_64", "python3.11"))


@pytest.mark.parametrize(
    "setting",
    [
        {"PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"},
        {"PIP_PREFIX": "p"},
        {"PIP_ROOT": "p"},
        {"PIP_DRY_RUN": "1"},
        {"PIP_NO_BINARY": ":all:"},
        {"PIP_CONFIG_FILE": "pip.conf"},
        {"UV_REQUIRE_HASHES": "1", "UV_NO_BINARY": "1", "UV_CONSTRAINT": "p"},
    ],
    ids=" ".join,
)
def test_settings_of_pip_and_uv_for_something_else_do_not_matter(
    folder: Path, tmp_path: Path, monkeypatch: Patch, setting: dict[str, str]
) -> None:
    """Nor does the current folder, in which a file may be named like a module of Python."""
    wheel(tmp_path / "wheels", HELLO, metadata="Requires-Dist: other\n")
    wheel(tmp_path / "wheels", {"other.py": ""}, name="other")
    (tmp_path / "types.py").write_text("raise SystemExit\n")
    (tmp_path / "pip.conf").write_text("[install]\nuser = true\ntarget = elsewhere\n")
    for name, value in setting.items():
        monkeypatch.setenv(name, str(tmp_path / value) if value in ("p", "pip.conf") else value)
    monkeypatch.chdir(tmp_path)
    assert {"greeting.py", "other.py"} <= set(files(bundle_of(folder)))


def test_a_change_of_anything_that_counts_is_seen(folder: Path, tmp_path: Path) -> None:
    """A wheel by its path, one in a folder of wheels, and an included file, with the same names and times as before."""
    lines = "--no-index\n-f ../../wheels\n../../own/local-1.0-py3-none-any.whl\n-rmore.txt\n"
    (folder / "requirements.txt").write_text(lines)
    (folder / "more.txt").write_text("-r requirements.txt\ngreeting==1.0\n")
    wheel(tmp_path / "wheels", {"greeting.py": "later"}, version="2.0")

    def build(name: str, text: str) -> None:
        path = wheel(tmp_path / ("own" if name == "local" else "wheels"), {f"{name}.py": text}, name=name)
        os.utime(path, (1e9, 1e9))

    def built() -> tuple[bytes, bytes]:
        found = files(bundle_of(folder))
        return found["local.py"], found["greeting.py"]

    build("local", "one")
    build("greeting", "one")
    assert built() == (b"one", b"one")
    build("local", "two")
    assert built() == (b"two", b"one")
    build("greeting", "two")
    assert built() == (b"two", b"two")
    (folder / "more.txt").write_text("-r requirements.txt\ngreeting==2.0\n")
    assert built() == (b"two", b"later")


def test_the_index_is_pips_and_is_asked_once(folder: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    """With a login in pip.conf, which no error shows, and another index in the file, as pip takes them together."""
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    wheel(tmp_path / "wheels", HELLO)
    wheel(tmp_path / "others", {"other.py": ""}, name="other")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    with serving(tmp_path / "wheels", "me:s3cret") as index, serving(tmp_path / "others") as other:
        text = f"--extra-index-url {other}\ngreeting\nother\n"
        (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.replace('//', '//me:wr0ng@')}\n")
        refused = error(folder, text)
        assert "asks for a login" in refused.hint
        assert "wr0ng" not in f"{refused} {refused.hint}"
        (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.replace('//', '//me:s3cret@')}\n")
        built = bundle_of(folder)
        assert {"greeting.py", "other.py"} <= set(files(built))
    assert bundle_of(folder).sha256 == built.sha256
    unreachable = error(folder, "greeting==1.0\nother==1.0\n")
    assert "check the network" in unreachable.hint
    assert "s3cret" not in f"{unreachable} {unreachable.hint}"


def test_a_version_that_only_a_later_index_has(folder: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    """pip looks into all; uv by itself only into the first one that has the package."""
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    wheel(tmp_path / "extra", {"greeting.py": "old"})
    wheel(tmp_path / "main", {"greeting.py": "new"}, version="2.0")
    with serving(tmp_path / "extra") as extra, serving(tmp_path / "main") as index:
        for wanted, text in {"greeting==2.0": b"new", "greeting": b"old"}.items():
            lines = f"--index-url {index}\n--extra-index-url {extra}\n{wanted}\n"
            (folder / "requirements.txt").write_text(lines)
            assert files(bundle_of(folder))["greeting.py"] == text


def test_errors_name_the_cause(folder: Path, tmp_path: Path) -> None:
    links = "--no-index\n--find-links ../../wheels\n"
    wheel(tmp_path / "wheels", {"greeting.py": ""}, tag="cp312-cp312-win_amd64")
    missing = error(folder, f"{links}greeting==1.0\n", "x86_64")
    assert re.search(r"cannot install .* for Python 3\.13 on x86_64: .*greeting", str(missing))
    assert "has a wheel for Python 3.13 on x86_64" in missing.hint
    assert "check the names" in error(folder, f"{links}nothing==1.0\n").hint
    wheel(tmp_path / "wheels", HELLO)
    assert "renew the hash" in error(folder, f"{links}greeting==1.0 --hash=sha256:{'0' * 64}\n").hint
    assert "requirements.txt:4: greeting 1.0 is not a requirement" in str(error(folder, f"{links}\ngreeting 1.0\n"))
    assert not list((tmp_path / "cache" / "advent" / "packages").iterdir())  # no partial install is kept
    told = uv_errors.explain("error: no http://me:s3cret@example.com\n", "f", requirements.Requirements(), [])
    assert told.why == "no http://***@example.com"


REFUSED = {
    "-e .": "does not take -e",
    "--no-binary :all:": "does not take --no-binary",
    "greeting --global-option=x": "does not take --global-option",
    ".": ". is not a wheel",
    "./library": "./library is not a wheel",
    "greeting @ file:///library": "file:///library is not a wheel",
    "./greeting-1.0.tar.gz": "is not a wheel",
    "git+https://me:s3cret@example.com/greeting.git": "git+https://***@example.com/greeting.git is not a wheel",
    "https://s3cret@example.com/greeting-1.0-py3-none-any.whl": "has no hash",
    "./greeting-1.0-py3-none-any.whl": "there is no file",
    "../../../greeting-1.0-py3-none-any.whl": "is outside the folder of config.yaml",
    "-r https://s3cret@example.com/more.txt": "there is no file https://***@example.com",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_a_wheel_is_refused_by_its_line_before_anything_runs(
    folder: Path, tmp_path: Path, monkeypatch: Patch, line: str
) -> None:
    wheel(tmp_path.parent, HELLO)
    monkeypatch.setitem(sys.modules, "uv", SimpleNamespace(find_uv_bin=lambda: "/nowhere/uv"))
    refused = error(folder, f"# the packages\n\n{line}\n")
    assert f"{folder / 'requirements.txt'}:3: " in str(refused)
    assert REFUSED[line] in str(refused)
    assert "s3cret" not in f"{refused} {refused.hint}"


WORDS = ["-r", "-c", "requirements.txt", "--hash=", "./", "@", "git+https://a:b@c", ";", "[", " ", "\\\n", "${X}", "#"]


@given(st.lists(st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_text_is_read_or_refused_by_its_line(parts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(parts), encoding="utf-8", newline="")
        try:
            found = requirements.read(file, Path(folder))
        except ConfigError as refused:
            is_named = str(refused).startswith(f"{file}:")
        else:
            is_named = not found.wheels
    assert is_named


def test_forms_that_pip_reads(folder: Path, tmp_path: Path) -> None:
    """UTF-16 as PowerShell writes it, CRLF, hashes, extras, a name in quotes, a joined line, and one in Latin-1."""
    links = "--no-index --find-links ../../wheels\n"
    path = wheel(tmp_path / "wheels", HELLO, metadata="Provides-Extra: more\nRequires-Dist: other; extra == 'more'\n")
    wheel(tmp_path / "wheels", {"other.py": ""}, name="other")
    (folder / "my base.txt").write_text("greeting\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for text in (
        f"{links}greeting==1.0\n".encode("utf-16"),
        f"{links}greeting==1.0\n".replace("\n", "\r\n").encode(),
        f"{links}greeting==1.0 \\\n  --hash=sha256:{digest}\n".encode(),
        f"{links}-r 'my base.txt'  # these\n".encode(),
        f"./../../wheels/{path.name}\n".encode(),
        f"{links}greeting[more]==1.0 ; python_version > '3.8'\n".encode(),
    ):
        (folder / "requirements.txt").write_bytes(text)
        found = files(bundle_of(folder))
        assert ("greeting.py" in found, "other.py" in found) == (True, b"more" in text), text
    (folder / "requirements.txt").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"requirements\.txt is not in UTF-8"):
        _ = bundle_of(folder).data


def test_a_wheel_at_a_url_and_one_with_an_own_hash(folder: Path, tmp_path: Path) -> None:
    path = wheel(tmp_path / "wheels", HELLO)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"--no-index\n../../wheels/{path.name} --hash=sha256:{digest}\n")
    assert "greeting.py" in files(bundle_of(folder))
    with serving(tmp_path / "wheels") as index:
        url = f"greeting @ {index.replace('/simple', '/files')}/{path.name}"
        assert "renew the hash" in error(folder, f"{url}#sha256={'0' * 64}\n").hint
        (folder / "requirements.txt").write_text(f"{url}#sha256={digest}\n")
        assert "greeting.py" in files(bundle_of(folder))


@given(
    st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["[global]\nindex-url", "[install]\nx:\n y"])
)
def test_any_pip_conf_is_read_or_named(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as empty, pytest.MonkeyPatch.context() as patch:
        file = Path(empty, "pip.conf")
        file.write_text(text, encoding="utf-8", newline="")
        patch.setenv("PIP_CONFIG_FILE", str(file))
        try:
            is_right = set(pip_settings.read()) <= {*pip_settings.NAMES}
        except ConfigError as refused:
            is_right = str(file) in str(refused)
    assert is_right


def test_a_cache_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert "XDG_CACHE_HOME" in error(folder, "greeting==1.0\n").hint


def test_an_installation_without_a_package_is_an_error(folder: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho uv 1\n")
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "uv", SimpleNamespace(find_uv_bin=lambda: str(program)))
    with pytest.raises(ConfigError, match="uv has installed none of the packages"):
        _ = bundle_of(folder).data


def test_without_uv_the_error_says_how_to_install_it(folder: Path, monkeypatch: Patch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ConfigError, match="uv is not installed") as caught:
        _ = bundle_of(folder).data
    command = shlex.split(caught.value.hint.split("`")[1])
    assert command[1:] == ["-m", "pip", "install", uv_program.PACKAGE]
    assert f'["{uv_program.PACKAGE}"]' in (ROOT / "setup.py").read_text(encoding="utf-8")
    assert subprocess.run([*command[:3], "--version"], capture_output=True).returncode == 0


def test_a_zip_over_lambdas_limits_is_refused_with_its_largest_files(
    folder: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    wheel(tmp_path / "wheels", {"greeting.py": "x = 1\n" * 200_000})
    monkeypatch.setattr(zip_file, "STORED_UP_TO", zip_file.MEGABYTE)  # uncompressed it is 1.2 MB, so it is compressed
    assert len(bundle_of(folder).data) < zip_file.MEGABYTE / 2
    monkeypatch.setattr(zip_file, "MAX_UNZIPPED", zip_file.MEGABYTE)
    with pytest.raises(ConfigError, match=r"0 MB zipped, 1 MB unzipped: Lambda's limits are 50 MB and 1 MB") as caught:
        _ = bundle_of(folder).data
    assert "greeting.py (1 MB)" in caught.value.hint
