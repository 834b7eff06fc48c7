"""What every experiment works with: the settings, the servers, the load and the C limit."""

from __future__ import annotations

import statistics
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from programs import MeasurementFailed, Program, json_of


CLIP_FRAMES = 150


@dataclass
class Settings:
    runs: int = 3
    seconds: float = 6          # counted, after a warm-up of
    warm_up: float = 2
    limit_seconds: float = 3
    readers: tuple[int, ...] = (1, 10, 50, 100, 200, 400)
    many: int = 100             # the readers of all that is measured at one number
    most: int = 2000            # where the search for the most readers gives up
    cycle_seconds: float = 4
    cycles: int = 100_000
    idle: int = 200
    stored_sessions: int = 200
    stored_bytes: int = 2_000_000_000
    stalled: int = 20
    stall_seconds: float = 6
    streams: tuple[int, ...] = (1, 10, 50)
    fps: int = 30
    server_core: int = 0
    load_core: int = 1


QUICK = Settings(runs=1, seconds=1.5, warm_up=0.5, limit_seconds=1, readers=(1, 10), many=10, most=20, cycle_seconds=1, cycles=500,
                 idle=20, stored_sessions=10, stored_bytes=100_000_000, stalled=2, stall_seconds=2, streams=(1, 2))


@dataclass
class Bench:
    root: Path
    tools: Path                 # the built tools, the clip and the stored file
    server: Path                # rtsp-server
    client: Path | None         # rtsp-client, where it can receive many streams
    settings: Settings
    failures: list[str] = field(default_factory=list)

    @property
    def clip(self) -> Path:
        return self.tools / "clip.mjpeg"

    @property
    def stored(self) -> Path:
        return self.tools / "stored.mjpeg"

    @property
    def bytes_per_second(self) -> float:
        """Of the clip at its rate, JPEG headers included."""
        return self.clip.stat().st_size / CLIP_FRAMES * self.settings.fps

    @property
    def has_gst(self) -> bool:
        return (self.tools / "gst-peer").exists()

    @property
    def peers(self) -> tuple[str, ...]:
        return ("ours", "gst") if self.has_gst else ("ours",)

    # ---- servers

    @contextmanager
    def serving(self, who: str, *options: object, stored: bool = False, cores: str | None = None, threads: int = 1,
                pacing: str | None = "burst") -> Iterator["Server"]:
        """A fresh server, which ends with the block."""
        if who == "gst":
            command: list[object] = [self.tools / "gst-peer", self.clip, self.settings.fps]
        elif who == "floor":
            command = [self.tools / "climit", "floor", "-s", 120]
        else:
            offer = ["--loop", f"live={self.stored}@{self.settings.fps}"] if stored else ["--live", f"live={self.clip}@{self.settings.fps}"]
            command = [self.server, "--bind", "127.0.0.1", "--port", 0, "--threads", threads,
                       *(["--pacing", pacing] if pacing else []), *options, *offer]
        with Program(cores or self.settings.server_core, command, self.root) as program:
            port = int(program.wait_for(r"^ready on port (\d+)", 30)[0][1])
            if stored:
                program.wait_until_idle(120)  # until the frames of the file have been found
            yield Server(self, program, port)

    # ---- the C limit

    def limit(self, what: str, *options: object, seconds: float | None = None) -> dict:
        s = self.settings
        seconds = seconds or s.limit_seconds
        command = [self.tools / "climit", what, *options, "--clip", self.clip, "-s", seconds, "--fps", s.fps,
                   "--cpu", s.server_core, "--other-cpu", s.load_core]
        return json_of(f"{s.server_core},{s.load_core}", command, seconds + 30, self.root)

    # ---- results

    def attempt(self, what: str, work) -> dict | None:
        """The result of the work; a run that fails is told, and is not a figure."""
        try:
            return work()
        except (MeasurementFailed, ProcessLookupError, OSError) as failure:
            self.failures.append(f"{what}: {failure}")
            print(f"measure: {what}: {failure}", file=sys.stderr, flush=True)
            return None

    def rounds(self, what: str, *works) -> list[dict | None]:
        """The medians of several works, whose runs alternate, so that they share their minutes."""
        found: list[list[dict]] = [[] for _ in works]
        for _ in range(self.settings.runs):
            for results, work in zip(found, works):
                if (result := self.attempt(what, work)) is not None:
                    results.append(result)
        summaries = [medians(results) for results in found]
        print(f"{what}: " + "; ".join(brief(summary) for summary in summaries), flush=True)
        return summaries


@dataclass
class Server:
    bench: Bench
    program: Program
    port: int

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/live"

    def load(self, transport: str, *options: object, readers: int | None = None, seconds: float | None = None,
             warm_up: float | None = None, ramp: int = 200, extra_seconds: float = 0) -> dict:
        s = self.bench.settings
        seconds = s.seconds if seconds is None else seconds
        warm_up = s.warm_up if warm_up is None else warm_up
        command = [self.bench.tools / "rtspload", f"--{transport}", *(["-n", readers] if readers is not None else []),
                   "-s", seconds, "--warm", warm_up, "--ramp", ramp, "--fps", s.fps, "--pid", self.program.pid, *options, self.url]
        found = json_of(s.load_core, command, seconds + warm_up + extra_seconds + (readers or 0) / ramp + 40, self.bench.root)
        if readers and found["playing"] + found["idle"] < readers:
            raise MeasurementFailed(f"of {readers} sessions, {found['playing'] + found['idle']} came about")
        return found


def medians(results: list[dict]) -> dict | None:
    """The median of each figure; of the first, which the tables show, the least and the most as well."""
    if not results:
        return None
    summary: dict = {"runs": len(results)}
    for name in results[0]:
        values = [result[name] for result in results if isinstance(result.get(name), (int, float))]
        summary[name] = statistics.median(values) if values else results[0][name]
    for name in ("cpu_s_per_gb", "server_cpu_s_per_gb", "cycles_per_s"):
        if name in results[0]:
            values = [result[name] for result in results if result.get(name) is not None]
            summary[f"{name}_range"] = [min(values), max(values)] if values else None
    return summary


def brief(summary: dict | None) -> str:
    names = ("cpu_s_per_gb", "server_cpu_s_per_gb", "fps_median", "lost_ratio", "cycles_per_s", "setup_answer_p99_ms", "rss_kb")
    if summary is None:
        return "no figure"
    return " ".join(f"{name}={summary[name]:.4g}" for name in names if summary.get(name) is not None)
