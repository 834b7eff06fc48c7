"""Our two programs, and how foreign players are run against a server."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from harness import Bench, Failed, Program, require
from media import Clip, hashes_in, load, picture_hashes


class Server:
    """rtsp-server on a port of its own choice, ready."""

    def __init__(self, bench: Bench, *arguments: object, stdin: int | None = None):
        options = {} if stdin is None else {"stdin": stdin}
        self.program: Program = bench.start(bench.binaries / "rtsp-server", "--port", 0, "--bind", "127.0.0.1",
                                            *arguments, **options)
        self.port = int(self.program.wait_for(r"^ready on port (\d+)")[1])

    def url(self, name: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{name}"

    def ended_session(self, count: int = 1, seconds: float = 10) -> "SessionEnd":
        """The line of the session that ended as the `count`th, as soon as it is there."""
        line = self.program.wait_for(r"^session \S+ ended: .*", seconds, count)[0]
        return SessionEnd.read(line)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        status = self.program.stop(how)
        require(status == 0, f"rtsp-server ended with status {status}: {self.program.last_words()}")
        require("stopped" in self.program.output, "rtsp-server did not say that it stopped")
        trouble = [line for line in self.program.errors if "warning" not in line.lower()]
        require(not trouble, f"rtsp-server said on standard error: {trouble[:2]}")


@dataclass(frozen=True)
class SessionEnd:
    line: str
    frames: int
    packets: int
    lost: int | None

    @staticmethod
    def read(line: str) -> "SessionEnd":
        def number(pattern: str) -> int | None:
            match = re.search(pattern, line)
            return int(match[1]) if match else None

        return SessionEnd(line, number(r"(\d+) frames") or 0, number(r"(\d+) packets,") or 0,
                          number(r"(\d+) packets reported lost"))

    def require_whole(self, clip: Clip) -> str:
        """All frames sent, and no loss reported; a client that sends no report has lost nothing that we know of."""
        require(self.frames == clip.count, f"the server sent {self.frames} of {clip.count} frames: {self.line}")
        require(not self.lost, f"the client reported loss: {self.line}")
        return "no report of loss" if self.lost is None else "0 packets lost"


def serve(bench: Bench, name: str) -> tuple[Server, Clip]:
    clip = load(bench.media / name)
    return Server(bench, clip.medium), clip


def ffmpeg_plays(bench: Bench, url: str, transport: str, before: tuple[str, ...] = (), seconds: float = 30) -> list[str]:
    """The hashes of the pictures that FFmpeg receives and decodes.

    FFmpeg gathers a second's worth of frames to learn the frame rate, then decodes them all without reading its socket,
    which a default socket buffer does not survive at 1280x720 on a busy machine; so it is told to gather less.
    """
    listing = bench.path(f"ffmpeg-{len(bench.programs)}.md5")
    bench.run("ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", transport, "-analyzeduration", "200000",
              "-fpsprobesize", "0", *before, "-i", url, "-fps_mode", "passthrough", "-f", "framemd5", listing, seconds=seconds)
    return hashes_in(listing.read_text())


def gstreamer_plays(bench: Bench, url: str, transport: str, seconds: float = 30) -> Path:
    """The folder of the JPEGs that GStreamer receives.

    At the end of a clip rtspsrc begins a PAUSE and, closing, cuts it off before it is sent: a fault of its own, which only
    its exit status shows.
    """
    folder = bench.new_folder(f"gst-{len(bench.programs)}")
    program = bench.run("gst-launch-1.0", "-q", "rtspsrc", f"location={url}", f"protocols={transport}", "!", "rtpjpegdepay",
                        "!", "multifilesink", f"location={folder}/%06d.jpg", seconds=seconds, status=None)
    cut_off_itself = any("gst_rtspsrc_pause" in line for line in program.errors)
    require(program.process.returncode == 0 or cut_off_itself, f"GStreamer: {program.last_words()}")
    return folder


def vlc_command(bench: Bench, *arguments: object) -> tuple[list[object], dict[str, str]]:
    """VLC refuses to run as root; then it runs as nobody, with a home of its own."""
    home = bench.new_folder("home")
    home.chmod(0o777)
    user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 and shutil.which("runuser") else []
    return [*user, "cvlc", "-I", "dummy", "--no-color", "--no-audio", *arguments], {**os.environ, "HOME": str(home)}


@dataclass(frozen=True)
class Play:
    """What our client said of a session."""

    status: int
    summary: dict
    program: Program

    @property
    def complaint(self) -> str:
        return " | ".join(self.program.errors)


def client_plays(bench: Bench, url: str, *options: object, seconds: float = 30, status: int | None = 0) -> Play:
    """Runs rtsp-client to its end; `status` None takes any exit status."""
    program = bench.run(bench.binaries / "rtsp-client", "play", url, "--json", *options, seconds=seconds, status=status)
    summary = {}
    if program.output and program.output[-1].startswith("{"):
        summary = json.loads(program.output[-1])
    elif status == 0:
        raise Failed(f"no JSON in the last line of rtsp-client: {program.last_words()}")
    return Play(program.process.returncode, summary, program)


def saved_hashes(folder: Path) -> list[str]:
    """The hashes of the pictures that our client saved, whose names must count up from 1."""
    names = sorted(path.name for path in folder.iterdir())
    expected = [f"frame-{index:06d}.jpg" for index in range(1, len(names) + 1)]
    require(names == expected, f"saved frames are named {names[:3]} … {names[-1:]}")
    return picture_hashes(folder)


def require_transport(play: Play, transport: str) -> None:
    """The client says `udp` or `tcp`, or gives the whole Transport header."""
    said = play.summary["transport"]
    is_tcp = "tcp" in said.lower()
    require(is_tcp == (transport == "tcp"), f"played over {said}")
