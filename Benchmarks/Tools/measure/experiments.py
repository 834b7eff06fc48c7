"""The experiments, each a function that returns the rows of one table. Runs of what is compared alternate."""

from __future__ import annotations

import shutil
import time

from bench import Bench, brief
from programs import Program, json_of

TRANSPORTS = ("udp", "tcp")
LIMITS = {
    "udp": {"C, offload": ("udp", "--send", "gso", "--connected"), "C, sendto": ("udp", "--send", "sendto")},
    "tcp": {"C, one write": ("tcp", "--send", "send")},
}
FULL_RATE, LOST = 29.5 / 30, 0.001


def row(summary: dict | None, **names: object) -> list[dict]:
    return [{**summary, **names}] if summary else []


def with_load(bench: Bench, who: str, transport: str, *options: object, server: dict | None = None, **load: object):
    """A run against a fresh server."""

    def run() -> dict:
        with bench.serving(who, **(server or {})) as started:
            return started.load(transport, *options, **load)

    return run


def limit_run(bench: Bench, arguments: tuple[object, ...], readers: int):
    # With few readers little is sent, so that a longer run is needed for a steady figure.
    seconds = bench.settings.limit_seconds * (3 if readers < 10 else 1)
    return lambda: bench.limit(*arguments, "-n", readers, seconds=seconds)


def readers(bench: Bench) -> list[dict]:
    """Readers of one shared presentation, ours beside the C limit and GStreamer's at each number."""
    rows = []
    for transport in TRANSPORTS:
        for count in bench.settings.readers:
            limits = LIMITS[transport]
            works = [limit_run(bench, arguments, count) for arguments in limits.values()]
            works += [with_load(bench, who, transport, readers=count) for who in bench.peers]
            found = bench.rounds(f"{count} readers, {transport}", *works)
            for who, summary in zip([*limits, *bench.peers], found):
                rows += row(summary, who=who, transport=transport, readers=count)
    return rows


def keeps_up(result: dict | None, fps: float) -> bool:
    return result is not None and result["fps_median"] >= FULL_RATE * fps \
        and result["fps_min"] >= FULL_RATE * fps * 0.97 and result["lost_ratio"] < LOST


def most_of(bench: Bench, who: str, transport: str) -> dict:
    """Climbs by halves until the server no longer keeps up, then closes in to six per cent. A spoilt run must not decide, so
    that a number is given up only when it has failed twice."""
    best, too_many, load = 0, None, 0.0
    count = max(bench.settings.readers[-1], bench.settings.many)
    while (too_many is None or too_many - best > max(1, best * 0.06)) and best < bench.settings.most:
        for _ in range(2):
            result = bench.attempt(f"most readers, {who}, {transport}", with_load(bench, who, transport, readers=count))
            if keeps_up(result, bench.settings.fps):
                break
        print(f"most readers, {who}, {transport}, {count}: {brief(result)}", flush=True)
        if keeps_up(result, bench.settings.fps):
            best, load = count, result["load_core_percent"]
        else:
            too_many = count
        count = (best + too_many) // 2 if too_many else min(best * 3 // 2, bench.settings.most)
        if count == 0 or count == best:
            break
    return {"who": who, "transport": transport, "readers": best, "too_many": too_many, "load_core_percent": load}


def most_readers(bench: Bench) -> list[dict]:
    return [most_of(bench, who, transport) for transport in TRANSPORTS for who in bench.peers]


def variants(bench: Bench) -> list[dict]:
    """Ours in other ways: two event loops on two cores, without offload, with the pacing that is the default, and with readers that
    take segments whole; and GStreamer's of the same minutes."""
    many, rows = bench.settings.many, []
    both = f"{bench.settings.server_core},{bench.settings.load_core}"
    kinds = {
        "one loop": {}, "two loops": {"cores": both, "threads": 2}, "without offload": {"options": ["--no-offload"]},
        "paced": {"pacing": None}, "readers with GRO": {"load": ["--gro"]},
    }
    for transport in TRANSPORTS:
        chosen = {name: kind for name, kind in kinds.items() if transport == "udp" or "loop" in name}
        works = [variant_run(bench, transport, dict(kind)) for kind in chosen.values()]
        names = list(chosen)
        if bench.has_gst:
            names.append("gst-rtsp-server")
            works.append(with_load(bench, "gst", transport, readers=many))
        for name, summary in zip(names, bench.rounds(f"variants, {transport}", *works)):
            rows += row(summary, variant=name, transport=transport, readers=many)
    return rows


def variant_run(bench: Bench, transport: str, kind: dict):
    options, load = kind.pop("options", []), kind.pop("load", [])

    def run() -> dict:
        with bench.serving("ours", *options, **kind) as started:
            return started.load(transport, *load, readers=bench.settings.many)

    return run


def latency(bench: Bench) -> list[dict]:
    """From the first packet of a frame at any reader to its last at each, looked at every quarter of a millisecond; and from PLAY
    to the first whole frame."""
    rows, many = [], bench.settings.many
    kinds = [("ours", "live, burst", {}), ("ours", "live, paced", {"pacing": None}), ("ours", "stored, burst", {"stored": True})]
    kinds += [("gst", "live", {})] if bench.has_gst else []
    for transport in TRANSPORTS:
        chosen = [kind for kind in kinds if transport == "udp" or "paced" not in kind[1]]
        works = [with_load(bench, who, transport, "--tick-us", 250, server=server, readers=many) for who, _, server in chosen]
        for (who, kind, _), summary in zip(chosen, bench.rounds(f"latency, {transport}", *works)):
            rows += row(summary, who=who, kind=kind, transport=transport)
    return rows


def cycles(bench: Bench) -> list[dict]:
    """SETUP, PLAY and TEARDOWN again and again, over connections that stay and over new ones; and while streams play."""
    rows, s = [], bench.settings
    everyone = (*bench.peers, "floor")
    kinds = [("connections that stay", "tcp", ("--cycle", 8), None), ("connections that stay", "udp", ("--cycle", 8), None),
             ("a connection each", "tcp", ("--churn", 8), None), ("while streams play", "tcp", ("--cycle", 4, "--cycle-rate", 200), s.many),
             ("while streams play", "udp", ("--cycle", 4, "--cycle-rate", 200, "--gro"), s.many)]
    for kind, transport, options, count in kinds:
        chosen = [who for who in everyone if who != "floor" or (transport == "tcp" and count is None)]
        works = [with_load(bench, who, transport, *options, readers=count, seconds=s.cycle_seconds, warm_up=1) for who in chosen]
        for who, summary in zip(chosen, bench.rounds(f"cycles, {kind}, {transport}", *works)):
            rows += row(summary, who=who, kind=kind, transport=transport, streams=count or 0)
    return rows


def memory_run(bench: Bench, who: str, transport: str):
    s = bench.settings

    def run() -> dict:
        with bench.serving(who) as server:  # each time after a first session, whose cost is that of beginning
            one = server.load(transport, readers=1, seconds=1, warm_up=1)
            idle = server.load(transport, "--no-play", readers=s.idle, seconds=0.5, warm_up=0.5)
        with bench.serving(who) as server:
            server.load(transport, readers=1, seconds=1, warm_up=1)
            playing = server.load(transport, readers=s.many, seconds=2)
        return {"one_reader_kb": one["rss_kb"], "idle_session_kb": (idle["rss_kb"] - idle["rss_before_kb"]) / s.idle,
                "playing_session_kb": (playing["rss_kb"] - playing["rss_before_kb"]) / s.many}

    return run


def growth_run(bench: Bench, who: str):
    """What is resident after the first tenth of the cycles, and after all of them."""
    count = bench.settings.cycles

    def run() -> dict:
        with bench.serving(who) as server:
            early = server.load("tcp", "--cycle", 8, "--cycles", max(1, count // 10), seconds=120, warm_up=0, extra_seconds=30)
            late = server.load("tcp", "--cycle", 8, "--cycles", count, seconds=240, warm_up=0, extra_seconds=30)
        return {"cycles": early["cycles"] + late["cycles"], "after_a_tenth_kb": early["rss_kb"], "after_all_kb": late["rss_kb"]}

    return run


def memory(bench: Bench) -> list[dict]:
    rows = []
    for transport in TRANSPORTS:
        found = bench.rounds(f"memory, {transport}", *[memory_run(bench, who, transport) for who in bench.peers])
        for who, summary in zip(bench.peers, found):
            rows += row(summary, who=who, kind="sessions", transport=transport)
    # One run will do: it is long, and what would grow shows.
    grown = bench.attempt("growth", growth_run(bench, "ours"))
    return rows + row(grown, who="ours", kind="cycles", transport="tcp")


def stored(bench: Bench) -> list[dict]:
    """Sessions evenly spread over one large file, beside as many readers of a live presentation."""
    s, rows = bench.settings, []
    seconds = bench.stored.stat().st_size / bench.bytes_per_second
    for transport in TRANSPORTS:
        works = [with_load(bench, "ours", transport, readers=s.stored_sessions),
                 with_load(bench, "ours", transport, "--ranges", f"{seconds:.0f}", server={"stored": True}, readers=s.stored_sessions)]
        for kind, summary in zip(("live", "stored"), bench.rounds(f"stored, {transport}", *works)):
            rows += row(summary, who="ours", kind=kind, transport=transport, readers=s.stored_sessions)
    return rows


def slow_run(bench: Bench, who: str, transport: str):
    """Our server says of each session how many frames it skipped."""
    s = bench.settings
    count = s.many + s.stalled

    def run() -> dict:
        with bench.serving(who) as server:
            found = server.load(transport, "--tick-us", 250, "--stall", s.stalled, "--stall-seconds", s.stall_seconds, readers=count,
                                extra_seconds=s.stall_seconds + 4)
            if who == "ours":
                ends = server.program.wait_for(r"ended: .*?(?:, (\d+) frames skipped|$)", 10, count)
                found["frames_skipped"] = sum(int(end[1] or 0) for end in ends)
            return found

    return run


def slow(bench: Bench) -> list[dict]:
    """Readers that stop for a while beside healthy ones."""
    s, rows = bench.settings, []
    for transport in TRANSPORTS:
        works = [slow_run(bench, who, transport) for who in bench.peers]
        for who, summary in zip(bench.peers, bench.rounds(f"slow readers, {transport}", *works)):
            rows += row(summary, who=who, transport=transport, healthy=s.many)
    return rows


# ---- receiving


def our_receiver(bench: Bench, transport: str, streams: int):
    """Our client counts whole frames, and its own processor time."""
    s = bench.settings

    def run() -> dict:
        with bench.serving("ours") as server:
            command = [bench.client, "receive", server.url, "--streams", streams, "--transport", transport,
                       "--warm-up", s.warm_up, "--seconds", s.seconds, "--json"]
            said = json_of(s.load_core, command, s.seconds + s.warm_up + 60, bench.root)
        sent = said["packets"] + said["packetsLost"]
        return {"cpu_s_per_gb": said["cpuSecondsPerGB"], "fps": said["framesPerSecondAndStream"], "failed": said["failed"],
                "lost_ratio": said["packetsLost"] / sent if sent else 0.0, "rss_kb": said["peakMemoryBytes"] / 1024}

    return run


def ffmpeg_receiver(bench: Bench, transport: str):
    """FFmpeg says nothing of itself, so that its processor clock is read over a window after its start."""
    s = bench.settings
    lead = s.warm_up * 2

    def run() -> dict:
        with bench.serving("ours") as server:
            command = ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", server.url, "-c", "copy",
                       "-t", lead + s.seconds + 5, "-f", "null", "-"]
            with Program(s.load_core, command, bench.root) as client:
                time.sleep(lead)  # a window of time is what is measured; there is no event to wait for
                before, began = client.cpu_seconds(), time.monotonic()
                time.sleep(s.seconds)
                used, took = client.cpu_seconds() - before, time.monotonic() - began
                return {"cpu_s_per_gb": used / (bench.bytes_per_second * took / 1e9), "rss_kb": client.resident_kb()}

    return run


def receiving(bench: Bench) -> list[dict]:
    """Whole frames from one stream and from many in one process; UDP with segmentation offload at the sender."""
    rows, s = [], bench.settings
    limits = {"udp": ("recv", "--receive", "gro", "--send", "gso"), "tcp": ("recvtcp",)}
    for transport in TRANSPORTS:
        for streams in s.streams:
            works = {"C": limit_run(bench, (*limits[transport], "--depacketize"), streams)}
            if bench.client:
                works["ours"] = our_receiver(bench, transport, streams)
            if streams == 1 and shutil.which("ffmpeg"):
                works["FFmpeg"] = ffmpeg_receiver(bench, transport)
            found = bench.rounds(f"receiving {streams} streams, {transport}", *works.values())
            for who, summary in zip(works, found):
                rows += row(summary, who=who, transport=transport, streams=streams)
    return rows


def bare(bench: Bench) -> list[dict]:
    """Packetizing and depacketizing in C, without sockets."""
    found = bench.rounds("memory speed", lambda: bench.limit("memory"))
    return row(found[0], who="C")


EXPERIMENTS = {
    "readers": readers, "most": most_readers, "variants": variants, "latency": latency, "cycles": cycles, "memory": memory,
    "stored": stored, "slow": slow, "receiving": receiving, "bare": bare,
}
