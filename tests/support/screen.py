"""A terminal of a given size that a program runs in, and what it wrote to it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any


class Terminal:
    """Runs `command` in a terminal while this is entered."""

    def __init__(self, command: Sequence[str | Path], folder: Path, size: tuple[int, int], **env: str) -> None:
        self.master, self.slave = pty.openpty()
        columns, lines = size
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), self.slave)
        environment = {**os.environ, "TERM": "xterm-256color", **env}
        for name in {"COLUMNS", "LINES"} - {*env}:  # the size is that of the terminal
            environment.pop(name, None)
        # In a session of its own, or a prompt would open the terminal that the tests run in.
        self.process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)
        self.written = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def read(self, until: str, within: float = 60) -> None:
        """Take what is written until it contains this text, since the last time."""
        began, seen = time.monotonic(), ""
        while until not in seen:
            assert time.monotonic() - began < within, f"{until!r} never came: {seen[-2000:]}"
            if select.select([self.master], [], [], 0.2)[0]:
                seen += os.read(self.master, 1 << 16).decode(errors="replace")
        self.written += seen

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        """Wait for the end, and take the rest of what was written; the exit code."""
        written = bytearray()
        began = time.monotonic()
        while self.process.poll() is None or select.select([self.master], [], [], 0.2)[0]:
            assert time.monotonic() - began < 60, written[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:  # or it would wait for ever until somebody reads
                written += os.read(self.master, 1 << 16)
        self.written += written.decode(errors="replace")
        return self.process.returncode

    @property
    def as_before(self) -> bool:
        """Whether the terminal has its modes, its screen and its cursor back."""
        left, shown = self.written.rfind("\x1b[?1049l"), self.written.rfind("\x1b[?25h")
        own, hidden = self.written.rfind("\x1b[?1049h"), self.written.rfind("\x1b[?25l")
        return termios.tcgetattr(self.slave) == self.before and left > own >= 0 and shown > hidden >= 0
