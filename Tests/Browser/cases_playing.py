"""Setup, Play, Pause, seeking, looping and Teardown, of stored and of live streams."""

from __future__ import annotations

import re

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from harness import require
from stage import Page, Stage, case

ARROWS = {"left": Keys.ARROW_LEFT, "right": Keys.ARROW_RIGHT}


def opened(stage: Stage, name: str = "movie.Mjpeg", transport: str = "auto", lab: bool = False) -> Page:
    """A page with the stream set up."""
    page = stage.open()
    page.set_up(stage.server.url(name), transport, lab)
    return page


def same_picture(page: Page, stage: Stage) -> int:
    """The number in the picture; the page's own word on the frame must agree with it."""
    code, said = page.code(), page.frame_index(stage.movie)
    require(said == code, f"the picture shows frame {code}, the page says {said}")
    return code


@case("the page offers the streams of the command line, the first of them filled in")
def offers(stage: Stage) -> str:
    page = stage.open()
    options = page.run("return [...document.querySelectorAll('#streams option')].map(option => option.value)")
    wanted = [stage.server.url(name) for name in ("movie.Mjpeg", "short.mjpeg", "pattern")]
    require(options == wanted, f"offered: {options}")
    require(page.element("address").get_attribute("value") == wanted[0], "the first is not filled in")
    return f"{len(options)} streams"


@case("Setup makes the session Ready and shows its id, its transport and the movie's length")
def setup(stage: Stage) -> str:
    page = opened(stage, transport="udp")
    state = page.state()
    require(state["session"] and state["session"] in page.text("session-id"), f"session id shown: {page.text('session-id')!r}")
    require(page.text("state") == "Ready", f"state shown: {page.text('state')}")
    require("udp" in page.text("transport-used").lower(), f"transport shown: {page.text('transport-used')}")
    require(abs(state["duration"] - stage.movie.seconds) < 0.05, f"duration {state['duration']}")
    require("10" in page.text("length"), f"length shown: {page.text('length')}")
    highest = float(page.element("seek").get_attribute("max"))
    require(abs(highest - stage.movie.seconds) < 0.1, f"the slider goes to {highest}")
    require(not page.is_shown("live"), "a LIVE mark on a stored movie")
    return f"session {state['session']}"


@case("Play shows pictures whose numbers rise, at the movie's rate and in its size")
def play(stage: Stage) -> str:
    page = opened(stage)
    page.play(frames=5)
    first = page.code()
    page.wait_for_numbers(4)
    second = page.code()
    require(second > first, f"frame {first}, two seconds later frame {second}")
    size = page.run("const canvas = document.getElementById('picture'); return [canvas.width, canvas.height]")
    require(size == [stage.movie.width, stage.movie.height], f"the canvas has {size}")
    drawn = page.drawn()
    require(all(a["frame"] < b["frame"] for a, b in zip(drawn, drawn[1:])), "frames drawn out of order")
    fps = page.numbers()["fps"]
    require(fps and 20 <= fps <= 30, f"{fps} frames a second")
    require(any(digit.isdigit() for digit in page.text("number-fps")), f"shown: {page.text('number-fps')}")
    return f"frames {first} and {second}, {fps:.1f} a second"


@case("Pause makes the picture stand still and stops the bytes; Play goes on with the next frame")
def pause_and_play(stage: Stage) -> str:
    page = opened(stage)
    page.play(frames=15)
    stood = page.pause()
    same_picture(page, stage)
    before, drawn = page.numbers(), len(page.drawn())
    page.wait_for_numbers(2)
    require(page.code() == stood, f"frame {stood}, then {page.code()} while paused")
    require(page.numbers()["bytes"] == before["bytes"], f"bytes rose from {before['bytes']} to {page.numbers()['bytes']}")
    require(len(page.drawn()) == drawn, "pictures drawn while paused")
    page.play(frames=3)
    following = page.drawn()[drawn]["position"] * stage.movie.fps
    require(stood <= following <= stood + 2.5, f"after frame {stood} came frame {following:.1f}")
    return f"stood at {stood}, went on with {following:.0f}"


@case("buttons can be used exactly as the state allows, at every step")
def buttons(stage: Stage) -> str:
    page = stage.open()

    def check(step: str, expected: set[str]) -> None:
        page.wait(lambda: page.enabled() == expected, 3, f"{step}: enabled {sorted(page.enabled())}, wanted {sorted(expected)}")
        allowed = {name for name, allowed in page.state()["can"].items() if allowed} - {"retry"}
        require(allowed == expected, f"{step}: the player allows {sorted(allowed)}, the page {sorted(expected)}")

    check("Init", {"setup"})
    page.set_up(stage.server.url("movie.Mjpeg"))
    check("Ready, nothing shown yet", {"play", "teardown", "seek", "record"})
    page.play()
    check("Playing", {"pause", "teardown", "seek", "record", "snapshot"})
    page.pause()
    check("Paused", {"play", "teardown", "seek", "record", "snapshot"})
    page.click("teardown")
    page.wait_for_state("Init")
    page.wait(lambda: "setup" in page.enabled(), 3, "Setup enabled again")
    left = page.enabled() - {"snapshot"}  # the last picture may stay
    require(left == {"setup"}, f"after Teardown: {sorted(left)}")
    return "Init, Ready, Playing, Paused, Init"


@case("a seek while paused shows exactly the frame that was asked for")
def seek_paused(stage: Stage) -> str:
    page = opened(stage)
    page.play()
    page.pause()
    for wanted in (200, 37, 38, 0, 249):
        before = len(page.drawn())
        page.set_slider(wanted / stage.movie.fps)
        page.wait(lambda: len(page.drawn()) > before and page.code() == wanted, 6,
                  f"frame {wanted} (shown: {page.code()}, said: {page.frame_index(stage.movie)})")
        require(page.frame_index(stage.movie) == wanted, f"the page says frame {page.frame_index(stage.movie)}, not {wanted}")
        page.wait_for_state("Ready")
    return "200, 37, 38, 0, 249"


@case("a seek before the first Play shows its frame, and Play goes on from there")
def seek_ready(stage: Stage) -> str:
    page = opened(stage)
    page.set_slider(4)
    page.wait_for_drawn(lambda drawn: drawn, 6, "a picture")
    require(same_picture(page, stage) == 100, f"frame {page.code()} at 4 s; {page.summary()}")
    page.wait_for_state("Ready")
    page.play()
    following = page.drawn()[1]["position"]
    require(4 <= following <= 4.1, f"Play went on at {following} s")
    return f"frame 100, then {following:.2f} s"


@case("a click on the seek bar while playing goes on playing from there")
def seek_playing(stage: Stage) -> str:
    page = opened(stage)
    page.play()
    slider = page.element("seek")
    width = slider.size["width"]
    before = len(page.drawn())
    ActionChains(page.driver, duration=0).move_to_element_with_offset(slider, round(width / 4), 0).click().perform()
    drawn = page.wait_for_drawn(lambda drawn: any(entry["position"] > 7 for entry in drawn), 6, "a picture from beyond 7 s")
    first = next(entry["position"] for entry in drawn[before:] if entry["position"] > 4)
    require(7 < first < 8, f"a click at three quarters of the bar went to {first} s")
    count = len(drawn)
    page.wait_for_drawn(lambda drawn: len(drawn) > count + 5, 5, "five pictures more")
    require(page.state()["state"] == "Playing", f"state {page.state()['state']}")
    require(page.code() > first * 25, "the picture did not go on")
    return f"went on at {first:.2f} s"


@case("keys: space sets up, plays and pauses; arrows go 5 s, with shift one frame")
def keys(stage: Stage) -> str:
    page = stage.open()
    page.press(" ")
    page.wait_for_state("Playing")
    page.wait_for_drawn(lambda drawn: len(drawn) > 3, 5, "pictures")
    page.press(" ")
    page.wait_for_state("Ready")
    page.wait_for_numbers(2)
    start = page.code()
    steps = [("right", False, 125), ("right", True, 1), ("right", True, 1), ("left", True, -1), ("left", False, -125)]
    for arrow, shift, frames in steps:
        wanted = page.code() + frames
        page.press(ARROWS[arrow], shift=shift)
        page.wait(lambda: page.code() == wanted, 6, f"{arrow}{' with shift' if shift else ''}: frame {wanted}")
        page.wait_for_state("Ready")
    require(page.code() == start + 1, f"frame {page.code()} in the end")
    return f"from frame {start} to 5 s later and back"


@case("keys typed into the address field are letters and nothing else")
def typing(stage: Stage) -> str:
    page = stage.open()
    states = len(page.seen("state"))
    field = page.element("address")
    field.clear()
    field.send_keys("s s", Keys.ARROW_LEFT, "x")
    require(field.get_attribute("value") == "s xs", f"the field says {field.get_attribute('value')!r}")
    field.clear()
    field.send_keys(stage.server.url("movie.Mjpeg"), Keys.SPACE, Keys.BACK_SPACE)
    require(len(page.seen("state")) == states, "typing moved the player")
    page.click("setup")
    page.wait_for_state("Ready")
    require(page.state()["url"] == stage.server.url("movie.Mjpeg"), f"set up: {page.state()['url']}")
    require(not list(stage.downloads.iterdir()), "typing took a snapshot")
    return "s xs"


@case("at the end of a stored stream the last frame stays and Play begins at the beginning")
def end_of_stream(stage: Stage) -> str:
    page = opened(stage, "short.mjpeg")
    page.click("play")
    page.wait(lambda: page.state().get("ended"), 8, "the end")
    page.wait_for_state("Ready")
    require(page.state()["notice"] and page.text("notice"), "nothing says that it has ended")
    require(page.code() == 24, f"the last picture is frame {page.code()}, not 24")
    before = len(page.drawn())
    require(page.drawn()[-1]["frame"] == 25, f"the player showed {page.drawn()[-1]['frame']} of 25 frames")
    page.play(frames=1)
    first = page.drawn()[before]["position"]
    require(first < 0.1, f"Play began at {first} s")
    return f"{before} of 25 frames drawn, then from {first:.2f} s"


def turns(drawn: list[dict]) -> int:
    """How often it began again."""
    return sum(b["position"] < a["position"] for a, b in zip(drawn, drawn[1:]))


@case("loop begins again at the end, as often as it comes")
def loop(stage: Stage) -> str:
    page = opened(stage, "short.mjpeg")
    page.click("loop")
    page.play()
    drawn = page.wait_for_drawn(lambda drawn: turns(drawn) >= 2, 12, "two turns")
    require(page.state()["state"] == "Playing" and page.state()["loop"], f"state {page.state()['state']}")
    require(all(0 <= entry["position"] < 1.05 for entry in drawn), f"positions {[entry['position'] for entry in drawn][-5:]}")
    page.click("loop")
    page.wait(lambda: page.state().get("ended"), 6, "the end, after loop was switched off")
    return f"{len(drawn)} pictures in two turns"


DISABLED = """window.disabled = 0;
    new MutationObserver(() => window.disabled += document.getElementById('seek').disabled)
        .observe(document.getElementById('seek'), {attributeFilter: ['disabled']})"""


@case("a seek bar that is held while a loop begins anew stays where it is held, and that place is sought")
def held_over_loop(stage: Stage) -> str:
    page = opened(stage, "short.mjpeg")
    page.click("loop")
    page.play()
    page.run(DISABLED)
    bar = page.element("seek")
    ActionChains(page.driver).click_and_hold(bar).perform()
    held, before = float(bar.get_property("value")), len(page.drawn())
    page.wait_for_drawn(lambda drawn: turns(drawn[before:]) >= 2, 8, "two turns")
    now = float(bar.get_property("value"))
    ActionChains(page.driver).release().perform()
    require(now == held, f"it was held at {held} s and stands at {now} s")
    require(page.run("return window.disabled") == 0, "it was disabled meanwhile")
    sought = re.compile(r"^Range: npt=0\.[3-6]", re.MULTILINE)
    page.wait(lambda: any(entry["text"].startswith("PLAY") and sought.search(entry["text"]) for entry in page.seen("dialogue")), 4,
              f"PLAY from {held} s")
    return f"held at {held:g} s over two turns"


@case("Teardown ends the session at the server")
def teardown(stage: Stage) -> str:
    page = opened(stage)
    page.play()
    session = page.state()["session"]
    page.click("teardown")
    page.wait_for_state("Init")
    ended = stage.server.program.wait_for(rf"^session {session[:8]} ended: .*", 3)[0]
    require("torn down" in ended, ended)
    require(session not in page.text("session-id"), "the session id still stands there")
    page.set_up(stage.server.url("short.mjpeg"))
    require(page.state()["session"] != session, "the same session again")
    return "torn down, and set up again"


def plays_over(transport: str):
    def function(stage: Stage) -> str:
        page = opened(stage, transport=transport)
        page.play(frames=5)
        require(page.state()["transport"] == transport, f"transport {page.state()['transport']}")
        require(transport in page.text("transport-used").lower(), f"shown: {page.text('transport-used')}")
        header = page.state()["transportHeader"] or ""
        require(("interleaved" in header) == (transport == "tcp"), f"agreed: {header}")
        require(same_still(page, stage), "the picture and the page disagree")
        return header

    case(f"plays over {transport.upper()} where that is chosen")(function)


def same_still(page: Page, stage: Stage) -> bool:
    page.pause()
    return page.frame_index(stage.movie) == page.code()


for name in ("udp", "tcp"):
    plays_over(name)


@case("plays in the course dialect")
def course_dialect(stage: Stage) -> str:
    page = opened(stage, lab=True, transport="udp")
    require(page.state()["lab"], "the player does not say so")
    page.play(frames=10)
    first = page.code()
    page.wait_for_numbers(2)
    second = page.code()
    require(second > first, f"frames {first}, {second}")
    stage.server.program.wait_for(rf"^session {page.state()['session'][:8]}\S* started: .*course dialect", 3)
    page.pause()
    page.click("teardown")
    page.wait_for_state("Init")
    return f"frames {first} to {second}"


@case("a live stream has the LIVE mark, a plausible latency and no seek bar to use")
def live(stage: Stage) -> str:
    page = opened(stage, "pattern")
    page.play()
    require(page.state()["live"] and page.is_shown("live") and "LIVE" in page.text("live"), "no LIVE mark")
    require("seek" not in page.enabled() or not page.is_shown("seek"), "one can seek in it")
    page.wait(lambda: page.numbers().get("latency") is not None, 12, "a measured latency")
    latency = page.numbers()["latency"]
    require(0 <= latency < 1500, f"{latency} ms")
    page.wait(lambda: any(letter.isdigit() for letter in page.text("number-latency")), 2, "a latency shown")
    first = page.code()
    page.wait(lambda: page.code() > first, 5, "a picture after that")
    return f"{latency:.0f} ms"


@case("the dialogue panel shows each request and reply, in order and with its time")
def dialogue(stage: Stage) -> str:
    page = opened(stage)
    page.play()
    page.pause()
    page.element("dialogue").find_element("css selector", "summary").click()
    entries = page.run("""return [...document.querySelectorAll('#dialogue-list article')].map(
        entry => [entry.dataset.direction, entry.querySelector('pre').textContent, entry.textContent])""")
    requests = [text.split(" ")[0] for direction, text, _ in entries if direction == "sent"]
    for method in ("DESCRIBE", "SETUP", "PLAY", "PAUSE"):
        require(method in requests, f"no {method} among {requests}")
    replies = [text for direction, text, _ in entries if direction == "received"]
    require(len(replies) >= 4 and all(reply.startswith("RTSP/1.0 200") for reply in replies), f"replies: {replies[:2]}")
    require(page.is_shown("dialogue-list"), "the panel is not open")
    return ", ".join(requests)
