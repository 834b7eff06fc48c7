"""What can go wrong, said in plain words where the user looks, and what happens next."""

from __future__ import annotations

import re
import signal
import socket
import time

from bad_server import BadServer, rtp_packets
from harness import Program, free_port, require
from media import Clip
from stage import Page, Player, Stage, case


class SilentUDPServer(BadServer):
    """Sets up over UDP, says that it plays, and nothing comes: as behind a firewall. Over TCP the movie comes."""

    def __init__(self, clip: Clip):
        images = [clip.image(index) for index in range(100)]
        super().__init__(mute_udp=True, packets=rtp_packets(images), pace=0.0025)


def fails(page: Page, url: str, code: str, *words: str, seconds: float = 15) -> str:
    """Setup of this address ends with this error, shown in words that contain these."""
    page.type_address(url)
    page.click("setup")
    message, advice = page.wait_for_error(url, code, seconds), page.text("error-advice")
    for word in words:
        require(word in message, f"no {word!r} in {message!r}")
    require(len(advice) > 10, f"the advice is {advice!r}")
    page.wait_for_state("Init")
    page.wait(lambda: page.is_shown("retry") and page.element("retry").is_enabled(), 3, "try again")
    return message


@case("a server that is not there is named, with what to do")
def refused(stage: Stage) -> str:
    port = free_port()
    return fails(stage.open(), f"rtsp://127.0.0.1:{port}/movie", "serverRefused", "127.0.0.1")


@case("a host that does not exist is named")
def unknown_host(stage: Stage) -> str:
    return fails(stage.open(), "rtsp://no-such-host.invalid/movie", "hostUnknown", "no-such-host.invalid")


@case("a stream that does not exist is named")
def not_found(stage: Stage) -> str:
    return fails(stage.open(), stage.server.url("no-such-movie"), "notFound", "no-such-movie")


@case("an address that is none is said to be none", console=("400 (Bad Request)",))
def bad_address(stage: Stage) -> str:
    page = stage.open()
    for address in ("http://127.0.0.1/movie", "nonsense", "rtsp://", "rtsp://user:hunter2@127.0.0.1/movie"):
        page.type_address(address)
        page.click("setup")
        message = page.wait_for_error(address.replace("user:hunter2@", ""), "badAddress", 5)
        require(page.state()["state"] == "Init", f"state {page.state()['state']}")
    told = page.run("return document.body.innerText + JSON.stringify([seen.state, seen.dialogue])")
    said = stage.player.program.output + stage.player.program.errors
    require("hunter2" not in told and not any("hunter2" in line for line in said), "a password is told on")
    return message


@case("401, no JPEG and no media are told apart")
def refusals(stage: Stage) -> str:
    page = stage.open()
    seen = [fails(page, BadServer(answers={"DESCRIBE": 401}).url, "unauthorized")]
    other = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=other\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
             "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:stream\r\n")
    seen.append(fails(page, BadServer(sdp=other).url, "noJPEG"))
    silent = BadServer(mute_udp=True)
    page.set_up(silent.url, transport="udp")
    page.click("play")
    seen.append(page.wait_for_error(silent.url, "noMedia", 20))
    require("no pictures" in seen[-1], f"said of a server that sends nothing: {seen[-1]!r}")
    require("TCP" in page.text("error-advice"), f"advised: {page.text('error-advice')!r}")
    page.wait_for_state("Init")
    page.wait(lambda: page.is_shown("retry") and page.element("retry").is_enabled(), 3, "try again")
    return " | ".join(seen)


@case("no packets over UDP: TCP is tried, and says so")
def silent_udp(stage: Stage) -> str:
    server = SilentUDPServer(stage.movie)
    page = stage.open()
    page.set_up(server.url)
    page.click("play")
    page.wait(lambda: any((state["notice"] or {}).get("code") == "fallingBack" for state in page.seen("state")), 15,
              "a notice that TCP is tried")
    notice = next(state["notice"]["text"] for state in page.seen("state") if (state["notice"] or {}).get("code") == "fallingBack")
    require("UDP" in notice and "TCP" in notice, notice)
    page.wait_for_drawn(lambda drawn: len(drawn) > 3, 15, "pictures over TCP")
    require(page.state()["transport"] == "tcp" and "tcp" in page.text("transport-used").lower(), f"{page.state()['transport']}")
    require(not page.is_shown("error-message"), f"an error is shown: {page.text('error-message')}")
    page.code()
    return notice


class SilentThenRefusing(BadServer):
    """Sends nothing over UDP, and refuses PLAY over TCP."""

    def answer(self, connection: socket.socket, request: str, client_port: int | None) -> int | None:
        self.answers = {} if client_port else {"PLAY": 453}
        return super().answer(connection, request, client_port)


@case("no packets over UDP, and PLAY over TCP is refused: Ready, and the refusal is shown")
def refused_over_tcp(stage: Stage) -> str:
    server, page = SilentThenRefusing(mute_udp=True), stage.open()
    page.set_up(server.url)
    page.click("play")
    message = page.wait_for_error(server.url, "refused", 20)
    page.wait_for_state("Ready", 3)
    require(server.requests.count("PLAY") == 2, f"asked: {server.requests}")
    page.wait(lambda: page.element("retry").is_enabled() and {"play", "teardown"} <= page.enabled(), 3, "a way on")
    require("pause" not in page.enabled(), "Pause can be used though nothing plays")
    return message


@case("another transport, chosen after a refusal, is what try again takes")
def other_transport(stage: Stage) -> str:
    server, page = BadServer(refuse_udp=True), stage.open()
    page.choose_transport("udp")
    message = fails(page, server.url, "transportRefused")
    page.choose_transport("tcp")
    page.click("retry")
    page.wait_for_state("Ready")
    require(page.state()["transport"] == "tcp", f"over {page.state()['transport']}")
    return message


def start_server(stage: Stage, port: int, *arguments: object) -> Program:
    server = stage.bench.start(stage.bench.binaries / "rtsp-server", "--port", port, "--bind", "127.0.0.1", stage.movie.medium,
                               *arguments)
    server.wait_for(r"^ready on port")
    return server


@case("try again sets up what failed, once the server is there")
def try_again(stage: Stage) -> str:
    port, page = free_port(), stage.open()
    fails(page, f"rtsp://127.0.0.1:{port}/movie.Mjpeg", "serverRefused")
    start_server(stage, port)
    page.click("retry")
    page.wait_for_state("Ready")
    page.wait(lambda: not page.is_shown("error-message"), 3, "the error gone")
    page.play()
    return "Ready, then Playing"


def loses_server(stage: Stage, page: Page, server: Program) -> tuple[float, str]:
    """Kills the server while it plays: the page says so and counts down. Where it stood, and what is shown."""
    page.wait_for_drawn(lambda drawn: len(drawn) > 12, 8, "pictures")
    server.process.send_signal(signal.SIGKILL)
    server.wait(5)
    page.wait(lambda: page.state().get("reconnect"), 10, "a word that it reconnects")
    stood = page.drawn()[-1]["position"]
    page.wait(lambda: re.search(r"\d+ ?s", shown_trouble(page)), 5, "a countdown where the user looks")
    require(page.element("teardown").is_enabled(), "Teardown cannot be used while reconnecting")
    return stood, shown_trouble(page)


def shown_trouble(page: Page) -> str:
    """All that is shown over and below the picture."""
    return page.run("""return ['error', 'notice', 'reconnect'].map(id => document.getElementById(id))
        .filter(element => element && element.checkVisibility()).map(element => element.innerText).join(' ')""")


@case("a server that goes away is said to be gone; when it is back the movie plays on by itself")
def server_lost(stage: Stage) -> str:
    port, page = free_port(), stage.open()
    server = start_server(stage, port)
    page.set_up(f"rtsp://127.0.0.1:{port}/movie.Mjpeg")
    page.click("play")
    stood, said = loses_server(stage, page, server)
    before = len(page.drawn())
    start_server(stage, port)
    page.wait_for_drawn(lambda drawn: len(drawn) > before + 3, 20, "pictures again")
    page.wait_for_state("Playing")
    again = page.drawn()[before]["position"]
    require(stood - 0.5 <= again <= stood + 1, f"it stood at {stood} s and went on at {again} s")
    require(not page.is_shown("error-message"), f"still shown: {page.text('error-message')}")
    require(page.state()["reconnect"] is None, "it still reconnects")
    return f"“{said}”; went on at {again:.2f} s after {stood:.2f} s"


@case("try again, on a telephone, cuts the wait for a lost server short, and the live picture comes back")
def lost_live(stage: Stage) -> str:
    port, page = free_port(), stage.open(size=(360, 740))
    server = start_server(stage, port, "--pattern", "pattern=320x180@10")
    page.set_up(f"rtsp://127.0.0.1:{port}/pattern")
    page.click("play")
    loses_server(stage, page, server)
    page.wait(lambda: (page.state().get("reconnect") or {}).get("attempt", 0) >= 4, 20, "the wait of eight seconds")
    before = len(page.drawn())
    start_server(stage, port, "--pattern", "pattern=320x180@10")
    started = time.monotonic()
    page.click("retry")
    page.wait_for_drawn(lambda drawn: len(drawn) > before, 4, "pictures again, before the eight seconds are over,")
    return f"{time.monotonic() - started:.1f} s after the click"


@case("Teardown ends the reconnecting")
def give_up(stage: Stage) -> str:
    port, page = free_port(), stage.open()
    server = start_server(stage, port)
    page.set_up(f"rtsp://127.0.0.1:{port}/movie.Mjpeg")
    page.click("play")
    loses_server(stage, page, server)
    page.click("teardown")
    page.wait_for_state("Init")
    page.wait(lambda: page.state()["reconnect"] is None and "setup" in page.enabled(), 3, "Setup enabled")
    states = len(page.seen("state"))
    start_server(stage, port)
    page.wait(lambda: page.run("return performance.now() > (window.noted ??= performance.now()) + 2500"), 5, "2.5 s")
    require(page.state()["state"] == "Init" and len(page.seen("state")) == states, "it went on by itself")
    return "Init, and stays there"


@case("a player that is stopped ends within 3 s, tears its sessions down, and the page says so",
      console=("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"))
def player_stopped(stage: Stage) -> str:
    player = Player(stage.bench)
    page = stage.open(player)
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    session = page.state()["session"]
    started = time.monotonic()
    status = player.program.stop(signal.SIGTERM, 5)
    seconds = time.monotonic() - started
    require(status == 0, f"it ended with status {status}: {player.program.last_words()}")
    require(seconds < 3, f"it took {seconds:.1f} s")
    stage.server.program.wait_for(rf"^session {session[:8]} ended: .*torn down", 3)
    page.wait(lambda: page.text("error-message"), 6, "a message")
    require(page.run("return document.body.dataset.connected") == "false", "the page believes itself connected")
    require(not page.enabled(), f"buttons that lead nowhere: {sorted(page.enabled())}")
    return f"{seconds:.1f} s; “{page.text('error-message')}”"


NO_ANSWER = """const real = window.fetch;
    const refusal = '{"error":{"code":"notPossibleNow","message":"Not now.","advice":""}}';
    window.fetch = (path, options) => !String(path).endsWith('/pause') ? real(path, options)
        : new Promise((answer) => setTimeout(() => answer(new Response(refusal, {status: 409})), 5500))"""


@case("a command that waits long says so until it is answered, even with a refusal")
def slow_command(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    page.run(NO_ANSWER)
    page.click("pause")
    said = page.wait_for_text("error-message", "does not answer")
    require(not page.is_shown("retry"), "what waits for an answer is offered to begin anew")
    page.wait(lambda: not page.is_shown("error-message"), 4, "the words gone")
    page.wait_for_text("notice", "Not now.", 2)
    require(page.state()["state"] == "Playing", f"state {page.state()['state']}")
    return said


NO_EVENTS = """const Real = window.EventSource;
    window.allowEvents = () => (window.EventSource = Real);
    window.EventSource = class { readyState = 0; addEventListener() {} close() {} };
    dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"""


@case("events that cannot be had are said to be too many tabs; try again has them when they can")
def no_events(stage: Stage) -> str:
    page = stage.open()
    page.run(NO_EVENTS)
    page.wait(lambda: page.run("return document.body.dataset.connected") == "false", 3, "no connection")
    said = page.wait_for_text("error-message", "does not answer")
    page.run("allowEvents()")
    page.click("retry")
    page.wait_for_connection()
    page.wait(lambda: not page.is_shown("error-message"), 3, "the words gone")
    return said
