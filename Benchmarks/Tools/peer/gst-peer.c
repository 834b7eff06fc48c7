// The server that ours is measured beside: GStreamer's, with one shared presentation that loops a clip from memory.
//
//   gst-peer CLIP.mjpeg FPS        offers /live on a port of its own choice and says "ready on port N"
#include <gst/app/gstappsrc.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>
#include <stdlib.h>

static GPtrArray *frames;  // of GstBuffer, each one JPEG
static int rate;

// Splits concatenated JPEGs at their EOI markers, which entropy-coded data cannot contain (ISO/IEC 10918-1, B.1.1.5).
static void split(guint8 *bytes, gsize length) {
    frames = g_ptr_array_new();
    for (gsize start = 0, at = 2; at + 1 < length; at++) {
        if (bytes[at] != 0xFF || bytes[at + 1] != 0xD9) continue;
        gsize size = at + 2 - start;
        g_ptr_array_add(frames, gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, bytes + start, size, 0, size, NULL, NULL));
        start = at + 2;
        at = start + 1;
    }
}

// The appsrc asks for the next frame; how fast they leave is for the pipeline's clock.
static void push(GstElement *source, guint wanted, gpointer count) {
    (void)wanted;
    guint64 index = (*(guint64 *)count)++;
    GstBuffer *frame = gst_buffer_copy(g_ptr_array_index(frames, index % frames->len));  // shares the bytes
    GST_BUFFER_PTS(frame) = gst_util_uint64_scale(index, GST_SECOND, rate);
    GST_BUFFER_DURATION(frame) = GST_SECOND / rate;
    gst_app_src_push_buffer(GST_APP_SRC(source), frame);
}

static void configure(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer data) {
    (void)factory, (void)data;
    GstElement *element = gst_rtsp_media_get_element(media);
    GstElement *source = gst_bin_get_by_name_recurse_up(GST_BIN(element), "source");
    guint64 *count = g_new0(guint64, 1);
    g_object_set_data_full(G_OBJECT(source), "count", count, g_free);
    g_signal_connect(source, "need-data", G_CALLBACK(push), count);
    gst_object_unref(source);
    gst_object_unref(element);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    gchar *bytes;
    gsize length;
    if (argc != 3 || (rate = atoi(argv[2])) < 1) g_error("usage: gst-peer CLIP.mjpeg FPS");
    if (!g_file_get_contents(argv[1], &bytes, &length, NULL)) g_error("%s cannot be read", argv[1]);
    split((guint8 *)bytes, length);
    if (!frames->len) g_error("no JPEG in %s", argv[1]);

    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    gchar *launch = g_strdup_printf(
        "( appsrc name=source format=time is-live=false caps=image/jpeg,framerate=%d/1 ! jpegparse ! rtpjpegpay name=pay0 pt=26 )",
        rate);
    gst_rtsp_media_factory_set_launch(factory, launch);
    gst_rtsp_media_factory_set_shared(factory, TRUE);
    g_signal_connect(factory, "media-configure", G_CALLBACK(configure), NULL);

    GstRTSPServer *server = gst_rtsp_server_new();
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, "0");
    gst_rtsp_server_set_backlog(server, 1024);  // five, the default, would measure resent SYNs
    gst_rtsp_mount_points_add_factory(gst_rtsp_server_get_mount_points(server), "/live", factory);
    if (!gst_rtsp_server_attach(server, NULL)) g_error("no port to listen on");
    g_print("ready on port %d\n", gst_rtsp_server_get_bound_port(server));
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
