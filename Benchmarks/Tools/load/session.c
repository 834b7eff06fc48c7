// One session's requests, and what each reply leads to.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "load.h"

uint64_t failures, cycles, cycle_failures;
samples first_frames, first_frames_from_connect, setup_answers, play_answers;

void session_fail(session *s, const char *reason) {
    if (options.verbose || failures < 3)
        fprintf(stderr, "rtspload: session %d: %s (in phase %d)\n", s->index, reason, s->phase);
    failures++;
    s->phase = FAILED;
    close_sockets(s, 1);
}

// The rest of a request waits until the socket is writable.
static void keep_unsent(session *s, const char *bytes, size_t length) {
    s->unsent = realloc(s->unsent, s->unsent_length + length);
    if (!s->unsent) die("out of memory");
    memcpy(s->unsent + s->unsent_length, bytes, length);
    s->unsent_length += length;
    watch_again(s, s->rtsp, KIND_RTSP, EPOLLIN | EPOLLOUT);
}

static void request(session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void request(session *s, const char *format, ...) {
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text) die("a request of %d bytes", length);
    if (options.verbose > 1) fprintf(stderr, ">> %s", text);
    ssize_t sent = s->unsent_length ? 0 : send(s->rtsp, text, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) session_fail(s, "send");
    else if (sent < length) keep_unsent(s, text + (sent > 0 ? sent : 0), length - (sent > 0 ? sent : 0));
}

void session_flush(session *s) {
    while (s->unsent_offset < s->unsent_length) {
        ssize_t sent = send(s->rtsp, s->unsent + s->unsent_offset, s->unsent_length - s->unsent_offset, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) session_fail(s, "send");
            return;
        }
        s->unsent_offset += sent;
    }
    s->unsent_length = s->unsent_offset = 0;
    watch_again(s, s->rtsp, KIND_RTSP, EPOLLIN);
}

void session_start(session *s) {
    if (!s->carry) s->carry = zeroed(1, 70000);
    s->carry_length = s->skip = s->unsent_length = s->unsent_offset = 0;
    s->id[0] = 0;
    s->c_seq = 0;
    s->in = (reception){0};
    s->phase = CONNECTING;
    s->connected_at = now_ns();
    s->rtsp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->rtsp < 0) die("socket: %s", strerror(errno));
    int one = 1, stalls = s->role == PLAYER && s->index < options.stalled;
    setsockopt(s->rtsp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // Set before connecting, it keeps the window from growing to megabytes which hide a stall from the server.
    if (stalls && options.over_tcp)
        setsockopt(s->rtsp, SOL_SOCKET, SO_RCVBUF, &options.stalled_receive_buffer, sizeof(int));
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(options.port)};
    if (!inet_pton(AF_INET, options.host, &server.sin_addr)) die("not an IPv4 address: %s", options.host);
    if (connect(s->rtsp, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) session_fail(s, "connect");
    else watch(s, s->rtsp, KIND_RTSP, EPOLLIN | EPOLLOUT);
}

void session_connected(session *s) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(s->rtsp, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        session_fail(s, strerror(error));
        return;
    }
    watch_again(s, s->rtsp, KIND_RTSP, EPOLLIN);
    s->phase = DESCRIBING;
    request(s, "DESCRIBE %s RTSP/1.0\r\nCSeq: %d\r\nAccept: application/sdp\r\n\r\n", options.url, ++s->c_seq);
}

void session_setup(session *s) {
    s->phase = SETTING_UP;
    s->in = (reception){0};
    if (!options.over_tcp && s->rtp < 0) open_media_sockets(s);
    s->setup_at = now_ns();
    char transport[80] = "RTP/AVP/TCP;unicast;interleaved=0-1";
    if (!options.over_tcp)
        snprintf(transport, sizeof transport, "RTP/AVP;unicast;client_port=%d-%d", s->rtp_port, s->rtp_port + 1);
    request(s, "SETUP %s RTSP/1.0\r\nCSeq: %d\r\nTransport: %s\r\n\r\n", s->control, ++s->c_seq, transport);
}

// With --ranges, players begin evenly spread over the file.
static void session_play(session *s) {
    double start = options.players > 0 ? options.range_seconds * s->index / options.players : 0;
    s->phase = STARTING;
    s->play_at = now_ns();
    request(s, "PLAY %s RTSP/1.0\r\nCSeq: %d\r\nSession: %s\r\nRange: npt=%.3f-\r\n\r\n", s->base, ++s->c_seq, s->id, start);
}

void session_teardown(session *s) {
    s->phase = TEARING_DOWN;
    request(s, "TEARDOWN %s RTSP/1.0\r\nCSeq: %d\r\nSession: %s\r\n\r\n", s->base, ++s->c_seq, s->id);
}

void session_keep_alive(session *s, int64_t now) {
    s->kept_alive_at = now;
    request(s, "OPTIONS %s RTSP/1.0\r\nCSeq: %d\r\nSession: %s\r\n\r\n", s->base, ++s->c_seq, s->id);
}

static void described(session *s, const char *head, const char *body, const char *end) {
    const char *base = header_value(head, body, "Content-Base");
    if (base) copy_until(s->base, sizeof s->base, base, body, " ");
    else snprintf(s->base, sizeof s->base, "%s", options.url);
    copy_video_control(s, body, end);
    if (s->role == CYCLER) s->phase = RESTING;  // begun by the run, which minds the rate
    else session_setup(s);
}

static void set_up(session *s, const char *head, const char *body) {
    const char *id = header_value(head, body, "Session");
    if (!id) {
        session_fail(s, "no Session in the answer to SETUP");
        return;
    }
    copy_until(s->id, sizeof s->id, id, body, "; ");
    samples_add(&setup_answers, (now_ns() - s->setup_at) / 1e6);
    if (s->role == IDLER) s->phase = READY;
    else session_play(s);
}

static void started(session *s) {
    s->phase = PLAYING;
    s->kept_alive_at = now_ns();
    samples_add(&play_answers, (s->kept_alive_at - s->play_at) / 1e6);
    if (s->role == CHURNER || s->role == CYCLER) session_teardown(s);
}

void session_reply(session *s, const char *head, const char *body, const char *end) {
    if (options.verbose > 1) fprintf(stderr, "<< %.*s", (int)(end - head), head);
    if (strncmp(head, "RTSP/", 5)) return;               // a request of the server's own
    if (s->phase == PLAYING || s->phase == READY) return;  // the answer to a keep-alive
    int status = status_of(head, body);
    if (status != 200 && s->phase != TEARING_DOWN) {
        char reason[40];
        snprintf(reason, sizeof reason, "status %d", status);
        session_fail(s, reason);
        return;
    }
    if (s->phase == DESCRIBING) described(s, head, body, end);
    else if (s->phase == SETTING_UP) set_up(s, head, body);
    else if (s->phase == STARTING) started(s);
    else if (s->phase == TEARING_DOWN) s->phase = RESTING;
}
