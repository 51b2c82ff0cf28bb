"""A function that is a folder, with packages of its own: for Lambda's machine, once, and not more than Lambda takes."""

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
    """A wheel of the package `greeting`, by hand."""
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
    """A handler's folder, which wants a package that only the folder `wheels` has."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "wheels").mkdir()
    here = tmp_path / "handlers" / "mailer"
    here.mkdir(parents=True)
    (here / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path / 'wheels'}\ngreeting==1.0\n")
    (here / "app.py").write_text(
        "import greeting\n\n\n"
        "def handler(event, context):\n    print(greeting.hello(), event['Records'][0]['Sns']['Message'])\n"
    )
    (here / "texts").mkdir()
    (here / "texts" / "note.txt").write_bytes(b"one\r\ntwo")
    (here / "__pycache__").mkdir()
    (here / "__pycache__" / "app.pyc").write_bytes(b"x")
    (here / ".hidden").write_text("x")
    return here


def of(folder: Path, architecture: str = "", runtime: str = "python3.13") -> Bundle:
    return Bundle(Source(folder / "app.py", is_folder=True, handler="app.handler"), runtime, architecture)


def names(made: Bundle) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        return archive.namelist()


def test_a_folder_goes_whole_with_its_packages_and_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "def hello():\n    return 'hello'\n")
    made = of(folder)
    assert set(names(made)) == {
        "app.py",
        "greeting.py",
        "greeting-1.0.dist-info/INSTALLER",
        "greeting-1.0.dist-info/METADATA",
        "greeting-1.0.dist-info/WHEEL",
        "greeting-1.0.dist-info/entry_points.txt",
        "texts/note.txt",
    } | {name for name in names(made) if name.endswith("/REQUESTED")}
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert archive.read("texts/note.txt") == b"one\r\ntwo"
    (tmp_path / "wheels" / "greeting-1.0-py3-none-any.whl").unlink()  # once is enough
    assert of(folder).sha256 == made.sha256


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_the_wheel_is_that_of_lambdas_python_and_machine(
    folder: Path, tmp_path: Path, architecture: str, machine: str
) -> None:
    for python in ("cp312", "cp313"):
        for other in ("x86_64", "aarch64"):
            tag = f"{python}-{python}-manylinux_2_17_{other}"
            wheel(tmp_path / "wheels", tag, f"tag = {tag!r}\n")
    with zipfile.ZipFile(io.BytesIO(of(folder, architecture).data)) as archive:
        assert archive.read("greeting.py").decode() == f"tag = 'cp313-cp313-manylinux_2_17_{machine}'\n"
    with zipfile.ZipFile(io.BytesIO(of(folder, architecture, "python3.12").data)) as archive:
        assert b"cp312" in archive.read("greeting.py")


def test_an_older_python_has_an_older_linux(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "cp311-cp311-manylinux_2_28_x86_64", "")
    with pytest.raises(ConfigError, match=r"Python 3\.11 on x86_64"):
        _ = of(folder, "x86_64", "python3.11").data
    wheel(tmp_path / "wheels", "cp311-cp311-manylinux_2_24_x86_64", "")
    assert "greeting.py" in names(of(folder, "x86_64", "python3.11"))


def test_what_the_requirements_include_counts_too(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "one = 1\n")
    text = (folder / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text("-r more.txt\n")
    (folder / "more.txt").write_text(text)
    first = requirements.installed(folder / "requirements.txt", "python3.13", "")
    (folder / "more.txt").write_text(f"{text}\n# changed\n")
    assert requirements.installed(folder / "requirements.txt", "python3.13", "") != first


def test_a_package_beside_the_handlers_goes_along(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "deep" / "down.py").write_text("import other\n")
    (tmp_path / "app.py").write_text("from lib.deep import down\n")
    (tmp_path / "other.py").write_text("")
    (tmp_path / "unused.py").write_text("")
    made = Bundle(Source(tmp_path / "app.py", is_folder=False, handler="app.handler"), "python3.13", "")
    assert names(made) == ["app.py", "lib/__init__.py", "lib/deep/down.py", "other.py"]


def test_what_cannot_be_installed_is_told(folder: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "cp312-cp312-win_amd64", "")
    with pytest.raises(ConfigError, match=r"cannot be installed for Python 3\.13 on x86_64: .*greeting") as caught:
        _ = of(folder, "x86_64").data
    assert caught.value.hint
    assert not list((tmp_path / "cache" / "advent" / "packages").iterdir())  # nothing half done is kept


def test_without_pip_uv_does_it_and_without_either_it_is_told(monkeypatch: Patch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert requirements._installer()[:3] == ["/bin/uv", "pip", "install"]
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ConfigError, match="there is no pip"):
        requirements._installer()


def test_more_than_lambda_takes_is_refused_with_the_largest(folder: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    wheel(tmp_path / "wheels", "py3-none-any", "x = 1\n" * 200_000)
    monkeypatch.setattr(bundle, "MOST_ZIPPED", bundle.MEGABYTE)  # stored it is 1.2 MB: so it is compressed
    assert len(of(folder).data) < bundle.MEGABYTE / 2
    monkeypatch.setattr(bundle, "MOST_UNZIPPED", bundle.MEGABYTE)
    with pytest.raises(ConfigError, match=r"0 MB zipped, 1 MB unzipped: Lambda takes 1 and 1") as caught:
        _ = of(folder).data
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
