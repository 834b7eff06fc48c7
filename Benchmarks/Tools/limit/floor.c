// The floor of what a session costs: answers that are ready beforehand, to requests of which only the method and CSeq are read.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"

static int open_listener(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        die("no port to listen on: %s", strerror(errno));
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("ready on port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void watch(int poller, int handle) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = handle};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, handle, &event)) die("epoll_ctl: %s", strerror(errno));
}

static void accept_all(int poller, int listener) {
    int one = 1, connection;
    while ((connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(poller, connection);
    }
}

static void answer(int connection) {
    static const char SDP[] =
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:stream\r\n";
    char request[4096], reply[1024];
    ssize_t count = recv(connection, request, sizeof request - 1, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        close(connection);
        return;
    }
    request[count] = 0;
    const char *found = strstr(request, "CSeq: ");
    int c_seq = found ? atoi(found + 6) : 0, length;
    if (request[0] == 'D')
        length = snprintf(reply, sizeof reply, "RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Length: %zu\r\n\r\n%s", c_seq, sizeof SDP - 1, SDP);
    else length = snprintf(reply, sizeof reply, "RTSP/1.0 200 OK\r\nCSeq: %d\r\nSession: 12345678\r\n\r\n", c_seq);
    if (send(connection, reply, length, MSG_NOSIGNAL) < 0) close(connection);
}

void serve_canned_replies(void) {
    int listener = open_listener(), poller = epoll_create1(EPOLL_CLOEXEC);
    watch(poller, listener);
    struct epoll_event events[256];
    for (int64_t end = now_ns() + (int64_t)(options.seconds * SECOND); now_ns() < end;) {
        int count = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) accept_all(poller, listener);
            else answer(events[i].data.fd);
        }
    }
}
