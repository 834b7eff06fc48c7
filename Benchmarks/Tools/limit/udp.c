// Datagrams: a call per packet, a call for many packets, and a call for many packets that the kernel cuts (UDP_SEGMENT).
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "limit.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static struct sockaddr_in address_of(int reader) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(options.port + reader), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int *open_datagram_readers(void) {
    int *sockets = zeroed(options.readers, sizeof *sockets), one = 1;
    for (int i = 0; i < options.readers; i++) {
        struct sockaddr_in address = address_of(i);
        sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(sockets[i], (struct sockaddr *)&address, sizeof address)) die("port %d: %s", options.port + i, strerror(errno));
        setsockopt(sockets[i], SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
        if (!strcmp(options.receive_how, "gro")) setsockopt(sockets[i], IPPROTO_UDP, UDP_GRO, &one, sizeof one);
    }
    return sockets;
}

// ---- sending

enum { MOST_MESSAGES = 1024 };

typedef struct {
    int *sockets;               // one for all readers, or a connected one for each
    struct sockaddr_in *addresses;
    struct mmsghdr messages[MOST_MESSAGES];
    struct iovec parts[MOST_MESSAGES];
    char control[MOST_MESSAGES][CMSG_SPACE(sizeof(uint16_t))];
    sent_totals totals;
} datagram_sender;

static int sending_socket(void) {
    int handle = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
    if (handle < 0) die("socket: %s", strerror(errno));
    setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return handle;
}

static datagram_sender *make_sender(void) {
    datagram_sender *s = zeroed(1, sizeof *s);
    s->sockets = zeroed(options.readers, sizeof *s->sockets);
    s->addresses = zeroed(options.readers, sizeof *s->addresses);
    for (int i = 0; i < options.readers; i++) {
        s->addresses[i] = address_of(i);
        s->sockets[i] = i && !options.is_connected ? s->sockets[0] : sending_socket();
        if (options.is_connected && connect(s->sockets[i], (struct sockaddr *)&s->addresses[i], sizeof *s->addresses))
            die("connect: %s", strerror(errno));
    }
    return s;
}

// A message of the bytes, for one reader.
static struct msghdr *message(datagram_sender *s, int slot, int reader, const uint8_t *bytes, size_t length) {
    s->parts[slot] = (struct iovec){(void *)(uintptr_t)bytes, length};
    struct msghdr *header = &s->messages[slot].msg_hdr;
    *header = (struct msghdr){.msg_iov = &s->parts[slot], .msg_iovlen = 1};
    if (!options.is_connected) {
        header->msg_name = &s->addresses[reader];
        header->msg_namelen = sizeof s->addresses[reader];
    }
    return header;
}

static void send_segmented(datagram_sender *s, int reader, const uint8_t *bytes, size_t total) {
    size_t most = (size_t)options.packet_size * options.segments_per_send;
    for (size_t at = 0; at < total; at += most) {
        struct msghdr *header = message(s, 0, reader, bytes + at, total - at < most ? total - at : most);
        header->msg_control = s->control[0];
        header->msg_controllen = sizeof s->control[0];
        struct cmsghdr *control = CMSG_FIRSTHDR(header);
        control->cmsg_level = IPPROTO_UDP, control->cmsg_type = UDP_SEGMENT, control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t size = options.packet_size;
        memcpy(CMSG_DATA(control), &size, sizeof size);
        s->totals.calls++;
        s->totals.errors += sendmsg(s->sockets[reader], header, 0) < 0;
    }
}

static size_t length_at(size_t at, size_t total) {
    return total - at < (size_t)options.packet_size ? total - at : (size_t)options.packet_size;
}

static void send_one_by_one(datagram_sender *s, int reader, const uint8_t *bytes, size_t total) {
    for (size_t at = 0; at < total; at += options.packet_size) {
        s->totals.calls++;
        s->totals.errors += sendmsg(s->sockets[reader], message(s, 0, reader, bytes + at, length_at(at, total)), 0) < 0;
    }
}

static void send_together(datagram_sender *s, int reader, const uint8_t *bytes, size_t total) {
    int count = 0;
    for (size_t at = 0; at < total && count < MOST_MESSAGES; at += options.packet_size)
        message(s, count++, reader, bytes + at, length_at(at, total));
    s->totals.calls++;
    s->totals.errors += sendmmsg(s->sockets[reader], s->messages, count, 0) != count;
}

sent_totals send_datagrams(const char *how) {
    void (*send_frame)(datagram_sender *, int, const uint8_t *, size_t) =
        !strcmp(how, "gso") ? send_segmented : !strcmp(how, "sendmmsg") ? send_together : send_one_by_one;
    datagram_sender *s = make_sender();
    uint8_t *out = zeroed(1, LARGEST_FRAME);
    uint16_t sequence = 1;
    int64_t began = now_ns(), end = began + (int64_t)(options.seconds * SECOND);
    for (uint64_t frame = 0; now_ns() < end && !shared->is_over;) {
        size_t total;
        int count = packetize(images[frame % image_count], out, &total, &sequence, frame * 3000, 0);
        for (int reader = 0; reader < options.readers; reader++) send_frame(s, reader, out, total);
        s->totals.bytes += total * options.readers;
        s->totals.packets += (uint64_t)count * options.readers;
        frame++;
        if (options.fps > 0) sleep_until(began + (int64_t)(frame * SECOND / options.fps));
    }
    return s->totals;
}

// ---- receiving

static size_t segment_size(struct msghdr *header, size_t length) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        int size;
        if (c->cmsg_type != UDP_GRO) continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        if (size > 0) return size;
    }
    return length ? length : 1;
}

// Takes all that a socket holds. A drain copies no more of each packet than its headers.
static void receive_all(int socket, uint8_t *frame, int is_gro, size_t wanted) {
    enum { BATCH = 64, BYTES = 8 * 65536 };
    static uint8_t bytes[BYTES];
    static char control[BATCH][64];
    size_t room = is_gro ? 65536 : 2048;
    int batch = is_gro ? BYTES / 65536 : BATCH, count;
    do {
        struct mmsghdr messages[BATCH] = {0};
        struct iovec parts[BATCH];
        for (int i = 0; i < batch; i++) {
            parts[i] = (struct iovec){bytes + i * room, wanted < room ? wanted : room};
            messages[i].msg_hdr = (struct msghdr){
                .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = is_gro ? control[i] : NULL, .msg_controllen = is_gro ? 64 : 0};
        }
        count = recvmmsg(socket, messages, batch, MSG_DONTWAIT | MSG_TRUNC, NULL);
        for (int i = 0; i < count; i++) {
            size_t length = messages[i].msg_len, step = is_gro ? segment_size(&messages[i].msg_hdr, length) : length;
            for (size_t at = 0; at < length; at += step)
                count_packet(frame, bytes + i * room + at, length - at < step ? length - at : step);
        }
    } while (count == batch);
}

static void receive_one_by_one(int socket, uint8_t *frame) {
    uint8_t bytes[2048];
    ssize_t count;
    while ((count = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) count_packet(frame, bytes, count);
}

void receive_datagrams(const int *sockets, const char *how, int waits) {
    uint32_t ready[1024];
    waiter w = waiter_for(sockets);
    uint8_t **frames = zeroed(options.readers, sizeof *frames);
    for (int i = 0; i < options.readers && options.depacketizes; i++) frames[i] = zeroed(1, LARGEST_FRAME);
    int is_gro = !strcmp(how, "gro"), is_single = !strcmp(how, "recv");
    size_t wanted = !strcmp(how, "drain") ? 64 : 65536;
    while (!shared->is_over) {
        int count = wait_for_any(&w, waits, ready);
        for (int i = 0; i < count; i++) {
            if (is_single) receive_one_by_one(sockets[ready[i]], frames[ready[i]]);
            else receive_all(sockets[ready[i]], frames[ready[i]], is_gro, wanted);
        }
        publish_counts();
    }
}
