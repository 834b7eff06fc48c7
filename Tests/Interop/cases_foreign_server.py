"""Foreign servers, our client: every frame in order, with the pictures and the scan data of the source."""

from __future__ import annotations

from pathlib import Path

from harness import Bench, NotApplicable, case, find_python_with_gstreamer, require
from media import Clip, compare, lab_frames, load, raw_frames, sampling, scan_data
from programs import client_plays, require_transport, saved_hashes, serve

SECTION = "Foreign server, our client"
NEEDS = ("gst-rtsp-server", "rtsp-client")


def gstreamer_server(bench: Bench, clip: Clip, transports: str = "any") -> str:
    """The URL of the clip on a GStreamer server."""
    program = bench.start(find_python_with_gstreamer(), Path(__file__).with_name("gst_server.py"), clip.jpegs, clip.fps,
                          transports)
    port = program.wait_for(r"^ready on port (\d+)")[1]
    return f"rtsp://127.0.0.1:{port}/clip"


def plays_whole(bench: Bench, url: str, clip: Clip, transport: str) -> str:
    frames = bench.path("frames")
    play = client_plays(bench, url, "--transport", transport, "--save-frames", frames, seconds=clip.seconds + 15)
    seen = compare(saved_hashes(frames), clip)
    for index, path in enumerate(sorted(frames.iterdir())):
        image, source = path.read_bytes(), clip.image(index)
        is_recoded = sampling(image) != sampling(source)  # losslessly, where RFC 2435 cannot carry the source as it is
        require(is_recoded or scan_data(image) == scan_data(source), f"frame {index} has other scan data")
    summary = play.summary
    require(summary["packetsLost"] == 0 and summary["incompleteFrames"] == 0, f"loss: {summary}")
    require(summary["frames"] == clip.count, f"the client counts {summary['frames']} frames")
    require_transport(play, transport)
    return f"{seen}, first after {summary['firstFrameMilliseconds']:.0f} ms, {summary['framesPerSecond']:.1f}/s"


for name, what in {"movie": "640x360", "sample": "1280x720", "flower": "640x360 4:2:2", "china": "1280x720 4:2:0"}.items():
    for transport in ("udp", "tcp"):
        def from_gstreamer(bench: Bench, name=name, transport=transport) -> str:
            clip = clip_named(bench, name)
            return plays_whole(bench, gstreamer_server(bench, clip), clip, transport)

        def from_ours(bench: Bench, name=name, transport=transport) -> str:
            clip_named(bench, name)
            server, clip = serve(bench, name)
            seen = plays_whole(bench, server.url(clip.name), clip, transport)
            loss = server.ended_session().require_whole(clip)
            server.stop()
            return f"{seen}, {loss}"

        alone = transport == "udp" and "1280" in what
        if name != "flower":  # sampled 2x2 1x2 1x2, which GStreamer does not send
            case(f"client-gst-{transport}-{name}", SECTION, f"GStreamer, {transport}, {name} {what}", needs=NEEDS,
                 alone=alone)(from_gstreamer)
        case(f"client-ours-{transport}-{name}", "Our server, our client", f"{transport}, {name} {what}",
             needs=("rtsp-client",), alone=alone)(from_ours)


def clip_named(bench: Bench, name: str) -> Clip:
    if not (bench.media / name).exists():
        raise NotApplicable("this clip is not on this machine")
    return load(bench.media / name)


@case("client-gst-fallback", SECTION, "GStreamer that refuses udp: the client goes on over tcp", needs=NEEDS)
def falls_back(bench: Bench) -> str:
    clip = load(bench.media / "movie")
    play = client_plays(bench, gstreamer_server(bench, clip, "tcp"), "--transport", "auto", "--frames", "25")
    require_transport(play, "tcp")
    require(play.summary["firstFrameMilliseconds"] < 4000, f"{play.summary['firstFrameMilliseconds']} ms to the first frame")
    return f"first frame after {play.summary['firstFrameMilliseconds']:.0f} ms"


@case("client-gst-pause", SECTION, "GStreamer, tcp: pause and play again", needs=NEEDS)
def pauses_gstreamer(bench: Bench) -> str:
    clip = load(bench.media / "movie")
    return pauses(bench, gstreamer_server(bench, clip), clip)


@case("client-ours-pause", "Our server, our client", "tcp: pause and play again", needs=("rtsp-client",))
def pauses_ours(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    return pauses(bench, server.url(clip.name), clip)


def pauses(bench: Bench, url: str, clip: Clip) -> str:
    """A pause loses nothing: the frames before and after it are consecutive. It comes between two frames, since GStreamer drops
    the one that is in its pipeline then."""
    frames = bench.path("frames")
    play = client_plays(bench, url, "--transport", "tcp", "--pause", "1.025:1", "--frames", "75", "--save-frames", frames)
    seen = compare(saved_hashes(frames), clip, count=75)
    seconds = play.summary["durationSeconds"]
    return f"{seen} in {seconds:.1f} s"


@case("client-ours-seek", "Our server, our client", "udp and tcp: from second 5 on", needs=("rtsp-client",))
def seeks(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    for transport in ("udp", "tcp"):
        frames = bench.path(transport)
        client_plays(bench, server.url(clip.name), "--transport", transport, "--from", "5", "--save-frames", frames)
        seen = compare(saved_hashes(frames), clip, start=5 * clip.fps)
    return seen


@case("client-ours-record", "Our server, our client", "recordings in both formats, snapshot, describe", needs=("rtsp-client",))
def records(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    url = server.url(clip.name)
    client_plays(bench, url, "--frames", "10", "--record", bench.path("a.Mjpeg"), "--format", "lab")
    client_plays(bench, url, "--frames", "10", "--record", bench.path("b.Mjpeg"), "--format", "raw",
                 "--snapshot", bench.path("shot.jpg"))
    source = [scan_data(clip.image(index)) for index in range(10)]
    for file, split in (("a.Mjpeg", lab_frames), ("b.Mjpeg", raw_frames)):
        images = split(bench.path(file).read_bytes())
        require([scan_data(image) for image in images] == source, f"{file} has {len(images)} frames, or other ones")
    require(scan_data(bench.path("shot.jpg").read_bytes()) == source[-1], "the snapshot is not the last frame shown")
    described = "\n".join(bench.run(bench.binaries / "rtsp-client", "describe", url).output)
    require("m=video" in described and "JPEG" in described, f"describe said: {described[:200]}")
    return "10 frames each, as in the source"
