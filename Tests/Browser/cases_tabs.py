"""Several tabs, each with a session of its own; tabs that close; readers that are slow."""

from __future__ import annotations

import time

from harness import require, wait_until
from media import size
from player_http import PlayerSession
from stage import Player, Stage, case

SLOW = 100_000  # bytes a second


def ended(stage: Stage, session: str, seconds: float) -> tuple[float, str]:
    """How long until the server says that this session has ended, and its words."""
    started = time.monotonic()
    line = stage.server.program.wait_for(rf"^session {session[:8]}\S* ended: .*", seconds)[0]
    return time.monotonic() - started, line


@case("two tabs play two streams; pausing one does not touch the other")
def two_tabs(stage: Stage) -> str:
    first, second = stage.open(), stage.open()
    first.set_up(stage.server.url("movie.Mjpeg"))
    second.set_up(stage.server.url("pattern"))
    first.play()
    second.play()
    require(first.state()["session"] != second.state()["session"], "both have one session")
    first.pause()
    stood, count = first.code(), len(second.drawn())
    second.wait_for_drawn(lambda drawn: len(drawn) > count + 8, 6, "pictures in the other tab")
    require(first.code() == stood, "the paused one moved")
    require(second.state()["state"] == "Playing", f"the other one: {second.state()['state']}")
    return f"{first.state()['session']} and {second.state()['session']}"


@case("two tabs play one movie, each from its own place")
def one_movie(stage: Stage) -> str:
    pages, starts = [stage.open(), stage.open()], (1, 6)
    for page, position in zip(pages, starts):
        page.set_up(stage.server.url("movie.Mjpeg"))
        page.set_slider(position)
        page.wait_for_drawn(lambda drawn: drawn, 6, "a picture")
        page.wait_for_state("Ready")
        page.play()
    for page, start in zip(pages, starts):
        places = [entry["position"] for entry in page.drawn()]
        require(abs(places[0] - start) < 0.01, f"it began at {places[0]} s, not {start}")
        require(all(0 <= b - a < 1 for a, b in zip(places, places[1:])), f"its place jumps: {places}")
    return " and ".join(f"{page.drawn()[0]['position']:g} s to {page.drawn()[-1]['position']:g} s" for page in pages)


@case("a tab that closes ends its session within two seconds, with TEARDOWN")
def closed(stage: Stage) -> str:
    page, other = stage.open(), stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    other.set_up(stage.server.url("short.mjpeg"))
    session = page.state()["session"]
    page.close()
    seconds, line = ended(stage, session, 2)
    require("torn down" in line, line)
    require(other.state()["state"] == "Ready", "the other tab noticed")
    return f"{seconds:.2f} s"


@case("a tab that is loaded anew ends its session and starts with another")
def reloaded(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    session = page.state()["session"]
    page.driver.refresh()
    seconds, _ = ended(stage, session, 2)
    page.wait(lambda: page.run("return document.body.dataset.connected") == "true", 5, "a connection again")
    require(page.state()["state"] == "Init", f"state {page.state()['state']}")
    return f"{seconds:.2f} s"


@case("a connection that is cut, as of a browser that crashed, ends its session within two seconds")
def cut(stage: Stage) -> str:
    session = stage.player.api.session()
    session.play(stage.server.url("movie.Mjpeg"))
    name = session.state["session"]
    session.close()
    started = time.monotonic()
    _, line = ended(stage, name, 2)
    require("torn down" in line, line)
    wait_until(lambda: stage.player.api.request("GET", session.path + "/snapshot")[0] == 404, 1, "the player forgets the session")
    seconds = time.monotonic() - started
    require(seconds < 2.1, f"it took {seconds:.1f} s")
    return f"{seconds:.2f} s"


@case("seventeen sessions are one too many: the page says so, and has its own when another has gone", console=("503",))
def too_many(stage: Stage) -> str:
    player = Player(stage.bench)
    sessions = [player.api.session() for _ in range(16)]
    status, _, answer = player.api.request("POST", "/api/sessions", b"{}", Content_Type="application/json")
    require(status == 503 and b"tooManySessions" in answer, f"{status} {answer[:200]!r}")
    page = stage.open(player, connected=False)
    said = page.wait_for_text("error-message", "16 sessions")
    sessions.pop().close()
    page.wait_for_connection()
    page.wait(lambda: not page.is_shown("error-message"), 3, "the message to go")
    for session in sessions:
        session.close()
    return f"503 tooManySessions; “{said}”"


@case("a slow reader of pictures gets whole, newer ones; its session and the other tab keep their rate", alone=True)
def slow_reader(stage: Stage) -> str:
    slow = stage.player.api.session()
    slow.play(stage.server.url("movie.Mjpeg"))
    slow.command("loop", on=True)
    stream = slow.pictures(receive_buffer=16384)
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    numbers, started, taken = [], time.monotonic(), 0

    def skipped() -> int:
        return slow.numbers.get("browserSkipped") or 0

    def gaps() -> int:
        return numbers[-1] - numbers[0] + 1 - len(numbers)

    def pause(count: int) -> None:
        """Slow until pictures are skipped; then what lies in the sockets' buffers is taken out."""
        nonlocal taken
        taken += count
        while skipped() < 25 and time.monotonic() - started < min(taken / SLOW, 25):
            time.sleep(0.005)

    for headers, image in stream.parts(pause):
        require(image[:2] == b"\xff\xd8" and image[-2:] == b"\xff\xd9", "not a whole JPEG")
        require(size(image) == (stage.movie.width, stage.movie.height), "a JPEG of another size")
        numbers.append(int(headers["x-frame"]))
        seconds = time.monotonic() - started
        if gaps() >= 20 and seconds > 6 or seconds > 25:
            break
    require(skipped() >= 25, f"skipped for the slow reader: {slow.numbers}")
    require(all(a < b for a, b in zip(numbers, numbers[1:])), f"numbers of frames: {numbers}")
    require(gaps() >= 20, f"no gaps in {numbers}")
    # In the first two seconds the player learns how long to hold frames back, and shows up to 8 % more.
    drawn, reports = page.drawn(), [report for report in slow.events["numbers"] if report["framesShown"]]
    first, last = next(picture for picture in drawn if picture["at"] > drawn[0]["at"] + 2500), drawn[-1]
    first_report, last_report = next(report for report in reports if report["time"] > reports[0]["time"] + 2.5), reports[-1]
    stream.close()
    slow.close()
    rates = [(last_report["framesShown"] - first_report["framesShown"]) / (last_report["time"] - first_report["time"]),
             (last["frame"] - first["frame"]) * 1000 / (last["at"] - first["at"])]
    for who, rate in zip(("slow reader's session", "other tab"), rates):
        require(23 <= rate <= 27, f"the {who} shows {rate:.1f} frames a second")
    return f"{len(numbers)} pictures of {numbers[-1] - numbers[0] + 1}; {rates[0]:.1f} and {rates[1]:.1f} frames a second"


@case("a picture stream opened late begins with the picture shown last")
def late_pictures(stage: Stage) -> str:
    session = stage.player.api.session()
    session.play(stage.server.url("movie.Mjpeg"))
    session.command("pause")
    session.wait_for_state("Ready")
    stream = session.pictures()
    headers, image = next(stream.parts())
    status, shown, snapshot = stage.player.api.request("GET", session.path + "/snapshot")
    require(status == 200 and snapshot == image, "not the picture that a snapshot gives")
    require(shown["x-frame"] == headers["x-frame"], f"frames {shown['x-frame']} and {headers['x-frame']}")
    stream.close()
    session.close()
    return f"frame {headers['x-frame']} at {headers['x-position']} s"


@case("commands that the state does not allow are refused with 409")
def not_possible(stage: Stage) -> str:
    session: PlayerSession = stage.player.api.session()

    def answer(command: str, body: bytes = b"{}") -> int:
        return stage.player.api.request("POST", f"{session.path}/{command}", body, Content_Type="application/json")[0]

    seen = {name: answer(name, body) for name, body in
            (("play", b"{}"), ("pause", b"{}"), ("seek", b'{"to":1}'), ("record", b'{"on":true}'))}
    require(set(seen.values()) == {409}, f"in Init: {seen}")
    require(answer("setup", b"nonsense") == 400 and answer("setup", b"{}") == 400, "a body that is none is not refused with 400")
    require(answer("fly") == 400, "an unknown command is not refused with 400")
    nobody = "/api/sessions/" + "0" * 32 + "/play"
    require(stage.player.api.request("POST", nobody, b"{}", Content_Type="application/json")[0] == 404,
            "a session that is not there is not refused with 404")
    session.close()
    return "409, 400, 404"
