"""What every case needs: the list of cases, programs that are watched and ended, and the words for a result."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


class Failed(Exception):
    """The case ran and what it saw is wrong."""


class Skipped(Exception):
    """The case could not run here for want of something that could be installed."""


class NotApplicable(Exception):
    """There is nothing to test here; no installation would change that."""


def require(condition: object, message: str) -> None:
    if not condition:
        raise Failed(message)


@dataclass(frozen=True)
class Case:
    """One line of the matrix. The function returns what it saw, in a few words."""

    name: str
    section: str
    title: str
    function: Callable[["Bench"], str]
    needs: tuple[str, ...]
    seconds: float
    alone: bool
    idle: bool


CASES: list[Case] = []


def case(name: str, section: str, title: str, *, needs: tuple[str, ...] = (), seconds: float = 45, alone: bool = False,
         idle: bool = False):
    """Registers the function below it.

    `alone` keeps other cases from running at the same time; `idle` says that it mostly waits, so that it does not count
    among those that may run at once.
    """

    def register(function: Callable[["Bench"], str]):
        CASES.append(Case(name, section, title, function, needs, seconds, alone, idle))
        return function

    return register


class Program:
    """A running program whose output lines can be waited for."""

    def __init__(self, *command: object, stdin: int | None = subprocess.DEVNULL, env: dict[str, str] | None = None):
        self.command = [str(word) for word in command]
        self.changed = threading.Condition()
        self.output: list[str] = []
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            self.command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.readers = [threading.Thread(target=self._collect, args=arguments, daemon=True)
                        for arguments in ((self.process.stdout, self.output), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    def wait_for(self, pattern: str, seconds: float = 10, count: int = 1) -> re.Match[str]:
        """The `count`th line of either stream that matches, as soon as it is there."""
        expression = re.compile(pattern)

        def found() -> re.Match[str] | None:
            matches = [match for line in self.output + self.errors if (match := expression.search(line))]
            return matches[count - 1] if len(matches) >= count else None

        deadline = time.monotonic() + seconds
        with self.changed:
            while not (match := found()):
                remaining = deadline - time.monotonic()
                over = not any(reader.is_alive() for reader in self.readers)
                require(remaining > 0 and not over,
                        f"{self.name} did not say /{pattern}/ in {seconds:g} s: {self.last_words()}")
                self.changed.wait(min(remaining, 0.2))
        return match

    def wait(self, seconds: float) -> int:
        """The exit status; a program that does not end in time is a failure."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds:g} s: {self.last_words()}") from None
        for reader in self.readers:
            reader.join(2)
        return status

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 5) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    @property
    def name(self) -> str:
        return Path(self.command[0]).name

    @property
    def pid(self) -> int:
        return self.process.pid

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def last_words(self) -> str:
        return " | ".join((self.output[-4:] + self.errors[-6:])) or "(it said nothing)"

    def _collect(self, stream, lines: list[str]) -> None:
        for line in stream:
            with self.changed:
                lines.append(line.decode(errors="replace").rstrip("\r\n"))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()


@dataclass
class Bench:
    """What a case works with: the executables, the media and a folder of its own."""

    binaries: Path
    media: Path
    folder: Path
    programs: list[Program] = field(default_factory=list)

    def start(self, *command: object, **options) -> Program:
        program = Program(*command, **options)
        self.programs.append(program)
        return program

    def run(self, *command: object, seconds: float = 30, status: int | None = 0, **options) -> Program:
        """Runs a program to its end; `status` None takes any exit status."""
        program = self.start(*command, **options)
        result = program.wait(seconds)
        require(status is None or result == status,
                f"{program.name} ended with status {result}, not {status}: {program.last_words()}")
        return program

    def path(self, name: str) -> Path:
        return self.folder / name

    def new_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


def end_once_on_signals() -> None:
    """SIGTERM and SIGINT unwind the main thread, so that what was started is ended; a second one, as when both a terminal
    and `timeout` send it, does not break into that. Of SIGINT the program then dies, for the shell to see."""

    def end(number: int, _frame: object) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: None)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """For what no line announces, such as a count in /proc."""
    deadline = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < deadline, f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


def find_python_with_gstreamer() -> str | None:
    """Debian's bindings belong to Debian's Python, which need not be the one that runs this."""
    check = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    for python in (shutil.which("python3"), "/usr/bin/python3"):
        if python and subprocess.run([python, "-c", check], capture_output=True).returncode == 0:
            return python
    return None


def has_vlc_with_rtsp() -> bool:
    """VLC receives RTSP through its live555 plugin, which Debian leaves out (Debian bug 981439)."""
    roots = [Path("/usr/lib"), Path("/usr/local/lib"), Path("/snap/vlc/current/usr/lib")]
    return any(next(root.glob("**/vlc/plugins/access/liblive555_plugin.so"), None) for root in roots if root.exists())


def missing(need: str, binaries: Path) -> str | None:
    """Why a case with this need cannot run, or nil."""
    if need in ("rtsp-server", "rtsp-client", "sample-media"):
        return None if os.access(binaries / need, os.X_OK) else f"{binaries / need} is not built"
    if need == "gst-rtsp-server":
        return None if find_python_with_gstreamer() else "no Python with the bindings of GStreamer's RTSP server"
    if need.endswith(".py"):
        return None if (Path(__file__).parent / need).exists() else f"{need} is not there"
    return None if shutil.which(need) else f"{need} is not installed"
