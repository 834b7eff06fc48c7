"""A live test pattern and a camera on standard input, for several players at once."""

from __future__ import annotations

import signal
import subprocess

from harness import Bench, case, require, wait_until
from media import frame_numbers, load
from programs import Server, client_plays

SECTION = "Live"
# Drawing and coding a picture takes 25 ms in a debug build: at this rate the pattern keeps up on a busy machine too.
WIDTH, HEIGHT, FPS = 640, 360, 10


def consecutive(numbers: list[int | None], who: str, at_least: int) -> str:
    """Every number one more than the one before: nothing lost, nothing twice."""
    require(len(numbers) >= at_least, f"{who} got {len(numbers)} pictures, {at_least} wanted")
    require(None not in numbers, f"{who}: a picture without a readable number")
    jumps = [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
    require(not jumps, f"{who}: numbers jump {jumps[:3]}")
    return f"{who}: {numbers[0]}-{numbers[-1]}"


@case("live-pattern", SECTION, "test pattern to FFmpeg, GStreamer and our client at once",
      needs=("gst-launch-1.0", "rtsp-client"), alone=True)
def pattern(bench: Bench) -> str:
    server = Server(bench, "--pattern", f"pattern={WIDTH}x{HEIGHT}@{FPS}")
    url, count = server.url("pattern"), 4 * FPS
    folders = {name: bench.new_folder(name) for name in ("FFmpeg", "GStreamer")}
    players = {
        "FFmpeg": bench.start("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "udp", "-i", url, "-c", "copy",
                              "-frames:v", count, "-f", "image2", folders["FFmpeg"] / "%06d.jpg"),
        "GStreamer": bench.start("gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=tcp", "!", "rtpjpegdepay",
                                 "!", "multifilesink", f"location={folders['GStreamer']}/%06d.jpg"),
    }
    folders["our client"] = bench.path("ours")
    client_plays(bench, url, "--transport", "udp", "--frames", count, "--save-frames", folders["our client"])
    require(players["FFmpeg"].wait(20) == 0, f"FFmpeg: {players['FFmpeg'].last_words()}")
    wait_until(lambda: len(list(folders["GStreamer"].iterdir())) > count, 10, "GStreamer's pictures")
    players["GStreamer"].stop(signal.SIGINT)
    pictures = sorted(folders["GStreamer"].iterdir())
    pictures[-1].unlink()  # it may have been cut by the end
    seen = [consecutive(frame_numbers(folder, WIDTH, HEIGHT), name, count) for name, folder in folders.items()]
    server.stop()
    return ", ".join(seen)


@case("live-camera", SECTION, "JPEGs on standard input", needs=("rtsp-client",))
def camera(bench: Bench) -> str:
    """The movie, sent in real time by FFmpeg as a camera would; its pictures carry numbers too."""
    clip = load(bench.media / "movie")
    feeder = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re", "-framerate", str(clip.fps), "-i",
                               f"{clip.jpegs}/%06d.jpg", "-c", "copy", "-f", "mjpeg", "-"],
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    server = Server(bench, "cam=-", stdin=feeder.stdout)
    feeder.stdout.close()
    frames = bench.path("frames")
    play = client_plays(bench, server.url("cam"), "--frames", "75", "--save-frames", frames)
    seen = consecutive(frame_numbers(frames, clip.width, clip.height), "our client", 75)
    feeder.kill()
    feeder.wait()
    server.stop()
    return f"{seen}, first after {play.summary['firstFrameMilliseconds']:.0f} ms"


@case("live-late-reader", SECTION, "second reader of a camera starts later and sees the same moment", alone=True)
def late_reader(bench: Bench) -> str:
    """Two FFmpegs, one after the other, at the pattern: the later one begins where the pattern is, not at its beginning."""
    server = Server(bench, "--pattern", f"pattern={WIDTH}x{HEIGHT}@{FPS}")
    numbers = []
    for name in ("first", "second"):
        folder = bench.new_folder(name)
        bench.run("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", server.url("pattern"), "-c", "copy",
                  "-frames:v", 20, "-f", "image2", folder / "%06d.jpg")
        numbers.append(frame_numbers(folder, WIDTH, HEIGHT))
        consecutive(numbers[-1], name, 20)
    require(numbers[1][0] > numbers[0][-1], f"the second began at {numbers[1][0]}, the first ended at {numbers[0][-1]}")
    server.stop()
    return f"{numbers[0][0]}-{numbers[0][-1]}, then {numbers[1][0]}-{numbers[1][-1]}"
