"""rtsp-player's HTTP interface, without a browser: for the demo, and for what no browser can be made to do."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

from harness import Failed, require  # noqa: E402


class PlayerAPI:
    """The player at an address such as http://127.0.0.1:8080/."""

    def __init__(self, address: str):
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port or 80

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body. A header's underscores become hyphens."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def post(self, path: str, **body: object) -> dict:
        status, _, answer = self.request("POST", path, json.dumps(body).encode(), Content_Type="application/json")
        require(status in (201, 202), f"POST {path} was answered {status}: {answer.decode(errors='replace')}")
        return json.loads(answer)

    def session(self) -> "PlayerSession":
        return PlayerSession(self, self.post("/api/sessions")["id"])


class PlayerSession:
    """A tab's session; its events are read by a thread from the beginning on."""

    def __init__(self, player: PlayerAPI, identifier: str):
        self.player, self.path = player, f"/api/sessions/{identifier}"
        self.changed = threading.Condition()
        self.events: dict[str, list[dict]] = {"state": [], "numbers": [], "dialogue": []}
        self.ended = False
        self.connection = http.client.HTTPConnection(player.host, player.port, timeout=10)
        self.connection.request("GET", self.path + "/events")
        self.stream = self.connection.getresponse()
        kind = self.stream.getheader("Content-Type", "")
        require(self.stream.status == 200 and kind.startswith("text/event-stream"),
                f"events were answered {self.stream.status} {kind}")
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def state(self) -> dict:
        return self.events["state"][-1] if self.events["state"] else {}

    @property
    def numbers(self) -> dict:
        return self.events["numbers"][-1] if self.events["numbers"] else {}

    def command(self, name: str, **body: object) -> None:
        self.player.post(f"{self.path}/{name}", **body)

    def wait(self, condition: Callable[["PlayerSession"], object], seconds: float, what: str) -> None:
        """Until an event makes the condition true."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not condition(self):
                remaining = deadline - time.monotonic()
                require(remaining > 0 and not self.ended, f"{what}: not within {seconds:g} s; {self.summary()}")
                self.changed.wait(min(remaining, 0.2))

    def wait_for_state(self, state: str, seconds: float = 10) -> None:
        self.wait(lambda session: session.state.get("state") == state and not session.state.get("busy"), seconds,
                  f"state {state}")

    def play(self, url: str, transport: str = "auto", seconds: float = 15) -> None:
        """Setup and Play, until pictures are shown."""
        self.command("setup", url=url, transport=transport, lab=False)
        self.wait_for_state("Ready", seconds)
        self.command("play")
        self.wait(lambda session: (session.numbers.get("framesShown") or 0) > 0, seconds, "the first picture")

    def pictures(self, receive_buffer: int | None = None) -> "PictureStream":
        return PictureStream(self.player, self.path + "/pictures", receive_buffer)

    def summary(self) -> str:
        state = {key: self.state.get(key) for key in ("state", "busy", "error", "notice", "reconnect")}
        return f"state {state}, frames shown {self.numbers.get('framesShown')}{', the events have ended' if self.ended else ''}"

    def close(self) -> None:
        """As a tab that closes."""
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.connection.close()

    def _read(self) -> None:
        name, data = "", ""
        try:
            for line in self.stream:
                line = line.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data = line[5:].strip()
                elif not line and data:
                    self._take(name, json.loads(data))
                    name, data = "", ""
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def _take(self, name: str, event: dict) -> None:
        with self.changed:
            self.events.setdefault(name, []).append(event)
            self.changed.notify_all()


class PictureStream:
    """The multipart stream, read as slowly as its caller likes."""

    def __init__(self, player: PlayerAPI, path: str, receive_buffer: int | None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect((player.host, player.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {player.host}:{player.port}\r\n\r\n".encode())
        self.answer = http.client.HTTPResponse(self.socket)
        self.answer.begin()
        require(self.answer.status == 200, f"pictures were answered {self.answer.status}")
        kind = self.answer.getheader("Content-Type", "")
        require(kind.replace(" ", "").startswith("multipart/x-mixed-replace;boundary=picture"), f"pictures are {kind}")

    def parts(self, pause: Callable[[int], None] = lambda count: None) -> Iterator[tuple[dict[str, str], bytes]]:
        """Headers in lower case and the JPEG of each part; `pause` is called with the bytes of each read, up to 4096."""
        while True:
            line = self._line()
            require(line == "--picture", f"a part begins with {line[:60]!r}")
            headers = {}
            while line := self._line():
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            image, length = b"", int(headers["content-length"])
            while len(image) < length:
                piece = self.answer.read(min(4096, length - len(image)))
                require(piece, f"the stream ended inside a picture, {len(image)} of {length} bytes")
                pause(len(piece))
                image += piece
            require(self._line() == "", "no empty line after a picture")
            yield headers, image

    def close(self) -> None:
        self.socket.close()

    def _line(self) -> str:
        line = self.answer.readline()
        if not line:
            raise Failed("the stream of pictures ended")
        return line.decode(errors="replace").rstrip("\r\n")
