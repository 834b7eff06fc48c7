#!/usr/bin/env python3
"""Tests rtsp-server and rtsp-client against foreign programs, over real sockets on the loopback interface.

Every case runs in a process of its own and in a session of its own, so that its time-out is hard and nothing that it
started outlives it.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cases_bad_client
import cases_bad_media
import cases_bad_server
import cases_foreign_client
import cases_foreign_server
import cases_jpeg
import cases_lab
import cases_live
import cases_variants
import media
import report
from harness import CASES, Bench, Case, Failed, NotApplicable, Skipped, end_once_on_signals, missing

AT_ONCE = 3
IDLE_AT_ONCE = 6
running: dict[int, subprocess.Popen] = {}
stopping = threading.Event()


@dataclass(frozen=True)
class Result:
    case: Case
    outcome: str  # passed, failed, skipped, not applicable
    detail: str
    seconds: float


def main() -> int:
    arguments = parse()
    chosen = [case for case in CASES if not arguments.only or any(matches(case, pattern) for pattern in arguments.only)]
    if arguments.list:
        print("\n".join(f"{case.name:42} {case.section}: {case.title}" for case in chosen))
        return 0
    binaries = Path(arguments.bin).resolve()
    if arguments.case:
        return run_here(next(case for case in CASES if case.name == arguments.case), binaries, Path(arguments.folder))
    if not chosen:
        sys.exit("interop: no case of this name; --list shows them")
    end_once_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="interop-"))
    folder.chmod(0o755)
    try:
        results = run_all(chosen, binaries, folder)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return conclude(results, Path(arguments.markdown) if arguments.markdown else None, bool(arguments.only))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=".build/debug", help="the folder with rtsp-server, rtsp-client and sample-media")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="part of a case's name, or a glob; repeatable")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--markdown", metavar="FILE", help="write the matrix there as Markdown")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def matches(case: Case, pattern: str) -> bool:
    return pattern in case.name or fnmatch.fnmatch(case.name, pattern)


def run_all(chosen: list[Case], binaries: Path, folder: Path) -> list[Result]:
    """The longest cases start first, so that the end is not one long case alone; the lonely ones come last."""
    prepare_media(binaries, folder)
    results = []
    together = sorted((case for case in chosen if not case.alone), key=lambda case: -case.seconds)
    with ThreadPoolExecutor(AT_ONCE) as busy, ThreadPoolExecutor(IDLE_AT_ONCE) as idle:
        try:
            futures = [(idle if case.idle else busy).submit(run_apart, case, binaries, folder) for case in together]
            for future in as_completed(futures):
                results.append(announce(future.result()))
        except BaseException:
            stop(busy, idle)
            raise
    for case in chosen:
        if case.alone:
            results.append(announce(run_apart(case, binaries, folder)))
    return sorted(results, key=lambda result: CASES.index(result.case))


def stop(*executors: ThreadPoolExecutor) -> None:
    """No further case begins, and those that run are killed, for their threads are waited for."""
    stopping.set()
    for executor in executors:
        executor.shutdown(wait=False, cancel_futures=True)
    for process in list(running.values()):
        kill_session(process)


def prepare_media(binaries: Path, folder: Path) -> None:
    """Makes the sample clips, unless RTSP_SAMPLE_MEDIA has them, and takes them apart; also those of the shared folder."""
    clips = folder / "clips"
    clips.mkdir()
    if missing("sample-media", binaries) or missing("ffmpeg", binaries):
        return
    made = Path(os.environ.get("RTSP_SAMPLE_MEDIA") or folder / "media")
    subprocess.run([binaries / "sample-media", made], check=True, stdout=subprocess.DEVNULL)
    shared = Path(os.environ.get("RTSP_SHARED_MEDIA") or Path(__file__).resolve().parents[2].parent / "shared/media")
    movies = [("movie", made / "movie.Mjpeg", 25), ("sample", made / "sample_1280x720.Mjpeg", 30)]
    movies += [(name, file, fps) for name, file, fps in (("flower", shared / "flower_640x360.Mjpeg", 25),
                                                         ("china", shared / "china_1280x720.mjpeg", 30)) if file.exists()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda movie: media.take_apart(movie[1], clips / movie[0], movie[2]), movies))


def run_apart(case: Case, binaries: Path, folder: Path) -> Result:
    """Runs the case in a process of its own; whatever is left of its session afterwards is killed."""
    wanting = [reason for need in ("rtsp-server", "ffmpeg", *case.needs) if (reason := missing(need, binaries))]
    if wanting:
        return Result(case, "skipped", "; ".join(wanting), 0)
    own = folder / case.name
    own.mkdir(mode=0o777)
    own.chmod(0o777)  # VLC runs as another user
    started, overflows = time.monotonic(), udp_overflows()
    process = subprocess.Popen(
        [sys.executable, __file__, "--bin", binaries, "--case", case.name, "--folder", folder],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
    running[process.pid] = process
    try:
        if stopping.is_set():
            kill_session(process)
        said = process.communicate(timeout=case.seconds)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        said = None
    finally:
        del running[process.pid]
        kill_session(process)
        process.communicate()
    seconds = time.monotonic() - started
    if said is None:
        return Result(case, "failed", f"not done in {case.seconds:g} s", seconds)
    try:
        outcome, detail = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        outcome, detail = "failed", said[-500:]
    if outcome == "failed" and case.alone and (more := udp_overflows() - overflows):
        detail += f" (the kernel dropped {more} datagrams at a full socket)"
    return Result(case, outcome, detail, seconds)


def udp_overflows() -> int:
    """Datagrams that found their receiver's buffer full, on the whole machine: that tells a lazy reader from a lossy sender."""
    try:
        names, values = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
    except (OSError, ValueError):
        return 0
    return int(dict(zip(names, values)).get("RcvbufErrors", 0))


def kill_session(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_here(case: Case, binaries: Path, folder: Path) -> int:
    """The inner process: one case, one line of JSON."""
    bench = Bench(binaries, folder / "clips", folder / case.name)
    try:
        outcome, detail = "passed", case.function(bench)
    except Failed as failure:
        outcome, detail = "failed", str(failure)
    except Skipped as skip:
        outcome, detail = "skipped", str(skip)
    except NotApplicable as reason:
        outcome, detail = "not applicable", str(reason)
    except Exception as error:  # a fault in the test itself
        place = traceback.extract_tb(error.__traceback__)[-1]
        outcome, detail = "failed", f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    for program in bench.programs:
        if program.process.poll() is None:
            program.process.kill()
    print(json.dumps([outcome, detail]), flush=True)
    os._exit(0)  # without waiting for threads that still sit on a socket


def announce(result: Result) -> Result:
    print(f"{result.outcome:14} {result.seconds:5.1f} s  {result.case.name}: {result.detail}", flush=True)
    return result


def conclude(results: list[Result], markdown: Path | None, is_part: bool) -> int:
    print("\n" + report.plain(results))
    if markdown:
        markdown.write_text(report.markdown(results))
    count = {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "failed", "skipped")}
    in_ci = os.environ.get("CI") == "true"
    if in_ci and count["skipped"]:
        print("interop: in CI nothing may be skipped")
    print(f"interop: {count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or in_ci and count["skipped"] or not count["passed"] and not is_part else 0


if __name__ == "__main__":
    sys.exit(main())
