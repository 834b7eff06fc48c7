// What both programs need: time, processor time, percentiles, and JSON on standard output.
#ifndef MEASURING_H
#define MEASURING_H

#include <stdint.h>
#include <stdio.h>

#define SECOND 1000000000LL
#define MILLISECOND 1000000LL

// Ends the program with a message and status 2: a measurement that cannot be had must not look like one.
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

// Memory, or the end of the program.
void *zeroed(size_t count, size_t size);

int64_t now_ns(void);
void sleep_until(int64_t when);
void pin_to_cpu(int cpu);

// Processor seconds of this process and of another; the clock counts nanoseconds and keeps the time of ended threads.
double own_cpu_seconds(void);
double cpu_seconds_of(int pid);

// A number of /proc/PID/status: "VmRSS", "VmHWM" (kB), "Threads". -1 where there is none.
long status_number(int pid, const char *name);

// Samples are kept whole up to a bound; what comes after is counted by nobody, which the bounds here never reach.
typedef struct {
    float *values;
    int count, capacity, sorted;
} samples;

void samples_reserve(samples *s, int capacity);
void samples_add(samples *s, double value);
double samples_percentile(samples *s, double part);

// Times between 0 and 2 s in steps of 0.1 ms, for what is too much to be kept.
enum { HISTOGRAM_BUCKETS = 20000 };

typedef struct {
    uint64_t count;
    int64_t longest_ns;
    uint32_t buckets[HISTOGRAM_BUCKETS];
} histogram;

void histogram_add(histogram *h, int64_t nanoseconds);
double histogram_percentile_ms(const histogram *h, double part);

// One JSON object on one line: json_begin, the members, json_end.
void json_begin(void);
void json_text(const char *name, const char *value);
void json_count(const char *name, int64_t value);
void json_number(const char *name, double value);
void json_end(void);

#endif
