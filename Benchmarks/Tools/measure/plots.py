"""Draws readers against CPU seconds per GB and against times, as SVG that needs nothing but a browser, light or dark."""

from __future__ import annotations

import math
from dataclasses import dataclass

from figures import cpu, rows

WIDTH, HEIGHT, TOP, BOTTOM = 960, 400, 84, 340
EDGES = {"udp": (64, 460), "tcp": (544, 940)}
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #333; }
    .title { font-size: 15px; font-weight: 600; } .panel { font-size: 13px; font-weight: 600; }
    .axis { stroke: #888; fill: none; } .grid { stroke: #ccc; stroke-opacity: .6; }
    .paper { fill: #fff; }
    .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
    .ours { stroke: #c2410c; } .gst { stroke: #1d6f8f; } .limit { stroke: #4b5563; stroke-dasharray: 6 4; }
    .plain { stroke: #7c3aed; stroke-dasharray: 2 4; }
    .ours.dot { fill: #c2410c; } .gst.dot { fill: #1d6f8f; } .limit.dot { fill: #4b5563; } .plain.dot { fill: #7c3aed; }
    .dot { stroke-dasharray: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #ddd; } .paper { fill: #14171a; } .axis { stroke: #888; } .grid { stroke: #444; }
      .ours { stroke: #ff8a4c; } .gst { stroke: #5cc3e6; } .limit { stroke: #b6bec8; } .plain { stroke: #b79bff; }
      .ours.dot { fill: #ff8a4c; } .gst.dot { fill: #5cc3e6; } .limit.dot { fill: #b6bec8; } .plain.dot { fill: #b79bff; }
    }
"""


@dataclass
class Line:
    kind: str
    label: str
    points: list[tuple[float, float]]


def text(x: float, y: float, content: object, anchor: str = "start", kind: str = "", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}{turn}>{content}</text>'


def mark(kind: str, x: float, y: float) -> str:
    """A shape of its own for each, so that colour is not all that tells them apart."""
    shapes = {
        "ours": f'<circle class="ours dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
        "gst": f'<rect class="gst dot" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7"/>',
        "limit": f'<path class="limit dot" d="M{x:.1f} {y - 4.5:.1f}l4.5 8h-9z"/>',
        "plain": f'<path class="plain dot" d="M{x:.1f} {y - 4.5:.1f}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"/>',
    }
    return shapes[kind]


class Panel:
    """Both axes are logarithmic: readers to the right, the figure upwards."""

    def __init__(self, transport: str, lines: list[Line], low: float, high: float, label: str):
        self.left, self.right = EDGES[transport]
        self.name, self.lines, self.label = transport.upper(), lines, label
        self.counts = sorted({x for line in lines for x, _ in line.points})
        self.low, self.high = low, high

    def x(self, count: float) -> float:
        least, most = self.counts[0], max(self.counts[-1], self.counts[0] * 2)
        return self.left + 14 + (self.right - self.left - 28) * math.log(count / least) / math.log(most / least)

    def y(self, figure: float) -> float:
        part = math.log(min(max(figure, self.low), self.high) / self.low) / math.log(self.high / self.low)
        return BOTTOM - (BOTTOM - TOP) * part

    def draw(self):
        yield text(self.left, TOP - 10, self.name, kind="panel")
        for figure in ticks(self.low, self.high):
            yield f'<path class="grid" d="M{self.left} {self.y(figure):.1f}H{self.right}"/>'
            yield text(self.left - 6, self.y(figure) + 4, f"{figure:g}", "end")
        yield f'<path class="axis" d="M{self.left} {TOP}V{BOTTOM}H{self.right}"/>'
        for count in self.counts:
            yield f'<path class="axis" d="M{self.x(count):.1f} {BOTTOM}v5"/>'
            yield text(self.x(count), BOTTOM + 19, f"{count:g}", "middle")
        yield text((self.left + self.right) / 2, BOTTOM + 40, "readers of one presentation", "middle")
        yield text(self.left - 42, (TOP + BOTTOM) / 2, self.label, "middle", turned=True)
        for line in self.lines:
            points = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in line.points)
            yield f'<polyline class="line {line.kind}" points="{points}"/>'
            yield from (mark(line.kind, self.x(x), self.y(y)) for x, y in line.points)


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each power of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10.0 ** power for power in powers for step in (1, 2, 5) if low * 0.999 <= step * 10.0 ** power <= high * 1.001]


def bounds(lines: list[Line]) -> tuple[float, float]:
    """The next tick below and above all that is drawn."""
    figures = [y for line in lines for _, y in line.points]
    around = ticks(min(figures) / 10, max(figures) * 10)
    return max(t for t in around if t <= min(figures)), min(t for t in around if t >= max(figures))


def legend(lines: list[Line]):
    x = EDGES["udp"][0]
    for line in {line.kind: line for line in lines}.values():
        yield f'<path class="line {line.kind}" d="M{x} 46h30"/>{mark(line.kind, x + 15, 46)}'
        yield text(x + 38, 50, line.label)
        x += 64 + 7 * len(line.label)


def drawing(title: str, label: str, panels: dict[str, list[Line]]) -> str:
    shown = {transport: [line for line in lines if line.points] for transport, lines in panels.items()}
    everything = [line for lines in shown.values() for line in lines]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">', f"<title>{title}</title>",
           f"<style>{STYLE}</style>", f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
           text(EDGES["udp"][0], 24, title, kind="title")]
    out += legend(everything)
    low, high = bounds(everything)  # the same for both panels, so that they can be compared
    for transport, lines in shown.items():
        if lines:
            out += Panel(transport, lines, low, high, label).draw()
    return "\n".join(out + ["</svg>"]) + "\n"


def line(results: dict, transport: str, kind: str, label: str, who: str, figure) -> Line:
    found = rows(results, "readers", who=who, transport=transport)
    points = [(one["readers"], figure(one)) for one in found if figure(one)]
    return Line(kind, label, sorted(points))


def cpu_plot(results: dict) -> str:
    def lines(transport: str, limit: str, label: str):
        kinds = [("ours", "swift-rtsp", "ours"), ("gst", "gst-rtsp-server", "gst"), ("limit", label, limit),
                 ("plain", "C, a call per packet", "C, sendto")]  # the last is measured over UDP only
        return [line(results, transport, kind, name, who, cpu) for kind, name, who in kinds]

    label = "the C limit (UDP: offload; TCP: one write a frame)"
    return drawing("Server CPU per GB sent", "CPU seconds per GB", {
        "udp": lines("udp", "C, offload", label), "tcp": lines("tcp", "C, one write", label)})


def seen(milliseconds: float | None) -> float | None:
    """Half a tick of the load is the least that is told apart; it also keeps zero on a logarithmic axis."""
    return None if milliseconds is None else max(milliseconds, 0.5)


def latency_plot(results: dict) -> str:
    def lines(transport: str):
        return [line(results, transport, kind, label, kind, lambda one: seen(one["fan_out_p99_ms"]))
                for kind, label in (("ours", "swift-rtsp"), ("gst", "gst-rtsp-server"))]

    title = "From a frame's first packet at any reader to its last at each, p99"
    return drawing(title, "milliseconds", {t: lines(t) for t in ("udp", "tcp")})


def jitter_plot(results: dict) -> str:
    def lines(transport: str):
        return [line(results, transport, kind, label, kind, lambda one: seen(one["jitter_p99_ms"]))
                for kind, label in (("ours", "swift-rtsp"), ("gst", "gst-rtsp-server"))]

    return drawing("How far off its 33.3 ms the next frame comes, p99", "milliseconds", {t: lines(t) for t in ("udp", "tcp")})


PLOTS = {"performance-cpu.svg": cpu_plot, "performance-latency.svg": latency_plot, "performance-jitter.svg": jitter_plot}
