"""A function that is a folder with its own packages: installed for Lambda, once, within Lambda's size limits."""

import io
import zipfile
from pathlib import Path

import pytest

from advent_cli.errors import ConfigError
from advent_cli.local.lifecycle import Engine
from advent_cli.packaging import bundle, requirements
from advent_cli.packaging.bundle import Bundle, Source
from tests.conftest import Run
from tests.stack.test_own_apps import has_logged, until
from tests.support import stacks

Patch = pytest.MonkeyPatch


def wheel(folder: Path, tag: str, content: str) -> None:
    """Write a wheel of the package `greeting`."""
    info = "greeting-1.0.dist-info"
    with zipfile.ZipFile(folder / f"greeting-1.0-{tag}.whl", "w") as archive:
        archive.writestr("greeting.py", content)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ngreet = greeting:hello\n")
        names = ["greeting.py", *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "RECORD"))]
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Patch) -> Path:
    """A handler's folder, which requires a package that only the folder `wheels` has."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "wheels").mkdir()
    mailer = tmp_path / "handlers" / "mailer"
    mailer.mkdir(parents=True)
    (mailer / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path / 'wheels'}\ngreeting==1.0\n")
    (mailer / "app.py").write_text(
        "import greeting\n\n\n"
        "def handler(event, context):\n    print(greeting.hello(), event['Records'][0]['Sns']['Message'])\n"
    )
    (mailer / "texts").mkdir()
    (mailer / "texts" / "note.txt").write_bytes(b"one\r\ntwo")
    (mailer / "__pycache__").mkdir()
    (mailer / "__pycache__" / "app.pyc").write_bytes(b"x")
    (mailer / ".hidden").write_text("x")
    return mailer


def bundle_of(folder: Path, architecture: str = "", runtime: str = "python3.13") -> Bundle:
    return Bundle(Source(folder / "app.py", is_folder=True, handler="app.handler"), runtime, architecture)


def file_names(built: Bundle) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(built.data)) as archive:
        return archive.namelist()


def test_the_whole_folder_is_included_with_its_packages_and_the_bytes_stay_the_same(
    folder: Path, tmp_path: Path
) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "def hello():\n    return 'hello'\n")
    built = bundle_of(folder)
    assert set(file_names(built)) == {
        "app.py",
        "greeting.py",
        "greeting-1.0.dist-info/INSTALLER",
        "greeting-1.0.dist-info/METADATA",
        "greeting-1.0.dist-info/WHEEL",
        "greeting-1.0.dist-info/entry_points.txt",
        "texts/note.txt",
    } | {name for name in file_names(built) if name.endswith("/REQUESTED")}
    with zipfile.ZipFile(io.BytesIO(built.data)) as archive:
        assert archive.read("texts/note.txt") == b"one\r\ntwo"
    (tmp_path / "wheels" / "greeting-1.0-py3-none-any.whl").unlink()  # it is installed already
    assert bundle_of(folder).sha256 == built.sha256


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_the_wheel_is_for_lambdas_python_and_architecture(
    folder: Path, tmp_path: Path, architecture: str, machine: str
) -> None:
    for python in ("cp312", "cp313"):
        for other in ("x86_64", "aarch64"):
            tag = f"{python}-{python}-manylinux_2_17_{other}"
            wheel(tmp_path / "wheels", tag, f"tag = {tag!r}\n")
    with zipfile.ZipFile(io.BytesIO(bundle_of(folder, architecture).data)) as archive:
        assert archive.read("greeting.py").decode() == f"tag = 'cp313-cp313-manylinux_2_17_{machine}'\n"
    with zipfile.ZipFile(io.BytesIO(bundle_of(folder, architecture, "python3.12").data)) as archive:
        assert b"cp312" in archive.read("greeting.py")


def test_an_older_python_runs_on_an_older_linux(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "cp311-cp311-manylinux_2_28_x86_64", "")
    with pytest.raises(ConfigError, match=r"Python 3\.11 on x86_64"):
        _ = bundle_of(folder, "x86_64", "python3.11").data
    wheel(tmp_path / "wheels", "cp311-cp311-manylinux_2_24_x86_64", "")
    assert "greeting.py" in file_names(bundle_of(folder, "x86_64", "python3.11"))


def test_an_included_requirements_file_counts_too(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "one = 1\n")
    text = (folder / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text("-r more.txt\n")
    (folder / "more.txt").write_text(text)
    first = requirements.install(folder / "requirements.txt", "python3.13", "")
    (folder / "more.txt").write_text(f"{text}\n# changed\n")
    assert requirements.install(folder / "requirements.txt", "python3.13", "") != first


def test_a_package_beside_the_handler_is_included(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "deep" / "down.py").write_text("import other\n")
    (tmp_path / "app.py").write_text("from lib.deep import down\n")
    (tmp_path / "other.py").write_text("")
    (tmp_path / "unused.py").write_text("")
    built = Bundle(Source(tmp_path / "app.py", is_folder=False, handler="app.handler"), "python3.13", "")
    assert file_names(built) == ["app.py", "lib/__init__.py", "lib/deep/down.py", "other.py"]


def test_an_error_names_the_package_that_cannot_be_installed(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "cp312-cp312-win_amd64", "")
    with pytest.raises(ConfigError, match=r"cannot install .* for Python 3\.13 on x86_64: .*greeting") as caught:
        _ = bundle_of(folder, "x86_64").data
    assert caught.value.hint
    assert not list((tmp_path / "cache" / "advent" / "packages").iterdir())  # no partial install is kept


def test_uv_replaces_a_missing_pip_and_an_error_names_both(monkeypatch: Patch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert requirements._installer()[:3] == ["/bin/uv", "pip", "install"]
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ConfigError, match="neither pip nor uv is installed"):
        requirements._installer()


def test_a_zip_over_lambdas_limits_is_refused_with_its_largest_files(
    folder: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "x = 1\n" * 200_000)
    monkeypatch.setattr(bundle, "MAX_ZIPPED", bundle.MEGABYTE)  # uncompressed it is 1.2 MB, so it is compressed
    assert len(bundle_of(folder).data) < bundle.MEGABYTE / 2
    monkeypatch.setattr(bundle, "MAX_UNZIPPED", bundle.MEGABYTE)
    with pytest.raises(ConfigError, match=r"0 MB zipped, 1 MB unzipped: Lambda's limits are 1 MB and 1 MB") as caught:
        _ = bundle_of(folder).data
    assert "greeting.py (1 MB)" in caught.value.hint


def test_a_function_with_packages_runs(folder: Path, tmp_path: Path, engine: Engine, advent: Run) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "def hello():\n    return 'hello,'\n")
    (tmp_path / "config.yaml").write_text(
        "stack: s\ntable: {name: ttt, key: k}\ntopics: [t]\napi: {name: a}\nfunctions:\n  mailer:\n"
        "    handler: mailer/app.handler\n    subscribes: t\n"
    )
    advent("up")
    assert "nothing to do" in advent("plan").stdout
    client = stacks.tutorial(engine).aws.client("sns")
    client.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:t", Message="world")
    until(lambda: has_logged(engine, "mailer", "hello, world"), "the package says hello")
