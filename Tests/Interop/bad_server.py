"""RTSP servers that refuse, lie or fall silent, for our client to survive. They run in threads of the case."""

from __future__ import annotations

import re
import socket
import struct
import threading
from dataclasses import dataclass, field

from media import scan_data, size

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=bad\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=0-10\r\n"
       "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:stream\r\n")


@dataclass
class BadServer:
    """What it does beyond the usual.

    answers: method → status instead of 200; `refuse_udp`: 461 to UDP; `mute_udp`: no packets over UDP;
    `nonsense`: bytes for an answer; `silent_on`: methods never answered; `media`: what is sent after PLAY (a function of the
    server's `send`); `after_play`: called with the connection when the media has been sent.
    """

    answers: dict[str, int] = field(default_factory=dict)
    refuse_udp: bool = False
    mute_udp: bool = False
    nonsense: dict[str, bytes] = field(default_factory=dict)
    silent_on: tuple[str, ...] = ()
    packets: list[bytes] = field(default_factory=list)
    pace: float = 0.005
    closes: bool = False
    sdp: str = SDP

    def __post_init__(self):
        self.requests: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/bad"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        buffer, client_port = b"", None
        try:
            while more := connection.recv(65536):
                buffer += more
                while True:
                    while buffer[:1] == b"$" and len(buffer) >= 4 + int.from_bytes(buffer[2:4], "big"):
                        buffer = buffer[4 + int.from_bytes(buffer[2:4], "big"):]
                    if buffer[:1] == b"$" or b"\r\n\r\n" not in buffer:
                        break
                    request, buffer = buffer.split(b"\r\n\r\n", 1)
                    client_port = self.answer(connection, request.decode(errors="replace"), client_port)
        except OSError:
            pass

    def answer(self, connection: socket.socket, request: str, client_port: int | None) -> int | None:
        """Answers one request; returns the client's UDP port, nil for TCP."""
        method = request.split(" ", 1)[0]
        self.requests.append(method)
        if method in self.nonsense:
            connection.sendall(self.nonsense[method])
            return client_port
        if method in self.silent_on:
            return client_port
        status, headers, body = self.answers.get(method, 200), ["Session: 12345678;timeout=60"], ""
        if method == "SETUP":
            udp = re.search(r"client_port=(\d+)", request)
            client_port = int(udp[1]) if udp else None
            if udp and self.refuse_udp:
                status = 461
            headers.append(f"Transport: RTP/AVP;unicast;client_port={client_port}-{client_port + 1};server_port=40000-40001"
                           if udp else "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        elif method == "OPTIONS":
            headers = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"]
        elif method == "DESCRIBE":
            headers, body = ["Content-Type: application/sdp", f"Content-Base: {self.url}/"], self.sdp
        elif method == "PLAY":
            headers.append("Range: npt=0-10")
        number = re.search(r"(?im)^CSeq:\s*(\d+)", request)
        head = [f"RTSP/1.0 {status} Whatever", f"CSeq: {number[1] if number else 0}", *headers]
        if status != 200:
            body = ""
        if body:
            head.append(f"Content-Length: {len(body)}")
        connection.sendall("\r\n".join([*head, "", body]).encode())
        if method == "PLAY" and status == 200:
            threading.Thread(target=self.send_media, args=(connection, client_port), daemon=True).start()
        return client_port

    def send_media(self, connection: socket.socket, client_port: int | None) -> None:
        pause = threading.Event()
        if client_port and self.mute_udp:
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                for packet in self.packets:
                    pause.wait(self.pace)
                    if client_port:
                        udp.sendto(packet, ("127.0.0.1", client_port))
                    else:
                        connection.sendall(b"$\x00" + struct.pack("!H", len(packet)) + packet)
                if self.closes:
                    connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def rtp_packets(images: list[bytes], fps: int = 25, payload_type: int = 26, ssrc: int = 0x1234, first: int = 1) -> list[bytes]:
    """RFC 2435 packets of JPEGs of 4:2:0 with their quantization tables in band."""
    packets, sequence = [], first
    for index, image in enumerate(images):
        tables = quantization_tables(image)
        scan, (width, height) = scan_data(image), size(image)
        timestamp, offset = index * 90000 // fps, 0
        while offset < len(scan):
            head = struct.pack("!IBBBB", offset, 1, 255, width // 8, height // 8)
            if offset == 0:
                head += struct.pack("!BBH", 0, 0, len(tables)) + tables
            piece = scan[offset:offset + 1300]
            offset += len(piece)
            marker = 0x80 if offset == len(scan) else 0
            packets.append(struct.pack("!BBHII", 0x80, marker | payload_type, sequence & 0xFFFF, timestamp, ssrc) + head + piece)
            sequence += 1
    return packets


def quantization_tables(image: bytes) -> bytes:
    """The two 8-bit tables, as they stand in the JPEG."""
    tables, position = {}, 2
    while image[position + 1] != 0xDA:
        length = int.from_bytes(image[position + 2:position + 4], "big")
        if image[position + 1] == 0xDB:
            for start in range(position + 4, position + 2 + length, 65):
                tables[image[start] & 15] = image[start + 1:start + 65]
        position += 2 + length
    return b"".join(tables[number] for number in sorted(tables))
