"""The arithmetic of Documentation/Scaling.md: from CPU seconds per GB to readers of a faster machine."""

from __future__ import annotations

from figures import cpu, many, row, table, text

LINKS = {10: 4, 100: 32}    # Gb/s, and the cores of a machine that has such a card
USED = 0.9                  # of a link or of the cores; beyond it queues grow
PACKET = 1400               # bytes of RTP that a datagram carries
# Per packet on an Ethernet: preamble 8, header 14, check 4, gap 12; IPv4 20; UDP 8 or TCP 32 with timestamps.
ETHERNET, IP, UDP, TCP = 38, 20, 8, 32
SEGMENT = 1448              # bytes that a TCP segment carries
FRAMING = 4                 # bytes before each interleaved packet
# Bytes of memory traffic for each byte sent: the copy into the kernel reads and writes it, the card reads it.
PASSES = 3


def wire_bits(r: dict, transport: str) -> float:
    """What one stream takes of a link, in bits per second."""
    payload = r["about"]["clip"]["mbit_per_s"] * 1e6
    if transport == "udp":
        return payload * (PACKET + UDP + IP + ETHERNET) / PACKET
    return payload * (PACKET + FRAMING) / PACKET * (SEGMENT + TCP + IP + ETHERNET) / SEGMENT


def kinds(r: dict) -> list[tuple[str, str, float | None]]:
    count = many(r)
    return [
        ("UDP, segments cut by the card", "udp", cpu(row(r, "readers", who="ours", transport="udp", readers=count))),
        ("UDP, a datagram at a time", "udp", cpu(row(r, "variants", variant="without offload", transport="udp"))),
        ("TCP, segments cut by the card", "tcp", cpu(row(r, "readers", who="ours", transport="tcp", readers=count))),
    ]


def streams(r: dict) -> str:
    payload = text(r["about"]["clip"]["mbit_per_s"], 1)
    lines = [[transport.upper(), payload, text(wire_bits(r, transport) / 1e6, 1)] for transport in ("udp", "tcp")]
    return table(["", "a stream, Mbit/s", "on the wire, Mbit/s"], lines)


def capacity(r: dict) -> str:
    lines = []
    for link, cores in LINKS.items():
        for name, transport, cost in kinds(r):
            by_link = link * 1e9 * USED / wire_bits(r, transport)
            bytes_per_reader = r["about"]["clip"]["mbit_per_s"] / 8e3  # GB per second
            line = [f"{link} Gb/s, {name}", text(round(by_link))]
            if cost is None:
                lines.append(line + ["–"] * 4)
                continue
            by_cores = cores * USED / (cost * bytes_per_reader)
            served = min(by_link, by_cores)
            lines.append(line + [text(by_link * bytes_per_reader * cost, 1), text(round(by_cores)),
                                 text(served * bytes_per_reader * PASSES, 0), "the link" if by_link <= by_cores else "the cores"])
    return table(["", "readers that the link holds", "cores that they need", f"readers of {' or '.join(map(str, LINKS.values()))} cores",
                  "memory traffic, GB/s", "binds first"], lines)


def memory_speed(r: dict) -> str:
    found = row(r, "bare")
    if not found:
        return "*Not measured.*"
    return f"One core of the measured machine copies {text(found['memcpy_gb_per_s'], 0)} GB/s."


def inputs(r: dict) -> str:
    return table(["", "CPU s/GB"], [[name, text(cost)] for name, _, cost in kinds(r)])


BLOCKS = {"streams": streams, "inputs": inputs, "capacity": capacity, "memory-speed": memory_speed}
