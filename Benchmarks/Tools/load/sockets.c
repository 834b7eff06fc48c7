// Sockets and the loop that waits on them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static int poller, next_port;
static int64_t next_tick;

void sockets_begin(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1: %s", strerror(errno));
    next_port = options.base_port & ~1;
    next_tick = now_ns();
}

static struct epoll_event interest(session *s, int kind, uint32_t events) {
    return (struct epoll_event){.events = events, .data.u64 = (uint64_t)s->index << 2 | (uint64_t)kind};
}

void watch(session *s, int socket, int kind, uint32_t events) {
    struct epoll_event event = interest(s, kind, events);
    if (epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event)) die("epoll_ctl: %s", strerror(errno));
}

void watch_again(session *s, int socket, int kind, uint32_t events) {
    struct epoll_event event = interest(s, kind, events);
    epoll_ctl(poller, EPOLL_CTL_MOD, socket, &event);  // a stalled session's socket is not watched, and shall not be
}

void unwatch(int socket) { epoll_ctl(poller, EPOLL_CTL_DEL, socket, NULL); }

static int bound_datagram_socket(int port) {
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle < 0) die("socket: %s", strerror(errno));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(strcmp(options.host, "127.0.0.1") ? INADDR_ANY : INADDR_LOOPBACK);
    if (!bind(handle, (struct sockaddr *)&address, sizeof address)) return handle;
    close(handle);
    return -1;
}

void open_media_sockets(session *s) {
    for (int attempt = 0; attempt < 20000; attempt++) {
        int port = next_port;
        next_port = next_port > 31990 ? options.base_port & ~1 : next_port + 2;
        int rtp = bound_datagram_socket(port);
        if (rtp < 0) continue;
        int rtcp = bound_datagram_socket(port + 1);
        if (rtcp < 0) {
            close(rtp);
            continue;
        }
        int stalls = s->role == PLAYER && s->index < options.stalled, one = 1;
        int size = stalls ? options.stalled_receive_buffer : options.receive_buffer;
        setsockopt(rtp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        if (options.with_gro) setsockopt(rtp, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
        s->rtp = rtp, s->rtcp = rtcp, s->rtp_port = port;
        watch(s, rtp, KIND_RTP, EPOLLIN);
        watch(s, rtcp, KIND_RTCP, EPOLLIN);
        return;
    }
    die("no free pair of UDP ports");
}

void close_sockets(session *s, int abortively) {
    // A reset leaves no TIME_WAIT behind, of which a churn would soon have too many.
    struct linger reset = {1, 0};
    if (abortively && s->rtsp >= 0) setsockopt(s->rtsp, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    int handles[] = {s->rtsp, s->rtp, s->rtcp};
    for (int i = 0; i < 3; i++)
        if (handles[i] >= 0) close(handles[i]);
    s->rtsp = s->rtp = s->rtcp = -1;
}

static void discard(int socket) {
    char bytes[2048];
    while (recv(socket, bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

static void serve(session *s, int kind, uint32_t events) {
    if (kind == KIND_RTP && s->rtp >= 0) receive_datagrams(s);
    if (kind == KIND_RTCP && s->rtcp >= 0) discard(s->rtcp);
    if (kind != KIND_RTSP || s->rtsp < 0) return;
    if (events & EPOLLOUT) {
        if (s->phase == CONNECTING) session_connected(s);
        else session_flush(s);
    }
    if (s->rtsp >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP))) receive_connection(s);
}

// On a tick, neither this program nor the server pays for a wake-up per packet.
static void wait_for_tick(void) {
    int64_t tick = options.tick_us * 1000LL, now = now_ns();
    if (next_tick <= now) next_tick = now - (now - next_tick) % tick + tick;
    sleep_until(next_tick);
}

void poll_once(void) {
    static struct epoll_event events[4096];
    if (options.tick_us) wait_for_tick();
    int count = epoll_wait(poller, events, 4096, options.tick_us ? 0 : 1);
    for (int i = 0; i < count; i++)
        serve(&sessions[events[i].data.u64 >> 2], events[i].data.u64 & 3, events[i].events);
}
