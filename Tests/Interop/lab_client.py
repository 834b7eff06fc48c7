#!/usr/bin/env python3
"""A client of the course dialect: MJPEG over RTP, controlled by the course version of RTSP.

It behaves as clients written for the Kurose & Ross exercise do, the strictest included, so that a server
can be tried against all of them. Three choices make a client: how it words requests (--variant), what it
needs in replies (--replies) and how it puts frames together (--receive). Python 3, standard library only.

    lab_client.py --host 127.0.0.1 --port 8554 --file movie.Mjpeg --seconds 5 --save frames

It plays for a time and prints one JSON line:

    ok           everything was answered as this client needs it, and frames were shown, all of them whole
    frames       frames shown; complete: those from FF D8 to FF D9; corrupt: the others
    packets      datagrams received; cut: those longer than the receive buffer
    outOfOrder   packets dropped or out of place because of their number
    statuses     the replies, in order, as "METHOD status"
    session, errors

The exit code is 0 if ok.
"""

import argparse
import json
import os
import select
import socket
import sys
import time

# ---- How requests are worded -------------------------------------------------------------------------

# Of each variant: the line end, what ends the request, line 3 of SETUP, the names of the headers.
# A course client sends a request with one send(), and most end it right after the last value.
USUAL = "Transport: RTP/UDP; client_port= %d"
VARIANTS = {
    "lf-open": ("\n", "", USUAL, "CSeq", "Session"),
    "lf-line": ("\n", "\n", USUAL, "CSeq", "Session"),
    "lf-blank": ("\n", "\n\n", USUAL, "CSeq", "Session"),
    "crlf-open": ("\r\n", "", USUAL, "CSeq", "Session"),
    "crlf-blank": ("\r\n", "\r\n\r\n", USUAL, "CSeq", "Session"),
    "oneword": ("\n", "", "Transport: RTP/UDP; client_port=%d", "CSeq", "Session"),
    "tight": ("\r\n", "\r\n\r\n", "Transport: RTP/UDP;client_port=%d", "CSeq", "Session"),
    "tcp-udp": ("\n", "", "Transport: TCP/UDP ; client_port = %d", "CSeq", "Session"),
    "colon": ("\n", "\n", "Transport: RTP/UDP; client_port: %d", "Cseq", "Session"),
    "upper": ("\n", "", "TRANSPORT: RTP/UDP; Client_port= %d", "CSeq", "SESSION"),
    "tcp-only": ("\n", "", "Transport: TCP; client_port= %d", "CSeq", "Session"),
    # No headers: the bare number on line 2, the transport on line 3, and no file after SETUP.
    "headerless": ("\n", "", " RTSP/1.0 RTP/UDP %d", None, None),
}


def word_request(options, method, number, session):
    """The bytes of a request."""
    newline, end, transport, cseq_name, session_name = VARIANTS[options.variant]
    if cseq_name is None:
        lines = ["SETUP " + options.file, str(number), transport % options.rtp_port]
        if method != "SETUP":
            lines = [method + " ", str(number)]
    else:
        lines = ["%s %s RTSP/1.0" % (method, options.file), "%s: %d" % (cseq_name, number)]
        lines.append(transport % options.rtp_port if method == "SETUP" else "%s: %s" % (session_name, session))
    return (newline.join(lines) + end).encode()


# ---- What is needed in replies -----------------------------------------------------------------------

class Unreadable(Exception):
    """What would be an uncaught exception in the thread that reads replies: it answers to nothing any more."""


def read_reply(options, data, method, number, session):
    """Reads a reply as course clients do: by lines and blanks, and by position.

    Returns the status and the session. Line 3 is read before the status, so that an error reply without a
    session is as deadly as a missing line.
    """
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    try:
        if options.replies == "exact":
            # Compares the end of line 1 with its line feed; any text is a session.
            if not (lines[0] + "\n").endswith(" 200 OK\n"):
                raise Unreadable("line 1 does not end `200 OK` and LF: %r" % lines[0])
            return 200, lines[2].split(" ")[1]
        if not lines[1].startswith("CSeq: ") or int(lines[1].split(" ")[1]) != number:
            raise Unreadable("line 2 is not `CSeq: %d`: %r" % (number, lines[1]))
        if not lines[2].startswith("Session: "):
            raise Unreadable("line 3 is not a session: %r" % lines[2])
        received = int(lines[2].split(" ")[1])
        if options.replies == "time" and method == "SETUP":
            int(lines[3].split(" ")[1])                    # total seconds
        if options.replies == "info":
            float(lines[3].split(" ")[2])                  # total seconds
            int(lines[4].split(" ")[2])                    # frames per second
            int(lines[5].split(" ")[2])                    # frames
            lines[6]                                       # there is a line 7
        status = int(lines[0].split(" ")[1])
    except (IndexError, ValueError) as error:
        raise Unreadable("%s in %r" % (error, text))
    if status == 200 and session and received != session:
        raise Unreadable("session %d became %d" % (session, received))
    return status, received


# ---- How frames are put together ---------------------------------------------------------------------

class Assembler:
    """Puts packets together to frames in one of the ways in use.

    S          shows every datagram whose number is higher than the last shown; ignores the marker
    S*         shows every datagram
    M          appends until the marker; numbers do not matter
    MS         appends until the marker, and starts over when the number changes
    MP-time    collects the packets of a timestamp, each number once, and sorts them by number
    MP-rising  appends until the marker packets whose numbers rise by one
    """

    def __init__(self, kind):
        self.kind = kind
        self.last = 0 if kind == "S" else None
        self.buffer = b""
        self.pieces = {}
        self.timestamp = None
        self.out_of_order = 0

    def take(self, packet):
        """Takes a datagram; returns the frame that it completes, or None."""
        if len(packet) < 12:
            return None
        marker = packet[1] >> 7
        number = packet[2] << 8 | packet[3]
        timestamp = int.from_bytes(packet[4:8], "big")
        payload = packet[12:]
        if self.kind == "S":
            return self.take_newer(number, payload)
        if self.kind == "S*":
            return payload
        if self.kind == "MP-time":
            return self.take_sorted(number, timestamp, marker, payload)
        if self.kind == "MP-rising" and self.last is not None and number != (self.last + 1) & 0xFFFF:
            self.out_of_order += 1
            self.buffer = b""
            if (number - self.last) & 0xFFFF in (0, *range(0x8000, 0x10000)):
                return None
        if self.kind == "MS" and number != self.last:
            self.buffer = b""
        if self.kind in ("M", "MS") and self.last is not None and number < self.last:
            self.out_of_order += 1
        self.last = number
        self.buffer += payload
        if not marker:
            return None
        frame, self.buffer = self.buffer, b""
        return frame

    def take_newer(self, number, payload):
        if number <= self.last:
            self.out_of_order += 1
            return None
        self.last = number
        return payload

    def take_sorted(self, number, timestamp, marker, payload):
        if timestamp != self.timestamp:
            self.timestamp, self.pieces = timestamp, {}
        if number in self.pieces:
            self.out_of_order += 1
            return None
        self.pieces[number] = payload
        if not marker:
            return None
        frame = b"".join(self.pieces[key] for key in sorted(self.pieces))
        self.pieces = {}
        return frame


# ---- The client --------------------------------------------------------------------------------------

class Client:
    """One connection from SETUP to TEARDOWN."""

    def __init__(self, options):
        self.options = options
        self.number = 0
        self.session = 0
        self.rtsp = None
        self.rtp = None
        self.shows = False
        self.assembler = Assembler(options.receive)
        self.result = {"ok": False, "frames": 0, "complete": 0, "corrupt": 0, "packets": 0, "cut": 0, "outOfOrder": 0,
                       "statuses": [], "session": None, "errors": []}

    def run(self):
        try:
            self.rtsp = socket.create_connection((self.options.host, self.options.port), timeout=self.options.patience)
            self.rtsp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.play_movie()
        except (Unreadable, OSError) as error:
            self.fail(str(error) or type(error).__name__)
        finally:
            for opened in (self.rtsp, self.rtp):
                if opened:
                    opened.close()
        result = self.result
        result["session"] = self.session
        result["outOfOrder"] = self.assembler.out_of_order
        result["ok"] = not result["errors"] and result["frames"] > 0 and not result["corrupt"]
        return result

    def play_movie(self):
        options = self.options
        for _ in range(2 if options.setup_twice else 1):
            if self.ask("SETUP") != 200:
                return self.fail("SETUP was refused")
        self.open_rtp_port()
        if self.ask("PLAY") != 200:
            return self.fail("PLAY was refused")
        self.shows = True
        began = time.monotonic()
        if options.pause_at is not None:
            self.receive_for(options.pause_at)
            self.ask("PAUSE")
            if not options.deaf_pause:
                self.shows = False
            self.receive_for(options.pause_for)
            self.shows = True
            self.ask("PLAY")
        if options.play_twice:
            self.ask("PLAY")
        for method in options.method:
            self.ask(method)
        self.receive_for(began + options.seconds - time.monotonic())
        if options.join_end:
            # Closing the window: PAUSE and TEARDOWN in one piece, and no wait for the replies.
            requests = [self.next_request(method) for method in ("PAUSE", "TEARDOWN")]
            self.rtsp.sendall(b"".join(requests))
            self.receive_for(0.3, quietly=True)
        else:
            self.ask("TEARDOWN")
            # The client closes; a server that does so first leaves most clients spinning on empty reads.
            self.shows = False
            self.receive_for(0.2)

    def open_rtp_port(self):
        """The port is bound only when SETUP has been answered, so what is sent before is lost."""
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("", self.options.rtp_port))

    def next_request(self, method):
        self.number += 1
        return word_request(self.options, method, self.number, self.session)

    def ask(self, method):
        """Sends a request with one send(), and takes what one read gives for the whole reply."""
        request = self.next_request(method)
        if len(request) > 256:
            self.fail("request of %d bytes" % len(request))
        self.rtsp.sendall(request)
        data = self.wait(time.monotonic() + self.options.patience, for_reply=True)
        if data is None:
            raise Unreadable("no answer to " + method)
        status, session = read_reply(self.options, data, method, self.number, self.session)
        self.result["statuses"].append("%s %d" % (method, status))
        if status == 200 and not self.session:
            self.session = session
        return status

    def receive_for(self, seconds, quietly=False):
        """Shows frames for a time; a message on the control connection is unasked for now."""
        data = self.wait(time.monotonic() + max(0, seconds), for_reply=False, quietly=quietly)
        if data is not None and not quietly:
            raise Unreadable("a message that was not asked for: %r" % data)

    def wait(self, until, for_reply, quietly=False):
        """Receives packets until a message comes on the control connection (returned), or the time is over."""
        while True:
            left = until - time.monotonic()
            if left <= 0 or (not for_reply and not quietly and self.has_enough()):
                return None
            sockets = [self.rtsp] + ([self.rtp] if self.rtp else [])
            readable, _, _ = select.select(sockets, [], [], min(left, 0.05))
            if self.rtsp in readable:
                data = self.rtsp.recv(self.options.read)
                if not data and quietly:
                    return None
                if not data:
                    raise Unreadable("the server closed first")
                return data
            if self.rtp in readable:
                self.take_packet()

    def has_enough(self):
        return self.shows and self.options.frames is not None and self.result["frames"] >= self.options.frames

    def take_packet(self):
        # MSG_TRUNC gives the true length of the datagram; what does not fit into the buffer is lost.
        packet = bytearray(self.options.buffer)
        length = self.rtp.recv_into(packet, 0, socket.MSG_TRUNC)
        self.result["packets"] += 1
        if length > len(packet):
            self.result["cut"] += 1
        if not self.shows:
            return
        frame = self.assembler.take(bytes(packet[:length]))
        if frame is None:
            return
        result = self.result
        result["frames"] += 1
        is_complete = frame.startswith(b"\xff\xd8") and frame.endswith(b"\xff\xd9")
        result["complete" if is_complete else "corrupt"] += 1
        if self.options.save:
            with open(os.path.join(self.options.save, "%05d.jpg" % result["frames"]), "wb") as file:
                file.write(frame)

    def fail(self, text):
        self.result["errors"].append(text)


def run(options):
    """Plays as `options` say; returns what is printed as JSON."""
    return Client(options).run()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, required=True)
    add("--file", default="movie.Mjpeg")
    add("--rtp-port", type=int, default=0, help="0 takes a free one")
    add("--variant", choices=sorted(VARIANTS), default="lf-open", help="how requests are worded")
    add("--replies", choices=["usual", "exact", "time", "info"], default="usual",
        help="what is needed: number on line 2 and session on line 3; `200 OK` and LF exactly; also total seconds on "
             "line 4 of the SETUP reply; also numbers on lines 4 to 6 and a line 7 in every reply")
    add("--read", type=int, default=None, help="bytes of one read of a reply; 1024, or 256 with --replies exact")
    add("--receive", choices=["S", "S*", "M", "MS", "MP-time", "MP-rising"], default="S", help="see Assembler")
    add("--buffer", type=int, default=None,
        help="bytes of the receive buffer, header included; 20480, or 1412 with --receive MP-rising")
    add("--seconds", type=float, default=5, help="how long to play")
    add("--frames", type=int, default=None, help="stop playing after so many frames")
    add("--pause-at", type=float, default=None, help="send PAUSE after so many seconds")
    add("--pause-for", type=float, default=0.5, help="send PLAY again after so many more")
    add("--deaf-pause", action="store_true", help="show what comes while paused")
    add("--setup-twice", action="store_true", help="SETUP again on the same connection; the session must stay")
    add("--play-twice", action="store_true", help="PLAY while playing")
    add("--method", action="append", default=[], help="a further method while playing, such as SEEK")
    add("--join-end", action="store_true", help="PAUSE and TEARDOWN joined, as when a window is closed")
    add("--patience", type=float, default=5, help="seconds to wait for a reply")
    add("--save", help="a folder for the frames")
    options = parser.parse_args(arguments)
    options.rtp_port = options.rtp_port or free_port()
    options.read = options.read or (256 if options.replies == "exact" else 1024)
    options.buffer = options.buffer or (1412 if options.receive == "MP-rising" else 20480)
    if options.save:
        os.makedirs(options.save, exist_ok=True)
    return options


def main():
    result = run(parse_options())
    print(json.dumps(result), flush=True)
    sys.exit(0 if result["ok"] else 1)


# What `lab_server.py --self-check` tries: whether the movie arrives whole, server options, client options, movie.
# Many pairs do not work: this is what the dialect is like between programs that were never tried together.
EXPECTED = (
    # The port.
    [(works, "--ports " + ports, "--variant " + variant, "sd.Mjpeg") for ports, variant, works in [
        ("word4", "lf-open", True), ("word4", "lf-line", True), ("word4", "lf-blank", True), ("word4", "crlf-open", True),
        ("word4", "oneword", False), ("word4", "tight", False), ("word4", "tcp-udp", False), ("word4", "upper", True),
        ("word4", "colon", True), ("equals", "lf-open", True), ("equals", "oneword", True), ("equals", "tight", True),
        ("equals", "tcp-udp", True), ("equals", "colon", False), ("oneword", "oneword", True), ("oneword", "tight", True),
        ("oneword", "lf-open", False), ("headerless", "headerless", True), ("headerless", "lf-open", False),
        ("word4", "headerless", False),
    ]]
    + [(True, "--ports equals --split crlf", "--variant crlf-blank", "sd.Mjpeg"),
       (False, "--ports equals --split crlf", "--variant lf-open", "sd.Mjpeg")]
    # The replies.
    + [(True, "--replies " + end, "--replies usual", "sd.Mjpeg") for end in ("open", "line", "blank")]
    + [(True, "", "--replies exact", "sd.Mjpeg"), (False, "", "--replies time", "sd.Mjpeg"),
       (False, "", "--replies info", "sd.Mjpeg"), (True, "--cseq own", "", "sd.Mjpeg"),
       (False, "--no-session", "", "sd.Mjpeg"),
       (True, "--extra TotalTime:6_6 --extra FPS:20", "", "sd.Mjpeg")]
    # The payload; a frame of more than 20468 bytes does not fit the usual buffer.
    + [(works, "--timestamps rate --payload " + payload, "--receive " + receive, movie)
       for payload, receive, movie, works in [
           ("W0", "S", "sd.Mjpeg", True), ("W0", "S*", "sd.Mjpeg", True), ("W0", "M", "sd.Mjpeg", False),
           ("W1", "S", "sd.Mjpeg", True), ("W1", "S*", "sd.Mjpeg", True), ("W1", "M", "sd.Mjpeg", True),
           ("W1", "MS", "sd.Mjpeg", True), ("W1", "MP-time", "sd.Mjpeg", True), ("W1", "MP-rising", "sd.Mjpeg", False),
           ("W0", "S", "hd.Mjpeg", False), ("FS", "S", "sd.Mjpeg", False), ("FP", "S", "sd.Mjpeg", False),
           ("FS", "M", "hd.Mjpeg", True), ("FP", "M", "raw_hd.Mjpeg", True), ("FS", "MS", "hd.Mjpeg", True),
           ("FP", "MS", "hd.Mjpeg", False), ("FS", "MP-time", "hd.Mjpeg", False), ("FP", "MP-time", "hd.Mjpeg", True),
           ("FS", "MP-rising", "hd.Mjpeg", False), ("FP", "MP-rising", "hd.Mjpeg", True),
       ]]
    + [(False, "--first 0", "--receive S", "sd.Mjpeg"), (True, "--first 0", "--receive S*", "sd.Mjpeg")]
    # The course of things.
    + [(True, "", "--pause-at 0.05 --pause-for 0.1", "sd.Mjpeg"), (True, "", "--join-end", "sd.Mjpeg"),
       (False, "", "--setup-twice", "sd.Mjpeg"), (False, "", "--play-twice", "sd.Mjpeg"),
       (False, "", "--method SEEK", "sd.Mjpeg"), (True, "--others 500", "--method SEEK", "sd.Mjpeg"),
       (False, "--end message", "--frames 99", "sd.Mjpeg"), (True, "--end dies", "--frames 99", "sd.Mjpeg")]
    + [(False, "--missing " + missing, "", "none.Mjpeg") for missing in ("200", "silence", "404", "404-200")]
)

if __name__ == "__main__":
    main()
