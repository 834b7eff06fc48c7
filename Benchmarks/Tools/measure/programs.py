"""Programs that are started on a core of their own, waited for by what they say, and ended however this one ends."""

from __future__ import annotations

import ctypes
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


class MeasurementFailed(Exception):
    """A figure that cannot be had; the rest of the run goes on without it."""


COMMANDS: dict[str, None] = {}  # every command that ran, in order, for the report
_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Even a killed measurement leaves no server behind."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def end_on_signals(minutes: float) -> None:
    """A signal, or too long a run, ends this program by an exception, so that every `with` below cleans up."""

    def ended(number, _):
        sys.exit(f"measure: ended by {signal.Signals(number).name}")

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, ended)
    signal.alarm(int(minutes * 60))


def note(command: list[str], root: Path) -> None:
    """Without what is this machine's own: folders, ports and process numbers."""
    words = [word.replace(f"{root}/", "") for word in command]
    text = " ".join(Path(word).name if word.startswith("/") else word for word in words)
    text = re.sub(r"(--pid) \d+", r"\1 PID", text)
    COMMANDS[re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)] = None


def on_core(core: int | str, command: list[object]) -> list[str]:
    pinned = ["taskset", "-c", str(core)] if shutil.which("taskset") else []
    return pinned + [str(word) for word in command]


class Program:
    """A running program. Its lines are read as they come, so that a full pipe never stops it."""

    def __init__(self, core: int | str, command: list[object], root: Path):
        self.command = on_core(core, command)
        note(self.command, root)
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        preexec_fn=_die_with_parent)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(2)
        self.process.stdout.close()

    @property
    def pid(self) -> int:
        return self.process.pid  # taskset has become the program by the time that it speaks

    def wait_for(self, pattern: str, seconds: float, count: int = 1) -> list[re.Match[str]]:
        """The lines that match, as soon as there are so many."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                found = [match for line in self.lines if (match := re.search(pattern, line))]
                if len(found) >= count:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise MeasurementFailed(f"{self.command} did not say /{pattern}/: {' | '.join(self.lines[-5:])}")
                self.changed.wait(min(left, 0.5))

    def cpu_seconds(self) -> float:
        """The process's own clock, which has nanoseconds: clock_getcpuclockid(3)."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident_kb(self) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())[1])

    def wait_until_idle(self, seconds: float) -> float:
        """Waits until it uses less than a fiftieth of a core; the seconds of processor time until then."""
        deadline, before = time.monotonic() + seconds, self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.25)
            now = self.cpu_seconds()
            if now - before < 0.005:
                return now
            before = now
        raise MeasurementFailed(f"{self.command} was not idle within {seconds:g} s")

    def _read(self) -> None:
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode(errors="replace").rstrip())
                del self.lines[:-1000]
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()


def json_of(core: int | str, command: list[object], seconds: float, root: Path) -> dict:
    """What a program that prints one JSON object printed."""
    words = on_core(core, command)
    note(words, root)
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                              preexec_fn=_die_with_parent)
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"not over within {seconds:g} s: {' '.join(words)}") from None
    if done.returncode or not done.stdout.strip():
        raise MeasurementFailed(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
