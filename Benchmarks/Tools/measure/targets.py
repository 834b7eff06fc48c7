"""What the library is to reach, each with the figure that decides it."""

from __future__ import annotations

from dataclasses import dataclass

import figures
from figures import cpu, difference, many, ratio, row, value


@dataclass
class Target:
    number: int
    what: str
    found: float | None
    bound: float
    unit: str = ""
    at_least: bool = False
    digits: int = 2

    @property
    def is_hit(self) -> bool | None:
        if self.found is None:
            return None
        return self.found >= self.bound if self.at_least else self.found <= self.bound


def udp(r: dict) -> list[Target]:
    count = many(r)
    ours = cpu(row(r, "readers", who="ours", transport="udp", readers=count))
    limit = cpu(row(r, "readers", who="C, offload", transport="udp", readers=count))
    gst = cpu(row(r, "variants", variant="gst-rtsp-server", transport="udp"))
    plain = cpu(row(r, "variants", variant="without offload", transport="udp"))
    return [
        Target(1, f"UDP, {count} readers: CPU per GB, times the C limit with offload", ratio(ours, limit), 1.3),
        Target(1, "UDP: readers on one core", value(row(r, "most", who="ours", transport="udp"), "readers"), 400, at_least=True),
        Target(1, f"UDP without offload, {count} readers: times gst-rtsp-server", ratio(plain, gst), 1.0),
    ]


def tcp(r: dict) -> list[Target]:
    count = many(r)
    ours = cpu(row(r, "readers", who="ours", transport="tcp", readers=count))
    limit = cpu(row(r, "readers", who="C, one write", transport="tcp", readers=count))
    return [
        Target(2, f"TCP, {count} readers: CPU per GB, times the C limit", ratio(ours, limit), 1.6),
        Target(2, "TCP: readers on one core", value(row(r, "most", who="ours", transport="tcp"), "readers"), 1150, at_least=True),
    ]


def one_and_both(r: dict) -> list[Target]:
    found = [Target(3, f"One reader, {t.upper()}: CPU seconds per GB", cpu(row(r, "readers", who="ours", transport=t, readers=1)), 5)
             for t in ("udp", "tcp")]
    for t in ("udp", "tcp"):
        one, two = (cpu(row(r, "variants", variant=name, transport=t)) for name in ("one loop", "two loops"))
        found.append(Target(4, f"Two event loops, {t.upper()}: CPU per GB, times one loop's", ratio(two, one), 1.1))
    return found


def latency(r: dict) -> list[Target]:
    count, found = many(r), []
    for t in ("udp", "tcp"):
        live = row(r, "latency", who="ours", kind="live, burst", transport=t)
        stored = row(r, "latency", who="ours", kind="stored, burst", transport=t)
        found += [
            Target(5, f"{t.upper()}, {count} readers: a frame's first packet to its last, p99", value(live, "fan_out_p99_ms"), 3, "ms",
                   digits=1),
            Target(5, f"{t.upper()}: PLAY to the first whole frame, live, p50", value(live, "first_frame_p50_ms"), 5, "ms", digits=1),
            Target(5, f"{t.upper()}: PLAY to the first whole frame, stored, p50", value(stored, "first_frame_p50_ms"), 5, "ms", digits=1),
        ]
    return found


def sessions(r: dict) -> list[Target]:
    stay = row(r, "cycles", who="ours", kind="connections that stay", transport="tcp")
    during = row(r, "cycles", who="ours", kind="while streams play", transport="tcp")
    during_datagrams = row(r, "cycles", who="ours", kind="while streams play", transport="udp")
    memory = row(r, "memory", who="ours", kind="sessions", transport="tcp")
    datagrams = row(r, "memory", who="ours", kind="sessions", transport="udp")
    grown = row(r, "memory", who="ours", kind="cycles")
    return [
        Target(6, "SETUP, PLAY and TEARDOWN, over connections that stay", value(stay, "cycles_per_s"), 8500, "per s", at_least=True),
        Target(6, f"SETUP answer while {many(r)} streams play over TCP, p99", value(during, "setup_answer_p99_ms"), 5, "ms"),
        Target(6, f"SETUP answer while {many(r)} streams play over UDP, p99", value(during_datagrams, "setup_answer_p99_ms"), 5, "ms"),
        Target(6, "Resident memory with one reader", ratio(value(memory, "one_reader_kb"), 1000), 30, "MB", digits=1),
        Target(6, "Memory of an idle session, TCP", value(memory, "idle_session_kb"), 24, "kB", digits=1),
        Target(6, "Memory of an idle session, UDP", value(datagrams, "idle_session_kb"), 24, "kB", digits=1),
        Target(6, "Memory of a playing session, TCP", value(memory, "playing_session_kb"), 48, "kB", digits=1),
        Target(6, "Memory of a playing session, UDP", value(datagrams, "playing_session_kb"), 48, "kB", digits=1),
        Target(6, "Memory after all cycles, times that after a tenth",
               ratio(value(grown, "after_all_kb"), value(grown, "after_a_tenth_kb")), 1.02),
    ]


def stored(r: dict) -> list[Target]:
    found = []
    for t in ("udp", "tcp"):
        live, file = (row(r, "stored", kind=kind, transport=t) for kind in ("live", "stored"))
        count = value(file, "readers") or r["about"]["settings"]["stored_sessions"]
        found += [
            Target(7, f"{count} places of one file, {t.upper()}: frames per second", value(file, "fps_median"), 29.5, at_least=True),
            Target(7, f"{count} places of one file, {t.upper()}: CPU per GB, times live", ratio(cpu(file), cpu(live)), 1.3),
        ]
    return found


def receiving(r: dict) -> list[Target]:
    """Seconds are those of one machine; beside each, what the target was there in terms of the C program."""
    found = []
    for t, bounds in (("udp", {1: (3.0, 1.75), 10: (0.75, 0.37)}), ("tcp", {1: (3.0, 1.9), 10: (0.8, 0.41)})):
        for streams, (bound, limit) in bounds.items():
            ours = row(r, "receiving", who="ours", transport=t, streams=streams)
            what = f"Receiving {streams} {'stream' if streams == 1 else 'streams'}, {t.upper()}: CPU seconds per GB"
            found.append(Target(8, what, cpu(ours), bound))
            bare = row(r, "receiving", who="C", transport=t, streams=streams)
            found.append(Target(8, what.replace("CPU seconds per GB", "times the C program's"), ratio(cpu(ours), cpu(bare)), bound / limit))
    lost = value(row(r, "receiving", who="ours", transport="udp", streams=50), "lost_ratio")
    return found + [Target(8, "Receiving 50 streams, UDP: lost", ratio(lost, 0.01), 0, "%")]


def pure(r: dict) -> list[Target]:
    rates = {found["name"]: found for found in r.get("pure", [])}
    # Into a reused batch, where that is measured by itself.
    packetize = rates.get("packetize-reused", rates.get("packetize"))
    counted = r.get("counted", {})
    one, hundred = (counted.get(f"fan-out-{count}", {}).get("allocations") for count in (1, 100))
    return [
        Target(9, "Packetizing into a reused batch", ratio(value(packetize, "bytesPerSecond"), 1e9), 10, "GB/s", True, 1),
        Target(9, "Depacketizing", ratio(value(rates.get("depacketize"), "bytesPerSecond"), 1e9), 5, "GB/s", True, 1),
        Target(9, "Parsing typical requests", value(rates.get("parse"), "perSecond"), 500_000, "per s", True),
        Target(9, "Heap allocations of a frame for 100 readers, beyond those for one", difference(hundred, one), 0, digits=0),
    ]


def slow(r: dict) -> list[Target]:
    found = []
    for t in ("udp", "tcp"):
        ours = row(r, "slow", who="ours", transport=t)
        moved = difference(value(ours, "during_p99_ms"), value(ours, "before_p99_ms"))
        grown = ratio(difference(value(ours, "rss_end_stall_kb"), value(ours, "rss_mid_stall_kb")), 1000)
        found += [
            Target(10, f"Healthy readers beside stalled ones, {t.upper()}: p99 of the interval moves by", moved, 1, "ms", digits=1),
            Target(10, f"Memory in the second half of the stall, {t.upper()}: grows by", grown, 2, "MB", digits=1),
            Target(10, f"Stalled readers that get the newest frame afterwards, {t.upper()}",
                   ratio(value(ours, "stalled_caught_up"), value(ours, "stalled")), 1, at_least=True),
        ]
    return found


def all_targets(results: dict) -> list[Target]:
    return [target for part in (udp, tcp, one_and_both, latency, sessions, stored, receiving, pure, slow) for target in part(results)]


def table(results: dict) -> str:
    words = {True: "hit", False: "**miss**", None: "–"}
    lines = [[str(t.number), t.what, figures.text(t.found, t.digits, t.unit),
              ("≥ " if t.at_least else "≤ ") + figures.text(t.bound, t.digits, t.unit), words[t.is_hit]] for t in all_targets(results)]
    # The texts read better to the left.
    return figures.table(["", "what", "measured", "target", ""], lines).replace("|---|---:|", "|---|---|", 1)
