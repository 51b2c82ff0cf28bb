"""Runs `advent` as the installed command does, in a process of its own, without its half second of imports.

One process for each worker of the test run has all modules loaded, and forks for each command. What the interpreter
reads before `main()` (PYTHON* variables, the locale) is that of the first process, so a command that is given such a
variable is started afresh. tests/test_end_to_end.py runs the installed command itself.
"""

import array
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ADVENT = Path(sys.executable).with_name("advent")
READ_AT_START = ("PYTHON", "LC_", "LANG")
STREAMS = ((0, "r"), (1, "w"), (2, "w"))


def run(
    words: Sequence[str | bytes | Path], *, cwd: Path, env: Mapping[str, str], stdin: str = "", timeout: float = 120
) -> "subprocess.CompletedProcess[str]":
    """Run `advent` with these words; as subprocess.run with its output captured as text."""
    afresh = any(value != os.environ.get(name) for name, value in env.items() if name.startswith(READ_AT_START))
    if afresh or any(isinstance(word, bytes) for word in words):
        return subprocess.run(
            [ADVENT, *words], cwd=cwd, env=env, input=stdin, capture_output=True, text=True, timeout=timeout
        )
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(timeout)
            asking.connect(_server())
            request = json.dumps([[os.fsdecode(word) for word in words], str(cwd), dict(env)]).encode()
            files = array.array("i", [given.fileno(), out.fileno(), err.fileno()])
            asking.sendmsg([len(request).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
            asking.sendall(request)
            pid = int.from_bytes(_exactly(asking, 4), "big")
            try:
                code = int.from_bytes(_exactly(asking, 4), "big", signed=True)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired([str(ADVENT), *map(os.fsdecode, words)], timeout) from None
        shown = []
        for file in (out, err):
            file.seek(0)
            shown.append(file.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess([str(ADVENT), *map(os.fsdecode, words)], code, *shown)


@cache
def _server() -> str:
    """Start the process that forks; the path of its socket. It ends with this process."""
    path = f"{tempfile.mkdtemp()}/s"  # short, since the path of a socket is limited to about a hundred characters
    listening = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forked", path],
        cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert listening.stdout
    with listening.stdout:
        assert listening.stdout.readline() == b"listening\n"
    return path


def _exactly(connection: socket.socket, number: int) -> bytes:
    data = b""
    while len(data) < number:
        part = connection.recv(number - len(data))
        if not part:
            raise ConnectionError("the process that forks has ended")
        data += part
    return data


def serve(path: str) -> None:
    """Fork for each request, as long as the process that started this one lives."""
    _load()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who supervise
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        listening.settimeout(0.2)
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        parent = os.getppid()
        while os.getppid() == parent:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                listening.close()
                _supervise(connection)
            connection.close()
    shutil.rmtree(Path(path).parent)


def _supervise(connection: socket.socket) -> None:
    """Fork once more, for the command; tell its process id and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.settimeout(None)
    length, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    files = array.array("i")
    files.frombytes(ancillary[0][2])
    words, folder, environment = json.loads(_exactly(connection, int.from_bytes(length, "big")))
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(words, folder, environment, list(files))
    connection.sendall(pid.to_bytes(4, "big"))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    connection.sendall(code.to_bytes(4, "big", signed=True))
    os._exit(0)


def _become(words: list[str], folder: str, environment: dict[str, str], files: list[int]) -> None:
    """Be the command: with its streams, its directory and its environment, from main() on."""
    from advent_cli.cli.main import main

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.setsid()  # as a group of its own, like a command that a shell starts
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for (number, mode), name in zip(STREAMS, ("stdin", "stdout", "stderr"), strict=True):
        stream = open(number, mode, encoding="utf-8", buffering=1 if number == 2 else -1, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = [str(ADVENT), *words]
    sys.modules["__main__"].__package__ = None  # by which click tells `python -m` from a command
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _load() -> None:
    """Import what commands import when they run."""
    import importlib
    import pkgutil

    import advent_cli

    for module in pkgutil.walk_packages(advent_cli.__path__, "advent_cli."):
        if module.name not in ("advent_cli.__main__", "advent_cli.local.server"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    serve(sys.argv[1])
