// rtspload: opens RTSP sessions, takes their RTP at little cost, and says on one line of JSON what it saw.
//
//   rtspload --udp -n 100 -s 10 --pid $SERVER rtsp://127.0.0.1:8554/live    readers
//   rtspload --tcp -n 100 --cycle 4 --cycle-rate 200 …                      answers while they play
//   rtspload --tcp -n 120 --stall 20 …                                      20 of them stop reading
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

session *sessions;
int session_count;
volatile int is_interrupted;

static void interrupted(int signal) { (void)signal, is_interrupted = 1; }

static void make_sessions(void) {
    session_count = options.players + options.churners + options.cyclers;
    sessions = zeroed(session_count, sizeof *sessions);
    for (int i = 0; i < session_count; i++) {
        session *s = &sessions[i];
        s->index = i;
        s->rtsp = s->rtp = s->rtcp = -1;
        s->role = i < options.players ? (options.without_play ? IDLER : PLAYER)
                  : i < options.players + options.churners ? CHURNER : CYCLER;
    }
    int turning = options.churners + options.cyclers > 0;
    samples_reserve(&first_frames, options.players + 1);
    samples_reserve(&first_frames_from_connect, options.players + 1);
    samples_reserve(&setup_answers, turning ? 4000000 : session_count);
    samples_reserve(&play_answers, turning ? 4000000 : session_count);
}

static int is_settled(const session *s) { return s->phase == PLAYING || s->phase == READY || s->phase == FAILED; }

// Begins the players at the rate asked for, and waits until each plays or has failed.
static double ramp_up(void) {
    int64_t began = now_ns(), limit = began + (int64_t)((options.players / options.ramp + 15) * SECOND);
    int started = 0, settled = 0;
    while (!is_interrupted && settled < options.players && now_ns() < limit) {
        double due = (now_ns() - began) / 1e9 * options.ramp + 1;
        while (started < options.players && started < due) session_start(&sessions[started++]);
        poll_once();
        for (settled = 0; settled < started && is_settled(&sessions[settled]);) settled++;
    }
    return (now_ns() - began) / 1e9;
}

static void keep_alive(int64_t now) {
    static int64_t next;
    if (!options.keep_alive_seconds || now < next) return;
    next = now + SECOND / 5;
    for (int i = 0; i < options.players; i++) {
        session *s = &sessions[i];
        if ((s->phase == PLAYING || s->phase == READY) && now - s->kept_alive_at > options.keep_alive_seconds * SECOND)
            session_keep_alive(s, now);
    }
}

// One connection's next cycle, where the last is over. Says whether one was begun.
static int turn(session *s) {
    if (s->role == CYCLER && s->phase == RESTING) {
        session_setup(s);
        return 1;
    }
    if (s->phase != UNUSED && s->phase != RESTING && s->phase != FAILED) return 0;
    cycle_failures += s->phase == FAILED;
    close_sockets(s, 1);
    session_start(s);
    return s->role == CHURNER;
}

// What is due of the cycles. A cycle counts when it begins, so that the one under way at the end makes up for the first.
static void turn_all(int64_t now) {
    static int64_t due;
    int64_t step = options.cycle_rate ? (int64_t)(SECOND / options.cycle_rate) : 0;
    if (due < now - SECOND / 10) due = now;  // what could not be kept up with is not made up for
    static int next;
    int turning = session_count - options.players;
    for (int i = 0; i < turning && due <= now; i++) {
        session *s = &sessions[options.players + (next + i) % turning];
        if (!turn(s)) continue;
        cycles++;
        due += step;
        if (step) next = (next + i + 1) % turning;
    }
}

static void run_until(int64_t end) {
    int is_turning = session_count > options.players;
    for (int64_t now = now_ns(); !is_interrupted && now < end; now = now_ns()) {
        if (cycle_failures > 1000) die("more than 1000 cycles failed");
        if (is_turning && options.most_cycles >= 0 && (int64_t)cycles >= options.most_cycles) return;
        poll_once();
        keep_alive(now);
        if (is_turning) turn_all(now);
    }
}

static void run_for(double seconds) { run_until(now_ns() + (int64_t)(seconds * SECOND)); }

static double server_cpu(void) { return options.pid ? cpu_seconds_of(options.pid) : 0; }
static long server_rss(void) { return options.pid ? status_number(options.pid, "VmRSS") : -1; }

static void forget_warm_up(void) {
    for (int i = 0; i < options.players; i++) {
        reception *in = &sessions[i].in;
        in->packets = in->bytes = in->frames = in->lost = in->reordered = in->broken = in->late = 0;
    }
    cycles = cycle_failures = 0;
    if (session_count > options.players) setup_answers.count = play_answers.count = 0;
}

// The window before, the stall, and what follows it; `phases[0]` is full already.
static void run_stall(frame_times phases[3]) {
    long rss[4] = {server_rss()};
    window = &phases[1];
    stall_begin();
    run_for(options.stall_seconds / 2);
    rss[1] = server_rss();
    run_for(options.stall_seconds / 2);
    rss[2] = server_rss();
    stall_end(now_ns());
    window = &phases[2];
    run_for(options.after_stall);
    rss[3] = server_rss();
    window = NULL;
    report_stall(phases, rss, options.after_stall > 0);
}

static void tear_down(void) {
    for (int i = 0; i < session_count; i++)
        if (sessions[i].phase == PLAYING || sessions[i].phase == READY) session_teardown(&sessions[i]);
    int64_t limit = now_ns() + 3 * SECOND;
    for (int waiting = 1; waiting && !is_interrupted && now_ns() < limit;) {
        poll_once();
        waiting = 0;
        for (int i = 0; i < session_count; i++) waiting += sessions[i].phase == TEARING_DOWN;
    }
}

static void measure(void) {
    frame_times *phases = zeroed(3, sizeof *phases);
    long rss_before = server_rss();
    double ramp = ramp_up();
    run_for(options.warm_up);
    forget_warm_up();
    double cpu = server_cpu(), own = own_cpu_seconds();
    int64_t began = now_ns();
    window = &phases[0];
    run_for(options.seconds);
    double seconds = (now_ns() - began) / 1e9;
    cpu = server_cpu() - cpu, own = own_cpu_seconds() - own;
    json_begin();
    report_run(seconds, cpu, own, rss_before);
    if (options.players) report_play(seconds, cpu, ramp);
    if (session_count > options.players) report_cycles(seconds, cpu);
    window = NULL;
    if (options.stalled) run_stall(phases);
    json_end();
    free(phases);
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
    sockets_begin();
    make_sessions();
    measure();
    if (!options.without_teardown) tear_down();
    return is_interrupted ? 130 : 0;
}
