// What the readers of both transports share: waiting, and counting.
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "limit.h"

static uint64_t packets, bytes, frames;

waiter waiter_for(const int *sockets) {
    waiter w = {.poller = epoll_create1(EPOLL_CLOEXEC), .next_tick = now_ns()};
    for (int i = 0; i < options.readers; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(w.poller, EPOLL_CTL_ADD, sockets[i], &event)) die("epoll_ctl: %s", strerror(errno));
    }
    return w;
}

// A drain, which is only there for the sender to have readers, sleeps a tick between two sweeps; a client waits for an event.
int wait_for_any(waiter *w, int waits, uint32_t *ready) {
    enum { MOST = 1024 };
    static struct epoll_event events[MOST];
    if (!waits) {
        w->next_tick += options.tick_us * 1000LL;
        if (w->next_tick < now_ns()) w->next_tick = now_ns();
        sleep_until(w->next_tick);
    }
    int count = epoll_wait(w->poller, events, MOST, waits ? 20 : 0);
    if (count > 0 && options.nap_us) {  // lets a burst gather, to take it whole
        usleep(options.nap_us);
        count = epoll_wait(w->poller, events, MOST, 0);
    }
    for (int i = 0; i < count; i++) ready[i] = events[i].data.u32;
    return count;
}

void count_packet(uint8_t *frame, const uint8_t *packet, size_t length) {
    packets++;
    bytes += length;
    frames += packet[1] >> 7;
    if (options.depacketizes) depacketize(frame, packet, length);
}

void publish_counts(void) { shared->packets = packets, shared->bytes = bytes, shared->frames = frames; }
