#!/usr/bin/env python3
"""Tests the player's page in a real browser: headless Chromium, driven by Selenium as a user drives it.

Two browsers work through the cases side by side, each case in a window and a session of its own; those that measure time come
last, alone.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
except ImportError:
    webdriver = None
else:
    import cases_errors
    import cases_files
    import cases_page
    import cases_playing
    import cases_tabs
    import screenshots
    from harness import Bench, Failed, Skipped, missing
    from media import load, take_apart
    from programs import Server
    from stage import CASES, Case, Player, Programs, Stage

AT_ONCE = 2
NEEDS = ("rtsp-server", "sample-media", "ffmpeg", "ffprobe")
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    case: "Case"
    outcome: str  # passed, failed, skipped
    detail: str
    seconds: float


def main() -> int:
    arguments = parse()
    if webdriver is None:
        print("selenium is not installed; `make test` installs it into .build/browser-environment")
        return conclude([], 1)
    chosen = [case for case in CASES if not arguments.filter or any(part in case.title for part in arguments.filter)]
    if arguments.list:
        print("\n".join(case.title for case in chosen))
        return 0
    binaries = Path(arguments.bin).resolve()
    wanting = [reason for need in NEEDS if (reason := missing(need, binaries))]
    wanting += [f"{name} is not installed" for name in ("chromium", "chromedriver") if not browser_part(name)]
    if not os.access(binaries / "rtsp-player", os.X_OK):
        wanting.append("rtsp-player is not built")
    if wanting:
        print("skipped: " + "; ".join(wanting))
        return conclude([], len(chosen))
    folder = Path(tempfile.mkdtemp(prefix="browser-"))
    try:
        return run_all(arguments, chosen, binaries, folder)
    finally:
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=REPOSITORY / ".build/debug", help="the folder with rtsp-player and rtsp-server")
    parser.add_argument("--filter", action="append", metavar="PART", help="part of a case's title; repeatable")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--keep", action="store_true", help="keep the folder with downloads and a screenshot of each failure")
    parser.add_argument("--screenshots", metavar="DIR", help="no tests: pictures of every state, narrow and wide, light and dark")
    return parser.parse_args()


def browser_part(name: str) -> str | None:
    """Debian's names, and those of Google's own builds."""
    others = {"chromium": ("chromium", "google-chrome", "chrome"), "chromedriver": ("chromedriver",)}[name]
    return next((path for other in others if (path := shutil.which(other))), None)


def run_all(arguments: argparse.Namespace, chosen: list["Case"], binaries: Path, folder: Path) -> int:
    started = time.monotonic()
    programs = start_programs(binaries, folder)
    browsers: list = []
    try:
        browsers += [start_browser(folder / "browser-0")]
        if arguments.screenshots:
            return screenshots.take(Path(arguments.screenshots), programs, browsers[0], folder)
        together, alone = [case for case in chosen if not case.alone], [case for case in chosen if case.alone]
        if len(together) > 1:
            browsers += [start_browser(folder / f"browser-{number}") for number in range(1, AT_ONCE)]
        print(f"programs and browsers started in {time.monotonic() - started:.1f} s")
        results = run_with(browsers, together, programs, folder)
        results += run_with(browsers[:1], alone, programs, folder)
    finally:
        for browser in browsers:
            quit_browser(browser)
        for program in reversed(programs.bench.programs):
            program.kill()
    print(f"{time.monotonic() - started:.0f} s")
    return conclude(results, 0)


def start_programs(binaries: Path, folder: Path) -> "Programs":
    bench = Bench(binaries, folder / "clips", folder)
    source = sample_movie(binaries)
    movie = take_apart(source, folder / "clips/movie", fps=25)
    images = [movie.image(index) for index in range(25)]
    (folder / "short.mjpeg").write_bytes(b"".join(images))
    short = take_apart(folder / "short.mjpeg", folder / "clips/short", fps=25)
    hostile = folder / cases_page.HOSTILE  # offered under its file's name
    hostile.write_bytes(b"".join(images))
    server = Server(bench, movie.medium, short.medium, hostile, "--pattern", "pattern=320x180@10")
    player = Player(bench, server.url("movie.Mjpeg"), server.url("short.mjpeg"), server.url("pattern"))
    return Programs(bench, server, player, load(folder / "clips/movie"), load(folder / "clips/short"))


def sample_movie(binaries: Path) -> Path:
    """Drawn once for each build of sample-media, because that takes a while in a debug build; RTSP_SAMPLE_MEDIA has it."""
    if made := os.environ.get("RTSP_SAMPLE_MEDIA"):
        return Path(made) / "movie.Mjpeg"
    program = binaries / "sample-media"
    media = binaries / "browser-media"
    movie = media / "movie.Mjpeg"
    if not movie.exists() or movie.stat().st_mtime < program.stat().st_mtime:
        shutil.rmtree(media, ignore_errors=True)
        Bench(binaries, media, media).run(program, media, seconds=120)
    return movie


def start_browser(folder: Path):
    folder.mkdir()
    options = webdriver.ChromeOptions()
    options.binary_location = browser_part("chromium")
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb",
                   "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                   "--hide-scrollbars", "--mute-audio", "--lang=en", f"--user-data-dir={folder}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(browser_part("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    browser.set_page_load_timeout(20)
    browser.set_script_timeout(10)
    return browser


def quit_browser(browser) -> None:
    try:
        browser.quit()
    except (WebDriverException, OSError):
        pass


def run_with(browsers: list, cases: list["Case"], programs: "Programs", folder: Path) -> list[Result]:
    """Each browser takes the next case as soon as it is free."""
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    results: list[Result] = []

    def work(browser) -> None:
        while True:
            try:
                case = waiting.get_nowait()
            except queue.Empty:
                return
            results.append(announce(run_case(case, browser, programs, folder)))

    workers = [threading.Thread(target=work, args=(browser,), daemon=True) for browser in browsers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def run_case(case: "Case", browser, programs: "Programs", folder: Path) -> Result:
    own = folder / f"case-{CASES.index(case):02d}"
    own.mkdir()
    started = time.monotonic()
    stage = Stage(programs, browser, own, case)
    try:
        browser.get_log("browser")  # what earlier cases left there
        detail = case.function(stage) or ""
        stage.check_pages()
        outcome = "passed"
    except Failed as failure:
        outcome, detail = "failed", str(failure)
    except Skipped as reason:
        outcome, detail = "skipped", str(reason)
    except Exception as error:  # a fault in the test itself, or the browser's refusal to click
        places = [place for place in traceback.extract_tb(error.__traceback__) if "/Tests/" in place.filename]
        outcome = "failed"
        detail = f"{type(error).__name__}: {str(error).splitlines()[0]} ({Path(places[-1].filename).name}:{places[-1].lineno})"
    if outcome == "failed":
        for number, page in enumerate(page for page in stage.pages if page.is_open):
            try:
                page.screenshot(own / f"page-{number}.png")
            except (WebDriverException, Failed):
                pass
    stage.close()
    return Result(case, outcome, detail, time.monotonic() - started)


def announce(result: Result) -> Result:
    detail = f": {' '.join(result.detail.split())}" if result.detail else ""
    print(f"{result.outcome:8} {result.seconds:5.1f} s  {result.case.title}{detail}", flush=True)
    return result


def conclude(results: list[Result], not_run: int) -> int:
    count = {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "failed", "skipped")}
    count["skipped"] += not_run
    in_ci = os.environ.get("CI") == "true"
    if in_ci and count["skipped"]:
        print("browser: in CI nothing may be skipped")
    print(f"browser: {count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or in_ci and count["skipped"] else 0


if __name__ == "__main__":
    sys.exit(main())
