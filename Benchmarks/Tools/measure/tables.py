"""The tables of Documentation/Performance.md, by the name of the marker that each stands behind."""

from __future__ import annotations

import re

import targets
from figures import cpu, many, percent, ratio, row, rows, table, text, value

NAMES = {"ours": "swift-rtsp", "gst": "gst-rtsp-server", "floor": "C, canned answers"}
LIMIT = {"udp": "C, offload", "tcp": "C, one write"}


def name(who: str) -> str:
    return NAMES.get(who, who)


def spread(found: dict | None) -> str:
    limits = found and (found.get("server_cpu_s_per_gb_range") or found.get("cpu_s_per_gb_range"))
    return f" ({limits[0]:.2f}–{limits[1]:.2f})" if limits and found.get("runs", 1) > 1 else ""


def about(r: dict) -> str:
    a, clip, s = r["about"], r["about"]["clip"], r["about"]["settings"]
    m = a["machine"]
    versions = ", ".join(f"{what} {version}" for what, version in a["versions"].items())
    lines = [
        f"- **Machine:** {m['processor']}, {m['cores']} cores, {m['memory_gb']:g} GB; {m['system']}, Linux {m['kernel']}.",
        f"- **Versions:** commit {a['commit']}; {versions}.",
        f"- **When:** {a['date']}; load of the machine before: {m['load_before']:.1f}.",
        f"- **Clip:** {clip['width']}x{clip['height']}, {clip['fps']} frames a second, {clip['frame_kb']:g} kB a frame, "
        f"{clip['mbit_per_s']:g} Mbit/s.",
        f"- **Runs:** medians of {s['runs']}, {s['seconds']:g} s each after {s['warm_up']:g} s.",
    ]
    if a.get("failures"):
        lines.append(f"- **Runs that failed, and are not in the figures:** {len(a['failures'])}.")
    return "\n".join(lines)


def readers(r: dict, transport: str) -> str:
    lines = []
    for count in sorted({found["readers"] for found in rows(r, "readers", transport=transport)}):
        of = {who: row(r, "readers", who=who, transport=transport, readers=count) for who in ("ours", "gst", LIMIT[transport], "C, sendto")}
        ours, gst, limit = of["ours"], of["gst"], of[LIMIT[transport]]
        line = [str(count), text(cpu(ours)) + spread(ours), text(cpu(limit))]
        line += [text(cpu(of["C, sendto"]))] if transport == "udp" else []
        line += [text(cpu(gst)), text(ratio(cpu(ours), cpu(limit))), text(ratio(cpu(ours), cpu(gst)))]
        line += [text(value(ours, "fps_median"), 1), percent(value(ours, "lost_ratio"), 3), percent(on_time(ours), 1)]
        line += [text(value(ours, "interval_p99_ms"), 1), text(value(gst, "interval_p99_ms"), 1)]
        lines.append(line)
    head = ["readers", "swift-rtsp", LIMIT[transport]] + (["C, sendto"] if transport == "udp" else [])
    head += ["gst-rtsp-server", "× C", "× gst", "fps", "lost", "on time", "interval p99, ms", "gst's"]
    return table(head, lines)


def on_time(found: dict | None) -> float | None:
    late = value(found, "late_ratio")
    return None if late is None else 1 - late


def most(r: dict) -> str:
    lines = [[f"{name(found['who'])}, {found['transport'].upper()}", text(found["readers"]), text(found["too_many"]),
              percent(ratio(found["load_core_percent"], 100), 0)] for found in rows(r, "most")]
    return table(["", "readers that one core serves", "no longer", "core of the load"], lines)


def variants(r: dict) -> str:
    lines = []
    for found in rows(r, "variants"):
        base = cpu(row(r, "variants", variant="one loop", transport=found["transport"]))
        lines.append([f"{found['transport'].upper()}, {found['variant']}", text(cpu(found)) + spread(found), text(ratio(cpu(found), base)),
                      text(value(found, "fps_median"), 1), percent(value(found, "lost_ratio"), 3)])
    return table([f"{many(r)} readers", "CPU s/GB", "× one loop", "fps", "lost"], lines)


def latency(r: dict) -> str:
    lines = [[f"{name(found['who'])}, {found['transport'].upper()}, {found['kind']}",
              text(found["fan_out_p50_ms"], 1), text(found["fan_out_p99_ms"], 1),
              text(found["first_frame_p50_ms"], 1), text(found["first_frame_p99_ms"], 1), text(found["jitter_p99_ms"], 1)]
             for found in rows(r, "latency")]
    return table(["ms", "first packet to last, p50", "p99", "PLAY to first whole frame, p50", "p99", "jitter of the interval, p99"], lines)


def cycles(r: dict) -> str:
    lines = [[f"{name(found['who'])}, {found['transport'].upper()}, {found['kind']}", text(round(found["cycles_per_s"])),
              text(value(found, "server_us_per_cycle"), 0), text(value(found, "setup_answer_p50_ms")),
              text(value(found, "setup_answer_p99_ms"))] for found in rows(r, "cycles")]
    return table(["", "cycles/s", "CPU µs a cycle", "SETUP answer p50, ms", "p99, ms"], lines)


def memory(r: dict) -> str:
    lines = [[f"{name(found['who'])}, {found['transport'].upper()}", text(found["one_reader_kb"] / 1000, 1),
              text(found["idle_session_kb"], 1), text(found["playing_session_kb"], 1)] for found in rows(r, "memory", kind="sessions")]
    written = table(["", "one reader, MB", "an idle session, kB", "a playing session, kB"], lines)
    for found in rows(r, "memory", kind="cycles"):
        written += (f"\n\nAfter a tenth of {text(found['cycles'])} cycles ours held {found['after_a_tenth_kb'] / 1000:.1f} MB, "
                    f"after all of them {found['after_all_kb'] / 1000:.1f} MB.")
    return written


def stored(r: dict) -> str:
    lines = []
    for found in rows(r, "stored"):
        live = cpu(row(r, "stored", kind="live", transport=found["transport"]))
        lines.append([f"{found['transport'].upper()}, {found['kind']}", text(found["readers"]), text(cpu(found)) + spread(found),
                      text(ratio(cpu(found), live)), text(found["fps_median"], 1), percent(found["lost_ratio"], 3),
                      text(found["rss_kb"] / 1000, 1)])
    return table(["", "sessions", "CPU s/GB", "× live", "fps", "lost", "memory, MB"], lines)


def slow(r: dict) -> str:
    phases = ("before", "during", "after")
    lines = [[f"{name(found['who'])}, {found['transport'].upper()}", *(text(found[f"{phase}_p99_ms"], 1) for phase in phases),
              f"{text(found['stalled_caught_up'], 0)} of {text(found['stalled'], 0)}", text(found["newest_frame_p50_ms"], 0),
              text(ratio(found["stale_frames"], found["stalled"]), 0),
              text((found["rss_end_stall_kb"] - found["rss_before_stall_kb"]) / 1000, 1), text(value(found, "frames_skipped"), 0)]
             for found in rows(r, "slow")]
    return table(["", "interval p99 before, ms", "during", "after", "stalled that caught up", "in ms, p50", "old frames first", "memory more, MB", "frames skipped, as counted"], lines)


def receiving(r: dict) -> str:
    lines = []
    for found in rows(r, "receiving"):
        limit = cpu(row(r, "receiving", who="C", transport=found["transport"], streams=found["streams"]))
        lines.append([f"{name(found['who'])}, {found['transport'].upper()}", text(found["streams"]), text(cpu(found)) + spread(found),
                      text(ratio(cpu(found), limit)), text(value(found, "fps"), 1), percent(value(found, "lost_ratio"), 3)])
    return table(["", "streams", "CPU s/GB", "× C", "fps", "lost"], lines)


def pure(r: dict) -> str:
    counted, lines = r.get("counted", {}), []
    rates = {found["name"]: found for found in r.get("pure", [])}
    for path in [*rates, *(name for name in counted if name not in rates)]:
        rate, count = rates.get(path), counted.get(path)
        speed = text(round(rate["perSecond"]), unit=rate["unit"]) if rate else "–"
        lines.append([path, speed, text(ratio(value(rate, "bytesPerSecond"), 1e9)), text(value(count, "instructions")),
                      text(value(count, "allocations"), 1)])
    return table(["", "per second", "GB/s", "instructions", "heap allocations"], lines)


def commands(r: dict) -> str:
    """Each kind once; the results have every one."""
    kinds = dict.fromkeys(re.sub(r"( -n| --streams) \d+", r"\1 N", command) for command in r["about"].get("commands", []))
    return "```\n" + "\n".join(kinds) + "\n```"


TABLES = {
    "about": about, "targets": targets.table, "readers-udp": lambda r: readers(r, "udp"), "readers-tcp": lambda r: readers(r, "tcp"),
    "most": most, "variants": variants, "latency": latency, "cycles": cycles, "memory": memory, "stored": stored, "slow": slow,
    "receiving": receiving, "pure": pure, "commands": commands,
}
