"""An RTSP server made of GStreamer, for our client to play from: gst_server.py FOLDER FPS [udp|tcp|any]

Offers the JPEGs of the folder at /clip on a port of its own choice and says `ready on port N`.
"""

import sys
from pathlib import Path

import gi

from media import size

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


class ClipFactory(GstRtspServer.RTSPMediaFactory):
    """Each player gets the clip from its beginning."""

    def __init__(self, folder: str, fps: int):
        super().__init__()
        self.images = sorted(Path(folder).glob("*.jpg"))
        self.fps = fps
        self.connect("media-configure", self.on_configure)
        width, height = size(self.images[0].read_bytes())
        caps = f"image/jpeg,width={width},height={height},framerate={fps}/1"
        self.set_launch(f"( appsrc name=source format=time block=true caps={caps} ! rtpjpegpay name=pay0 pt=26 )")

    def on_configure(self, _, media):
        self.next = 0
        media.get_element().get_by_name("source").connect("need-data", self.push)

    def push(self, source, _):
        if self.next == len(self.images):
            source.emit("end-of-stream")
            return
        buffer = Gst.Buffer.new_wrapped(self.images[self.next].read_bytes())
        buffer.duration = Gst.SECOND // self.fps
        buffer.pts = self.next * Gst.SECOND // self.fps
        self.next += 1
        source.emit("push-buffer", buffer)


def main() -> None:
    folder, fps, transports = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Gst.init(None)
    factory = ClipFactory(folder, fps)
    lower = GstRtsp.RTSPLowerTrans
    factory.set_protocols({"udp": lower.UDP, "tcp": lower.TCP, "any": lower.UDP | lower.TCP}[transports])
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.get_mount_points().add_factory("/clip", factory)
    if not server.attach(None):
        sys.exit("the port cannot be had")
    print(f"ready on port {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


main()
