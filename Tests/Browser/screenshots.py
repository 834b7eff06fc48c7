"""Pictures of the page in every state, narrow and wide, light and dark, for people to look at."""

from __future__ import annotations

import signal
from pathlib import Path

from harness import free_port
from stage import Case, Page, Programs, Stage

SIZES = {"360": (360, 740), "1920": (1920, 1080)}
SCHEMES = ("light", "dark")


def take(folder: Path, programs: Programs, driver, own: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    (own / "screenshots").mkdir()
    stage = Stage(programs, driver, own / "screenshots", Case("screenshots", lambda stage: None, False, ()))
    try:
        page = stage.open(size=SIZES["1920"])
        for step in (init, ready, live, stored, paused, recording, dialogue, error, reconnecting):
            step(stage, page)
            shoot(page, folder, step.__name__)
    finally:
        stage.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 0


def shoot(page: Page, folder: Path, name: str) -> None:
    for width, size in SIZES.items():
        for scheme in SCHEMES:
            page.resize(*size)
            page.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            page.run("scrollTo(0, 0); return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            page.screenshot(folder / f"{name}-{width}-{scheme}.png")
    page.resize(*SIZES["1920"])


def init(stage: Stage, page: Page) -> None:
    pass


def ready(stage: Stage, page: Page) -> None:
    page.set_up(stage.server.url("movie.Mjpeg"))


def live(stage: Stage, page: Page) -> None:
    page.click("teardown")
    page.wait_for_state("Init")
    page.set_up(stage.server.url("pattern"))
    page.play(frames=40, seconds=20)


def stored(stage: Stage, page: Page) -> None:
    page.click("teardown")
    page.wait_for_state("Init")
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.click("loop")
    page.play(frames=60, seconds=20)


def paused(stage: Stage, page: Page) -> None:
    page.pause()


def recording(stage: Stage, page: Page) -> None:
    page.click("record")
    page.play(frames=20)


def dialogue(stage: Stage, page: Page) -> None:
    page.click("record")
    page.element("dialogue").find_element("css selector", "summary").click()


def error(stage: Stage, page: Page) -> None:
    page.click("teardown")
    page.wait_for_state("Init")
    page.type_address(stage.server.url("no-such-movie"))
    page.click("setup")
    page.wait(lambda: page.text("error-message"), 5, "an error")


def reconnecting(stage: Stage, page: Page) -> None:
    port = free_port()
    server = stage.bench.start(stage.bench.binaries / "rtsp-server", "--port", port, "--bind", "127.0.0.1", stage.movie.medium)
    server.wait_for(r"^ready on port")
    page.set_up(f"rtsp://127.0.0.1:{port}/movie.Mjpeg")
    page.play(frames=25)
    server.process.send_signal(signal.SIGKILL)
    page.wait(lambda: (page.state().get("reconnect") or {}).get("attempt", 0) >= 4, 20, "a fourth attempt")
