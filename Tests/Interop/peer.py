"""A small RTSP client of the tests' own, for saying what no sound client says."""

from __future__ import annotations

import re
import socket
import time

from harness import Failed


class Peer:
    """One TCP connection; replies are read with a deadline."""

    def __init__(self, port: int, receive_buffer: int | None = None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""
        self.c_seq = 0
        self.session = ""

    def send(self, data: bytes) -> None:
        """A server that has closed already is no error here: what it answered is still to be read."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def request(self, method: str, url: str, *headers: str) -> tuple[int, str]:
        self.c_seq += 1
        session = [f"Session: {self.session}"] if self.session else []
        self.send("\r\n".join([f"{method} {url} RTSP/1.0", f"CSeq: {self.c_seq}", *session, *headers, "", ""]).encode())
        status, head = self.reply()
        if match := re.search(r"(?im)^Session:\s*([^;\s]+)", head):
            self.session = match[1]
        return status, head

    def reply(self, seconds: float = 10) -> tuple[int, str]:
        """The next reply's status and head; interleaved packets before it are passed over. Status 0 where it closed."""
        deadline = time.monotonic() + seconds
        while True:
            while self.buffer[:1] == b"$" and len(self.buffer) >= 4 and \
                    len(self.buffer) >= 4 + int.from_bytes(self.buffer[2:4], "big"):
                self.buffer = self.buffer[4 + int.from_bytes(self.buffer[2:4], "big"):]
            end = self.buffer.find(b"\r\n\r\n")
            if self.buffer[:1] != b"$" and end >= 0:
                head, self.buffer = self.buffer[:end].decode(errors="replace"), self.buffer[end + 4:]
                if length := re.search(r"(?im)^Content-Length:\s*(\d+)", head):
                    while len(self.buffer) < int(length[1]):
                        self.buffer += self.receive(deadline) or b"\0" * int(length[1])
                    self.buffer = self.buffer[int(length[1]):]
                if match := re.match(r"RTSP/1\.0 (\d{3})", head):
                    return int(match[1]), head
                raise Failed(f"not a reply: {head[:80]}")
            more = self.receive(deadline)
            if not more:
                return 0, ""
            self.buffer += more

    def receive(self, deadline: float) -> bytes:
        """Empty where the server has closed."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise Failed("no answer and no close within the deadline")
        self.socket.settimeout(remaining)
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""
        except TimeoutError:
            raise Failed("no answer and no close within the deadline") from None

    def wait_for_close(self, seconds: float) -> float:
        """How long it took; what is still said before is passed over."""
        started = time.monotonic()
        while self.receive(started + seconds):
            pass
        return time.monotonic() - started

    def set_up(self, url: str, transport: str) -> None:
        status, head = self.request("SETUP", url, f"Transport: {transport}")
        if status != 200:
            raise Failed(f"SETUP was answered {status}: {head[:200]}")

    def play(self, url: str, *headers: str) -> None:
        status, head = self.request("PLAY", url, *headers)
        if status != 200:
            raise Failed(f"PLAY was answered {status}: {head[:200]}")

    def close(self) -> None:
        self.socket.close()
