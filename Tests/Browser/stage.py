"""What every case works with: the programs, a browser's tab of its own, and the list of cases."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from code_strip import code_of
from harness import Bench, Program, require
from media import Clip
from player_http import PlayerAPI
from programs import Server

HERE = Path(__file__).resolve().parent
SPY = (HERE / "spy.js").read_text()
METHODS = ("setup", "play", "pause", "teardown", "snapshot", "record", "seek")


@dataclass(frozen=True)
class Case:
    """One thing that a user does and what has to come of it. The function returns what it saw, in a few words."""

    title: str
    function: Callable[["Stage"], str | None]
    alone: bool
    console: tuple[str, ...]


CASES: list[Case] = []


def case(title: str, *, alone: bool = False, console: tuple[str, ...] = ()):
    """Registers the function below it. `alone`: nothing else runs meanwhile. `console`: parts of complaints that belong to it."""

    def register(function: Callable[["Stage"], str | None]):
        CASES.append(Case(title, function, alone, console))
        return function

    return register


@dataclass(frozen=True)
class Programs:
    """What is started once for all cases."""

    bench: Bench
    server: Server
    player: "Player"
    movie: Clip  # ten seconds, with the frame's number in each picture
    short: Clip  # its first second


class Player:
    """rtsp-player on a port of its own choice, listening."""

    def __init__(self, bench: Bench, *arguments: object):
        self.program: Program = bench.start(bench.binaries / "rtsp-player", "--port", 0, *arguments)
        self.address = self.program.wait_for(r"^rtsp-player: (http://\S+)")[1]
        self.api = PlayerAPI(self.address)


class Stage:
    """One case's own: a tab, a folder, and programs that end with it."""

    def __init__(self, programs: Programs, driver: webdriver.Chrome, folder: Path, case: Case):
        self.programs, self.driver, self.folder, self.case = programs, driver, folder, case
        self.bench = Bench(programs.bench.binaries, programs.bench.media, folder)
        self.server, self.player, self.movie, self.short = programs.server, programs.player, programs.movie, programs.short
        self.downloads = self.bench.new_folder("downloads")
        self.pages: list[Page] = []
        self.home = driver.current_window_handle

    def open(self, player: Player | None = None, size: tuple[int, int] = (1200, 1100), connected: bool = True) -> "Page":
        """A fresh window with the player's page, connected unless that is not to be expected."""
        page = Page(self, (player or self.player).address, size)
        if connected:
            page.wait_for_connection()
        self.pages.append(page)
        return page

    def downloaded(self, pattern: str, seconds: float = 5) -> Path:
        """The file that a click made the browser save, when it is whole."""
        deadline = time.monotonic() + seconds
        while not (found := [path for path in self.downloads.glob(pattern) if path.suffix != ".crdownload"]):
            require(time.monotonic() < deadline, f"no file {pattern} was saved, but {[p.name for p in self.downloads.iterdir()]}")
            time.sleep(0.02)
        return found[0]

    def check_pages(self) -> None:
        """At the end of every case: nothing threw, nothing broke the policy, no dialogue box, a clean console."""
        for page in self.pages:
            if page.is_open:
                seen = page.run("return {errors: seen.errors, alerts: seen.alerts}")
                require(not seen["errors"], f"errors in the page: {seen['errors'][:3]}")
                require(seen["alerts"] == 0, f"{seen['alerts']} dialogue boxes")
        complaints = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        unexpected = [text for text in complaints if not any(part in text for part in self.case.console)]
        require(not unexpected, f"the console says: {unexpected[:3]}")

    def close(self) -> None:
        try:
            for page in self.pages:
                page.close()
        finally:
            for program in self.bench.programs:
                program.kill()


class Page:
    """The player's page in a window of its own, used as a user uses it."""

    def __init__(self, stage: Stage, address: str, size: tuple[int, int]):
        self.stage, self.driver, self.address, self.is_open = stage, stage.driver, address, True
        self.driver.switch_to.window(stage.home)
        self.driver.switch_to.new_window("window")
        self.handle = self.driver.current_window_handle
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=SPY)
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(stage.downloads))
        self.resize(*size)
        self.driver.get(address)

    # ---- Doing

    def run(self, script: str, *arguments: object):
        self.front()
        return self.driver.execute_script(script, *arguments)

    def cdp(self, method: str, **arguments: object) -> dict:
        self.front()
        return self.driver.execute_cdp_cmd(method, arguments)

    def front(self) -> None:
        """Selenium speaks with one window at a time; the window itself is not brought forward by this."""
        if getattr(self.driver, "spoken_to", None) != self.handle:
            self.driver.switch_to.window(self.handle)
            self.driver.spoken_to = self.handle

    def element(self, identifier: str):
        self.front()
        return self.driver.find_element(By.ID, identifier)

    def click(self, identifier: str, seconds: float = 8) -> None:
        """As soon as the button is enabled; a button that something covers is an error."""
        self.wait(lambda: self.element(identifier).is_enabled(), seconds, f"{identifier} enabled")
        self.element(identifier).click()

    def press(self, *keys: str, shift: bool = False) -> None:
        self.front()
        chain = ActionChains(self.driver, duration=0)
        if shift:
            chain.key_down(Keys.SHIFT)
        for key in keys:
            chain.send_keys(key)
        if shift:
            chain.key_up(Keys.SHIFT)
        chain.perform()

    def type_address(self, url: str) -> None:
        field = self.element("address")
        field.clear()
        field.send_keys(url)

    def choose_transport(self, value: str) -> None:
        self.element("transport").find_element(By.CSS_SELECTOR, f"option[value={value}]").click()

    def set_slider(self, seconds: float) -> None:
        """As a drag that ends there."""
        self.run("""const [slider, to] = [document.getElementById('seek'), arguments[0]];
            slider.value = to;
            slider.dispatchEvent(new Event('input', {bubbles: true}));
            slider.dispatchEvent(new Event('change', {bubbles: true}));""", seconds)

    def set_up(self, url: str, transport: str = "auto", lab: bool = False, seconds: float = 10) -> None:
        self.type_address(url)
        self.choose_transport(transport)
        if self.element("lab").is_selected() != lab:
            self.click("lab")
        self.click("setup")
        self.wait_for_state("Ready", seconds)

    def play(self, frames: int = 3, seconds: float = 10) -> None:
        """Play, until so many more pictures are drawn."""
        before = len(self.drawn())
        self.click("play")
        self.wait_for_state("Playing", seconds)
        self.wait(lambda: len(self.drawn()) >= before + frames, seconds, f"{frames} pictures drawn")

    def pause(self) -> int:
        """Pause, until the picture has stopped; the number in it."""
        self.click("pause")
        self.wait_for_state("Ready")
        self.wait_for_numbers(2)
        return self.code()

    def resize(self, width: int, height: int) -> None:
        """The size of what is inside the window; narrow ones are what telephones have."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            try:
                self.driver.switch_to.window(self.handle)
                self.driver.close()
            except WebDriverException:
                pass
            self.driver.spoken_to = None
            self.driver.switch_to.window(self.stage.home)

    # ---- Seeing

    def text(self, identifier: str) -> str:
        return self.element(identifier).text

    def is_shown(self, identifier: str) -> bool:
        return self.element(identifier).is_displayed()

    def seen(self, name: str) -> list[dict]:
        """All events of this name so far, or `drawn`."""
        return self.run("return seen[arguments[0]]", name)

    def drawn(self) -> list[dict]:
        return self.seen("drawn")

    def state(self) -> dict:
        """The player's latest word on the state."""
        return self.run("return seen.state.at(-1)") or {}

    def numbers(self) -> dict:
        return self.run("return seen.numbers.at(-1)") or {}

    def frame_index(self, clip: Clip) -> int:
        """Which frame of the file the page says that it shows."""
        return round(float(self.element("picture").get_attribute("data-position")) * clip.fps)

    def code(self, seconds: float = 4) -> int:
        """The number in the picture, from a screenshot of its lower left corner."""
        found: list[int] = []

        def read() -> bool:
            number = code_of(self.screenshot_of_strip())
            found.extend([] if number is None else [number])
            return bool(found)

        self.wait(read, seconds, "a picture with a number in it")
        return found[0]

    def screenshot_of_strip(self) -> bytes:
        clip = self.run("""const canvas = document.getElementById('picture');
            canvas.scrollIntoView({block: 'nearest', behavior: 'instant'});
            const box = canvas.getBoundingClientRect();
            const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
            const side = canvas.width >= 448 ? 16 : 8;
            const left = box.left + (box.width - canvas.width * scale) / 2;
            const bottom = box.bottom - (box.height - canvas.height * scale) / 2;
            return {x: left + scrollX, y: bottom - side * scale + scrollY, scale: 1,
                    width: 28 * side * scale, height: side * scale}""")
        return base64.b64decode(self.cdp("Page.captureScreenshot", format="png", clip=clip)["data"])

    def screenshot(self, file: Path) -> None:
        size = self.run("return [innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1})
        file.write_bytes(base64.b64decode(shot["data"]))

    def enabled(self) -> set[str]:
        """Which of the controls can be used."""
        return set(self.run("return arguments[0].filter(id => !document.getElementById(id).disabled)", METHODS))

    # ---- Waiting

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            require(time.monotonic() < deadline, f"{what}: not within {seconds:g} s; {self.summary()}")
            time.sleep(0.02)

    def wait_for_connection(self) -> None:
        self.wait(lambda: self.run("return document.body.dataset.connected") == "true", 10, "a connection to the player")

    def wait_for_state(self, state: str, seconds: float = 10) -> None:
        """Both the player and the page say so, and no answer is awaited."""
        script = """const last = seen.state.at(-1);
            return last && !last.busy && last.state === arguments[0] && document.body.dataset.state === arguments[0]"""
        self.wait(lambda: self.run(script, state), seconds, f"state {state}")

    def wait_for_error(self, url: str, code: str, seconds: float = 15) -> str:
        """The error of this address, not of one before it: known to the player and shown. Its message."""

        def known() -> bool:
            state = self.state()
            return state["url"] == url and (state["error"] or {}).get("code") == code

        self.wait(known, seconds, f"the error {code} of {url}")
        message = self.state()["error"]["message"]
        self.wait(lambda: self.text("error-message") == message, 3, f"“{message}” shown")
        return message

    def wait_for_numbers(self, count: int) -> None:
        """So many more of the half-second's reports."""
        before = len(self.seen("numbers"))
        self.wait(lambda: len(self.seen("numbers")) >= before + count, 1 + count, f"{count} reports of numbers")

    def wait_for_text(self, identifier: str, part: str, seconds: float = 8) -> str:
        """Shown to the user, not only somewhere in the page; in any case of letters."""
        self.wait(lambda: part.lower() in self.text(identifier).lower(), seconds, f"{part!r} in {identifier}")
        return self.text(identifier)

    def wait_for_drawn(self, condition: Callable[[list[dict]], object], seconds: float, what: str) -> list[dict]:
        self.wait(lambda: condition(self.drawn()), seconds, what)
        return self.drawn()

    def summary(self) -> str:
        state = self.state()
        said = {key: state.get(key) for key in ("state", "busy", "ended", "error", "notice", "reconnect", "recording")
                if state.get(key)}
        asked = [entry["text"].replace("\r\n", " ") for entry in self.seen("dialogue") if entry["direction"] == "sent"]
        return (f"{json.dumps(said)}, {len(self.drawn())} pictures drawn, shown {self.text('error-message')!r}, "
                f"last sent {asked[-2:]}")
