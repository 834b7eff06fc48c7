"""Servers that our client must survive: it says which fault, in one line, within its deadline, and keeps what it has."""

from __future__ import annotations

import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor

from bad_server import SDP, BadServer, rtp_packets
from harness import Bench, case, free_port, require
from media import load
from programs import Play, client_plays, require_transport

SECTION = "Bad servers of the client"
NEEDS = ("rtsp-client",)


def fails(bench: Bench, server: BadServer, status: int | None = None, within: float = 15, *options: object) -> Play:
    """The client ends with a documented status other than 0, and says why in one line."""
    started = time.monotonic()
    play = client_plays(bench, server.url, *options, status=None, seconds=within + 5)
    seconds = time.monotonic() - started
    require(seconds < within, f"it took {seconds:.1f} s")
    documented = (65, 66, 68, 69, 73, 74, 75, 76, 77)
    require(play.status in documented, f"status {play.status} is not documented: {play.program.last_words()}")
    require(status is None or play.status == status, f"status {play.status}, not {status}: {play.complaint}")
    lines = [line for line in play.program.errors if not line.endswith("trying TCP")]
    require(len(lines) == 1, f"{len(lines)} lines on standard error: {play.complaint}")
    return play


def images(bench: Bench, count: int = 10) -> list[bytes]:
    clip = load(bench.media / "movie")
    return [clip.image(index) for index in range(count)]


@case("bad-server-refuses", SECTION, "404, 401, 454, 461, 500 to DESCRIBE, SETUP, PLAY", needs=NEEDS, seconds=90, idle=True)
def refuses(bench: Bench) -> str:
    seen = []
    for method, answered, status in (("DESCRIBE", 404, 66), ("DESCRIBE", 401, 77), ("DESCRIBE", 500, 69), ("SETUP", 461, 69),
                                     ("SETUP", 500, 69), ("PLAY", 454, 69), ("PLAY", 500, 69)):
        server = BadServer(answers={method: answered})
        play = fails(bench, server, status)
        require(str(answered) in play.complaint or status == 77, f"{method} {answered} is not named: {play.complaint}")
        seen.append(f"{method} {answered}: {play.status}")
    return ", ".join(seen)


@case("bad-server-unreachable", SECTION, "nobody listens; no such host", needs=NEEDS)
def unreachable(bench: Bench) -> str:
    for url in (f"rtsp://127.0.0.1:{free_port()}/x", "rtsp://no-such-host.invalid/x"):
        play = client_plays(bench, url, status=None, seconds=20)
        require(play.status == 68, f"{url}: status {play.status}: {play.complaint}")
        require(len(play.program.errors) == 1, f"{len(play.program.errors)} lines: {play.complaint}")
    return "status 68 both times"


@case("bad-server-nonsense", SECTION, "answers that are not RTSP", needs=NEEDS, seconds=90, idle=True)
def nonsense(bench: Bench) -> str:
    seen = []
    kinds = {
        "HTTP": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "random": os.urandom(5000),
        "endless": b"RTSP/1.0 200 OK\r\nX: " + b"a" * 200_000,
        "lying length": b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999999\r\n\r\n",
    }
    for name, bytes_ in kinds.items():
        play = fails(bench, BadServer(nonsense=dict.fromkeys(("OPTIONS", "DESCRIBE"), bytes_)), within=20)
        seen.append(f"{name}: {play.status}")
    descriptions = {
        "SDP without video": "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 0\r\n",
        "SDP of H.264": SDP.replace("RTP/AVP 26", "RTP/AVP 96").replace("26 JPEG", "96 H264"),
        "SDP garbage": "\0\1\2" * 40,
    }
    for name, sdp in descriptions.items():
        play = fails(bench, BadServer(sdp=sdp), within=20)
        seen.append(f"{name}: {play.status}")
    return ", ".join(seen)


@case("bad-server-stalls", SECTION, "silent on DESCRIBE, SETUP, PLAY; no media after PLAY", needs=NEEDS, seconds=120, idle=True)
def stalls(bench: Bench) -> str:
    kinds = {"DESCRIBE": ("OPTIONS", "DESCRIBE"), "SETUP": ("SETUP",), "PLAY": ("PLAY",), "media": ()}

    def plays(missing: str) -> str:
        play = fails(bench, BadServer(silent_on=kinds[missing]), 75, 30)
        said = play.program.errors[-1]
        named = missing == "media" or any(method in said for method in kinds[missing])
        require(named, f"{missing} is not named: {said}")
        return f"{missing}: {play.status}"

    with ThreadPoolExecutor(4) as pool:
        return ", ".join(pool.map(plays, kinds))


@case("bad-server-garbage-rtp", SECTION, "garbage RTP, another payload type", needs=NEEDS, seconds=90)
def garbage_rtp(bench: Bench) -> str:
    sound = rtp_packets(images(bench, 20))
    kinds = {
        "random bytes": [os.urandom(200) for _ in range(400)],
        "empty": [b""] * 400,
        "JPEG headers that lie": [packet[:12] + os.urandom(8) + packet[20:] for packet in sound],
        "payload type 96": rtp_packets(images(bench, 20), payload_type=96),
    }

    def plays(name: str, transport: str) -> str:
        play = fails(bench, BadServer(packets=kinds[name]), None, 25, "--transport", transport)
        require(play.summary.get("frames") == 0, f"{name}: {play.summary.get('frames')} frames of it")
        return f"{name}, {transport}: {play.status}"

    with ThreadPoolExecutor(8) as pool:
        return ", ".join(pool.map(plays, list(kinds) * 2, ["udp"] * len(kinds) + ["tcp"] * len(kinds)))


@case("bad-server-mixed-in", SECTION, "another SSRC and garbage among good packets: all good frames shown", needs=NEEDS)
def mixed_in(bench: Bench) -> str:
    good = rtp_packets(images(bench, 50))
    other = rtp_packets(images(bench, 50), ssrc=0x9999, first=30_000)
    mixed = []
    for index, packet in enumerate(good):
        mixed += [packet] if index < 40 else [packet, os.urandom(100), other[index]]
    for transport in ("udp", "tcp"):
        play = client_plays(bench, BadServer(packets=mixed, pace=0.001).url, "--transport", transport, "--frames", "40")
        require(play.summary["frames"] == 40, f"{play.summary['frames']} of 40 frames")
    return "40 of 40 frames over udp and tcp"


@case("bad-server-closes", SECTION, "closes in the middle: the frames it has are kept", needs=NEEDS)
def closes(bench: Bench) -> str:
    for transport in ("udp", "tcp"):
        frames = bench.path(f"frames-{transport}")
        server = BadServer(packets=rtp_packets(images(bench, 10)), closes=True)
        play = fails(bench, server, 74, 20, "--transport", transport, "--save-frames", frames)
        require(len(list(frames.iterdir())) == 10, f"{len(list(frames.iterdir()))} of 10 frames kept over {transport}")
    return "10 of 10 frames kept over udp and tcp, status 74"


@case("bad-server-media-stops", SECTION, "media stops without a word: said within the deadline", needs=NEEDS, seconds=60,
      idle=True)
def media_stops(bench: Bench) -> str:
    frames = bench.path("frames")
    started = time.monotonic()
    play = fails(bench, BadServer(packets=rtp_packets(images(bench, 10))), 75, 30, "--transport", "tcp", "--save-frames", frames)
    require(len(list(frames.iterdir())) == 10, f"{len(list(frames.iterdir()))} of 10 frames kept")
    return f"10 frames kept, status {play.status} after {time.monotonic() - started:.0f} s: {play.complaint}"


@case("bad-server-loss", SECTION, "packets lost, twice, late: whole frames only, all counted", needs=NEEDS)
def loss(bench: Bench) -> str:
    packets = rtp_packets(images(bench, 30))
    frame_of = [struct.unpack("!I", packet[4:8])[0] for packet in packets]
    firsts = [frame_of.index(stamp) for stamp in sorted(set(frame_of))]
    lost = {firsts[5] + 3, firsts[9] + 2, firsts[9] + 4}
    order = [index for index in range(len(packets)) if index not in lost]
    swap = order.index(firsts[15] + 4)
    order[swap], order[swap + 2] = order[swap + 2], order[swap]
    order.insert(order.index(firsts[20] + 5), firsts[20] + 4)
    play = client_plays(bench, BadServer(packets=[packets[index] for index in order], pace=0.001).url, "--transport", "udp",
                        "--frames", "28")
    summary = play.summary
    require(summary["frames"] == 28, f"{summary['frames']} frames, 28 are whole")
    require(summary["incompleteFrames"] == 2, f"{summary['incompleteFrames']} incomplete frames, not 2")
    require(summary["packetsLost"] in (2, 3), f"{summary['packetsLost']} packets lost, not 3 (or 2 where one came twice)")
    require(summary["packetsReordered"] >= 1, "no packet counted as reordered")
    return f"28 frames, 2 incomplete, {summary['packetsLost']} lost, {summary['packetsReordered']} reordered"


@case("udp-refused", "UDP blocked", "461 to UDP: goes on over tcp", needs=NEEDS)
def udp_refused(bench: Bench) -> str:
    return goes_on_over_tcp(bench, BadServer(refuse_udp=True, packets=rtp_packets(images(bench, 50))), 2000)


@case("udp-mute", "UDP blocked", "nothing arrives over UDP: goes on over tcp after three seconds", needs=NEEDS)
def udp_mute(bench: Bench) -> str:
    return goes_on_over_tcp(bench, BadServer(mute_udp=True, packets=rtp_packets(images(bench, 50))), 5000)


def goes_on_over_tcp(bench: Bench, server: BadServer, milliseconds: int) -> str:
    started = time.monotonic()
    play = client_plays(bench, server.url, "--frames", "20")
    require(play.summary["frames"] == 20, f"{play.summary['frames']} of 20 frames")
    require_transport(play, "tcp")
    passed = (time.monotonic() - started) * 1000
    require(passed < milliseconds + 3000, f"it took {passed:.0f} ms")
    return f"20 frames over tcp, done after {passed / 1000:.1f} s"
