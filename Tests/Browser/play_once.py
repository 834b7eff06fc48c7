#!/usr/bin/env python3
"""Plays a stream through a running rtsp-player for a few seconds, over its HTTP interface, and says what was seen.

    play_once.py http://127.0.0.1:8080/ rtsp://127.0.0.1:8554/movie.Mjpeg out/snapshot.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

from player_http import PlayerAPI
from harness import Failed, require

SECONDS = 5


def main() -> int:
    address, url, file = sys.argv[1:]
    player = PlayerAPI(address)
    try:
        status, _, page = player.request("GET", "/")
        require(status == 200 and b"<title>" in page, f"the page was answered {status}")
        session = player.session()
        session.play(url)
        session.wait(lambda session: session.numbers["position"] >= SECONDS, SECONDS + 10, f"{SECONDS} s of the stream")
        status, _, image = player.request("GET", session.path + "/snapshot")
        require(status == 200 and image[:2] == b"\xff\xd8" and image[-2:] == b"\xff\xd9", f"the snapshot was answered {status}")
        Path(file).write_bytes(image)
        numbers = session.numbers
        session.command("teardown")
        session.wait_for_state("Init")
        session.close()
    except (Failed, OSError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    print(f"Played {numbers['position']:.1f} s of {url} through the player: {numbers['framesShown']} frames, "
          f"{numbers['fps'] or 0:.1f} a second, {(numbers['bitRate'] or 0) / 1e6:.1f} Mbit/s, {numbers['lost']} packets lost, "
          f"{numbers['skipped']} frames skipped; the first {numbers['firstPicture'] or 0:.0f} ms after Play.\n"
          f"A picture of them is in {file}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
