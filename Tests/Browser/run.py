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
import signal
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

try:
    from selenium import webdriver
except ImportError:
    webdriver = None
else:
    import cases_errors
    import cases_files
    import cases_page
    import cases_playing
    import cases_tabs
    import screenshots
    from harness import Bench, Failed, Skipped, end_once_on_signals, missing
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


@dataclass
class Started:
    """What has to be ended, however the tests end."""

    benches: list["Bench"] = field(default_factory=list)
    services: list = field(default_factory=list)  # chromedrivers, each with its browser in a session of its own
    browsers: list = field(default_factory=list)
    workers: list[threading.Thread] = field(default_factory=list)
    ending: bool = False

    def end(self) -> None:
        self.ending = True
        for service in self.services:
            kill_session(service)
        for worker in self.workers:
            worker.join(2)  # without its browser a case fails, and ends what it has started
        for program in [program for bench in self.benches for program in bench.programs]:
            program.kill()


def main() -> int:
    arguments = parse()
    if webdriver is None:
        print("selenium is not installed; `make test` installs it into .build/browser-environment")
        return conclude([], 0, not_run=1)
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
        return conclude([], 0, not_run=len(chosen))
    end_once_on_signals()
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
    begun, started = time.monotonic(), Started()
    try:
        programs = start_programs(binaries, folder, started)
        start_browser(folder / "browser-0", started)
        if arguments.screenshots:
            return screenshots.take(Path(arguments.screenshots), programs, started.browsers[0], folder)
        together, alone = [case for case in chosen if not case.alone], [case for case in chosen if case.alone]
        for number in range(1, AT_ONCE if len(together) > 1 else 1):
            start_browser(folder / f"browser-{number}", started)
        print(f"programs and browsers started in {time.monotonic() - begun:.1f} s")
        results = run_with(started.browsers, together, programs, folder, started)
        results += run_with([browser for browser in started.browsers if answers(browser)][:1], alone, programs, folder, started)
        for browser in started.browsers:
            quit_browser(browser)
    finally:
        started.end()
    print(f"{time.monotonic() - begun:.0f} s")
    return conclude(results, len(chosen))


def start_programs(binaries: Path, folder: Path, started: Started) -> "Programs":
    bench = Bench(binaries, folder / "clips", folder)
    started.benches.append(bench)
    source = sample_movie(binaries, started)
    movie = take_apart(source, folder / "clips/movie", fps=25)
    images = [movie.image(index) for index in range(25)]
    (folder / "short.mjpeg").write_bytes(b"".join(images))
    short = take_apart(folder / "short.mjpeg", folder / "clips/short", fps=25)
    hostile = folder / cases_page.HOSTILE  # offered under its file's name
    hostile.write_bytes(b"".join(images))
    server = Server(bench, movie.medium, short.medium, hostile, "--pattern", "pattern=320x180@10")
    player = Player(bench, server.url("movie.Mjpeg"), server.url("short.mjpeg"), server.url("pattern"))
    return Programs(bench, server, player, load(folder / "clips/movie"), load(folder / "clips/short"))


def sample_movie(binaries: Path, started: Started) -> Path:
    """Drawn once for each build of sample-media, because that takes a while in a debug build; RTSP_SAMPLE_MEDIA has it."""
    if made := os.environ.get("RTSP_SAMPLE_MEDIA"):
        return Path(made) / "movie.Mjpeg"
    program = binaries / "sample-media"
    media = binaries / "browser-media"
    movie = media / "movie.Mjpeg"
    if not movie.exists() or movie.stat().st_mtime < program.stat().st_mtime:
        shutil.rmtree(media, ignore_errors=True)
        bench = Bench(binaries, media, media)
        started.benches.append(bench)
        try:
            bench.run(program, media, seconds=120)
        except BaseException:  # also where the tests are broken off: half a movie would be taken for a whole one
            for program in bench.programs:
                program.kill()
            shutil.rmtree(media, ignore_errors=True)
            raise
    return movie


def start_browser(folder: Path, started: Started) -> None:
    folder.mkdir()
    options = webdriver.ChromeOptions()
    options.binary_location = browser_part("chromium")
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb",
                   "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                   "--hide-scrollbars", "--mute-audio", "--lang=en", f"--user-data-dir={folder}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # What a killed browser leaves behind goes with the folder.
    service = webdriver.ChromeService(browser_part("chromedriver"), env={**os.environ, "TMPDIR": str(folder)},
                                      popen_kw={"start_new_session": True})
    started.services.append(service)
    browser = webdriver.Chrome(options=options, service=service)
    started.browsers.append(browser)
    browser.set_page_load_timeout(20)
    browser.set_script_timeout(10)


def answers(browser) -> bool:
    try:
        return bool(browser.window_handles)
    except Exception:  # selenium's own, or those of its HTTP client
        return False


def quit_browser(browser) -> None:
    try:
        browser.quit()
    except Exception:  # what is left of it is killed
        pass


def kill_session(service) -> None:
    if process := getattr(service, "process", None):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(5)


def run_with(browsers: list, cases: list["Case"], programs: "Programs", folder: Path, started: Started) -> list[Result]:
    """Each browser takes the next case as soon as it is free. One that has died takes none; cases that none took have failed."""
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    results: list[Result] = []

    def work(browser) -> None:
        while not started.ending:
            try:
                case = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                result = run_case(case, browser, programs, folder, started)
            except Exception as error:  # before it began, such as for want of a window
                result = Result(case, "failed", describe(error), 0)
            results.append(result if started.ending else announce(result))
            if result.outcome == "failed" and not answers(browser):
                return

    workers = [threading.Thread(target=work, args=(browser,), daemon=True) for browser in browsers]
    started.workers += workers
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done = [result.case for result in results]
    return results + [announce(Result(case, "failed", "no browser was left for it", 0)) for case in cases if case not in done]


def run_case(case: "Case", browser, programs: "Programs", folder: Path, started: Started) -> Result:
    own = folder / f"case-{CASES.index(case):02d}"
    own.mkdir()
    begun = time.monotonic()
    stage = Stage(programs, browser, own, case)
    started.benches.append(stage.bench)
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
        outcome, detail = "failed", describe(error)
    if outcome == "failed":
        for number, page in enumerate(page for page in stage.pages if page.is_open):
            try:
                page.screenshot(own / f"page-{number}.png")
            except Exception:  # the failure is told of anyway
                pass
    try:
        stage.close()
    except Exception as error:
        outcome, detail = "failed", detail if outcome == "failed" else describe(error)
    return Result(case, outcome, detail, time.monotonic() - begun)


def describe(error: Exception) -> str:
    """What it is, the first line of what it says, and where in our tests it came up."""
    places = [place for place in traceback.extract_tb(error.__traceback__) if "/Tests/" in place.filename]
    said = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {said}" + (f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else "")


def announce(result: Result) -> Result:
    detail = f": {' '.join(result.detail.split())}" if result.detail else ""
    print(f"{result.outcome:8} {result.seconds:5.1f} s  {result.case.title}{detail}", flush=True)
    return result


def conclude(results: list[Result], chosen: int, not_run: int = 0) -> int:
    count = {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "failed", "skipped")}
    count["skipped"] += not_run
    if len(results) != chosen:
        print(f"browser: {chosen} cases were to run, and there are {len(results)} results")
        count["failed"] += max(1, chosen - len(results))
    in_ci = os.environ.get("CI") == "true"
    if in_ci and count["skipped"]:
        print("browser: in CI nothing may be skipped")
    print(f"browser: {count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or in_ci and count["skipped"] else 0


if __name__ == "__main__":
    sys.exit(main())
