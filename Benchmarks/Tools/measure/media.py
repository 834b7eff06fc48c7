"""The clip that everything is measured with, and the large file made of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench import CLIP_FRAMES, Bench

# A zoom into the Mandelbrot set, with noise that brings it to the size of a camera's pictures: 76 kB a frame. With
# the standard Huffman tables and both quantization tables, as RFC 2435 receivers and senders expect them.
SYNTHETIC = ["-f", "lavfi", "-i", "mandelbrot=size=1280x720:rate=30:end_pts=2000"]
ENCODING = ["-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-huffman", "default", "-force_duplicated_matrix", "1", "-q:v", "4",
            "-frames:v", str(CLIP_FRAMES), "-f", "mjpeg"]


def make_clip(bench: Bench, source: Path | None) -> None:
    """1280x720, 30 frames a second, from a video or drawn."""
    if bench.clip.exists() and not source:
        return
    given = ["-stream_loop", "-1", "-i", str(source)] if source else SYNTHETIC
    noise = 7 if source else 5
    part = bench.clip.with_suffix(".part")
    drawn = f"scale=1280:720,fps=30,noise=alls={noise}:allf=t"
    command = ["ffmpeg", "-v", "error", "-y", *given, "-an", "-vf", drawn, *ENCODING, str(part)]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"measure: the clip cannot be made; is ffmpeg installed? {failure}")
    part.replace(bench.clip)


def make_stored(bench: Bench) -> None:
    """The clip again and again, up to the size asked for."""
    clip = bench.clip.read_bytes()
    count = max(1, bench.settings.stored_bytes // len(clip))
    if bench.stored.exists() and bench.stored.stat().st_size == count * len(clip):
        return
    free = os.statvfs(bench.tools)
    if free.f_bavail * free.f_frsize < 2 * count * len(clip):
        sys.exit("measure: too little room for the stored file")
    with open(bench.stored, "wb") as file:
        for _ in range(count):
            file.write(clip)


def describe(bench: Bench) -> dict:
    size = bench.clip.stat().st_size
    return {"width": 1280, "height": 720, "frames": CLIP_FRAMES, "fps": bench.settings.fps, "frame_kb": round(size / CLIP_FRAMES / 1000, 1),
            "mbit_per_s": round(bench.bytes_per_second * 8 / 1e6, 1)}
