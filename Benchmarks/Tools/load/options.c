#include <stdlib.h>
#include <string.h>

#include "load.h"

load_options options = {
    .players = 1, .seconds = 10, .warm_up = 2, .ramp = 100, .fps = 30, .after_stall = 4, .tick_us = -1, .late_ms = 40,
    .keep_alive_seconds = 20, .receive_buffer = 1 << 20, .stalled_receive_buffer = 1 << 18, .base_port = 10000,
    .host = "127.0.0.1", .path = "/", .port = 554, .most_cycles = -1,
};

static const char USAGE[] =
    "usage: rtspload [options] rtsp://127.0.0.1:PORT/PATH\n"
    "  --udp | --tcp      how media travels (UDP)\n"
    "  --gro              take segmented datagrams whole\n"
    "  -n N               sessions that play (1; 0 where --churn or --cycle is given)\n"
    "  -s SECONDS         the window that is counted (10), after --warm SECONDS (2)\n"
    "  --ramp RATE        sessions begun per second (100)\n"
    "  --fps RATE         the frame rate of the presentation (30)\n"
    "  --ranges SECONDS   each session plays from another place of a file of this length\n"
    "  --no-play          stop after SETUP\n"
    "  --churn C          C clients that connect, play and leave, again and again\n"
    "  --cycle C          C connections that stay and SETUP, PLAY and TEARDOWN, again and again\n"
    "  --cycle-rate R     no more than R cycles per second together; --cycles N: end after N\n"
    "  --stall K          K of the sessions stop reading after the window, for --stall-seconds S (5)\n"
    "  --stall-rcvbuf B   their receive buffer (262144); --after-stall S: how long is looked on afterwards (4)\n"
    "  --tick-us U        look for packets every U us (1000), or as they come (0; the rule with --churn and --cycle)\n"
    "  --late-ms M        frames that come later than this are late (40)\n"
    "  --rcvbuf B --base-port P --keep SECONDS --no-teardown -v\n"
    "  --pid PID          the server, whose processor time and memory are told\n";

static double number(const char *name, const char *text, double least, double most) {
    char *end = NULL;
    double value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end) die("%s needs a number\n%s", name, USAGE);
    if (value < least || value > most) die("%s must be from %g to %g", name, least, most);
    return value;
}

typedef struct {
    const char *name;
    int *flag, *whole;
    double *real;
    double least, most;
} option;

static const option OPTIONS[] = {
    {"--tcp", .flag = &options.over_tcp},
    {"--gro", .flag = &options.with_gro},
    {"--no-play", .flag = &options.without_play},
    {"--no-teardown", .flag = &options.without_teardown},
    {"-v", .flag = &options.verbose},
    {"-n", .whole = &options.players, .most = 20000},
    {"-s", .real = &options.seconds, .most = 600},
    {"--warm", .real = &options.warm_up, .most = 60},
    {"--ramp", .real = &options.ramp, .least = 1, .most = 100000},
    {"--fps", .real = &options.fps, .least = 0.1, .most = 1000},
    {"--ranges", .real = &options.range_seconds, .most = 1e6},
    {"--churn", .whole = &options.churners, .most = 1000},
    {"--cycle", .whole = &options.cyclers, .most = 1000},
    {"--cycle-rate", .real = &options.cycle_rate, .least = 1, .most = 1e6},
    {"--stall", .whole = &options.stalled, .most = 20000},
    {"--stall-seconds", .real = &options.stall_seconds, .most = 60},
    {"--stall-rcvbuf", .whole = &options.stalled_receive_buffer, .least = 2048, .most = 1 << 26},
    {"--after-stall", .real = &options.after_stall, .most = 60},
    {"--tick-us", .whole = &options.tick_us, .most = 100000},
    {"--late-ms", .whole = &options.late_ms, .least = 1, .most = 10000},
    {"--keep", .whole = &options.keep_alive_seconds, .most = 600},
    {"--rcvbuf", .whole = &options.receive_buffer, .least = 2048, .most = 1 << 28},
    {"--base-port", .whole = &options.base_port, .least = 1024, .most = 30000},
    {"--pid", .whole = &options.pid, .least = 1, .most = 1 << 22},
};

// Says whether the option took the argument after it.
static int apply(const char *name, const char *next) {
    if (!strcmp(name, "--udp")) return options.over_tcp = 0;
    if (!strcmp(name, "--cycles")) {
        options.most_cycles = number(name, next, 1, 1e9);
        return 1;
    }
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        const option *o = &OPTIONS[i];
        if (strcmp(name, o->name)) continue;
        if (o->flag) {
            *o->flag = 1;
            return 0;
        }
        double value = number(name, next, o->least, o->most);
        if (o->whole) *o->whole = value;
        else *o->real = value;
        return 1;
    }
    die("unknown option %s\n%s", name, USAGE);
}

static void parse_url(void) {
    load_options *o = &options;
    if (sscanf(o->url, "rtsp://%127[^:/]:%d%299s", o->host, &o->port, o->path) < 2) die("%s", USAGE);
    if (!strcmp(o->host, "localhost")) strcpy(o->host, "127.0.0.1");
}

void parse_options(int count, char **arguments) {
    int players_given = 0;
    for (int i = 1; i < count; i++) {
        if (arguments[i][0] != '-') snprintf(options.url, sizeof options.url, "%s", arguments[i]);
        else {
            players_given |= !strcmp(arguments[i], "-n");
            i += apply(arguments[i], i + 1 < count ? arguments[i + 1] : NULL);
        }
    }
    parse_url();
    int turning = options.churners + options.cyclers;
    if (turning && !players_given) options.players = 0;
    if (options.players + turning < 1) die("no sessions\n%s", USAGE);
    if (options.stalled > options.players) die("--stall cannot be more than -n");
    if (options.stalled && !options.stall_seconds) options.stall_seconds = 5;
    // A tick would be most of a short exchange's time.
    if (options.tick_us < 0) options.tick_us = turning ? 0 : 1000;
}
