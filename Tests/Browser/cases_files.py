"""Snapshots and recordings: what the browser saves is compared with the movie's own frames."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from harness import require
from media import Clip, ffmpeg, lab_frames, raw_frames, scan_data, size
from programs import Server
from stage import Page, Stage, case


def index_of(image: bytes, clip: Clip) -> int:
    """Which frame of the movie this is: the coded picture must be the same, byte for byte. The header is rebuilt (RFC 2435)."""
    scan = scan_data(image)
    for index in range(clip.count):
        if scan_data(clip.image(index)) == scan:
            return index
    raise AssertionError("no frame of the movie")


def count_frames(file: Path) -> int:
    """As FFmpeg counts what it can decode."""
    done = subprocess.run(["ffprobe", "-v", "error", "-f", "mjpeg", "-count_frames", "-show_entries", "stream=nb_read_frames",
                           "-of", "csv=p=0", file], capture_output=True, text=True, timeout=30)
    require(done.returncode == 0 and not done.stderr, f"ffprobe on {file.name}: {done.stderr[-300:]}")
    return int(done.stdout.strip().rstrip(","))


@case("a snapshot is the JPEG of the picture shown, byte for byte in its coded part")
def snapshot(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play(frames=5)
    shown = page.pause()
    page.click("snapshot")
    file = stage.downloaded("snapshot*.jpg")
    image = file.read_bytes()
    require(size(image) == (stage.movie.width, stage.movie.height), f"size {size(image)}")
    require(index_of(image, stage.movie) == shown, f"frame {index_of(image, stage.movie)} saved, frame {shown} shown")
    require(count_frames(file) == 1, "FFmpeg does not decode one picture")
    frame = page.element("picture").get_attribute("data-frame")
    require(file.stem.endswith(f"-{frame}"), f"{file.name} for frame {frame}")
    return f"frame {shown} as {file.name}"


@case("the key S saves a snapshot while playing")
def snapshot_key(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play(frames=5)
    page.element("picture").click()
    page.wait_for_state("Playing")
    page.press("s")
    file = stage.downloaded("snapshot*.jpg")
    return f"frame {index_of(file.read_bytes(), stage.movie)}"


def recorded(stage: Stage, page: Page, lab: bool) -> tuple[list[bytes], str]:
    """The frames of the file behind one of the two links."""
    page.click("download-lab" if lab else "download-raw")
    file = stage.downloaded("recording*.Mjpeg" if lab else "recording*.mjpeg")
    contents = file.read_bytes()
    if not lab:
        counted, found = count_frames(file), len(raw_frames(contents))
        require(counted == found, f"FFmpeg counts {counted} frames, and there are {found} in {len(contents)} bytes")
    file.unlink()
    return lab_frames(contents) if lab else raw_frames(contents), file.name


@case("a recording has in both formats as many frames as the page says, those of the movie and in order")
def recording(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    page.click("record")
    page.wait(lambda: (page.state()["recording"] or {}).get("on"), 3, "recording")
    drawn = len(page.drawn())
    page.wait_for_drawn(lambda seen: len(seen) > drawn + 20, 8, "20 more pictures")
    page.click("record")
    page.wait(lambda: page.state()["recording"] and not page.state()["recording"]["on"], 3, "the end of recording")
    count = page.state()["recording"]["frames"]
    require(count >= 15, f"only {count} frames were recorded")
    page.wait_for_text("recording", str(count))
    files = [recorded(stage, page, lab) for lab in (True, False)]
    require(files[0][0] == files[1][0], "the two formats hold different frames")
    frames = files[0][0]
    require(len(frames) == count, f"{len(frames)} frames in the file, {count} on the page")
    indices = [index_of(frame, stage.movie) for frame in frames]
    require(indices == list(range(indices[0], indices[0] + count)), f"frames {indices} were recorded")
    page.wait_for_state("Playing")
    return f"{count} frames, {indices[0]} to {indices[-1]}, as {files[0][1]} and {files[1][1]}"


@case("a recording that nobody downloaded is said to be replaced by the next; one that was downloaded is not")
def replaced_recording(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("pattern"))
    page.play()

    def record() -> None:
        page.click("record")
        page.wait(lambda: (page.state()["recording"] or {}).get("on") and page.state()["recording"]["frames"], 5, "frames")
        page.click("record")
        page.wait(lambda: not page.state()["recording"]["on"], 3, "the end of recording")

    def title() -> str:
        return page.element("record").get_attribute("title")

    record()
    page.wait(lambda: "replaced" in title(), 3, "a title that says so")
    record()
    said = page.wait_for_text("notice", "replaced", 2)
    recorded(stage, page, lab=True)
    page.wait(lambda: not title(), 3, "no more to lose")
    return said


@case("a recording goes on over Pause and Play and stays after Teardown")
def recording_over_pause(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.click("record")
    page.play(frames=8)
    page.pause()
    between = page.state()["recording"]["frames"]
    require(between > 0 and page.state()["recording"]["on"], f"recording: {page.state()['recording']}")
    page.play(frames=8)
    page.click("teardown")
    page.wait_for_state("Init")
    recording = page.state()["recording"]
    require(recording and recording["frames"] > between, f"after Teardown: {recording}, before {between}")
    frames, _ = recorded(stage, page, lab=False)
    require(len(frames) == recording["frames"], f"{len(frames)} frames in the file, {recording['frames']} said")
    return f"{between}, then {len(frames)} frames"


@case("frames too long for the lab format are counted, and that format is refused with the reason", console=("409",))
def too_long_for_lab(stage: Stage) -> str:
    noise = stage.bench.path("noise.mjpeg")
    ffmpeg("-f", "lavfi", "-i", "nullsrc=s=640x360:r=5:d=2,geq=lum='random(1)*255':cb=128:cr=128", "-pix_fmt", "yuvj420p",
           "-q:v", 2, "-huffman", "default", "-f", "mjpeg", noise)
    require(min(map(len, raw_frames(noise.read_bytes()))) > 99_999, "the noise fits the lab format")
    server = Server(stage.bench, f"{noise}@5")
    page = stage.open()
    page.set_up(server.url("noise.mjpeg"), transport="tcp")
    page.click("loop")
    page.click("record")
    page.play(frames=3)
    page.click("record")
    page.wait(lambda: not page.state()["recording"]["on"], 3, "the end of recording")
    recording = page.state()["recording"]
    require(recording["tooLongForLab"] == recording["frames"] > 0, f"{recording}")
    page.click("teardown")
    page.wait_for_state("Init")
    require(page.element("download-lab").get_attribute("aria-disabled") == "true", "the lab format is offered")
    frames, _ = recorded(stage, page, lab=False)
    require(len(frames) == recording["frames"], f"{len(frames)} frames in the file, {recording['frames']} said")
    path = page.run("return document.getElementById('download-raw').href").replace("format=raw", "format=lab")
    status, _, answer = stage.player.api.request("GET", urlsplit(path).path + "?format=lab")
    require(status == 409 and b"doesNotFit" in answer, f"{status} {answer[:200]!r}")
    return f"{recording['frames']} frames; {answer.decode()}"
