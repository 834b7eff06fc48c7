"""Peers that a server must survive, while another client plays undisturbed."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import time
from pathlib import Path

from harness import Bench, Failed, case, free_port, require, wait_until
from media import compare, hashes_in, load
from peer import Peer
from programs import Server, serve

SECTION = "Bad peers of the server"
INTERLEAVED = "RTP/AVP/TCP;unicast;interleaved=0-1"
TRANSPORTS = {"udp": "RTP/AVP;", "tcp": "RTP/AVP/TCP;"}


@contextlib.contextmanager
def undisturbed(bench: Bench):
    """A server, with FFmpeg playing the whole clip over TCP beside whatever the case does."""
    server, clip = serve(bench, "movie")
    listing = bench.path("undisturbed.md5")
    player = bench.start("ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", "tcp", "-i", server.url(clip.name),
                         "-fps_mode", "passthrough", "-f", "framemd5", listing)
    server.program.wait_for(r"^session \S+ started")
    yield server, clip
    require(player.wait(clip.seconds + 10) == 0, f"the other client failed: {player.last_words()}")
    compare(hashes_in(listing.read_text()), clip)
    server.stop()


def answer_to(server: Server, data: bytes, seconds: float = 15) -> int:
    """The status that bytes are answered with, 0 for a close; either way the connection must be closed afterwards."""
    peer = Peer(server.port)
    peer.send(data)
    status, _ = peer.reply(seconds)
    if status:
        peer.wait_for_close(seconds)
    peer.close()
    return status


@case("peer-garbage", SECTION, "bytes that are not RTSP, and messages over the limits", seconds=60)
def garbage(bench: Bench) -> str:
    url = "rtsp://127.0.0.1/movie.Mjpeg"
    head = f"OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n".encode()
    random_bytes = random.Random(2326).randbytes
    cases = {
        "random bytes": (random_bytes(20_000), {0, 400, 408, 413, 414}),
        "zeros": (bytes(100_000), {0, 400, 408, 413, 414}),
        "HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", {0, 400, 505}),
        "TLS": (bytes.fromhex("16030100f8010000f40303") + random_bytes(240) + bytes(8000), {0, 400, 408, 413, 414}),
        "an endless line": (b"OPTIONS rtsp://" + b"a" * 200_000, {0, 400, 413, 414}),
        "an endless header": (head + b"X: " + b"a" * 200_000, {0, 400, 413}),
        "too many headers": (head + b"".join(b"X-%d: y\r\n" % index for index in range(5000)) + b"\r\n", {0, 400, 413}),
        "Content-Length negative": (head + b"Content-Length: -5\r\n\r\n", {0, 400, 413}),
        "Content-Length huge": (head + b"Content-Length: 99999999999999999999999\r\n\r\n", {0, 400, 413}),
        "Content-Length over the limit": (head + b"Content-Length: 2000000000\r\n\r\n", {0, 400, 413}),
        "Content-Length no number": (head + b"Content-Length: many\r\n\r\n", {0, 400, 413}),
        "Content-Length twice": (head + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", {0, 400, 413}),
        "no CSeq": (f"OPTIONS {url} RTSP/1.0\r\n\r\n".encode() + b"\0" * 10_000, {0, 400}),
    }
    seen = {}
    with undisturbed(bench) as (server, _):
        before = server.program.resident_bytes()
        for name, (data, allowed) in cases.items():
            try:
                seen[name] = answer_to(server, data)
            except Failed as failure:
                raise Failed(f"{name}: {failure}") from None
            require(seen[name] in allowed, f"{name}: answered {seen[name]}")
        grown = (server.program.resident_bytes() - before) / 1e6
        require(grown < 60, f"the server grew by {grown:.0f} MB")
    return ", ".join(f"{name}: {status or 'closed'}" for name, status in seen.items())


@case("peer-lying-length", SECTION, "a body shorter than its Content-Length, and one byte a second", seconds=60)
def slow_bytes(bench: Bench) -> str:
    with undisturbed(bench) as (server, _):
        liar, dripper = Peer(server.port), Peer(server.port)
        liar.send(b"OPTIONS rtsp://127.0.0.1/movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 5000\r\n\r\nshort")
        started = time.monotonic()
        dripper.socket.settimeout(1)  # the pace of the bytes, and the wait for an end, in one
        for byte in b"OPTIONS rtsp://127.0.0.1/movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\n":
            dripper.send(bytes([byte]))
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                if dripper.socket.recv(1000) in (b"",) or time.monotonic() - started > 25:
                    break
        dripped = time.monotonic() - started
        require(dripped < 20, "one byte a second was suffered for more than 20 s")
        liar.wait_for_close(20 - min(19, dripped))
    return f"closed after {dripped:.0f} s"


@case("peer-silent", SECTION, "nothing at all", seconds=90, idle=True)
def silent(bench: Bench) -> str:
    server, _ = serve(bench, "movie")
    seconds = Peer(server.port).wait_for_close(75)
    server.stop()
    return f"closed after {seconds:.0f} s"


@case("peer-wrong-requests", SECTION, "sound requests at the wrong time or for the wrong thing")
def wrong_requests(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    url = server.url(clip.name)
    seen = {}

    def expect(what: str, status: int | tuple[int, ...], answered: tuple[int, str], containing: str = "") -> None:
        seen[what] = answered[0]
        require(answered[0] in (status if isinstance(status, tuple) else (status,)), f"{what}: answered {answered[0]}")
        require(containing.lower() in answered[1].lower(), f"{what}: no {containing} in {answered[1]}")

    def fresh(method: str, target: str, *headers: str) -> tuple[int, str]:
        return Peer(server.port).request(method, target, *headers)

    expect("unknown method", 501, fresh("JUGGLE", url))
    expect("unknown path", 404, fresh("DESCRIBE", server.url("nothing-here")))
    expect("outside the folder", (400, 404), fresh("DESCRIBE", server.url("%2e%2e/%2e%2e/etc/passwd")))
    expect("no acceptable transport", 461, fresh("SETUP", url, "Transport: RTP/SAVP;unicast;client_port=5000-5001"))
    expect("no session", 454, fresh("PLAY", url))
    expect("wrong session", 454, fresh("PLAY", url, "Session: 0123456789"))
    expect("unknown Require", 551, fresh("OPTIONS", url, "Require: funky-feature"), "Unsupported: funky-feature")
    peer = Peer(server.port)
    peer.send(f"OPTIONS {url} RTSP/7.0\r\nCSeq: 1\r\n\r\n".encode())
    expect("version", 505, peer.reply())
    peer = Peer(server.port)
    peer.set_up(url, INTERLEAVED)
    peer.play(url)
    expect("SETUP while playing", 455, peer.request("SETUP", url, "Transport: RTP/AVP;unicast;client_port=5000-5001"))
    expect("range behind the end", 457, (peer.request("PAUSE", url), peer.request("PLAY", url, "Range: npt=500-"))[1])
    expect("GET_PARAMETER", 200, peer.request("GET_PARAMETER", url))
    expect("TEARDOWN", 200, peer.request("TEARDOWN", url))
    server.stop()
    return ", ".join(f"{what}: {status}" for what, status in seen.items())


@case("peer-vanishes", SECTION, "FFmpeg killed while it plays over tcp: its session ends at once")
def vanishes_tcp(bench: Bench) -> str:
    with undisturbed(bench) as (server, clip):
        seconds, why = kill_a_player(bench, server, server.url(clip.name), "tcp", 5)
    return f"ended after {seconds:.1f} s ({why})"


@case("peer-vanishes-udp", SECTION, "FFmpeg killed while it plays over udp: its session ends with its timeout", seconds=100,
      idle=True)
def vanishes_udp(bench: Bench) -> str:
    clip = load(bench.media / "movie")
    server = Server(bench, clip.medium, "--loop")
    seconds, why = kill_a_player(bench, server, server.url(clip.name), "udp", 80)
    server.stop()
    return f"ended after {seconds:.1f} s ({why})"


def kill_a_player(bench: Bench, server: Server, url: str, transport: str, within: float) -> tuple[float, str]:
    """How long the server kept the session of a player that was killed, and how it says that it ended."""
    player = bench.start("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url, "-f", "null", "-")
    started_line = rf"^session (\S+) started: .* over {TRANSPORTS[transport]}"
    session = server.program.wait_for(started_line, count=1 + (transport == "tcp"))[1]  # over TCP there is another player
    wait_until(lambda: has_worked(player.pid), 10, "media")
    started = time.monotonic()
    player.kill()
    line = server.program.wait_for(rf"^session {session} ended: .*", within)[0]
    require("torn down" not in line, f"not told as lost: {line}")
    return time.monotonic() - started, reason(line)


def has_worked(pid: int) -> bool:
    """FFmpeg that has spent some processor time has begun to decode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12]) >= 8


def reason(line: str) -> str:
    match = re.search(r"Mjpeg, (.*?), \d+ frames", line)
    return match[1] if match else line


@case("peer-stops-reading", SECTION, "clients that stop reading their TCP stream", seconds=60)
def stops_reading(bench: Bench) -> str:
    """Memory stays bounded, whoever does read gets everything, and requests of the stuck are not forgotten."""
    with undisturbed(bench) as (server, clip):
        before = server.program.resident_bytes()
        stuck = [Peer(server.port, receive_buffer=4096) for _ in range(4)]
        for peer in stuck:
            peer.set_up(server.url(clip.name), INTERLEAVED)
            peer.play(server.url(clip.name))
        most = before
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            most = max(most, server.program.resident_bytes())
            time.sleep(0.2)
        for peer in stuck:
            peer.close()
        grown = (most - before) / 1e6
        require(grown < 40, f"the server grew by {grown:.0f} MB for 4 clients that do not read")
    return f"the server grew by {grown:.0f} MB"


@case("peer-closed-udp-port", SECTION, "a client whose UDP port is closed")
def closed_udp_port(bench: Bench) -> str:
    with undisturbed(bench) as (server, clip):
        peer = Peer(server.port)
        port = free_port(socket.SOCK_DGRAM)
        peer.set_up(server.url(clip.name), f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        peer.play(server.url(clip.name))
        status, _ = peer.request("GET_PARAMETER", server.url(clip.name))
        require(status in (200, 454), f"GET_PARAMETER was answered {status}")
        if status == 200:
            require(peer.request("TEARDOWN", server.url(clip.name))[0] == 200, "TEARDOWN failed")
        end = server.ended_session()
    return reason(end.line)


@case("peer-thousand", SECTION, "1,000 sessions opened and dropped: nothing remains", seconds=60)
def thousand(bench: Bench) -> str:
    server, clip = serve(bench, "movie")
    url = server.url(clip.name)
    for _ in range(20):
        open_and_drop(server, url)
    wait_until(lambda: descriptors(server) < 60, 10, "the first sessions' descriptors closed")
    before, memory = descriptors(server), server.program.resident_bytes()
    for _ in range(980):
        open_and_drop(server, url)
    server.ended_session(1000, seconds=20)
    wait_until(lambda: descriptors(server) <= before, 10, f"{before} descriptors again")
    grown = (server.program.resident_bytes() - memory) / 1e6
    require(grown < 30, f"the server grew by {grown:.0f} MB")
    server.stop()
    return f"descriptors as before ({before}), {grown:.1f} MB more"


def open_and_drop(server: Server, url: str) -> None:
    peer = Peer(server.port)
    peer.set_up(url, INTERLEAVED)
    peer.close()


def descriptors(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.program.pid}/fd"))


@case("server-signals", SECTION, "SIGINT and SIGTERM: sessions get RTCP BYE or a close, status 0")
def signals(bench: Bench) -> str:
    for how in (signal.SIGINT, signal.SIGTERM):
        server, clip = serve(bench, "movie")
        url = server.url(clip.name)
        tcp, udp = Peer(server.port), Peer(server.port)
        tcp.set_up(url, INTERLEAVED)
        tcp.play(url)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reports:
            reports.bind(("127.0.0.1", 0))
            port = reports.getsockname()[1]
            udp.set_up(url, f"RTP/AVP;unicast;client_port={port - 1}-{port}")
            udp.play(url)
            server.stop(how)
            reports.settimeout(2)
            require(saw_bye(reports), f"no RTCP BYE over UDP after {how.name}")
        stream = bytearray(tcp.buffer)
        while more := tcp.receive(time.monotonic() + 5):
            stream += more
        require(has_interleaved_bye(bytes(stream)), f"no RTCP BYE over TCP after {how.name}")
        udp.wait_for_close(5)
    return "BYE over both transports, then a close; status 0 and \"stopped\""


def packet_types(report: bytes) -> list[int]:
    types, position = [], 0
    while position + 4 <= len(report):
        types.append(report[position + 1])
        position += 4 * (int.from_bytes(report[position + 2:position + 4], "big") + 1)
    return types


def saw_bye(reports: socket.socket) -> bool:
    with contextlib.suppress(TimeoutError):
        while True:
            if 203 in packet_types(reports.recv(2048)):
                return True
    return False


def has_interleaved_bye(stream: bytes) -> bool:
    position = 0
    while position + 4 <= len(stream) and stream[position] == 0x24:
        length = int.from_bytes(stream[position + 2:position + 4], "big")
        if stream[position + 1] == 1 and 203 in packet_types(stream[position + 4:position + 4 + length]):
            return True
        position += 4 + length
    return False
