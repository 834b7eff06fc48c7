"""The page itself: what it refuses, what it never executes, and how it looks at any width."""

from __future__ import annotations

import socket

from bad_server import SDP, BadServer
from harness import require
from stage import Page, Stage, case

HOSTILE = "<img src=x onerror=alert(1)>"
BOMB = "<img src=x onerror=alert(1)><script>alert(2)</script>"
ELEMENTS = "return [document.images.length, document.scripts.length, document.querySelectorAll('[onerror]').length]"


class HostileServer(BadServer):
    """Elements of HTML wherever a server may put a text: the title, headers, reason phrases."""

    def __init__(self, **options):
        super().__init__(sdp=SDP.replace("s=bad", f"s={BOMB}"), **options)

    def serve(self, connection: socket.socket) -> None:
        super().serve(Spoiling(connection))


class Spoiling:
    """A connection that puts elements into the heads of what is sent over it."""

    def __init__(self, connection: socket.socket):
        self.recv, self.shutdown, self.connection = connection.recv, connection.shutdown, connection

    def sendall(self, data: bytes) -> None:
        self.connection.sendall(data.replace(b" Whatever\r\n", f" {BOMB}\r\nServer: {BOMB}\r\n".encode(), 1))


def harmless(page: Page, elements: list[int]) -> None:
    require(page.run(ELEMENTS) == elements, f"images, scripts, handlers: {page.run(ELEMENTS)}, before {elements}")
    require(page.run("return seen.alerts") == 0, "a dialogue box")


@case("a stream named as an element of HTML is text everywhere and plays")
def hostile_name(stage: Stage) -> str:
    page = stage.open()
    elements = page.run(ELEMENTS)
    line = stage.server.program.wait_for(r"^offering (rtsp://\S+%3Cimg\S*)")[1]
    page.set_up(line)
    page.play()
    page.element("dialogue").find_element("css selector", "summary").click()
    page.wait(lambda: "%3Cimg" in page.text("dialogue-list"), 3, "the name in the dialogue")
    harmless(page, elements)
    page.click("teardown")
    page.wait_for_state("Init")
    page.type_address(stage.server.url(HOSTILE))
    page.click("setup")
    page.wait(lambda: page.text("error-message") or page.state()["state"] == "Ready", 5, "an outcome")
    harmless(page, elements)
    return page.text("error-message")[:80] or "set up under its plain name too"


@case("elements of HTML in a server's title, headers and reasons are text")
def hostile_server(stage: Stage) -> str:
    page = stage.open()
    elements = page.run(ELEMENTS)
    page.element("dialogue").find_element("css selector", "summary").click()
    page.set_up(HostileServer().url)
    require(page.state()["title"] == BOMB, f"the title is {page.state()['title']!r}")
    page.wait(lambda: BOMB in page.run("return document.body.innerText"), 3, "the title as text")
    page.wait(lambda: f"Server: {BOMB}" in page.text("dialogue-list"), 3, "the header as text")
    harmless(page, elements)
    page.click("teardown")
    page.wait_for_state("Init")
    for status in (404, 500):
        server = HostileServer(answers={"DESCRIBE": status})
        page.type_address(f"{server.url}/{HOSTILE}")
        page.click("setup")
        page.wait(lambda: f":{server.port}/" in page.state()["url"], 5, f"the address of the server that answers {status}")
        page.wait_for_error(page.state()["url"], "notFound" if status == 404 else "refused")
        page.wait_for_state("Init")
        harmless(page, elements)
    return page.text("error-message")


@case("a foreign Host, a foreign Origin, a request across sites, another content type, too long a body: all refused")
def guard(stage: Stage) -> str:
    api, host = stage.player.api, f"{stage.player.api.host}:{stage.player.api.port}"

    def status(method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        return api.request(method, path, body, **headers)[0]

    def post(**headers: str) -> int:
        return status("POST", "/api/sessions", b"{}", **{"Content_Type": "application/json", **headers})

    port = api.port
    for foreign in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "127.0.0.1:1", f"127.0.0.2:{port}",
                    f"localhost.:{port}x", ""):
        require(status("GET", "/", Host=foreign) in (400, 403), f"Host {foreign!r} may see the page")
        require(post(Host=foreign) in (400, 403), f"Host {foreign!r} may make sessions")
    for own in (host, f"localhost:{port}"):
        require(status("GET", "/", Host=own) == 200, f"Host {own} may not see the page")
    for origin in ("http://evil.example", "null", f"https://{host}", f"http://{host}.evil.example", f"http://localhost:{port}"):
        require(post(Origin=origin) == 403, f"Origin {origin} may make sessions")
        require(status("GET", "/api/player", Origin=origin) == 403, f"Origin {origin} may ask for the streams")
    for site in ("cross-site", "same-site"):
        require(post(Sec_Fetch_Site=site) == 403, f"Sec-Fetch-Site {site} may make sessions")
        require(status("GET", "/api/player", Sec_Fetch_Site=site) == 403, f"Sec-Fetch-Site {site} may ask for the streams")
    require(post(Content_Type="text/plain") == 415, "text/plain is taken")
    require(status("POST", "/api/sessions", b" " * 17_000, Content_Type="application/json") == 413, "17 000 bytes are taken")
    require(post(Origin=f"http://{host}", Sec_Fetch_Site="same-origin") == 201, "the page's own request is refused")
    return "403, 413, 415; our own: 201"


@case("every answer forbids what the page does not need")
def headers(stage: Stage) -> str:
    wanted = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
              "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
              "cache-control": "no-store"}
    answers = [("GET", "/"), ("GET", "/player.css"), ("GET", "/player.js"), ("GET", "/icon.svg"), ("GET", "/api/player"),
               ("GET", "/no-such-thing"), ("GET", "/../Main.swift"), ("GET", "/api/sessions/0/events"), ("PUT", "/")]
    for method, path in answers:
        status, found, _ = stage.player.api.request(method, path)
        for name, value in wanted.items():
            require(found.get(name) == value, f"{method} {path} ({status}): {name} is {found.get(name)!r}")
        policy = found.get("content-security-policy", "")
        require("default-src 'none'" in policy and "unsafe" not in policy, f"{method} {path} ({status}): policy {policy!r}")
        require("access-control-allow-origin" not in found, f"{method} {path} lets others read it")
        require((status == 200) == (path in ("/", "/player.css", "/player.js", "/icon.svg", "/api/player") and method == "GET"),
                f"{method} {path} was answered {status}")
    return f"{len(answers)} answers"


@case("nothing is fetched from anywhere but the player")
def own_resources(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    names = page.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    foreign = [name for name in names if not name.startswith((page.address, "blob:" + page.address))]
    require(names and not foreign, f"fetched: {foreign}")
    return f"{len(names)} resources"


def fits(stage: Stage, width: int, height: int) -> str:
    """Through all states without a bar to scroll sideways, and nothing that is cut off."""
    page = stage.open(size=(width, height))
    seen = []

    def check(step: str) -> None:
        across = page.run("return document.documentElement.scrollWidth")
        require(across <= width, f"{step}: {across} pixels wide")
        beyond = page.run("""const all = [...document.querySelectorAll('button, input, select, output, canvas, p, dd, a')];
        return all.filter(element => {
            const box = element.getBoundingClientRect();
            return element.checkVisibility() && box.width && (box.left < -0.5 || box.right > innerWidth + 0.5)
                && !element.closest('#dialogue-list');
        }).map(element => element.id || element.className || element.tagName)""")
        require(not beyond, f"{step}: beyond the edge: {beyond}")
        cut = page.run("""return [...document.querySelectorAll('button, .node')].filter(element => element.checkVisibility()
            && !element.closest('#offers') && element.scrollWidth > element.clientWidth + 1)
            .map(element => element.textContent.trim())""")
        require(not cut, f"{step}: words too long for their place: {cut}")
        seen.append(step)

    check("Init")
    page.type_address(stage.server.url("no-such-movie-" + "x" * 200))
    page.click("setup")
    page.wait(lambda: page.text("error-message"), 5, "an error")
    check("error")
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    check("Playing")
    page.element("dialogue").find_element("css selector", "summary").click()
    check("dialogue open")
    page.pause()
    check("Paused")
    ratio, fit = page.run("""const canvas = document.getElementById('picture'), box = canvas.getBoundingClientRect();
        return [box.width / box.height, getComputedStyle(canvas).objectFit]""")
    require(fit == "contain" or abs(ratio - 16 / 9) < 0.03, f"the picture is shown at {ratio:.2f} to 1")
    return ", ".join(seen)


@case("fits a telephone of 360 pixels")
def narrow(stage: Stage) -> str:
    return fits(stage, 360, 740)


@case("fits a screen of 1920 pixels")
def wide(stage: Stage) -> str:
    return fits(stage, 1920, 1080)


@case("nothing on the page moves while it plays", alone=True)
def layout_shift(stage: Stage) -> str:
    seen = []
    for size in ((1200, 1000), (360, 740)):
        page = stage.open(size=size)
        page.set_up(stage.server.url("movie.Mjpeg"))
        page.play(frames=2)
        start = page.run("return performance.now()")
        page.wait_for_numbers(6)
        page.click("record")
        page.wait_for_numbers(2)
        shifts = [shift for shift in page.run("return seen.shifts") if shift["time"] > start]
        require(not shifts, f"at {size[0]} pixels: {[(round(shift['value'], 4), shift['where']) for shift in shifts][:4]}")
        seen.append(f"{size[0]}: {len(page.drawn())} pictures")
        page.close()
    return ", ".join(seen) + ", 0 shifts"


@case("whatever can be used has a name for those who cannot see it, and the state is a live region")
def accessible(stage: Stage) -> str:
    page = stage.open()
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.cdp("Accessibility.enable")
    roles = {"button", "checkbox", "combobox", "slider", "textbox", "link", "DisclosureTriangle", "image"}
    tree = page.cdp("Accessibility.getFullAXTree")["nodes"]
    nodes = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree
             if not node.get("ignored") and node.get("role", {}).get("value") in roles]
    nameless = [role for role, name in nodes if not name.strip()]
    require(len(nodes) > 10 and not nameless, f"without a name: {nameless}, of {len(nodes)}")
    state = page.element("state")
    attributes = state.get_attribute("role"), state.get_attribute("aria-live")
    require(attributes == ("status", "polite"), f"the state is no live region: {attributes}")
    require(page.element("error").get_attribute("role") == "alert", "the error is no alert")
    require(page.run("return document.documentElement.lang"), "the page has no language")
    return f"{len(nodes)} named"


@case("the keyboard reaches every control that can be used, and shows where it is")
def focus(stage: Stage) -> str:
    page = stage.open()

    def reach(step: str, wanted: set[str]) -> None:
        page.run("document.activeElement.blur()")
        reached, invisible = [], []
        for _ in range(40):
            page.press("\ue004")  # the tabulator
            name, visible = page.run("""const element = document.activeElement, style = getComputedStyle(element);
                return [element.id || element.tagName + ' ' + element.textContent,
                    style.outlineStyle !== 'none' || style.boxShadow !== 'none' || element === document.body]""")
            if name in reached:
                break
            reached.append(name)
            if not visible:
                invisible.append(name)
        require(wanted <= set(reached), f"{step}: not reached: {sorted(wanted - set(reached))}, but {reached}")
        require(not invisible, f"{step}: nothing shows the focus on {invisible}")

    reach("Init", {"address", "transport", "lab", "setup", "loop"})
    page.set_up(stage.server.url("movie.Mjpeg"))
    page.play()
    reach("Playing", {"pause", "teardown", "seek", "loop", "snapshot", "record"})
    return "in Init and Playing"
