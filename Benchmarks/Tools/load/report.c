// What was seen, as members of one JSON object.
#include <stdlib.h>

#include "load.h"

static int count_of(role role, phase phase) {
    int count = 0;
    for (int i = 0; i < session_count; i++) count += sessions[i].role == role && sessions[i].phase == phase;
    return count;
}

static void percentiles(const char *p50, const char *p99, samples *s) {
    json_number(p50, samples_percentile(s, 0.5));
    json_number(p99, samples_percentile(s, 0.99));
}

static void report_answers(void) {
    percentiles("setup_answer_p50_ms", "setup_answer_p99_ms", &setup_answers);
    percentiles("play_answer_p50_ms", "play_answer_p99_ms", &play_answers);
    json_count("failures", failures);
}

static uint64_t report_packets(double seconds) {
    reception all = {0};
    samples rates;
    samples_reserve(&rates, options.players);
    for (int i = 0; i < options.players; i++) {
        reception *in = &sessions[i].in;
        all.packets += in->packets, all.bytes += in->bytes, all.frames += in->frames, all.lost += in->lost;
        all.reordered += in->reordered, all.broken += in->broken, all.late += in->late;
        samples_add(&rates, in->frames / seconds);
    }
    json_number("fps_min", samples_percentile(&rates, 0));
    json_number("fps_median", samples_percentile(&rates, 0.5));
    json_count("frames", all.frames);
    json_count("packets", all.packets);
    json_count("rtp_bytes", all.bytes);
    json_number("gbit_per_s", all.bytes * 8 / seconds / 1e9);
    json_count("lost", all.lost);
    json_number("lost_ratio", all.packets + all.lost ? (double)all.lost / (all.packets + all.lost) : 0);
    json_count("reordered", all.reordered);
    json_count("broken_frames", all.broken);
    json_number("late_ratio", all.frames ? (double)all.late / all.frames : 0);
    free(rates.values);
    return all.bytes;
}

void report_play(double seconds, double server_cpu, double ramp) {
    json_count("readers", options.players);
    json_count("playing", count_of(PLAYER, PLAYING));
    json_count("idle", count_of(IDLER, READY));
    json_number("ramp_s", ramp);
    uint64_t bytes = report_packets(seconds);
    json_number("interval_p50_ms", histogram_percentile_ms(&window->interval, 0.5));
    json_number("interval_p99_ms", histogram_percentile_ms(&window->interval, 0.99));
    json_number("interval_max_ms", window->interval.longest_ns / 1e6);
    json_number("jitter_p50_ms", histogram_percentile_ms(&window->jitter, 0.5));
    json_number("jitter_p99_ms", histogram_percentile_ms(&window->jitter, 0.99));
    json_number("fan_out_p50_ms", histogram_percentile_ms(&window->fan_out, 0.5));
    json_number("fan_out_p99_ms", histogram_percentile_ms(&window->fan_out, 0.99));
    percentiles("first_frame_p50_ms", "first_frame_p99_ms", &first_frames);
    percentiles("first_frame_from_connect_p50_ms", "first_frame_from_connect_p99_ms", &first_frames_from_connect);
    if (options.pid && bytes) json_number("server_cpu_s_per_gb", server_cpu / (bytes / 1e9));
}

void report_cycles(double seconds, double server_cpu) {
    json_count("connections", options.churners + options.cyclers);
    json_count("cycles", cycles);
    json_number("cycles_per_s", cycles / seconds);
    json_count("cycle_failures", cycle_failures);
    if (options.pid && cycles) json_number("server_us_per_cycle", server_cpu / cycles * 1e6);
}

void report_run(double seconds, double server_cpu, double own_cpu, long rss_before) {
    json_text("transport", options.over_tcp ? "tcp" : "udp");
    json_count("gro", options.with_gro);
    json_number("window_s", seconds);
    json_number("load_core_percent", own_cpu / seconds * 100);
    report_answers();
    if (!options.pid) return;
    json_number("server_cpu_s", server_cpu);
    json_number("server_core_percent", server_cpu / seconds * 100);
    json_count("rss_before_kb", rss_before);
    json_count("rss_kb", status_number(options.pid, "VmRSS"));
    json_count("rss_peak_kb", status_number(options.pid, "VmHWM"));
    json_count("server_threads", status_number(options.pid, "Threads"));
}

static void report_caught_up(void) {
    samples times;
    samples_reserve(&times, options.stalled);
    int64_t stale = 0;
    for (int i = 0; i < options.stalled; i++) {
        session *s = &sessions[i];
        stale += s->stale_frames;
        if (s->caught_up_at) samples_add(&times, (s->caught_up_at - s->resumed_at) / 1e6);
    }
    json_count("stalled_caught_up", times.count);
    json_count("players_lost", options.players - count_of(PLAYER, PLAYING));
    json_count("stale_frames", stale);
    percentiles("newest_frame_p50_ms", "newest_frame_p99_ms", &times);
    free(times.values);
}

void report_stall(const frame_times phases[3], const long rss[4], int has_after) {
    static const char *const P50[] = {"before_p50_ms", "during_p50_ms", "after_p50_ms"};
    static const char *const P99[] = {"before_p99_ms", "during_p99_ms", "after_p99_ms"};
    json_count("stalled", options.stalled);
    json_number("stall_s", options.stall_seconds);
    for (int i = 0; i < 2 + has_after; i++) {
        json_number(P50[i], histogram_percentile_ms(&phases[i].interval, 0.5));
        json_number(P99[i], histogram_percentile_ms(&phases[i].interval, 0.99));
    }
    report_caught_up();
    if (!options.pid) return;
    json_count("rss_before_stall_kb", rss[0]);
    json_count("rss_mid_stall_kb", rss[1]);
    json_count("rss_end_stall_kb", rss[2]);
    json_count("rss_after_stall_kb", rss[3]);
}
