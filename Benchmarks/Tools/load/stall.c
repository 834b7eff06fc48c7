// The readers that stop: their sockets stay open, and nobody takes from them what arrives.
#include <sys/epoll.h>

#include "load.h"

static int media_socket(const session *s) { return options.over_tcp ? s->rtsp : s->rtp; }

void stall_begin(void) {
    for (int i = 0; i < options.stalled; i++) {
        session *s = &sessions[i];
        if (s->phase != PLAYING) continue;
        s->is_stalled = 1;
        unwatch(media_socket(s));
    }
}

void stall_end(int64_t now) {
    for (int i = 0; i < options.stalled; i++) {
        session *s = &sessions[i];
        if (!s->is_stalled) continue;
        s->is_stalled = 0;
        s->resumed_at = now;
        watch(s, media_socket(s), options.over_tcp ? KIND_RTSP : KIND_RTP, EPOLLIN);
    }
}
