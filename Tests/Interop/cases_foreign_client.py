"""Our server, foreign players: whole clips, every decoded picture the same as the source's."""

from __future__ import annotations

import json

from harness import Bench, NotApplicable, case, has_vlc_with_rtsp, require
from media import compare, frame_code, grey_pictures, mean_difference, picture_hashes
from programs import ffmpeg_plays, gstreamer_plays, serve, vlc_command

SECTION = "Our server, foreign players"
CLIPS = {"movie": "640x360", "sample": "1280x720"}
SHARED = {"flower": "640x360 4:2:2", "china": "1280x720 4:2:0"}


def whole_clip_ffmpeg(bench: Bench, clip_name: str, transport: str) -> str:
    server, clip = serve(bench, clip_name)
    seen = compare(ffmpeg_plays(bench, server.url(clip.name), transport), clip)
    loss = server.ended_session().require_whole(clip)
    server.stop()
    return f"{seen}, {loss}"


def whole_clip_gstreamer(bench: Bench, clip_name: str, transport: str) -> str:
    server, clip = serve(bench, clip_name)
    folder = gstreamer_plays(bench, server.url(clip.name), transport)
    seen = compare(picture_hashes(folder), clip)
    loss = server.ended_session().require_whole(clip)
    server.stop()
    return f"{seen}, {loss}"


for name, what in (CLIPS | SHARED).items():
    for transport in ("udp", "tcp"):
        def with_ffmpeg(bench: Bench, name=name, transport=transport) -> str:
            require_clip(bench, name)
            return whole_clip_ffmpeg(bench, name, transport)

        def with_gstreamer(bench: Bench, name=name, transport=transport) -> str:
            require_clip(bench, name)
            return whole_clip_gstreamer(bench, name, transport)

        # On a busy machine the players' sockets overflow at 1280x720, and GStreamer leaves unread what is in its socket when
        # RTCP BYE comes.
        alone = transport == "udp" and "1280" in what
        case(f"ffmpeg-{transport}-{name}", SECTION, f"FFmpeg, {transport}, {name} {what}", alone=alone)(with_ffmpeg)
        case(f"gst-{transport}-{name}", SECTION, f"GStreamer, {transport}, {name} {what}",
             needs=("gst-launch-1.0",), alone=transport == "udp")(with_gstreamer)


def require_clip(bench: Bench, name: str) -> None:
    if not (bench.media / name).exists():
        raise NotApplicable("this clip is not on this machine")


@case("ffmpeg-seek", SECTION, "FFmpeg, udp and tcp, from second 5 on")
def seeks(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    for transport in ("udp", "tcp"):
        pictures = ffmpeg_plays(bench, server.url(clip.name), transport, before=("-ss", "5"))
        require(pictures, f"nothing came over {transport}")
        require(pictures[0] == clip.pictures[5 * clip.fps], f"{transport} starts elsewhere")
        compare(pictures, clip, start=5 * clip.fps)
    server.stop()
    return f"the first picture is number {5 * clip.fps}, all the rest follow"


@case("ffprobe", SECTION, "ffprobe: codec, size, frame rate", needs=("ffprobe",))
def probes(bench: Bench) -> str:
    seen = []
    for name in ("movie", "sample"):
        server, clip = serve(bench, name)
        probe = bench.run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json",
                          server.url(clip.name))
        streams = json.loads("\n".join(probe.output))["streams"]
        require(len(streams) == 1, f"{len(streams)} streams")
        stream = streams[0]
        above, below = map(int, stream["avg_frame_rate"].split("/"))
        found = (stream["codec_name"], stream["width"], stream["height"], above / max(1, below))
        require(found == ("mjpeg", clip.width, clip.height, clip.fps), f"{clip.name}: ffprobe says {found}")
        seen.append(f"{found[0]} {found[1]}x{found[2]} at {found[3]:g}/s")
        server.stop()
    return ", ".join(seen)


def vlc_plays(bench: Bench, transport: str) -> str:
    """VLC decodes and its scene filter saves every fifth picture; each must look like the source's of its number."""
    if not has_vlc_with_rtsp():
        raise NotApplicable("this VLC has no RTSP: Debian builds it without live555 (Debian bug 981439)")
    server, clip = serve(bench, "movie")
    folder = bench.new_folder("pictures")
    folder.chmod(0o777)
    command, environment = vlc_command(
        bench, "--play-and-exit", "--vout=dummy", "--video-filter=scene", "--scene-format=png", "--scene-ratio=5",
        "--scene-prefix=picture-", f"--scene-path={folder}", *(["--rtsp-tcp"] if transport == "tcp" else []),
        server.url(clip.name))
    bench.run(*command, env=environment, seconds=40, status=None)
    images = b"".join(path.read_bytes() for path in sorted(folder.glob("*.png")))
    require(images, "VLC saved no picture")
    numbers = []
    for picture in grey_pictures(images, clip.width, clip.height):
        number = frame_code(picture, clip.width, clip.height)
        require(number is not None and number < clip.count, "a picture without a readable number")
        source = grey_pictures(clip.image(number), clip.width, clip.height)[0]
        require(mean_difference(picture, source) < 4, f"picture {number} does not look like the source's")
        numbers.append(number)
    require(numbers == sorted(set(numbers)), f"pictures out of order: {numbers}")
    require(len(numbers) >= clip.count // 5 * 0.8, f"only {len(numbers)} pictures")
    server.stop()
    return f"{len(numbers)} pictures saved, all alike their source"


for transport in ("udp", "tcp"):
    def with_vlc(bench: Bench, transport=transport) -> str:
        return vlc_plays(bench, transport)

    case(f"vlc-{transport}", SECTION, f"VLC, {transport}, movie 640x360", needs=("cvlc",))(with_vlc)
