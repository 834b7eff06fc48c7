#define _GNU_SOURCE
#include "measuring.h"

#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) die("out of memory");
    return memory;
}

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

void sleep_until(int64_t when) {
    struct timespec t = {when / SECOND, when % SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

void pin_to_cpu(int cpu) {
    if (cpu < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);  // where there is no such core, the run is worth less but not nothing
}

static double seconds_of(clockid_t clock) {
    struct timespec t;
    return clock_gettime(clock, &t) ? -1 : t.tv_sec + t.tv_nsec / 1e9;
}

double own_cpu_seconds(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

double cpu_seconds_of(int pid) {
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) ? -1 : seconds_of(clock);
}

long status_number(int pid, const char *name) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    long value = -1;
    size_t length = strlen(name);
    while (value < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, name, length) && line[length] == ':') value = atol(line + length + 1);
    fclose(file);
    return value;
}

void samples_reserve(samples *s, int capacity) {
    *s = (samples){.values = zeroed(capacity, sizeof *s->values), .capacity = capacity};
}

void samples_add(samples *s, double value) {
    if (s->count == s->capacity) return;
    s->values[s->count++] = value;
    s->sorted = 0;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double samples_percentile(samples *s, double part) {
    if (!s->count) return NAN;
    if (!s->sorted) qsort(s->values, s->count, sizeof *s->values, ascending);
    s->sorted = 1;
    return s->values[(int)((s->count - 1) * part + 0.5)];
}

void histogram_add(histogram *h, int64_t nanoseconds) {
    int64_t bucket = nanoseconds / 100000;
    h->count++;
    if (nanoseconds > h->longest_ns) h->longest_ns = nanoseconds;
    h->buckets[bucket < 0 ? 0 : bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
}

double histogram_percentile_ms(const histogram *h, double part) {
    if (!h->count) return NAN;
    uint64_t seen = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= h->count * part) return i / 10.0;
    }
    return HISTOGRAM_BUCKETS / 10.0;
}

static int json_is_first;

void json_begin(void) {
    putchar('{');
    json_is_first = 1;
}

static void json_name(const char *name) {
    printf("%s\"%s\": ", json_is_first ? "" : ", ", name);
    json_is_first = 0;
}

void json_text(const char *name, const char *value) {
    json_name(name);
    printf("\"%s\"", value);
}

void json_count(const char *name, int64_t value) {
    json_name(name);
    printf("%lld", (long long)value);
}

void json_number(const char *name, double value) {
    json_name(name);
    if (isfinite(value)) printf("%.6g", value);
    else printf("null");
}

void json_end(void) {
    puts("}");
    fflush(stdout);
}
