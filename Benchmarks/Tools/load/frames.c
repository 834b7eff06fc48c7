// From packets to whole frames, by sequence numbers and fragment offsets alone (RFC 2435, section 3.1); no picture is put together.
#include <stdlib.h>

#include "load.h"

frame_times *window;

static uint16_t two(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t four(const uint8_t *p) { return (uint32_t)two(p) << 16 | two(p + 2); }

// When the first packet of a frame reached anyone. Readers of one shared presentation see the same SSRC and timestamp, so that
// this is close to when the server began to send it.
static int64_t first_arrival(uint32_t ssrc, uint32_t timestamp, int64_t now) {
    enum { FRAMES = 1 << 14 };
    static struct { uint32_t ssrc, timestamp; int64_t at; } seen[FRAMES];
    uint32_t slot = ((ssrc * 2654435761u) ^ (timestamp * 2246822519u)) >> 18;
    if (!seen[slot].at || seen[slot].ssrc != ssrc || seen[slot].timestamp != timestamp) {
        seen[slot].ssrc = ssrc, seen[slot].timestamp = timestamp, seen[slot].at = now;
    }
    return seen[slot].at;
}

// The time of arrival beside the media time, against the best that this session has seen: how late the frame is.
static int64_t lateness_us(reception *in, uint32_t timestamp, int64_t now) {
    if (!in->has_base || timestamp - in->first_timestamp > 1u << 30) {
        in->has_base = 1, in->first_timestamp = timestamp, in->base_us = now / 1000;
    }
    int64_t offset = now / 1000 - (int64_t)(timestamp - in->first_timestamp) * 100 / 9;  // 90 kHz to microseconds
    if (offset < in->base_us) in->base_us = offset;
    return offset - in->base_us;
}

static void count_times(session *s, int64_t now, int64_t first) {
    if (!window || s->role != PLAYER || s->index < options.stalled) return;
    histogram_add(&window->fan_out, now - first);
    if (!s->in.last_frame) return;
    int64_t interval = now - s->in.last_frame;
    histogram_add(&window->interval, interval);
    histogram_add(&window->jitter, llabs(interval - (int64_t)(SECOND / options.fps)));
}

static void frame_ended(session *s, uint32_t ssrc, uint32_t timestamp, int64_t now) {
    reception *in = &s->in;
    if (!in->is_sound) {
        in->broken++;
        in->last_frame = 0;
        return;
    }
    in->is_sound = 0;
    in->frames++;
    if (!in->first_frame && s->role == PLAYER) {
        in->first_frame = now;
        samples_add(&first_frames, (now - s->play_at) / 1e6);
        samples_add(&first_frames_from_connect, (now - s->connected_at) / 1e6);
    }
    count_times(s, now, first_arrival(ssrc, timestamp, now));
    in->last_frame = now;
    int is_late = lateness_us(in, timestamp, now) > options.late_ms * 1000LL;
    in->late += is_late;
    if (s->resumed_at && !s->caught_up_at) {
        if (is_late) s->stale_frames++;
        else s->caught_up_at = now;
    }
}

// Whether the packet is the next in sequence or after a gap; one from before is of no use to a frame.
static int is_in_sequence(reception *in, uint16_t number) {
    int16_t ahead = (int16_t)(number - in->next_sequence);
    if (in->has_sequence && ahead > 0) in->lost += ahead;
    if (in->has_sequence && ahead != 0) in->is_sound = 0;
    if (in->has_sequence && ahead < 0) {
        in->reordered++;
        return 0;
    }
    in->has_sequence = 1;
    in->next_sequence = number + 1;
    return 1;
}

// The length of the RTP header, or 0 where it is not all there.
static size_t header_length(const uint8_t *packet, size_t available) {
    if (available < 12 || packet[0] >> 6 != 2) return 0;
    size_t length = 12 + 4 * (packet[0] & 15);
    if (!(packet[0] & 16)) return length;
    return available < length + 4 ? 0 : length + 4 + 4 * two(packet + length + 2);
}

// `available` bytes of a packet of `length` are here: enough for the headers.
void take_packet(session *s, const uint8_t *packet, size_t available, size_t length, int64_t now) {
    reception *in = &s->in;
    size_t at = header_length(packet, available);
    if (!at) return;
    in->packets++, in->bytes += length;
    if (!is_in_sequence(in, two(packet + 2))) return;
    if (available < at + 8) {
        in->is_sound = 0;
        return;
    }
    uint32_t timestamp = four(packet + 4), ssrc = four(packet + 8);
    const uint8_t *jpeg = packet + at;
    uint32_t offset = four(jpeg) & 0xFFFFFF;
    at += 8;
    if (jpeg[4] >= 64 && jpeg[4] < 128) at += 4;  // the restart marker header
    if (!offset) {
        in->is_sound = 1, in->fragment_offset = 0;
        first_arrival(ssrc, timestamp, now);
        if (jpeg[5] >= 128 && available >= at + 4) at += 4 + two(packet + at + 2);  // the quantization tables
    }
    if (offset != in->fragment_offset || length < at) in->is_sound = 0;
    else in->fragment_offset += length - at;
    if (packet[1] & 0x80) frame_ended(s, ssrc, timestamp, now);
}
