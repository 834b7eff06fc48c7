"""The matrix, for the terminal and for Documentation/Interoperability.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from itertools import groupby
from pathlib import Path

SECTIONS = ["Our server, foreign players", "Our server converts", "Foreign server, our client", "Our server, our client",
            "Every kind of JPEG", "Live", "UDP blocked",
            "Course dialect: our server, course clients", "Course dialect: course servers, our client", "Bad media",
            "Bad peers of the server", "Bad servers of the client"]
MARKS = {"passed": "yes", "failed": "NO", "skipped": "skipped", "not applicable": "n/a"}


def plain(results) -> str:
    width = max(len(result.case.title) for result in results)
    lines = []
    for section, group in by_section(results):
        lines += [section, *(f"  {result.case.title:{width}}  {MARKS[result.outcome]:8} {result.detail}" for result in group), ""]
    return "\n".join(lines)


def markdown(results) -> str:
    lines = [
        "# Interoperability", "",
        "What `rtsp-server` and `rtsp-client` were tried against, over real sockets on the loopback interface. This file is",
        "written by `python3 Tests/Interop/run.py --bin .build/debug --markdown Documentation/Interoperability.md`;",
        "`make test` runs the same cases. \"Identical\" means that the decoded pictures have the same hash as those of the",
        "source, every one of them, in order.", "",
        "## Programs", "", "| program | version |", "|---|---|",
        *(f"| {name} | {version} |" for name, version in versions()), ""]
    for section, group in by_section(results):
        lines += [f"## {section}", "", "| case | works | seen |", "|---|---|---|",
                  *(f"| {cell(result.case.title)} | {MARKS[result.outcome]} | {cell(result.detail)} |" for result in group), ""]
    return "\n".join(lines)


def by_section(results):
    ordered = sorted(results, key=lambda result: SECTIONS.index(result.case.section))
    return ((section, list(group)) for section, group in groupby(ordered, key=lambda result: result.case.section))


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def versions() -> list[tuple[str, str]]:
    vlc = Path("/usr/bin/vlc")
    found = [("system", system()), ("Python", platform.python_version()),
             ("FFmpeg", first_match(["ffmpeg", "-version"], r"version (\S+)")),
             ("GStreamer", first_match(["gst-launch-1.0", "--version"], r"GStreamer (\S+)")),
             ("VLC", first_match(["dpkg-query", "-W", "-f", "${Version}", "vlc-bin"], r"(\S+)") if vlc.exists() else None)]
    return [(name, version or "not there") for name, version in found]


def system() -> str:
    release = Path("/etc/os-release").read_text() if os.path.exists("/etc/os-release") else ""
    name = re.search(r'PRETTY_NAME="(.*)"', release)
    return f"{name[1] if name else platform.system()}, {platform.machine()}"


def first_match(command: list[str], pattern: str) -> str | None:
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except OSError:
        return None
    match = re.search(pattern, output)
    return match[1] if match else None
