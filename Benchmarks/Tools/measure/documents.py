"""Writes what was measured into the documents, between markers: `<!-- measured: NAME -->` … `<!-- end -->`. The words around them
are written by hand."""

from __future__ import annotations

import re
from pathlib import Path

import plots
import scaling
import tables

BLOCKS = {"Performance.md": tables.TABLES, "Scaling.md": scaling.BLOCKS}
MARKED = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.S)


def filled(document: str, blocks: dict, results: dict) -> str:
    def fill(match: re.Match[str]) -> str:
        return f"{match[1]}{blocks[match[2]](results)}\n{match[3]}"

    return MARKED.sub(fill, document)


def write(results: dict, documents: Path, folder: Path) -> None:
    """The documents are read from one folder and written into the other, which may be the same."""
    for name, blocks in BLOCKS.items():
        (folder / name).write_text(filled((documents / name).read_text(), blocks, results))
        print(f"wrote {folder / name}")
    if not results.get("readers"):
        return
    for name, plot in plots.PLOTS.items():
        (folder / name).write_text(plot(results))
        print(f"wrote {folder / name}")
