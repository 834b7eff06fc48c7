// Taking bytes from sockets at little cost: the load shares the machine with what it measures.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { CONNECTION_BYTES = 512 * 1024, CARRY_BYTES = 70000, PEEK = 64 };

static void connection_ended(session *s, const char *reason) {
    if (s->phase == TEARING_DOWN && s->role != CYCLER) s->phase = RESTING;  // some servers close after TEARDOWN
    else session_fail(s, reason);
}

// An interleaved packet: how many of the bytes are done with, 0 where its beginning is not all there.
static size_t take_interleaved(session *s, const uint8_t *bytes, size_t length, int64_t now) {
    if (length < 4) return 0;
    size_t packet = bytes[2] << 8 | bytes[3], needed = packet < PEEK ? packet : PEEK;
    if (length < 4 + needed) return 0;
    size_t available = length - 4 < packet ? length - 4 : packet;
    if (bytes[1] == 0) take_packet(s, bytes + 4, available, packet, now);
    if (length >= 4 + packet) return 4 + packet;
    s->skip = 4 + packet - length;
    return length;
}

// A reply: how many of the bytes are done with, 0 where it is not all there.
static size_t take_reply(session *s, const uint8_t *bytes, size_t length) {
    const char *head = (const char *)bytes, *blank = memmem(bytes, length, "\r\n\r\n", 4);
    if (!blank) return 0;
    const char *body = blank + 4, *announced = header_value(head, body, "Content-Length");
    size_t body_length = announced ? strtoul(announced, NULL, 10) : 0;
    if (body_length > length - (body - head)) return 0;
    session_reply(s, head, body, body + body_length);
    return body - head + body_length;
}

static void take_bytes(session *s, const uint8_t *bytes, size_t length) {
    int64_t now = now_ns();
    size_t at = 0;
    while (at < length && s->rtsp >= 0) {
        if (s->skip) {
            size_t step = length - at < s->skip ? length - at : s->skip;
            s->skip -= step, at += step;
            continue;
        }
        size_t taken = bytes[at] == '$' ? take_interleaved(s, bytes + at, length - at, now)
                                        : take_reply(s, bytes + at, length - at);
        if (!taken) break;
        at += taken;
    }
    if (s->rtsp < 0) return;
    s->carry_length = length - at;
    if (s->carry_length > CARRY_BYTES) session_fail(s, "neither a packet nor a reply");
    else memcpy(s->carry, bytes + at, s->carry_length);
}

void receive_connection(session *s) {
    static uint8_t bytes[CONNECTION_BYTES];
    for (int round = 0; round < 8 && s->rtsp >= 0; round++) {
        size_t kept = s->carry_length, room = sizeof bytes - kept;
        memcpy(bytes, s->carry, kept);
        ssize_t count = recv(s->rtsp, bytes + kept, room, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            connection_ended(s, count ? strerror(errno) : "closed by the server");
            return;
        }
        take_bytes(s, bytes, kept + count);
        if ((size_t)count < room) return;
    }
}

// With segmentation offload on the way in, one datagram of up to 64 kB stands for many packets.
static size_t segment_size(struct msghdr *message, size_t length) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        int size;
        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        if (size > 0) return size;
    }
    return length ? length : 1;
}

static void receive_segmented(session *s) {
    enum { BATCH = 8, ROOM = 65536 };
    static uint8_t bytes[BATCH][ROOM];
    static char control[BATCH][64];
    int count;
    do {
        struct mmsghdr messages[BATCH] = {0};
        struct iovec parts[BATCH];
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){bytes[i], ROOM};
            messages[i].msg_hdr = (struct msghdr){
                .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i]};
        }
        count = recvmmsg(s->rtp, messages, BATCH, MSG_DONTWAIT, NULL);
        int64_t now = now_ns();
        for (int i = 0; i < count; i++) {
            size_t length = messages[i].msg_len, step = segment_size(&messages[i].msg_hdr, length);
            for (size_t at = 0; at < length; at += step) {
                size_t packet = length - at < step ? length - at : step;
                take_packet(s, bytes[i] + at, packet, packet, now);
            }
        }
    } while (count == BATCH);
}

// Copies the first bytes of each datagram only; MSG_TRUNC tells its real length.
static void receive_plain(session *s) {
    enum { BATCH = 64 };
    static uint8_t bytes[BATCH][PEEK];
    int count;
    do {
        struct mmsghdr messages[BATCH] = {0};
        struct iovec parts[BATCH];
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){bytes[i], PEEK};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
        }
        count = recvmmsg(s->rtp, messages, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
        int64_t now = now_ns();
        for (int i = 0; i < count; i++) {
            size_t length = messages[i].msg_len;
            take_packet(s, bytes[i], length < PEEK ? length : PEEK, length, now);
        }
    } while (count == BATCH);
}

void receive_datagrams(session *s) {
    if (options.with_gro) receive_segmented(s);
    else receive_plain(s);
}
