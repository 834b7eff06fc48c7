// The load generator: N RTSP sessions in one thread and one epoll loop.
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/measuring.h"

// What a session is for.
typedef enum {
    PLAYER,   // plays until the end of the run
    IDLER,    // SETUP and no more, for the memory of a session that waits
    CHURNER,  // connects, plays and leaves, again and again
    CYCLER,   // SETUP, PLAY, TEARDOWN, again and again on one connection
} role;

// What a session waits for.
typedef enum {
    UNUSED, CONNECTING, DESCRIBING, SETTING_UP, READY, STARTING, PLAYING, TEARING_DOWN, RESTING, FAILED
} phase;

// The frame in the making of one session, and what has been seen of whole ones.
typedef struct {
    int has_sequence, is_sound, has_base;
    uint16_t next_sequence;
    uint32_t fragment_offset, first_timestamp;
    int64_t base_us;          // the least (arrival - media time) so far: what lateness is measured from
    int64_t last_frame, first_frame;
    uint64_t packets, bytes, frames, lost, reordered, broken, late;
} reception;

typedef struct {
    role role;
    phase phase;
    int rtsp, rtp, rtcp, rtp_port;  // sockets, -1 where there is none
    int c_seq, index;
    char id[128], base[512], control[512];
    uint8_t *carry;           // the unparsed tail of the connection
    size_t carry_length, skip;  // and how many interleaved bytes are still to be stepped over
    char *unsent;             // request bytes that the socket would not take yet
    size_t unsent_length, unsent_offset;
    int64_t connected_at, setup_at, play_at, kept_alive_at;
    int is_stalled;
    int64_t resumed_at, caught_up_at;
    uint64_t stale_frames;    // whole frames after a stall that were not the newest
    reception in;
} session;

typedef struct {
    int over_tcp, with_gro, without_play, without_teardown, verbose;
    int players, churners, cyclers, stalled;
    double seconds, warm_up, ramp, fps, cycle_rate, range_seconds, stall_seconds, after_stall;
    int64_t most_cycles;
    int tick_us, late_ms, keep_alive_seconds, receive_buffer, stalled_receive_buffer, base_port, pid;
    char host[128], path[300], url[500];
    int port;
} load_options;

// What a window of the run counts. `interval` and `fan_out` leave out the sessions that stall.
typedef struct {
    histogram interval, jitter, fan_out;
} frame_times;

extern load_options options;
extern session *sessions;
extern int session_count;
extern volatile int is_interrupted;
extern frame_times *window;          // NULL outside of one
extern samples first_frames, first_frames_from_connect, setup_answers, play_answers;
extern uint64_t failures, cycles, cycle_failures;

// options.c
void parse_options(int count, char **arguments);

// sockets.c
enum { KIND_RTSP, KIND_RTP, KIND_RTCP };
void sockets_begin(void);
void watch(session *s, int socket, int kind, uint32_t events);
void watch_again(session *s, int socket, int kind, uint32_t events);
void unwatch(int socket);
void open_media_sockets(session *s);
void close_sockets(session *s, int abortively);
void poll_once(void);                // waits for a tick or an event, and serves every session that has something

// session.c
void session_start(session *s);
void session_connected(session *s);
void session_setup(session *s);
void session_keep_alive(session *s, int64_t now);
void session_teardown(session *s);
void session_fail(session *s, const char *reason);
void session_flush(session *s);
void session_reply(session *s, const char *head, const char *body, const char *end);  // head: up to and with the empty line

// reply.c
const char *header_value(const char *head, const char *end, const char *name);
int status_of(const char *head, const char *end);
void copy_until(char *to, size_t capacity, const char *from, const char *end, const char *stops);
void copy_video_control(session *s, const char *body, const char *end);

// receiving.c
void receive_connection(session *s);
void receive_datagrams(session *s);

// frames.c
void take_packet(session *s, const uint8_t *packet, size_t available, size_t length, int64_t now);

// stall.c
void stall_begin(void);
void stall_end(int64_t now);

// report.c
void report_run(double seconds, double server_cpu, double own_cpu, long rss_before);
void report_play(double seconds, double server_cpu, double ramp);
void report_cycles(double seconds, double server_cpu);
void report_stall(const frame_times phases[3], const long rss[4], int has_after);

#endif
