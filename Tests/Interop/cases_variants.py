"""Our server converts: pictures that RFC 2435 cannot carry, and the variants that a URL asks for."""

from __future__ import annotations

import json

from harness import Bench, case, require
from media import Clip, ffmpeg, load, size
from programs import Server, gstreamer_plays

SECTION = "Our server converts"
HALF = "scale=1/2&quality=60"


def probe(bench: Bench, url: str, transport: str) -> tuple[int, int]:
    """Width and height, as ffprobe sees them."""
    program = bench.run("ffprobe", "-v", "error", "-rtsp_transport", transport, "-show_streams", "-of", "json", url)
    stream = json.loads("\n".join(program.output))["streams"][0]
    return stream["width"], stream["height"]


def half(clip: Clip) -> tuple[int, int]:
    """Half the size, in eights as RFC 2435 says it."""
    return (clip.width // 2 + 7) // 8 * 8, (clip.height // 2 + 7) // 8 * 8


for transport in ("udp", "tcp"):
    def with_ffprobe(bench: Bench, transport=transport) -> str:
        clip = load(bench.media / "movie")
        server = Server(bench, clip.medium, "--adapt")
        found = probe(bench, f"{server.url(clip.name)}?{HALF}", transport)
        require(found in (half(clip), (clip.width // 2, clip.height // 2)), f"ffprobe says {found}")
        require(probe(bench, server.url(clip.name), transport) == (clip.width, clip.height), "the original is another one")
        server.stop()
        return f"{found[0]}x{found[1]} of {clip.width}x{clip.height}"

    def with_gstreamer(bench: Bench, transport=transport) -> str:
        clip = load(bench.media / "movie")
        server = Server(bench, f"--pattern=camera={clip.width}x{clip.height}@10", clip.medium, "--adapt")
        folder = gstreamer_plays(bench, f"{server.url(clip.name)}?{HALF}", transport)
        pictures = sorted(folder.glob("*.jpg"))
        require(pictures, "GStreamer saved no picture")
        require(all(size(path.read_bytes()) == half(clip) for path in pictures), "pictures of another size")
        require(not any("refused:" in line for line in server.program.output), "a request was refused")
        server.stop()
        return f"{len(pictures)} pictures of {half(clip)[0]}x{half(clip)[1]}"

    case(f"variant-ffprobe-{transport}", SECTION, f"ffprobe, {transport}, ?{HALF}", needs=("ffprobe",))(with_ffprobe)
    case(f"variant-gst-{transport}", SECTION, f"GStreamer, {transport}, ?{HALF}", needs=("gst-launch-1.0",))(with_gstreamer)


@case("convert-ffprobe", SECTION, "ffprobe, pictures with Huffman tables of their own, and 4:4:4", needs=("ffprobe",))
def foreign_pictures(bench: Bench) -> str:
    seen = []
    for name, options in {"own-tables": ("-pix_fmt", "yuvj420p", "-huffman", "optimal"),
                          "444": ("-pix_fmt", "yuvj444p", "-huffman", "default")}.items():
        file = bench.path(f"{name}.mjpeg")
        ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=3", *options, "-q:v", "3", "-f", "mjpeg", file)
        server = Server(bench, file)
        require(probe(bench, server.url(file.name), "tcp") == (320, 240), f"{name}: another size")
        server.program.wait_for(rf"^{name}.mjpeg: pictures are .* for RFC 2435")
        server.stop()
        refusing = Server(bench, "--convert", "off", file)
        bench.run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", refusing.url(file.name), status=None)
        refusing.program.wait_for(r"cannot travel as RTP/JPEG .*ffmpeg -i")
        refusing.stop()
        seen.append(name)
    return ", ".join(seen)
