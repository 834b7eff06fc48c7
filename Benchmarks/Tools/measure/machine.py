"""Where and of what the figures were taken."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path


def said(*command: str) -> str:
    """The first line that a program says, or nothing where it is not installed."""
    if not shutil.which(command[0]):
        return ""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return ""
    return ((done.stdout or done.stderr).strip().splitlines() or [""])[0]


def number(line: str) -> str:
    """The first version number in it."""
    match = re.search(r"\d+\.\d[\w.+~-]*", line)
    return match[0] if match else ""


def processor() -> str:
    names = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.processor()


def memory_gb() -> float:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)


def distribution() -> str:
    match = re.search(r'PRETTY_NAME="(.+)"', Path("/etc/os-release").read_text())
    return match[1] if match else platform.system()


def versions(root: Path) -> dict[str, str]:
    found = {
        "Swift": number(said("swift", "--version")),
        "C compiler": said("cc", "--version"),
        "GStreamer": number(said("gst-inspect-1.0", "--version")),
        "gst-rtsp-server": said("pkg-config", "--modversion", "gstreamer-rtsp-server-1.0"),
        "FFmpeg": number(said("ffmpeg", "-version")),
        "Python": platform.python_version(),
    }
    resolved = root / "Package.resolved"
    for name, version in re.findall(r'"identity" : "(swift-nio)".*?"version" : "([^"]+)"',
                                    resolved.read_text() if resolved.exists() else "", re.S):
        found[name] = version
    return {name: version for name, version in found.items() if version}


def commit(root: Path) -> str:
    name = said("git", "-C", str(root), "rev-parse", "--short=12", "HEAD")
    changed = said("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no", "--", "Sources", "Benchmarks", "Package.swift")
    return name + (" with changes" if changed else "")


def about(root: Path) -> dict:
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(root),
        "machine": {
            "processor": processor(), "cores": os.cpu_count(), "memory_gb": memory_gb(), "system": distribution(),
            "kernel": platform.release(), "load_before": os.getloadavg()[0],
        },
        "versions": versions(root),
    }
