"""The clips: taken apart, decoded by FFmpeg, and compared picture by picture."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import Failed, require


@dataclass(frozen=True)
class Clip:
    """A source file and the JPEGs in it."""

    file: str
    jpegs: str
    width: int
    height: int
    fps: int
    count: int

    @property
    def name(self) -> str:
        return Path(self.file).name

    @property
    def seconds(self) -> float:
        return self.count / self.fps

    @functools.cached_property
    def pictures(self) -> list[str]:
        """A hash of each decoded picture."""
        return Path(self.jpegs, "hashes").read_text().split()

    def image(self, index: int) -> bytes:
        return Path(self.jpegs, f"{index:06d}.jpg").read_bytes()

    @property
    def medium(self) -> str:
        """The argument for rtsp-server."""
        return f"{self.file}@{self.fps}"


def take_apart(file: Path, into: Path, fps: int) -> Clip:
    """Writes the clip's JPEGs, a list of hashes and a note, for the cases to use."""
    contents = file.read_bytes()
    images = lab_frames(contents) if contents[:5].isdigit() else raw_frames(contents)
    require(images, f"no frame in {file}")
    into.mkdir(parents=True)
    for index, image in enumerate(images):
        (into / f"{index:06d}.jpg").write_bytes(image)
    hashes = picture_hashes(into)
    require(len(hashes) == len(images), f"FFmpeg decodes {len(hashes)} of the {len(images)} frames of {file}")
    (into / "hashes").write_text("\n".join(hashes))
    width, height = size(images[0])
    clip = Clip(str(file), str(into), width, height, fps, len(images))
    (into / "clip.json").write_text(json.dumps(asdict(clip)))
    return clip


def load(folder: Path) -> Clip:
    return Clip(**json.loads((folder / "clip.json").read_text()))


def lab_frames(contents: bytes) -> list[bytes]:
    frames, position = [], 0
    while prefix := re.compile(rb"\d{5,10}").match(contents, position):
        length = int(prefix[0])
        frames.append(contents[prefix.end():prefix.end() + length])
        position = prefix.end() + length
    require(position == len(contents), f"the lab file breaks at byte {position}")
    return frames


def raw_frames(contents: bytes) -> list[bytes]:
    """Our sources carry no thumbnails, so the plain scan is right for them."""
    frames, position = [], 0
    while (start := contents.find(b"\xff\xd8", position)) >= 0:
        end = contents.find(b"\xff\xd9", start)
        require(end >= 0, f"no end of the frame at byte {start}")
        frames.append(contents[start:end + 2])
        position = end + 2
    return frames


def frame_header(image: bytes) -> bytes:
    """The SOF segment without its marker."""
    position = 2
    while image[position + 1] not in (0xC0, 0xC1, 0xC2):
        position += 2 + int.from_bytes(image[position + 2:position + 4], "big")
    return image[position + 2:position + 2 + int.from_bytes(image[position + 2:position + 4], "big")]


def size(image: bytes) -> tuple[int, int]:
    header = frame_header(image)
    return int.from_bytes(header[5:7], "big"), int.from_bytes(header[3:5], "big")


def sampling(image: bytes) -> bytes:
    """The sampling factors of the three components."""
    return frame_header(image)[9::3]


def scan_data(image: bytes) -> bytes:
    """The coded picture, without the header, which RFC 2435 rebuilds, and without the end marker."""
    position = 2
    while image[position + 1] != 0xDA:
        position += 2 + int.from_bytes(image[position + 2:position + 4], "big")
    start = position + 2 + int.from_bytes(image[position + 2:position + 4], "big")
    return image[start:image.rindex(b"\xff\xd9")]


def ffmpeg(*arguments: object, data: bytes | None = None) -> bytes:
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    require(done.returncode == 0, f"ffmpeg: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout


def picture_hashes(folder: Path) -> list[str]:
    """A hash of every decoded picture of a folder of JPEGs, in the order of their names."""
    images = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jpg")))
    listing = ffmpeg("-f", "mjpeg", "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-", data=images)
    return hashes_in(listing.decode())


def hashes_in(listing: str) -> list[str]:
    """The last column of FFmpeg's framemd5."""
    return [line.split(",")[-1].strip() for line in listing.splitlines() if line and not line.startswith("#")]


def compare(seen: list[str], clip: Clip, start: int = 0, count: int | None = None) -> str:
    """All pictures from `start` on must be there, in order and identical."""
    wanted = clip.pictures[start:] if count is None else clip.pictures[start:start + count]
    if seen == wanted:
        return f"{len(seen)} of {len(wanted)} pictures identical"
    wrong = next((index for index, pair in enumerate(zip(seen, wanted)) if pair[0] != pair[1]), min(len(seen), len(wanted)))
    what = "nothing more"
    if wrong < len(seen):
        what = f"the source's picture {clip.pictures.index(seen[wrong])}" if seen[wrong] in clip.pictures else "another picture"
    raise Failed(f"{len(seen)} pictures for {len(wanted)}; where picture {start + wrong} belongs stands {what}")


def grey(folder: Path, width: int, height: int, pattern: str = "*.jpg") -> list[bytes]:
    """The luma of every picture of a folder."""
    images = b"".join(path.read_bytes() for path in sorted(folder.glob(pattern)))
    return grey_pictures(images, width, height)


def grey_pictures(images: bytes, width: int, height: int) -> list[bytes]:
    raw = ffmpeg("-f", "image2pipe", "-i", "-", "-fps_mode", "passthrough", "-vf", f"scale={width}:{height}",
                 "-pix_fmt", "gray", "-f", "rawvideo", "-", data=images)
    return [raw[start:start + width * height] for start in range(0, len(raw), width * height)]


def frame_code(picture: bytes, width: int, height: int) -> int | None:
    """The number drawn as 28 blocks in the lower left corner: 24 bits and 4 of parity. nil if it cannot be read."""
    side = 16 if width >= 16 * 28 else 8
    word = 0
    for block in range(28):
        rows = range(height - side * 3 // 4, height - side // 4)
        level = sum(sum(picture[row * width + block * side + side // 4:row * width + block * side + side * 3 // 4])
                    for row in rows) / (len(rows) * (side // 2))
        if 80 <= level <= 175:
            return None
        word = word << 1 | (level > 175)
    parity = functools.reduce(lambda sum, shift: sum ^ (word >> 4 >> shift & 15), range(0, 24, 4), 0b1001)
    return word >> 4 if parity == word & 15 else None


def frame_numbers(folder: Path, width: int, height: int) -> list[int | None]:
    return [frame_code(picture, width, height) for picture in grey(folder, width, height)]


def mean_difference(first: bytes, second: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(first, second)) / max(1, len(first))
