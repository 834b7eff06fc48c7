"""The course dialect: our server with clients, and our client with servers, that behave as those of the course do."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness import Bench, Failed, case, free_port, require
from media import load
from peer import Peer
from programs import Server, client_plays

HERE = Path(__file__).parent
TO_SERVER, TO_CLIENT = "Course dialect: our server, course clients", "Course dialect: course servers, our client"
CLIENT, SERVER = ("lab_client.py",), ("lab_server.py", "rtsp-client")
COUNT = 20


@dataclass(frozen=True)
class Movies:
    """One of frames that fit the course's receive buffer, one of frames that do not."""

    folder: Path
    small: list[bytes]
    large: list[bytes]


def movies(bench: Bench) -> Movies:
    folder = bench.new_folder("movies")
    clip, sample = load(bench.media / "movie"), load(bench.media / "sample")
    small = [image for image in map(clip.image, range(clip.count)) if len(image) <= 20468][:COUNT]
    large = [sample.image(index) for index in range(COUNT)]
    require(len(small) == COUNT, "the movie has too few small frames")
    require(min(map(len, large)) > 20468, "the sample's frames are too small for this test")
    for name, frames in (("sd.Mjpeg", small), ("hd.Mjpeg", large)):
        (folder / name).write_bytes(b"".join(b"%05d" % len(frame) + frame for frame in frames))
    return Movies(folder, small, large)


# ---- Our server ----------------------------------------------------------------------------------------


def course_client(bench: Bench, server: Server, options: str, frames: list[bytes], file: str, limit: int = COUNT) -> dict:
    """Plays with one kind of client; what it shows must be the file's frames, byte for byte."""
    saved = bench.path("shown-" + "".join(letter if letter.isalnum() else "-" for letter in options + file))
    program = bench.run(sys.executable, HERE / "lab_client.py", "--port", server.port, "--file", file, "--frames", limit,
                        "--seconds", 8, "--save", saved, *options.split(), status=None, seconds=25)
    try:
        result = json.loads(program.output[-1])
    except (IndexError, ValueError):
        raise Failed(f"client [{options}]: {program.last_words()}") from None
    require(result["ok"], f"client [{options}] on {file}: {json.dumps(result)}")
    shown = [path.read_bytes() for path in sorted(saved.iterdir())]
    require(len(shown) >= limit and shown == frames[:len(shown)],
            f"client [{options}] on {file}: {len(shown)} frames shown, not those of the file")
    return result


def all_clients(bench: Bench, kinds: list[str], file: str, *server_options: object) -> str:
    made = movies(bench)
    server = Server(bench, "--root", made.folder, *server_options)
    frames = made.small if file == "sd.Mjpeg" else made.large
    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(course_client, bench, server, kind, frames, file) for kind in kinds]:
            future.result()
    server.stop()
    return f"{len(kinds)} kinds of client, {len(kinds) * COUNT} frames, all byte for byte"


WORDINGS = ["lf-open", "lf-line", "lf-blank", "crlf-open", "crlf-blank", "oneword", "tight", "tcp-udp", "colon", "upper",
            "headerless"]


@case("lab-server-wordings", TO_SERVER, "every wording of the requests", needs=CLIENT)
def wordings(bench: Bench) -> str:
    return all_clients(bench, [f"--variant {wording}" for wording in WORDINGS], "sd.Mjpeg")


@case("lab-server-replies", TO_SERVER, "what clients need in the replies", needs=CLIENT)
def replies(bench: Bench) -> str:
    return all_clients(bench, [f"--replies {kind}" for kind in ("usual", "exact", "time", "info")], "sd.Mjpeg")


@case("lab-server-small", TO_SERVER, "frames that fit one datagram", needs=CLIENT)
def small_frames(bench: Bench) -> str:
    return all_clients(bench, [f"--receive {kind}" for kind in ("S", "S*", "M", "MS", "MP-time")], "sd.Mjpeg")


@case("lab-server-large-frame-sequence", TO_SERVER, "large frames, the frame's number in every piece", needs=CLIENT)
def large_frames(bench: Bench) -> str:
    return all_clients(bench, ["--receive M", "--receive MS"], "hd.Mjpeg")


@case("lab-server-large-packet-sequence", TO_SERVER, "large frames, a number for each packet", needs=CLIENT)
def large_frames_by_packet(bench: Bench) -> str:
    kinds = ["--receive M", "--receive MP-time", "--receive MP-rising"]
    return all_clients(bench, kinds, "hd.Mjpeg", "--lab-fragments", "packet-sequence")


@case("lab-server-course", TO_SERVER, "pause, PLAY and SETUP twice, SEEK, joined requests", needs=CLIENT)
def course_of_things(bench: Bench) -> str:
    # The pauses come between two frames, of which there are 20 a second: a client shows none that it is sent while it asks.
    kinds = ["--pause-at 0.325 --pause-for 0.5", "--pause-at 0.325 --pause-for 0.5 --deaf-pause", "--setup-twice",
             "--play-twice", "--method STOPWATCH", "--join-end", "--variant headerless --pause-at 0.325"]
    return all_clients(bench, kinds, "sd.Mjpeg")


@case("lab-server-refusals", TO_SERVER, "no such movie is 404, TCP is 461, and the connection stays usable", needs=CLIENT)
def refusals(bench: Bench) -> str:
    made = movies(bench)
    server = Server(bench, "--root", made.folder)
    peer = Peer(server.port)
    port = free_port()
    seen = []
    for number, (file, transport, status) in enumerate([("none.Mjpeg", "RTP/UDP", 404), ("../sd.Mjpeg.no", "RTP/UDP", 404),
                                                        ("sd.Mjpeg", "TCP", 461), ("sd.Mjpeg", "RTP/UDP", 200)], 1):
        peer.send(f"SETUP {file} RTSP/1.0\r\nCSeq: {number}\r\nTransport: {transport}; client_port= {port}\r\n\r\n".encode())
        answered, head = peer.reply()
        require(answered == status, f"{file} over {transport}: answered {answered}, not {status}")
        lines = head.split("\r\n")
        require(lines[1] == f"CSeq: {number}", f"line 2 is {lines[1]}")
        require(lines[2].startswith("Session: ") and lines[2][9:].isdigit(), f"line 3 is {lines[2]}")
        seen.append(f"{file} over {transport}: {answered}")
    server.stop()
    return ", ".join(seen)


# ---- Our client ----------------------------------------------------------------------------------------


def course_server(bench: Bench, made: Movies, options: str, file: str = "sd.Mjpeg", limit: int = COUNT) -> None:
    """Plays from one kind of server; what is saved must be the file's frames, byte for byte."""
    server = bench.start(sys.executable, HERE / "lab_server.py", "--folder", made.folder, "--wait", "0.03", *options.split())
    port = server.wait_for(r"^LISTENING (\d+)")[1]
    saved = bench.path(f"saved-{len(bench.programs)}")
    play = client_plays(bench, f"rtsp://127.0.0.1:{port}/{file}", "--lab", "--frames", limit, "--save-frames", saved,
                        status=None, seconds=25)
    require(play.status == 0, f"server [{options}]: status {play.status}, {play.program.last_words()}")
    frames = made.small if file == "sd.Mjpeg" else made.large
    shown = [path.read_bytes() for path in sorted(saved.iterdir())]
    require(shown == frames[:limit], f"server [{options}], {file}: {len(shown)} frames saved, not those of the file")
    server.kill()


def all_servers(bench: Bench, kinds: list[str], file: str = "sd.Mjpeg") -> str:
    made = movies(bench)
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(course_server, bench, made, kind, file) for kind in kinds]:
            future.result()
    return f"{len(kinds)} kinds of server, {len(kinds) * COUNT} frames, all byte for byte"


@case("lab-client-ports", TO_CLIENT, "every way of reading the request", needs=SERVER)
def ports(bench: Bench) -> str:
    return all_servers(bench, ["--ports word4", "--ports equals", "--ports oneword", "--ports headerless",
                               "--ports equals --split crlf", "--dies-on-describe", "--others 500"])


@case("lab-client-replies", TO_CLIENT, "every kind of reply", needs=SERVER)
def kinds_of_reply(bench: Bench) -> str:
    return all_servers(bench, ["--replies open", "--replies line", "--replies blank", "--cseq own", "--no-session",
                               "--extra TotalTime:_6 --extra FPS:20"])


@case("lab-client-small", TO_CLIENT, "small frames in every payload", needs=SERVER)
def small_payloads(bench: Bench) -> str:
    return all_servers(bench, ["--payload W0", "--payload W1", "--payload FS", "--payload FP", "--first 0",
                               "--payload W0 --timestamps rate", "--payload FP --timestamps frame"])


@case("lab-client-large", TO_CLIENT, "large frames in every payload", needs=SERVER)
def large_payloads(bench: Bench) -> str:
    return all_servers(bench, ["--payload FS", "--payload FP", "--payload FS --timestamps 90k",
                               "--payload FP --first 0 --timestamps rate"], "hd.Mjpeg")


@case("lab-client-end", TO_CLIENT, "the end of the movie, and a pause", needs=SERVER)
def ends_and_pauses(bench: Bench) -> str:
    """No server says that the movie is over; the client must notice and end."""
    made = movies(bench)
    for options, client_options in (("--end stay", []), ("--end dies", []), ("--end message", []),
                                    ("--end stay", ["--pause", "0.2:0.5"])):
        server = bench.start(sys.executable, HERE / "lab_server.py", "--folder", made.folder, "--wait", "0.03",
                             *options.split())
        port = server.wait_for(r"^LISTENING (\d+)")[1]
        saved = bench.path(f"saved-{len(bench.programs)}")
        play = client_plays(bench, f"rtsp://127.0.0.1:{port}/sd.Mjpeg", "--lab", "--save-frames", saved, *client_options,
                            seconds=15, status=None)
        shown = [path.read_bytes() for path in sorted(saved.iterdir())] if saved.exists() else []
        require(shown == made.small, f"[{options}] {client_options}: {len(shown)} of {COUNT} frames; {play.complaint}")
        require(play.status == 0, f"[{options}] {client_options}: status {play.status}; {play.complaint}")
    return f"all {COUNT} frames each time"


@case("lab-client-missing", TO_CLIENT, "no such movie: said within the deadline, status not 0", needs=SERVER)
def missing_movie(bench: Bench) -> str:
    made = movies(bench)
    seen = []
    for kind in ("200", "silence", "404"):
        server = bench.start(sys.executable, HERE / "lab_server.py", "--folder", made.folder, "--missing", kind)
        port = server.wait_for(r"^LISTENING (\d+)")[1]
        play = client_plays(bench, f"rtsp://127.0.0.1:{port}/none.Mjpeg", "--lab", seconds=20, status=None)
        require(play.status != 0, f"status 0 although there is no such movie ({kind})")
        require(len(play.program.errors) == 1, f"{len(play.program.errors)} lines on standard error: {play.complaint}")
        seen.append(f"{kind}: status {play.status}")
    return ", ".join(seen)
