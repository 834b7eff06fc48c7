// Reading what a server answers, as far as a load generator must.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load.h"

static const char *line_end(const char *line, const char *end) {
    const char *found = memchr(line, '\n', end - line);
    return found ? found : end;
}

const char *header_value(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    while (head < end) {
        const char *stop = line_end(head, end);
        if ((size_t)(stop - head) > length && !strncasecmp(head, name, length) && head[length] == ':') {
            for (head += length + 1; head < stop && *head == ' ';) head++;
            return head;
        }
        head = stop + 1;
    }
    return NULL;
}

int status_of(const char *head, const char *end) {
    const char *space = memchr(head, ' ', end - head);
    return space ? atoi(space + 1) : 0;
}

void copy_until(char *to, size_t capacity, const char *from, const char *end, const char *stops) {
    size_t length = 0;
    while (from < end && *from != '\r' && *from != '\n' && !strchr(stops, *from) && length + 1 < capacity)
        to[length++] = *from++;
    to[length] = 0;
}

// The control URL of the first video stream, resolved against the base.
void copy_video_control(session *s, const char *body, const char *end) {
    char control[300] = "";
    int in_video = 0;
    for (const char *line = body; line < end; line = line_end(line, end) + 1) {
        const char *stop = line_end(line, end);
        if (stop - line > 7 && !strncmp(line, "m=", 2)) {
            if (in_video) break;
            in_video = !strncmp(line, "m=video", 7);
        } else if (in_video && stop - line > 10 && !strncmp(line, "a=control:", 10))
            copy_until(control, sizeof control, line + 10, stop, " ");
    }
    size_t length = strlen(s->base);
    int is_slashed = length && s->base[length - 1] == '/';
    if (!strncasecmp(control, "rtsp://", 7)) snprintf(s->control, sizeof s->control, "%s", control);
    else if (!control[0] || !strcmp(control, "*")) snprintf(s->control, sizeof s->control, "%s", s->base);
    else if (snprintf(s->control, sizeof s->control, "%.200s%s%s", s->base, is_slashed ? "" : "/", control) < 0) s->control[0] = 0;
}
