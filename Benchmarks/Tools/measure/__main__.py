"""Measures our server and client beside the C limit and GStreamer's RTSP server, and writes the documents. `make bench` runs it.

  python3 Benchmarks/Tools/measure [--quick] [--runs 3] [--only readers,cycles] [--server PATH] [--client PATH]
  python3 Benchmarks/Tools/measure --documents        the documents again, from the figures that are there

Figures are written after each experiment, so that an interrupted run keeps what it has; `--only` adds to what is there.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import documents
import machine
import media
from bench import QUICK, Bench, Settings
from experiments import EXPERIMENTS
from programs import COMMANDS, end_on_signals

ROOT = Path(__file__).resolve().parents[3]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short runs with few readers: whether it works, not how fast")
    parser.add_argument("--runs", type=int, help="how many runs the medians are of")
    parser.add_argument("--readers", help="the numbers of readers, by commas")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(EXPERIMENTS)}")
    parser.add_argument("--server", type=Path, default=ROOT / ".build/release/rtsp-server")
    parser.add_argument("--client", type=Path, default=ROOT / ".build/release/rtsp-client")
    parser.add_argument("--tools", type=Path, default=ROOT / ".build/bench", help="where the tools were built")
    parser.add_argument("--pure", type=Path, help="what Scripts/benchmark-pure wrote (--tools/pure.json)")
    parser.add_argument("--source", type=Path, help="a video to make the clip of")
    parser.add_argument("--results", type=Path, help="the figures (Documentation/performance.json; with --quick in --tools)")
    parser.add_argument("--minutes", type=float, default=180, help="a run that takes longer is ended")
    parser.add_argument("--documents", action="store_true", help="write the documents only")
    return parser.parse_args()


def settings_of(given: argparse.Namespace) -> Settings:
    settings = QUICK if given.quick else Settings()
    if given.runs:
        settings = dataclasses.replace(settings, runs=given.runs)
    if given.readers:
        settings = dataclasses.replace(settings, readers=tuple(int(word) for word in given.readers.split(",")))
    return settings


def receives_many(client: Path) -> bool:
    try:
        done = subprocess.run([client, "receive", "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and "--streams" in done.stdout


def measure(bench: Bench, chosen: list[str], path: Path, pure: Path) -> None:
    results = json.loads(path.read_text()) if path.exists() else {}
    commands = dict.fromkeys(results.get("about", {}).get("commands", []))
    results["about"] = {**machine.about(bench.root), "clip": media.describe(bench), "settings": dataclasses.asdict(bench.settings)}
    counted = bench.root / "Benchmarks/instructions.json"
    if pure.exists():
        results["pure"] = json.loads(pure.read_text())
    if counted.exists():
        results["counted"] = json.loads(counted.read_text())["workloads"]
    for name in chosen:
        print(f"== {name}", flush=True)
        results[name] = EXPERIMENTS[name](bench)
        results["about"]["commands"] = list(commands | COMMANDS)
        results["about"]["failures"] = bench.failures
        part = path.with_suffix(".part")
        part.write_text(json.dumps(rounded(results), indent=1) + "\n")
        part.replace(path)


def rounded(value):
    """Six digits are more than was measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, (list, tuple)) else value


def main() -> None:
    given = arguments()
    # What a quick run finds is no figure to publish.
    folder = given.tools if given.quick else ROOT / "Documentation"
    path = given.results or folder / "performance.json"
    if not given.documents:
        chosen = given.only.split(",") if given.only else list(EXPERIMENTS)
        if unknown := set(chosen) - set(EXPERIMENTS):
            sys.exit(f"measure: no such experiment: {', '.join(sorted(unknown))}")
        for needed in (given.server, given.tools / "rtspload", given.tools / "climit"):
            if not needed.exists():
                sys.exit(f"measure: {needed} has not been built")
        end_on_signals(given.minutes)
        bench = Bench(ROOT, given.tools, given.server, given.client if receives_many(given.client) else None, settings_of(given))
        media.make_clip(bench, given.source)
        if "stored" in chosen or "latency" in chosen:
            media.make_stored(bench)
        measure(bench, chosen, path, given.pure or given.tools / "pure.json")
    documents.write(json.loads(path.read_text()), ROOT / "Documentation", folder)


main()
