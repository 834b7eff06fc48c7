// The C limit: what the kernel and memory allow on this machine, without any RTSP.
#ifndef LIMIT_H
#define LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "../common/measuring.h"

typedef struct {
    int readers, packet_size, segments_per_send, is_connected, depacketizes;
    int cpu, other_cpu, tick_us, nap_us, port, receive_buffer;
    double seconds, fps;
    const char *send_how, *receive_how, *clip;
} limit_options;

extern limit_options options;

// Shared by the two processes.
typedef struct {
    volatile uint64_t packets, bytes, frames;
    volatile int is_ready, is_over;
} shared_state;

extern shared_state *shared;

// What a sender has done.
typedef struct {
    uint64_t packets, bytes, calls, errors;
} sent_totals;

// packets.c
enum { RTP_HEADERS = 20, TABLES_HEADER = 132, INTERLEAVED_HEADER = 4, LARGEST_FRAME = 1 << 20 };

typedef struct {
    const uint8_t *bytes;
    size_t length;
} jpeg_image;

extern jpeg_image *images;
extern int image_count;

void load_clip(const char *path);
// One frame's packets laid end to end, each of the same length but the last; returns how many. With `is_interleaved` each has
// its four bytes of framing before it.
int packetize(jpeg_image image, uint8_t *out, size_t *total, uint16_t *sequence, uint32_t timestamp, int is_interleaved);
void depacketize(uint8_t *frame, const uint8_t *packet, size_t length);

// udp.c, tcp.c
int *open_datagram_readers(void);
sent_totals send_datagrams(const char *how);
void receive_datagrams(const int *sockets, const char *how, int waits);
void open_stream_pairs(int *senders, int *readers);
sent_totals send_streams(const int *sockets, const char *how);
void receive_streams(const int *sockets, int waits);

// receiving, in both
typedef struct {
    int poller;
    int64_t next_tick;
} waiter;

waiter waiter_for(const int *sockets);
int wait_for_any(waiter *w, int waits, uint32_t *ready);   // how many sockets have something, and which
void count_packet(uint8_t *frame, const uint8_t *packet, size_t length);
void publish_counts(void);

// memory.c, floor.c
void measure_memory(void);
void serve_canned_replies(void);

#endif
