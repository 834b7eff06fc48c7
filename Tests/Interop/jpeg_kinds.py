"""JPEGs of every kind: what becomes of each on its way through RFC 2435, and how two pictures are compared."""

from __future__ import annotations

import math
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import Failed, require

OWN = Path(__file__).resolve().parents[1] / "JPEGCodingTests" / "Fixtures"
SHARED = Path(os.environ.get("RTSP_SHARED_MEDIA") or Path(__file__).resolve().parents[3] / "shared/media") / "jpeg"
LEAST_PSNR = 40.0


@dataclass(frozen=True)
class Kind:
    """A JPEG file, and whether its picture arrives exactly as it is."""

    path: Path
    is_exact: bool

    @property
    def name(self) -> str:
        return self.path.stem

    def medium(self, folder: Path) -> str:
        """The argument for rtsp-server: a folder with this picture again and again; there also one that ends too early is whole."""
        own = folder / self.name
        own.mkdir(parents=True)
        for index in range(30):
            (own / f"{index:06d}.jpg").write_bytes(self.path.read_bytes())
        return f"{self.name}={own}@10"


def kinds() -> list[Kind]:
    """All that can be shown, by the list beside the files: first the shared folder's, else our own."""
    folder = SHARED if (SHARED / "manifest.tsv").exists() else OWN
    found = []
    for line in (folder / "manifest.tsv").read_text().splitlines()[1:]:
        name, _, how, *_ = line.split("\t")
        if "refused" in how:  # or anything but a crash, which is for other tests
            continue
        found.append(Kind(folder / name, is_exact="re-encoding" not in how))
    require(found, f"no picture in {folder}")
    return found


@dataclass(frozen=True)
class Picture:
    """Decoded by libjpeg: three bytes a pixel."""

    width: int
    height: int
    pixels: bytes


def decode(jpeg: bytes) -> Picture:
    done = subprocess.run(["djpeg", "-pnm"], input=jpeg, capture_output=True, timeout=30)
    if not done.stdout:
        raise Failed(f"djpeg: {done.stderr.decode(errors='replace').strip()[-200:]}")
    kind, size, depth, pixels = done.stdout.split(b"\n", 3)
    require(depth == b"255", f"djpeg made a picture of depth {depth!r}")
    width, height = map(int, size.split())
    if kind == b"P5":
        pixels = bytes(level for level in pixels for _ in range(3))
    return Picture(width, height, pixels)


def compare(seen: Picture, source: Picture, is_exact: bool) -> str:
    """What is to be seen of `source` in `seen`; raises where it is another picture.

    A receiver that knows the size in eights only shows up to seven columns and rows more.
    """
    rounded = (-(-source.width // 8) * 8, -(-source.height // 8) * 8)
    size = (seen.width, seen.height)
    if size not in ((source.width, source.height), rounded):
        raise Failed(f"{seen.width}x{seen.height} instead of {source.width}x{source.height}")
    note = "" if size == (source.width, source.height) else f", shown as {seen.width}x{seen.height}"
    wanted = source.pixels
    got = seen.pixels
    if seen.width != source.width or seen.height != source.height:
        step = seen.width * 3
        got = b"".join(got[row * step:row * step + source.width * 3] for row in range(source.height))
    if got == wanted:
        return "identical" + note
    psnr = psnr_of(carried(got, source.width), carried(wanted, source.width))
    if is_exact:
        # The outermost pixels of a picture that is shown larger are smoothed with those outside the original.
        if note and psnr >= LEAST_PSNR:
            return f"{psnr:.0f} dB at the edges" + note
        raise Failed(f"other pixels, {psnr:.1f} dB")
    require(psnr >= LEAST_PSNR, f"{psnr:.1f} dB")
    return f"{psnr:.1f} dB" + note


def carried(pixels: bytes, width: int) -> list[float]:
    """Brightness for each pixel, colour for each pair of them: all of a picture that RFC 2435 can carry (4:2:2)."""
    red, green, blue = pixels[0::3], pixels[1::3], pixels[2::3]
    planes = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in zip(red, green, blue)]
    for primary, scale in ((blue, 0.564), (red, 0.713)):
        colour = [scale * (p - y) for p, y in zip(primary, planes)]
        for row in range(0, len(colour), width):
            line = colour[row:row + width]
            planes += [(a + b) / 2 for a, b in zip(line[0::2], line[1::2] + line[-1:])]
    return planes


def psnr_of(first: list[float], second: list[float]) -> float:
    error = sum((a - b) * (a - b) for a, b in zip(first, second)) / max(1, len(second))
    return math.inf if error == 0 else 10 * math.log10(255 * 255 / error)


def check_all(chosen: list[Kind], receive: Callable[[Kind], bytes], at_once: int = 3,
              expected: dict[str, str] | None = None) -> str:
    """Receives every kind and compares it with its source. `expected` names those that the receiver is known to fail at, with
    the words for it; one that works after all is a failure, too, for then the list is wrong."""
    expected = expected or {}

    def one(kind: Kind) -> tuple[str, str | None]:
        try:
            seen = compare(decode(receive(kind)), decode(kind.path.read_bytes()), kind.is_exact)
        except Failed as failure:
            if kind.name in expected:
                return f"{kind.name}: {expected[kind.name]}", None
            return "", f"{kind.name}: {failure}"
        if kind.name in expected:
            return "", f"{kind.name} works: {seen}"
        return f"{kind.name}: {seen}", None

    with ThreadPoolExecutor(at_once) as executor:
        results = list(executor.map(one, chosen))
    trouble = [wrong for _, wrong in results if wrong]
    require(not trouble, "; ".join(trouble))
    exact = sum(": identical" in seen for seen, _ in results)
    others = [seen for seen, _ in results if not seen.endswith(": identical")]
    return f"{exact} of {len(results)} identical" + (f"; {'; '.join(others)}" if others else "")
