// How fast memory is, and packetizing and depacketizing with one copy.
#include <stdlib.h>
#include <string.h>

#include "limit.h"

static uint8_t *out, *frame;
static uint16_t sequence;

static size_t copy_frames(void) {
    size_t bytes = 0;
    for (int i = 0; i < image_count; i++) {
        memcpy(out, images[i].bytes, images[i].length);
        __asm__ volatile("" ::"r"(out) : "memory");  // or the compiler would leave the copy out
        bytes += images[i].length;
    }
    return bytes;
}

static size_t packetize_frames(void) {
    size_t bytes = 0, total;
    for (int i = 0; i < image_count; i++) {
        packetize(images[i], out, &total, &sequence, i, 0);
        bytes += total;
    }
    return bytes;
}

static size_t depacketize_frame(void) {
    size_t total, step = options.packet_size, bytes = 0;
    packetize(images[0], out, &total, &sequence, 0, 0);
    for (int i = 0; i < 100; i++, bytes += total)
        for (size_t at = 0; at < total; at += step) depacketize(frame, out + at, total - at < step ? total - at : step);
    return bytes;
}

static double best_gb_per_s(size_t (*work)(void)) {
    double best = 0;
    for (int round = 0; round < 5; round++) {
        uint64_t bytes = 0;
        double began = own_cpu_seconds(), now;
        do bytes += work();
        while ((now = own_cpu_seconds()) - began < 0.2);
        double rate = bytes / (now - began) / 1e9;
        if (rate > best) best = rate;
    }
    return best;
}

void measure_memory(void) {
    out = zeroed(1, LARGEST_FRAME);
    frame = zeroed(1, LARGEST_FRAME);
    json_begin();
    json_number("memcpy_gb_per_s", best_gb_per_s(copy_frames));
    json_number("packetize_gb_per_s", best_gb_per_s(packetize_frames));
    json_number("depacketize_gb_per_s", best_gb_per_s(depacketize_frame));
    json_end();
}
