"""A folder goes into the zip as it stands: links are followed within the app, programs stay programs."""

import io
import os
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.config import file_changes
from advent_cli.errors import ConfigError
from advent_cli.packaging.bundle import Bundle, Source

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of an app with one function, which is a folder."""
    write(tmp_path / "app" / "handlers" / "front" / "app.py", "import os\n")
    (tmp_path / "app" / "config.yaml").write_text("")
    return tmp_path / "app"


def write(file: Path, text: str = "x", mode: int = 0o644) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def link(file: Path, target: str | Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)


def bundle_of(app: Path, file: str = "front/app.py", *, is_folder: bool = True) -> Bundle:
    source = Source(app / "handlers" / file, is_folder=is_folder, handler="app.handler", root=app)
    return Bundle(source, "python3.13", "")


def entries(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """The mode and the text of each file in the zip."""
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        return {i.filename: (f"{i.external_attr >> 16:o}", archive.read(i).decode()) for i in archive.infolist()}


def test_programs_and_what_links_lead_to_go_along(app: Path) -> None:
    front = app / "handlers" / "front"
    write(front / "tools" / "shout", "#!/bin/sh\n", 0o711)
    write(front / "more" / "requirements.txt")
    write(app / "shared" / "texts" / "hello.txt", "hello")
    link(front / "shared", "../../shared")
    link(front / "again.txt", app / "shared" / "texts" / "hello.txt")
    link(app / "shared" / "back", "../handlers/front")  # a circle
    link(app / "shared" / "up", ".")
    assert entries(bundle_of(app)) == {
        "again.txt": ("100644", "hello"),
        "app.py": ("100644", "import os\n"),
        "more/requirements.txt": ("100644", "x"),
        "shared/texts/hello.txt": ("100644", "hello"),
        "tools/shout": ("100755", "#!/bin/sh\n"),
    }


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "../../../outside/secret.txt", "nothing", "it"])
def test_a_link_that_leads_out_of_the_app_is_an_error(app: Path, target: str) -> None:
    write(app.parent / "outside" / "secret.txt")
    link(app / "handlers" / "front" / "it", target)
    with pytest.raises(ConfigError, match="front/it is a link to "):
        _ = bundle_of(app).data
    assert not [path for path in file_changes.state(app / "config.yaml") if "secret" in path.name]


def test_a_folder_or_a_module_that_is_a_link_out_of_the_app_is_an_error(app: Path) -> None:
    write(app.parent / "outside" / "app.py", "")
    link(app / "handlers" / "other", "../../outside")
    link(app / "handlers" / "there.py", "../../outside/app.py")
    write(app / "handlers" / "one.py", "import there\n")
    for bundle in (bundle_of(app, "other/app.py"), bundle_of(app, "one.py", is_folder=False)):
        with pytest.raises(ConfigError, match="outside the folder of config"):
            _ = bundle.data


def test_what_tools_leave_behind_and_what_may_be_secret_stays_out(app: Path) -> None:
    front = app / "handlers" / "front"
    left_out = [".git/config", ".venv/x", "env/pyvenv.cfg", "env/x", "lib/__pycache__/x.pyc", ".DS_Store", ".x.swp"]
    left_out += ["x~", ".idea/x", ".vscode/x"]
    secret = [".env", ".env.local", "lib/.netrc", ".aws/credentials", ".ssh/id", "key.pem"]
    for name in (*left_out, *secret, ".config/settings", ".hidden", "lib/.keep", "env.txt", "my.git", "netrc"):
        write(front / name)
    write(front / "bundle.pem", CERTIFICATE)
    write(front / "both.pem", f"{CERTIFICATE}-----BEGIN PRIVATE KEY-----\n")
    write(app / ".env.shared")
    link(front / "settings", "../../.env.shared")
    built = bundle_of(app)
    kept = {".config/settings", ".hidden", "lib/.keep", "env.txt", "my.git", "netrc", "bundle.pem", "app.py"}
    assert set(entries(built)) == kept
    assert built.notes == [
        f"the zip of {front} has hidden files: .config, .hidden, lib/.keep",
        f"the zip of {front} does not have what may be secret: "
        ".aws, .env, .env.local, .ssh, both.pem, key.pem, lib/.netrc, settings",
    ]


def test_a_package_beside_the_handler_is_whole(app: Path) -> None:
    write(app / "handlers" / "lib" / "deep" / "down.py", "import other, json\n")
    for name in ("lib/data.json", "other.py", "unused.py", "json/not-a-package.txt", "requirements.txt"):
        write(app / "handlers" / name, "")
    write(app / "shared" / "x.py", "")
    link(app / "handlers" / "linked", "../shared")
    write(app / "handlers" / "one.py", "from lib.deep import down\nimport linked\n")
    built = bundle_of(app, "one.py", is_folder=False)
    assert set(entries(built)) == {"one.py", "lib/deep/down.py", "lib/data.json", "linked/x.py", "other.py"}
    assert built.notes == []


def test_a_name_or_a_file_that_cannot_be_taken_is_an_error_with_its_name(app: Path) -> None:
    folder = app / "handlers" / "front" / os.fsdecode(b"caf\xe9")
    try:
        write(folder / "x")
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(ConfigError, match=r"the name of .*front/caf. is not in UTF-8") as caught:
        _ = bundle_of(app).data
    assert str(caught.value).encode()


def test_a_change_behind_a_link_is_seen(app: Path) -> None:
    shared = write(app / "shared" / "texts" / "hello.txt")
    link(app / "handlers" / "front" / "shared", "../../shared")
    before = file_changes.state(app / "config.yaml")
    shared.write_text("longer than before")
    changed = file_changes.state(app / "config.yaml").items() ^ before.items()
    assert {path.name for path, _ in changed} == {"hello.txt"}


NAMES = st.sampled_from(["a", "b.py", ".c", "d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@given(
    files=st.dictionaries(PATHS, st.tuples(st.text("xy\r\n", max_size=3), st.booleans())),
    links=st.dictionaries(PATHS, st.sampled_from([".", "..", "a", "a/a", "../a", "../../shared", "/etc/passwd", "z"])),
)
def test_any_folder_is_copied_or_refused_by_the_name_of_a_link(
    files: dict[str, tuple[str, bool]], links: dict[str, str]
) -> None:
    """Each file is there under each name that leads to it, and nothing else."""
    with tempfile.TemporaryDirectory() as temporary:
        app = Path(temporary).resolve()
        front = app / "handlers" / "front"
        write(front / "app.py", "")
        write(app / "shared" / "s", "", 0o755)
        for name, (text, is_program) in files.items():
            if not any(parent.is_file() for parent in (front / name).parents) and not (front / name).exists():
                write(front / name, text, 0o755 if is_program else 0o644)
        for name, target in links.items():
            if (front / name).parent.is_dir() and not os.path.lexists(front / name):
                link(front / name, target)
        try:
            found = entries(bundle_of(app))
        except ConfigError as refused:
            bad = [path for path in app.rglob("*") if path.is_symlink() and not inside(path, app)]
            is_right = any(f"/{path.name} is a link to {os.readlink(path)}" in str(refused) for path in bad)
        else:
            plain = {str(p.relative_to(front)) for p in front.rglob("*") if p.is_file() and inside(p, app)}
            is_right = plain <= set(found) and all(same(front / name, *found[name]) for name in found)
        assert is_right


def same(path: Path, mode: str, text: str) -> bool:
    """Whether the entry of the zip is the file: a Python file has the same line ends everywhere."""
    wanted = path.read_bytes().decode()
    wanted = wanted.replace("\r\n", "\n") if path.suffix == ".py" else wanted
    return (mode, text) == ("100755" if path.stat().st_mode & 0o100 else "100644", wanted)


def inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False
