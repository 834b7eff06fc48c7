"""An RTSP server made of GStreamer, for our client to play from: gst_server.py FOLDER FPS [udp|tcp|any]

Offers the JPEGs of the folder at /clip on a port of its own choice and says `ready on port N`.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

folder, fps, transports = sys.argv[1], sys.argv[2], sys.argv[3]
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( multifilesrc location="{folder}/%06d.jpg" index=0 caps="image/jpeg,framerate={fps}/1" '
                   "! jpegparse ! rtpjpegpay name=pay0 pt=26 )")
protocols = {"udp": GstRtsp.RTSPLowerTrans.UDP, "tcp": GstRtsp.RTSPLowerTrans.TCP,
             "any": GstRtsp.RTSPLowerTrans.UDP | GstRtsp.RTSPLowerTrans.TCP}
factory.set_protocols(protocols[transports])
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
server.get_mount_points().add_factory("/clip", factory)
if not server.attach(None):
    sys.exit("the port cannot be had")
print(f"ready on port {server.get_bound_port()}", flush=True)
GLib.MainLoop().run()
