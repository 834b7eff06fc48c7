#!/usr/bin/env python3
"""A server of the course dialect: MJPEG over RTP, controlled by the course version of RTSP.

It behaves as servers written for the Kurose & Ross exercise do, faults included, so that a client can be
tried against all of them. Each option chooses one way in which such servers differ; without options it is
the most common kind. Python 3, standard library only.

    lab_server.py --folder movies --port 8554            the usual server
    lab_server.py --ports oneword --payload FP           another kind
    lab_server.py --self-check                           try lab_client.py against all kinds

It prints `LISTENING port` first, and one JSON line for each connection when that has ended.
"""

import argparse
import json
import os
import random
import re
import socket
import struct
import sys
import threading
import time


# ---- Movies ------------------------------------------------------------------------------------------

def read_movie(path):
    """All frames of a movie file, each a JPEG as bytes."""
    with open(path, "rb") as file:
        data = file.read()
    if re.match(rb" {0,9}[0-9]{5,10}\xff\xd8", data):
        return read_lab_frames(data)
    return read_raw_frames(data)


def read_lab_frames(data):
    """Lab format: decimal digits, the length of one JPEG; then the JPEG; and so on.

    A length of 100000 or more has six digits, so the digits are read up to the JPEG, which starts with FF.
    """
    frames, position = [], 0
    while True:
        prefix = re.compile(rb"[ 0-9]{1,10}").match(data, position)
        if not prefix or not prefix.group().strip():
            return frames
        end = prefix.end() + int(prefix.group())
        if end > len(data):
            return frames
        frames.append(data[prefix.end():end])
        position = end


def read_raw_frames(data):
    """Raw format: JPEG files back to back, found by their first and last two bytes."""
    frames, position = [], 0
    while True:
        start = data.find(b"\xff\xd8", position)
        end = data.find(b"\xff\xd9", start + 2) + 2
        if start < 0 or end < 2:
            return frames
        frames.append(data[start:end])
        position = end


# ---- RTP ---------------------------------------------------------------------------------------------

def rtp_packet(payload, sequence, timestamp, marker):
    """An RTP packet: version 2, payload type 26, SSRC 0. The payload is JPEG bytes, not RFC 2435."""
    return struct.pack("!BBHII", 0x80, marker << 7 | 26, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 0) + payload


class Packetizer:
    """Turns frames into packets in one of the ways in use.

    W0  one datagram for the frame, sequence = frame number, marker 0
    W1  the same with marker 1
    FS  pieces, sequence = frame number in every piece, marker 1 on the last
    FP  pieces, sequence + 1 for each packet, marker 1 on the last
    """

    def __init__(self, options):
        self.options = options
        self.restart()

    def restart(self):
        self.sequence = self.frame = self.options.first

    def packets(self, jpeg):
        kind, size = self.options.payload, self.options.piece
        if kind in ("W0", "W1"):
            pieces = [jpeg]
        else:
            pieces = [jpeg[start:start + size] for start in range(0, len(jpeg), size)] or [b""]
        timestamp = self.timestamp()
        packets = []
        for index, piece in enumerate(pieces):
            marker = int(kind != "W0" and index == len(pieces) - 1)
            packets.append(rtp_packet(piece, self.sequence if kind == "FP" else self.frame, timestamp, marker))
            self.sequence += 1
        self.frame += 1
        return packets

    def timestamp(self):
        return {
            "seconds": int(time.time()),
            "frame": self.frame,
            "rate": self.frame * 3000,
            "90k": int(time.time() * 90000),
        }[self.options.timestamps]


class Sender(threading.Thread):
    """Sends the movie of one connection between a PLAY and the next PAUSE, from a port of its own."""

    def __init__(self, worker, address):
        super().__init__(daemon=True)
        self.worker = worker
        self.address = address
        self.stopped = threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def run(self):
        worker, options = self.worker, self.worker.options
        while not self.stopped.wait(options.wait):
            if worker.position >= len(worker.movie):
                if options.end == "loop" and worker.movie:
                    worker.position = 0
                    worker.packetizer.restart()
                elif options.end == "message":
                    worker.send("RTSP/1.0 END\nCSeq: -1\nSession: %d" % worker.session)
                    return
                elif options.end == "dies":
                    return
                else:
                    continue
            frame = worker.movie[worker.position]
            worker.position += 1
            for packet in worker.packetizer.packets(frame):
                if options.loss and random.random() < options.loss:
                    continue
                try:
                    self.socket.sendto(packet, self.address)
                    worker.report["packets"] += 1
                except OSError as error:
                    worker.report["sendErrors"] = str(error)
            worker.report["frames"] += 1

    def stop(self):
        self.stopped.set()
        self.join()
        self.socket.close()


# ---- RTSP --------------------------------------------------------------------------------------------

class HandlerDies(Exception):
    """What would be an uncaught exception in the thread that reads requests."""


class Worker(threading.Thread):
    """Serves one connection. What comes with one read is taken for one request."""

    def __init__(self, options, connection, peer):
        super().__init__(daemon=True)
        self.options = options
        self.connection = connection
        self.peer = peer
        self.state = "INIT"
        self.session = 0
        self.port = None
        self.movie = []
        self.position = 0
        self.answers = 0
        self.sender = None
        self.packetizer = Packetizer(options)
        self.report = {"requests": [], "statuses": [], "frames": 0, "packets": 0, "died": None}

    def run(self):
        try:
            while True:
                data = self.connection.recv(256)
                if not data:
                    break
                self.handle(data.decode("utf-8", "replace"))
        except HandlerDies as death:
            self.report["died"] = str(death)
            # The connection stays open with nobody reading, until the client leaves.
            while self.options.death == "hang" and self.connection.recv(4096):
                pass
        except OSError as error:
            self.report["died"] = "connection: %s" % error
        if self.sender:
            self.sender.stop()
        self.connection.close()
        self.options.done(self.report)

    def handle(self, text):
        lines = text.split("\r\n" if self.options.split == "crlf" else "\n")
        first = lines[0].split(" ")
        method = first[0].strip()
        self.report["requests"].append(text)
        if len(lines) < 2:
            raise HandlerDies("no second line")
        if method == "SETUP":
            self.set_up(first, lines)
        elif method == "PLAY":
            self.play(lines)
        elif method == "PAUSE":
            if self.state == "PLAYING":
                self.sender.stop()
                self.state = "READY"
                self.reply("200 OK", lines)
        elif method == "TEARDOWN":
            if not self.sender:
                raise HandlerDies("TEARDOWN before PLAY")
            self.sender.stop()
            self.reply("200 OK", lines)
        elif method == "DESCRIBE" and self.options.dies_on_describe and self.state == "INIT":
            raise HandlerDies("DESCRIBE before SETUP")
        elif self.options.others == "500":
            self.reply("500 CONNECTION ERROR", lines)

    def set_up(self, first, lines):
        if self.state != "INIT":
            return
        name = first[1].strip() if len(first) > 1 else ""
        try:
            self.movie = read_movie(os.path.join(self.options.folder, os.path.basename(name)))
            self.state = "READY"
        except OSError:
            # Usually the 404 is printed on the server's screen, and the reply is 200 all the same.
            if self.options.missing == "silence":
                return
            if self.options.missing in ("404", "404-200"):
                self.reply("404 NOT FOUND", lines)
            if self.options.missing == "404":
                return
        self.session = random.randint(100000, 999999)
        self.reply("200 OK", lines)
        # Only now is the port looked at, so a spelling that is not understood is noticed late.
        self.port = self.find_port(lines)

    def find_port(self, lines):
        line = lines[2] if len(lines) > 2 else ""
        if self.options.ports == "oneword":
            match = re.search(r"client_port=([0-9]+)", line)
            return int(match.group(1)) if match else None
        try:
            if self.options.ports == "equals":
                return int(line.split("=")[1])
            return int(line.split(" ")[3])
        except (IndexError, ValueError) as error:
            raise HandlerDies("port in %r: %s" % (line, error))

    def play(self, lines):
        if self.state != "READY":
            return
        if self.port is None:
            self.reply("500 CONNECTION ERROR", lines)
            return
        self.state = "PLAYING"
        self.reply("200 OK", lines)
        self.sender = Sender(self, (self.peer, self.port))
        self.sender.start()

    def reply(self, status, lines):
        """Three lines; most servers put nothing after the last value."""
        self.answers += 1
        words = lines[1].split(" ")
        if self.options.cseq == "own":
            number = str(self.answers)
        elif self.options.ports == "headerless":
            number = words[0]
        elif len(words) > 1:
            number = words[1]
        else:
            raise HandlerDies("no number in %r" % lines[1])
        text = ["RTSP/1.0 " + status, "CSeq: " + number]
        if not self.options.no_session:
            text.append("Session: %d" % self.session)
        text += self.options.extra
        self.report["statuses"].append(status.split(" ")[0])
        self.send("\n".join(text) + {"open": "", "line": "\n", "blank": "\n\n"}[self.options.replies])

    def send(self, text):
        try:
            self.connection.send(text.encode())
        except OSError as error:
            self.report["sendErrors"] = str(error)


class Server:
    """Accepts connections."""

    def __init__(self, options):
        self.options = options
        self.reports = []
        self.changed = threading.Condition()
        options.done = self.done
        self.listener = socket.create_server((options.host, options.port))
        self.port = self.listener.getsockname()[1]

    def run(self, connections=0):
        """Serves that many connections, or for ever."""
        served = 0
        while not connections or served < connections:
            connection, peer = self.listener.accept()
            Worker(self.options, connection, peer[0]).start()
            served += 1
        self.listener.close()
        with self.changed:
            self.changed.wait_for(lambda: len(self.reports) >= connections)

    def done(self, report):
        with self.changed:
            self.reports.append(report)
            self.changed.notify_all()
        if not self.options.quiet:
            print(json.dumps(report), flush=True)


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--folder", default=".", help="where the movies are")
    add("--connections", type=int, default=0, help="stop after so many; 0: never")
    add("--ports", choices=["word4", "equals", "oneword", "headerless"], default="word4",
        help="the client's port is the fourth word of line 3; what follows '='; `client_port=N` as one word; "
             "headerless: the fourth word, and the number of the request is the first word of line 2")
    add("--split", choices=["lf", "crlf"], default="lf", help="where requests are split into lines")
    add("--replies", choices=["open", "line", "blank"], default="open", help="the end of a reply")
    add("--cseq", choices=["echo", "own"], default="echo", help="the number of a reply: the request's, or counted")
    add("--no-session", action="store_true", help="replies have no Session line")
    add("--extra", action="append", default=[], metavar="LINE", help="a further line in each reply")
    add("--others", choices=["silent", "500"], default="silent", help="what an unknown method gets")
    add("--dies-on-describe", action="store_true")
    add("--death", choices=["hang", "close"], default="hang", help="the connection when its handler has died")
    add("--missing", choices=["200", "silence", "404", "404-200"], default="200", help="SETUP of no such file")
    add("--payload", choices=["W0", "W1", "FS", "FP"], default="W0", help="see Packetizer")
    add("--piece", type=int, default=1400, help="bytes of a piece")
    add("--first", type=int, default=1, help="the first number")
    add("--timestamps", choices=["seconds", "frame", "rate", "90k"], default="seconds")
    add("--wait", type=float, default=0.05, help="seconds before each frame")
    add("--loss", type=float, default=0, help="share of packets dropped on purpose")
    add("--end", choices=["stay", "dies", "message", "loop"], default="stay", help="at the end of the movie")
    add("--quiet", action="store_true")
    add("--self-check", action="store_true", help="try lab_client.py against all kinds")
    options = parser.parse_args(arguments)
    options.piece = max(1, options.piece)
    return options


# ---- Self-check --------------------------------------------------------------------------------------

def write_test_movies(folder):
    """Two small movies whose frames look like JPEGs from outside: one of small frames, one of large."""
    generator = random.Random(1)
    for name, sizes in (("sd.Mjpeg", [5000, 12000, 3]), ("hd.Mjpeg", [30000, 99999, 100001, 1400])):
        frames = []
        for index in range(12):
            body = bytes(generator.randrange(1, 255) for _ in range(sizes[index % len(sizes)]))
            frames.append(b"\xff\xd8\xff" + body + b"\xff\xd9")
        with open(os.path.join(folder, name), "wb") as file:
            for frame in frames:
                file.write(b"%05d" % len(frame) + frame)
        with open(os.path.join(folder, "raw_" + name), "wb") as file:
            file.write(b"".join(frames))
        assert read_movie(os.path.join(folder, name)) == frames
        assert read_movie(os.path.join(folder, "raw_" + name)) == frames


def self_check():
    """Tries clients against servers; prints what differs from what is expected."""
    import tempfile
    import lab_client

    def play(server_options, client_options, movie):
        with tempfile.TemporaryDirectory() as saved:
            options = parse_options(server_options.split() + ["--folder", folder, "--wait", "0.01", "--quiet"])
            server = Server(options)
            threading.Thread(target=server.run, args=(1,), daemon=True).start()
            result = lab_client.run(lab_client.parse_options(
                ["--port", str(server.port), "--file", movie, "--save", saved, "--seconds", "2", "--patience", "0.6",
                 "--frames", "12"] + client_options.split()))
            shown = []
            for name in sorted(os.listdir(saved)):
                with open(os.path.join(saved, name), "rb") as file:
                    shown.append(file.read())
            frames = []
            if os.path.exists(os.path.join(folder, movie)):
                frames = read_movie(os.path.join(folder, movie))
            return result["ok"] and shown == frames, result

    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        write_test_movies(folder)
        for expected, server_options, client_options, movie in lab_client.EXPECTED:
            exact, result = play(server_options, client_options, movie)
            if exact != expected:
                failures += 1
                print("DIFFERS: server [%s] client [%s] %s: exact %s, expected %s\n  %s" % (
                    server_options, client_options, movie, exact, expected, json.dumps(result)))
    print("%d pairs, %d differ from what is expected" % (len(lab_client.EXPECTED), failures))
    return failures


def main():
    options = parse_options()
    if options.self_check:
        sys.exit(1 if self_check() else 0)
    server = Server(options)
    print("LISTENING %d" % server.port, flush=True)
    try:
        server.run(options.connections)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
