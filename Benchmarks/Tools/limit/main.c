// climit: processor seconds per GB to send, receive and packetize RTP/JPEG on loopback in plain C. What a server or client
// costs is judged as a ratio to these figures, taken in the same minutes.
//
//   climit udp  --send sendto|sendmmsg|gso [--connected] [--receive drain|gro|none] [-n N] --clip F.mjpeg
//   climit tcp  --send perpkt|writev|send [-n N] --clip F.mjpeg
//   climit recv --receive recv|recvmmsg|gro [--send gso|sendmmsg] [--depacketize] [--nap-us U] [-n N] --clip F.mjpeg
//   climit recvtcp [--depacketize] [--nap-us U] [-n N] --clip F.mjpeg
//   climit memory --clip F.mjpeg
//   climit floor                        canned RTSP replies, for rtspload --churn and --cycle
//   all: -s SECONDS (5) --fps F (30; 0: without pauses) --cpu C (0) --other-cpu C (1)
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"

limit_options options = {
    .readers = 1, .packet_size = 1400, .segments_per_send = 45, .other_cpu = 1, .tick_us = 1000, .port = 20000,
    .receive_buffer = 1 << 20, .seconds = 5, .fps = 30, .send_how = "send", .receive_how = "drain",
};
shared_state *shared;

static const struct { const char *name; int *whole; double *real; const char **text; } OPTIONS[] = {
    {"-n", .whole = &options.readers}, {"-s", .real = &options.seconds}, {"--fps", .real = &options.fps},
    {"--cpu", .whole = &options.cpu}, {"--other-cpu", .whole = &options.other_cpu}, {"--tick-us", .whole = &options.tick_us},
    {"--nap-us", .whole = &options.nap_us}, {"--rcvbuf", .whole = &options.receive_buffer}, {"--port", .whole = &options.port},
    {"--packet", .whole = &options.packet_size}, {"--segments", .whole = &options.segments_per_send},
    {"--send", .text = &options.send_how}, {"--receive", .text = &options.receive_how}, {"--clip", .text = &options.clip},
};

static void apply(const char *name, const char *value) {
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        if (strcmp(name, OPTIONS[i].name)) continue;
        if (OPTIONS[i].whole) *OPTIONS[i].whole = atoi(value);
        else if (OPTIONS[i].real) *OPTIONS[i].real = atof(value);
        else *OPTIONS[i].text = value;
        return;
    }
    die("unknown option %s", name);
}

static void parse(int count, char **arguments) {
    for (int i = 2; i < count; i++) {
        if (!strcmp(arguments[i], "--connected")) options.is_connected = 1;
        else if (!strcmp(arguments[i], "--depacketize")) options.depacketizes = 1;
        else if (i + 1 < count) apply(arguments[i], arguments[i + 1]), i++;
        else die("%s needs a value", arguments[i]);
    }
    if (options.readers < 1 || options.readers > 1024 || options.seconds > 300) die("at most -n 1024 and -s 300");
    if (options.packet_size < 200 || options.packet_size > 2000) die("--packet must be from 200 to 2000");
    int most = 65000 / options.packet_size;  // a datagram before it is cut has at most 65,507 bytes
    if (options.segments_per_send < 1 || options.segments_per_send > most) options.segments_per_send = most;
}

typedef struct {
    int is_tcp, measures_reader, *senders, *readers;
} run;

static sent_totals send_all(const run *r) {
    return r->is_tcp ? send_streams(r->senders, options.send_how) : send_datagrams(options.send_how);
}

static void receive_all(const run *r) {
    if (!strcmp(options.receive_how, "none")) while (!shared->is_over) usleep(10000);
    else if (r->is_tcp) receive_streams(r->readers, r->measures_reader);
    else receive_datagrams(r->readers, options.receive_how, r->measures_reader);
}

// The side that is not measured, on the other core.
static void be_the_other_side(const run *r) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to_cpu(options.other_cpu);
    shared->is_ready = 1;
    if (!r->measures_reader) receive_all(r);
    else {
        usleep(100000);
        send_all(r);
        usleep(100000);
        shared->is_over = 1;
    }
    _exit(0);
}

static void report(const run *r, sent_totals sent, double cpu, double seconds) {
    uint64_t bytes = r->measures_reader ? shared->bytes : sent.bytes, packets = r->measures_reader ? shared->packets : sent.packets;
    json_begin();
    json_text("measured", r->measures_reader ? "receiving" : "sending");
    json_text("transport", r->is_tcp ? "tcp" : "udp");
    json_text("how", r->measures_reader ? options.receive_how : options.send_how);
    json_count("readers", options.readers);
    json_number("cpu_s_per_gb", cpu / (bytes / 1e9));
    json_number("ns_per_packet", cpu / packets * 1e9);
    json_number("gbit_per_s", bytes * 8 / seconds / 1e9);
    json_number("core_percent", cpu / seconds * 100);
    if (!r->measures_reader) {
        json_count("calls", sent.calls);
        json_count("errors", sent.errors);
        json_number("delivered_ratio", (double)shared->bytes / sent.bytes);
    }
    json_end();
}

static void measure(run *r) {
    r->senders = zeroed(options.readers, sizeof(int));
    r->readers = zeroed(options.readers, sizeof(int));
    if (r->is_tcp) open_stream_pairs(r->senders, r->readers);
    else r->readers = open_datagram_readers();
    pid_t other = fork();
    if (!other) be_the_other_side(r);
    if (r->is_tcp && !r->measures_reader)
        for (int i = 0; i < options.readers; i++) close(r->readers[i]);  // so that a reader's end is seen here
    pin_to_cpu(options.cpu);
    while (!shared->is_ready) usleep(1000);
    double cpu = own_cpu_seconds();
    int64_t began = now_ns();
    sent_totals sent = {0};
    if (r->measures_reader) receive_all(r);
    else sent = send_all(r);
    cpu = own_cpu_seconds() - cpu;
    double seconds = (now_ns() - began) / 1e9;
    usleep(50000);  // for the readers to take the last frame
    shared->is_over = 1;
    int status;
    waitpid(other, &status, 0);
    if (status) die("the other process failed: no figure");
    report(r, sent, cpu, seconds);
}

int main(int count, char **arguments) {
    if (count < 2) die("usage: climit udp|tcp|recv|recvtcp|memory|floor --clip F ...");
    const char *what = arguments[1];
    parse(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    if (!strcmp(what, "floor")) return pin_to_cpu(options.cpu), serve_canned_replies(), 0;
    if (!options.clip) die("--clip is needed");
    load_clip(options.clip);
    if (!strcmp(what, "memory")) return pin_to_cpu(options.cpu), measure_memory(), 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("no shared memory");
    run r = {.is_tcp = !strcmp(what, "tcp") || !strcmp(what, "recvtcp"), .measures_reader = !strncmp(what, "recv", 4)};
    measure(&r);
    return 0;
}
