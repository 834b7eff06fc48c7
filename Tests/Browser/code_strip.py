"""Reads the number that the test scene draws into its lower left corner, from a screenshot of that strip.

28 blocks: 24 bits and 4 of parity (Sources/Examples/TestScene/FrameCode.swift). The page may show the picture at any size.
"""

from __future__ import annotations

import functools
import zlib


def code_of(png: bytes) -> int | None:
    """The number in a screenshot of exactly the strip; nil where there is none."""
    width, height, pixels = luma(png)
    word = 0
    for block in range(28):
        columns = [int((block + part / 8) * width / 28) for part in range(2, 7)]
        rows = [int(height * part / 8) for part in range(2, 7)]
        level = sum(pixels[row][column] for row in rows for column in columns) / (len(rows) * len(columns))
        if 80 <= level <= 175:
            return None
        word = word << 1 | (level > 175)
    parity = functools.reduce(lambda sum, shift: sum ^ (word >> 4 >> shift & 15), range(0, 24, 4), 0b1001)
    return word >> 4 if parity == word & 15 else None


def luma(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of the green channel of a PNG of 8 bits without interlacing, as browsers write it."""
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    channels = {2: 3, 6: 4}[png[25]]
    data, position = b"", 8
    while position < len(png):
        length = int.from_bytes(png[position:position + 4], "big")
        if png[position + 4:position + 8] == b"IDAT":
            data += png[position + 8:position + 8 + length]
        position += 12 + length
    raw, stride, rows = zlib.decompress(data), width * channels, []
    above = bytearray(stride)
    for row in range(height):
        start = row * (stride + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above, channels)
        rows.append(bytes(above[1::channels]))
    return width, height, rows


def unfiltered(kind: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    """One row of a PNG, from its differences to its neighbours (PNG specification, 9.2)."""
    for index in range(len(line) if kind else 0):
        left = line[index - channels] if index >= channels else 0
        corner = above[index - channels] if index >= channels else 0
        guess = {1: left, 2: above[index], 3: (left + above[index]) // 2, 4: paeth(left, above[index], corner)}[kind]
        line[index] = (line[index] + guess) & 255
    return line


def paeth(left: int, above: int, corner: int) -> int:
    first = left + above - corner
    distances = (abs(first - left), abs(first - above), abs(first - corner))
    return (left, above, corner)[distances.index(min(distances))]
