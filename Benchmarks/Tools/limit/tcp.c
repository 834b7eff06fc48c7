// Interleaved over TCP: a write per packet, a gathered write per frame, and one write of a frame framed beforehand.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "limit.h"

void open_stream_pairs(int *senders, int *readers) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, size = 2 << 20;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        die("port %d: %s", options.port, strerror(errno));
    for (int i = 0; i < options.readers; i++) {
        readers[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(readers[i], (struct sockaddr *)&address, sizeof address)) die("connect: %s", strerror(errno));
        senders[i] = accept(listener, NULL, NULL);
        if (senders[i] < 0) die("accept: %s", strerror(errno));
        setsockopt(senders[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        setsockopt(senders[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    close(listener);
}

static sent_totals totals;

static void write_all(int socket, const uint8_t *bytes, size_t length) {
    while (length) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        totals.calls++;
        if (sent < 0) {
            totals.errors++;
            return;
        }
        bytes += sent, length -= sent;
    }
}

static void write_packets(int socket, const uint8_t *bytes, size_t total) {
    size_t step = options.packet_size + INTERLEAVED_HEADER;
    for (size_t at = 0; at < total; at += step) write_all(socket, bytes + at, total - at < step ? total - at : step);
}

// Two pieces for each packet, as a server has them that keeps headers and payloads apart.
static void write_gathered(int socket, const uint8_t *bytes, size_t total) {
    enum { PIECES = 1024, HEADERS = RTP_HEADERS + INTERLEAVED_HEADER };
    struct iovec pieces[PIECES], *first = pieces;
    size_t step = options.packet_size + INTERLEAVED_HEADER;
    int count = 0;
    for (size_t at = 0; at < total && count < PIECES; at += step) {
        size_t length = total - at < step ? total - at : step;
        pieces[count++] = (struct iovec){(void *)(uintptr_t)(bytes + at), HEADERS};
        pieces[count++] = (struct iovec){(void *)(uintptr_t)(bytes + at + HEADERS), length - HEADERS};
    }
    while (count) {
        ssize_t sent = writev(socket, first, count);
        totals.calls++;
        if (sent < 0) {
            totals.errors++;
            return;
        }
        for (; count && (size_t)sent >= first->iov_len; first++, count--) sent -= first->iov_len;
        if (!count) return;
        first->iov_base = (uint8_t *)first->iov_base + sent;
        first->iov_len -= sent;
    }
}

sent_totals send_streams(const int *sockets, const char *how) {
    void (*send_frame)(int, const uint8_t *, size_t) =
        !strcmp(how, "perpkt") ? write_packets : !strcmp(how, "writev") ? write_gathered : write_all;
    uint8_t *out = zeroed(1, LARGEST_FRAME);
    uint16_t sequence = 1;
    int64_t began = now_ns(), end = began + (int64_t)(options.seconds * SECOND);
    for (uint64_t frame = 0; now_ns() < end && !shared->is_over;) {
        size_t total;
        int count = packetize(images[frame % image_count], out, &total, &sequence, frame * 3000, 1);
        for (int reader = 0; reader < options.readers; reader++) send_frame(sockets[reader], out, total);
        totals.bytes += (total - (size_t)INTERLEAVED_HEADER * count) * options.readers;
        totals.packets += (uint64_t)count * options.readers;
        frame++;
        if (options.fps > 0) sleep_until(began + (int64_t)(frame * SECOND / options.fps));
    }
    return totals;
}

// ---- receiving

typedef struct {
    uint8_t *frame, *carry;
    size_t carried, skip;
} stream_reader;

enum { READ = 512 * 1024, CARRY = 70000, NEEDED = INTERLEAVED_HEADER + RTP_HEADERS };

static void take_bytes(stream_reader *r, const uint8_t *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        if (r->skip) {
            size_t step = length - at < r->skip ? length - at : r->skip;
            r->skip -= step, at += step;
            continue;
        }
        if (length - at < NEEDED) break;
        if (bytes[at] != '$') die("the framing is lost");
        size_t packet = bytes[at + 2] << 8 | bytes[at + 3], available = length - at - INTERLEAVED_HEADER;
        if (options.depacketizes && available < packet) break;
        count_packet(r->frame, bytes + at + INTERLEAVED_HEADER, packet);
        r->skip = INTERLEAVED_HEADER + packet;
    }
    r->carried = length - at;
    memcpy(r->carry, bytes + at, r->carried);
}

void receive_streams(const int *sockets, int waits) {
    static uint8_t bytes[READ + CARRY];
    uint32_t ready[1024];
    waiter w = waiter_for(sockets);
    stream_reader *readers = zeroed(options.readers, sizeof *readers);
    for (int i = 0; i < options.readers; i++) {
        readers[i].carry = zeroed(1, CARRY);
        if (options.depacketizes) readers[i].frame = zeroed(1, LARGEST_FRAME);
    }
    while (!shared->is_over) {
        int count = wait_for_any(&w, waits, ready);
        for (int i = 0; i < count; i++) {
            stream_reader *r = &readers[ready[i]];
            memcpy(bytes, r->carry, r->carried);
            ssize_t got = recv(sockets[ready[i]], bytes + r->carried, READ, MSG_DONTWAIT);
            if (got > 0) take_bytes(r, bytes, r->carried + got);
            if (got == 0) shared->is_over = 1;
        }
        publish_counts();
    }
}
