"""Wheels made for a test, and a package index that has them, as "Simple repository API" of PyPA describes it."""

import base64
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


def wheel(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    name: str = "greeting",
    tag: str = "py3-none-any",
    metadata: str = "",
    version: str = "1.0",
) -> Path:
    """Write a wheel with these files, those in a folder named `bin` or `scripts` executable; return its path."""
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**contents, f"{info}/RECORD": "".join(f"{n},,\n" for n in contents)}.items():
            entry = zipfile.ZipInfo(file)
            is_program = {"bin", "scripts"} & set(file.split("/")[:-1])
            entry.external_attr = (0o100755 if is_program else 0o100644) << 16
            archive.writestr(entry, text)
    return path


@contextmanager
def serving(folder: Path, login: str = "") -> Iterator[str]:
    """The URL of an index with the wheels in `folder`, without the login, USER:PASSWORD, that it asks for."""
    wanted = f"Basic {base64.b64encode(login.encode()).decode()}" if login else None

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").split("/")[-1]
            pages = [
                f'<a href="/files/{f.name}">{f.name}</a>' for f in folder.iterdir() if f.name.startswith(f"{name}-")
            ]
            file = folder / name
            if self.headers["Authorization"] != wanted:
                return self.answer(401, b"")
            if name.endswith(".whl"):
                return self.answer(200 if file.is_file() else 404, file.read_bytes() if file.is_file() else b"")
            return self.answer(200 if pages else 404, "".join(pages).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()
            thread.join()
