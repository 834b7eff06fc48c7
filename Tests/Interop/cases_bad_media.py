"""Bad media, bad ports, bad usage: the server names the fault and ends with a documented status before a port is open."""

from __future__ import annotations

import os
import re
import shutil
import socket

from harness import Bench, case, require
from media import load
from programs import Server, ffmpeg_plays

SECTION = "Bad media"


def refused(bench: Bench, status: int, naming: str, *arguments: object) -> str:
    """One line on standard error that names the fault; no port was opened, so none is announced."""
    server = bench.run(bench.binaries / "rtsp-server", "--port", "0", *arguments, status=status, seconds=10)
    require(not any("ready on port" in line for line in server.output), "a port was opened")
    errors = [line for line in server.errors if line.strip()]
    require(len(errors) == 1, f"{len(errors)} lines on standard error: {errors}")
    require(naming in errors[0], f"the message does not name {naming}: {errors[0]}")
    return errors[0]


@case("media-missing", SECTION, "missing, empty, without JPEGs: exit status 66")
def missing_media(bench: Bench) -> str:
    empty = bench.path("empty.mjpeg")
    empty.touch()
    without = bench.path("text.mjpeg")
    without.write_bytes(b"There is no picture in here.\n" * 100)
    folder = bench.new_folder("no-pictures")
    (folder / "readme.txt").write_text("none")
    good = load(bench.media / "movie").file
    refused(bench, 66, "nowhere.mjpeg", bench.path("nowhere.mjpeg"))
    refused(bench, 66, "nowhere.mjpeg", good, bench.path("nowhere.mjpeg"))
    refused(bench, 66, "empty.mjpeg", empty)
    refused(bench, 66, "text.mjpeg", without)
    refused(bench, 66, "no-pictures", folder)
    return "each named in one line"


@case("media-unreadable", SECTION, "unreadable: exit status 66")
def unreadable_media(bench: Bench) -> str:
    secret = bench.path("secret.mjpeg")
    shutil.copyfile(load(bench.media / "movie").file, secret)
    secret.chmod(0)
    if os.geteuid() != 0:
        return refused(bench, 66, "secret.mjpeg", secret)
    # root may read everything, so the server runs as somebody else, from where that user can reach it
    program = bench.path("rtsp-server")
    shutil.copyfile(bench.binaries / "rtsp-server", program)
    program.chmod(0o755)
    server = bench.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--port", "0", secret,
                       status=66, seconds=10)
    require(any("secret.mjpeg" in line for line in server.errors), f"not named: {server.last_words()}")
    return server.errors[0].replace(str(bench.folder) + "/", "")


@case("port-in-use", SECTION, "port in use, address not ours: exit status 69")
def port_in_use(bench: Bench) -> str:
    movie = load(bench.media / "movie").file
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(bench, 69, str(port), "--bind", "127.0.0.1", "--port", port, movie)
    refused(bench, 69, "192.0.2.1", "--bind", "192.0.2.1", movie)
    return said


@case("usage", SECTION, "wrong usage: exit status 64")
def wrong_usage(bench: Bench) -> str:
    wrong = (["--no-such-option"], ["--port", "many"], ["--port", "70000"], ["--fps", "-3", "x"], [],
             ["--rtp-ports", "9-3", "x"], ["--pattern", "p=0x0@0"])
    for arguments in wrong:
        server = bench.run(bench.binaries / "rtsp-server", *arguments, status=None, seconds=10)
        require(server.process.returncode == 64, f"{arguments}: status {server.process.returncode}, {server.last_words()}")
    return f"{len(wrong)} kinds"


def damaged(bench: Bench, contents: bytes, gone: set[int], offset: int) -> str:
    """Serves the damaged lab file over TCP: all whole frames arrive, and one warning names the byte offset."""
    clip = load(bench.media / "movie")
    file = bench.path("damaged.Mjpeg")
    file.write_bytes(contents)
    server = Server(bench, f"{file}@100")
    wanted = [hash for index, hash in enumerate(clip.pictures[:40]) if index not in gone]
    seen = ffmpeg_plays(bench, server.url("damaged.Mjpeg"), "tcp")
    require(seen == wanted, f"{len(seen)} pictures, {len(wanted)} wanted")
    warnings = server.program.errors
    require(len(warnings) == 1, f"{len(warnings)} warnings: {warnings}")
    require(re.search(rf"\b{offset}\b", warnings[0]), f"the warning does not name byte {offset}: {warnings[0]}")
    server.stop()
    return f"{len(seen)} whole frames; {warnings[0].split('damaged.Mjpeg: ')[-1]}"


def lab_file(bench: Bench, count: int = 40) -> tuple[list[bytes], list[int]]:
    """The first frames of the movie with their prefixes, and where each begins."""
    clip = load(bench.media / "movie")
    records = [b"%05d" % len(image) + image for image in map(clip.image, range(count))]
    return records, [sum(map(len, records[:index])) for index in range(count)]


@case("lab-wrong-prefix", SECTION, "lab file with a wrong length in the middle")
def wrong_prefix(bench: Bench) -> str:
    """The frame itself is whole, so it is served too."""
    records, offsets = lab_file(bench)
    length = int(records[20][:5])
    records[20] = b"%05d" % (length - 700) + records[20][5:]
    return damaged(bench, b"".join(records), set(), offsets[20])


@case("lab-cut", SECTION, "lab file whose last frame is cut")
def cut_frame(bench: Bench) -> str:
    records, offsets = lab_file(bench)
    return damaged(bench, b"".join(records)[:-500], {39}, offsets[39] + 5)


@case("lab-junk", SECTION, "lab file with junk between frames")
def junk_between(bench: Bench) -> str:
    records, offsets = lab_file(bench)
    records.insert(10, b"junk\x00\x01\x02 and more of it\n" * 20)
    return damaged(bench, b"".join(records), set(), offsets[10])


@case("raw-junk", SECTION, "concatenated JPEGs with junk between, cut at the end")
def raw_damage(bench: Bench) -> str:
    clip = load(bench.media / "movie")
    images = [clip.image(index) for index in range(40)]
    offset = sum(map(len, images[:10]))
    images.insert(10, b"\x00junk" * 50)
    return damaged(bench, b"".join(images), set(), offset)
