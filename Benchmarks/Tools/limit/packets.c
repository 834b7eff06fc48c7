// RFC 2435 in as few instructions as C allows: the measure of packetizing, and what the senders send.
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

jpeg_image *images;
int image_count;

void load_clip(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) die("%s: %s", path, strerror(errno));
    size_t length = ftell(file);
    uint8_t *bytes = zeroed(1, length + 1);
    rewind(file);
    if (fread(bytes, 1, length, file) != length) die("%s cannot be read", path);
    fclose(file);
    images = zeroed(length / 1024 + 1, sizeof *images);
    for (uint8_t *start = bytes, *end; image_count < (int)(length / 1024); start = end + 2) {
        end = memmem(start, bytes + length - start, "\xff\xd9", 2);
        if (!end) break;
        if (end + 2 - start > LARGEST_FRAME - 65536) die("a frame of %zu bytes", (size_t)(end + 2 - start));
        images[image_count++] = (jpeg_image){start, end + 2 - start};
    }
    if (!image_count) die("no JPEG in %s", path);
}

typedef struct {
    const uint8_t *tables[2], *scan;
    size_t scan_length;
    uint8_t type, width, height;  // width and height in blocks of eight
} picture;

static picture parse(jpeg_image image) {
    picture found = {.type = 1};
    const uint8_t *p = image.bytes + 2, *end = image.bytes + image.length;
    while (!found.scan && p + 20 <= end && p[0] == 0xFF) {
        size_t length = p[2] << 8 | p[3];
        if (p[1] == 0xDB)
            for (const uint8_t *t = p + 4; t + 65 <= p + 2 + length && t + 65 <= end; t += 65) found.tables[t[0] & 1] = t + 1;
        if (p[1] == 0xC0) {
            found.height = (p[5] << 8 | p[6]) / 8;
            found.width = (p[7] << 8 | p[8]) / 8;
            found.type = p[11] == 0x21 ? 0 : 1;
        }
        if (p[1] == 0xDA) found.scan = p + 2 + length;
        p += 2 + length;
    }
    if (!found.scan || found.scan + 2 > end || !found.tables[0]) die("not a JPEG that RFC 2435 carries as it is");
    if (!found.tables[1]) found.tables[1] = found.tables[0];
    found.scan_length = end - 2 - found.scan;
    return found;
}

static void put(uint8_t *to, uint32_t value, int bytes) {
    while (bytes--) *to++ = value >> 8 * bytes;
}

static void put_headers(uint8_t *to, const picture *p, int is_last, uint16_t sequence, uint32_t timestamp, uint32_t offset) {
    to[0] = 0x80;
    to[1] = 26 | (is_last ? 0x80 : 0);
    put(to + 2, sequence, 2);
    put(to + 4, timestamp, 4);
    put(to + 8, 0x12345678, 4);
    put(to + 12, offset, 4);  // the first byte is the type-specific one: zero
    to[16] = p->type, to[17] = 255, to[18] = p->width, to[19] = p->height;
}

static uint8_t *put_tables(uint8_t *to, const picture *p) {
    put(to, 128, 4);
    memcpy(to + 4, p->tables[0], 64);
    memcpy(to + 68, p->tables[1], 64);
    return to + TABLES_HEADER;
}

int packetize(jpeg_image image, uint8_t *out, size_t *total, uint16_t *sequence, uint32_t timestamp, int is_interleaved) {
    picture p = parse(image);
    uint8_t *at = out;
    int count = 0;
    for (size_t offset = 0; offset < p.scan_length; count++) {
        uint8_t *packet = at + (is_interleaved ? INTERLEAVED_HEADER : 0), *body = packet + RTP_HEADERS;
        if (!offset) body = put_tables(body, &p);
        size_t room = options.packet_size - (body - packet), left = p.scan_length - offset, length = left < room ? left : room;
        put_headers(packet, &p, length == left, (*sequence)++, timestamp, offset);
        memcpy(body, p.scan + offset, length);
        body += length, offset += length;
        if (is_interleaved) at[0] = '$', at[1] = 0, put(at + 2, body - packet, 2);
        at = body;
    }
    *total = at - out;
    return count;
}

void depacketize(uint8_t *frame, const uint8_t *packet, size_t length) {
    size_t offset = packet[13] << 16 | packet[14] << 8 | packet[15], header = RTP_HEADERS + (offset ? 0 : TABLES_HEADER);
    if (length > header && offset + length < LARGEST_FRAME) memcpy(frame + offset, packet + header, length - header);
}
