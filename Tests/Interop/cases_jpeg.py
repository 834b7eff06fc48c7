"""A JPEG of every kind through RFC 2435: from our server to everybody, and from others to our client."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from pathlib import Path

from bad_server import BadServer
from harness import Bench, Failed, case, find_python_with_gstreamer, require, wait_until
from jpeg_kinds import Kind, check_all, kinds
from media import load
from peer import Peer
from programs import Server, client_plays

SECTION = "Every kind of JPEG"
# What these versions do with pictures that they cannot show; see Documentation/JPEG.md.
WIDE_TABLES = "shown wrongly: it does not know 16-bit tables"
FFMPEG_FAILS = {"420_q1_16bit": WIDE_TABLES, "420_wide_tables_progressive": WIDE_TABLES, "big_2592x1944": "not shown: it knows no size above 2040",
                "big_4096x2160": "not shown: it knows no size above 2040"}
GSTREAMER_FAILS = {"420_q1_16bit": WIDE_TABLES, "420_wide_tables_progressive": WIDE_TABLES}


def serving(bench: Bench, chosen: list[Kind], *options: object) -> Server:
    return Server(bench, *options, *[kind.medium(bench.path("media")) for kind in chosen])


def first_jpeg(folder: Path) -> bytes:
    found = sorted(folder.glob("*.jpg"))
    require(found, "no picture came")
    return found[0].read_bytes()


@case("jpeg-to-ffmpeg", SECTION, "our server, FFmpeg over tcp", needs=("djpeg",), seconds=150)
def to_ffmpeg(bench: Bench) -> str:
    chosen = kinds()
    server = serving(bench, chosen)

    def receive(kind: Kind) -> bytes:
        folder = bench.new_folder(f"ffmpeg-{kind.name}")
        bench.run("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-analyzeduration", "200000", "-fpsprobesize",
                  "0", "-i", server.url(kind.name), "-frames:v", 1, "-c:v", "copy", "-f", "image2", f"{folder}/%d.jpg",
                  seconds=15, status=None)
        return first_jpeg(folder)

    return check_all(chosen, receive, expected=FFMPEG_FAILS)


@case("jpeg-to-gstreamer", SECTION, "our server, GStreamer over tcp", needs=("djpeg", "gst-launch-1.0"), seconds=150)
def to_gstreamer(bench: Bench) -> str:
    chosen = kinds()
    server = serving(bench, chosen)

    def receive(kind: Kind) -> bytes:
        folder = bench.new_folder(f"gst-{kind.name}")
        program = bench.start("gst-launch-1.0", "-q", "rtspsrc", f"location={server.url(kind.name)}", "protocols=tcp", "!",
                              "rtpjpegdepay", "!", "multifilesink", f"location={folder}/%d.jpg")
        try:
            # The second is begun when the first is whole.
            wait_until(lambda: program.process.poll() is not None or len(list(folder.iterdir())) > 1, 10, "no picture came")
        finally:
            program.kill()
        return first_jpeg(folder)

    return check_all(chosen, receive, expected=GSTREAMER_FAILS)


@case("jpeg-to-ours-tcp", SECTION, "our server, our client over tcp", needs=("djpeg", "rtsp-client"), seconds=150)
def to_ours_over_tcp(bench: Bench) -> str:
    return to_ours(bench, "tcp")


@case("jpeg-to-ours-udp", SECTION, "our server, our client over udp, restart-aligned", needs=("djpeg", "rtsp-client"), seconds=150)
def to_ours_over_udp(bench: Bench) -> str:
    return to_ours(bench, "udp", "--restart-aligned")


def to_ours(bench: Bench, transport: str, *options: object) -> str:
    chosen = kinds()
    server = serving(bench, chosen, *options)
    return check_all(chosen, lambda kind: received_by_client(bench, server.url(kind.name), kind, "--transport", transport))


def received_by_client(bench: Bench, url: str, kind: Kind, *options: object) -> bytes:
    folder = bench.path(f"ours-{kind.name}")
    play = client_plays(bench, url, "--frames", 1, "--save-frames", folder, *options, status=None, seconds=20)
    if play.status != 0:
        raise Failed(play.complaint)
    return first_jpeg(folder)


@case("jpeg-from-gstreamer", SECTION, "GStreamer's rtpjpegpay, our client", needs=("djpeg", "gst-rtsp-server", "rtsp-client"),
      seconds=150)
def from_gstreamer(bench: Bench) -> str:
    chosen = [kind for kind in kinds() if kind.name in GSTREAMER_SENDS]

    def receive(kind: Kind) -> bytes:
        folder = bench.new_folder(f"source-{kind.name}")
        for index in range(20):
            (folder / f"{index:06d}.jpg").write_bytes(kind.path.read_bytes())
        program = bench.start(find_python_with_gstreamer(), Path(__file__).with_name("gst_server.py"), folder, 10, "tcp")
        port = program.wait_for(r"^ready on port (\d+)")[1]
        return received_by_client(bench, f"rtsp://127.0.0.1:{port}/clip", kind, "--transport", "tcp")

    return check_all(chosen, receive, at_once=2)


@case("jpeg-from-ffmpeg", SECTION, "FFmpeg's -f rtp with the SDP that it prints, our client", needs=("djpeg", "rtsp-client"),
      seconds=150)
def from_ffmpeg(bench: Bench) -> str:
    chosen = [kind for kind in kinds() if kind.name in FFMPEG_SENDS]

    def receive(kind: Kind) -> bytes:
        packets, description = sent_by_ffmpeg(bench, kind)
        server = BadServer(packets=packets, sdp=description)
        return received_by_client(bench, server.url, kind, "--transport", "tcp")

    return check_all(chosen, receive, at_once=2)


def sent_by_ffmpeg(bench: Bench, kind: Kind) -> tuple[list[bytes], str]:
    """The packets of two seconds, and the description."""
    clip = bench.path(f"{kind.name}.mjpeg")
    clip.write_bytes(kind.path.read_bytes() * 10)
    description = bench.path(f"{kind.name}.sdp")
    packets: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.2)
        is_over = threading.Event()

        def collect() -> None:
            while True:
                try:
                    packets.append(receiver.recv(65536))
                except TimeoutError:
                    if is_over.is_set():
                        return

        reader = threading.Thread(target=collect)
        reader.start()
        port = receiver.getsockname()[1]
        done = subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-re", "-framerate", "10", "-f", "mjpeg", "-i", str(clip), "-c:v", "copy", "-f", "rtp",
             "-sdp_file", str(description), f"rtp://127.0.0.1:{port}?pkt_size=1400&rtcpport={port + 1}"],
            capture_output=True, timeout=30)
        is_over.set()
        reader.join()
    require(packets and description.exists(), f"FFmpeg sent nothing: {done.stderr.decode(errors='replace')[-200:]}")
    return packets, description.read_text().replace("m=video", "a=range:npt=0-10\r\nm=video", 1)


@case("jpeg-concealed", SECTION, "restart-aligned packets, three of them lost: a strip is grey, or the last frame's",
      needs=("djpeg", "cjpeg", "rtsp-client"), seconds=60)
def concealed(bench: Bench) -> str:
    clip = load(bench.media / "movie")
    sent = [with_restarts(clip.image(index)) for index in (0, 25, 50)]
    folder = bench.new_folder("media")
    for index, image in enumerate(sent):
        (folder / f"{index}.jpg").write_bytes(image)
    server = Server(bench, "--restart-aligned", f"clip={folder}@10")
    packets = packets_over_tcp(server, frames=3)
    second = [index for index, packet in enumerate(packets) if packet[4:8] == packets[-1][4:8]][0]
    markers = [index for index, packet in enumerate(packets) if packet[1] & 0x80]
    lost = range((markers[0] + markers[1]) // 2, (markers[0] + markers[1]) // 2 + 3)
    require(markers[0] < lost[0] and lost[-1] < markers[1] < second, "the packets lost are not in the second frame")
    arrived = [packet for index, packet in enumerate(packets) if index not in lost]
    strips = [strips_of(image) for image in sent]
    seen = []
    for concealment in ("none", "grey", "last"):
        saved = bench.path(f"saved-{concealment}")
        play = client_plays(bench, BadServer(packets=arrived).url, "--transport", "tcp", "--conceal", concealment, "--frames",
                            2 if concealment == "none" else 3, "--save-frames", saved)
        frames = [strips_of(path.read_bytes()) for path in sorted(saved.iterdir())]
        if concealment == "none":
            require(frames == [strips[0], strips[2]], "without concealment other frames than the first and the third are shown")
            require(play.summary["incompleteFrames"] == 1, f"counted: {play.summary}")
            continue
        require(len(frames) == 3 and frames[0] == strips[0] and frames[2] == strips[2], "whole frames are not as sent")
        holes = [row for row, strip in enumerate(frames[1]) if strip != strips[1][row]]
        require(0 < len(holes) <= 6 and holes == list(range(holes[0], holes[-1] + 1)), f"rows {holes} are not as sent")
        for row in holes:
            expected = strips[0][row] if concealment == "last" else bytes([128]) * len(strips[0][row])
            require(frames[1][row] == expected, f"row {row} is not {concealment}")
        require(play.summary["concealedFrames"] == 1, f"counted: {play.summary}")
        seen.append(f"{concealment}: {len(holes)} of {len(strips[1])} rows of blocks, all others identical")
    return "; ".join(seen)


def with_restarts(image: bytes) -> bytes:
    """The picture with a restart marker after each row of blocks."""
    pixels = subprocess.run(["djpeg", "-pnm"], input=image, capture_output=True, timeout=30).stdout
    return subprocess.run(["cjpeg", "-quality", "80", "-restart", "1"], input=pixels, capture_output=True, timeout=30).stdout


def strips_of(image: bytes) -> list[bytes]:
    """The pixels of each row of blocks; colour is not smoothed, so that no strip shows anything of its neighbours."""
    done = subprocess.run(["djpeg", "-pnm", "-nosmooth"], input=image, capture_output=True, timeout=30)
    _, size, _, pixels = done.stdout.split(b"\n", 3)
    strip = int(size.split()[0]) * 3 * 16
    return [pixels[start:start + strip] for start in range(0, len(pixels), strip)]


def packets_over_tcp(server: Server, frames: int) -> list[bytes]:
    """The RTP packets of the first frames."""
    peer = Peer(server.port)
    url = server.url("clip")
    peer.set_up(f"{url}/stream=0", "RTP/AVP/TCP;unicast;interleaved=0-1")
    peer.send(f"PLAY {url} RTSP/1.0\r\nCSeq: 9\r\nSession: {peer.session}\r\n\r\n".encode())
    packets: list[bytes] = []
    deadline = time.monotonic() + 10
    while sum(packet[1] >> 7 for packet in packets) < frames:
        while len(peer.buffer) >= 4 and peer.buffer[:1] == b"$":
            end = 4 + int.from_bytes(peer.buffer[2:4], "big")
            if len(peer.buffer) < end:
                break
            if peer.buffer[1] == 0:
                packets.append(peer.buffer[4:end])
            peer.buffer = peer.buffer[end:]
        if peer.buffer[:4] == b"RTSP" and (end := peer.buffer.find(b"\r\n\r\n")) >= 0:
            peer.buffer = peer.buffer[end + 4:]
            continue
        if sum(packet[1] >> 7 for packet in packets) < frames:
            more = peer.receive(deadline)
            require(more, "the server closed")
            peer.buffer += more
    peer.close()
    return packets


# What these senders can carry; the others they refuse or garble, as Documentation/JPEG.md says.
GSTREAMER_SENDS: tuple[str, ...] = ("420", "422", "420_q100", "420_restart_row", "422_restart_4", "odd_641x359", "tiny_8x8",
                                    "max_2040x2040", "big_2592x1944", "big_4096x2160", "420_one_table", "420_exif_thumbnail")
FFMPEG_SENDS: tuple[str, ...] = ("420", "422", "420_q100", "odd_641x359", "tiny_8x8", "max_2040x2040", "420_one_table")
