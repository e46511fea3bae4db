/*
 * load_common.h - what both load programs share: the clock, whose turn it is,
 * and the lines that they print for run_load.py.
 *
 * Work is taken in rounds. A round is a text of digits, each the number of a
 * job, such as "0120". A run stops when its time is over and the round is
 * complete, so that every run has done the same mix of work; or when it has
 * started as many reports as it may, or seen too many failures.
 */
#ifndef LOAD_COMMON_H
#define LOAD_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define LOAD_MAX_FAILURES 100
#define LOAD_MAX_JOBS     10

enum load_outcome { LOAD_OK, LOAD_ERROR, LOAD_WRONG };

/* Whose turn it is. Threads that share one must lock around load_take. */
struct load_turns {
    const char *round;
    size_t round_len;
    long n_started;
    long max_reports;
    long n_failures;
    double started_s;
    double ends_s;
};

static inline double
load_now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline double
load_cpu_s(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* For RUSAGE_SELF or RUSAGE_CHILDREN. */
static inline double
load_cpu_s_of(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return load_cpu_s(&usage);
}

/* A round is usable when every digit of it is the number of a job. */
static inline bool
load_turns_init(struct load_turns *turns, const char *round, size_t n_jobs,
                double seconds, long max_reports)
{
    memset(turns, 0, sizeof(*turns));
    turns->round = round;
    turns->round_len = strlen(round);
    turns->max_reports = max_reports;
    turns->started_s = load_now_s();
    turns->ends_s = turns->started_s + seconds;
    for (size_t i = 0; i < turns->round_len; i++) {
        if (round[i] < '0' || (size_t)(round[i] - '0') >= n_jobs)
            return false;
    }
    return turns->round_len > 0 && n_jobs <= LOAD_MAX_JOBS;
}

/* The number of the job to do next, or -1 when it is time to stop. */
static inline int
load_take(struct load_turns *turns)
{
    size_t at = (size_t)turns->n_started % turns->round_len;
    if (turns->n_started >= turns->max_reports ||
        turns->n_failures >= LOAD_MAX_FAILURES)
        return -1;
    if (at == 0 && load_now_s() >= turns->ends_s)
        return -1;
    turns->n_started++;
    return turns->round[at] - '0';
}

/* One line for one report; threads must lock around it. */
static inline void
load_print(struct load_turns *turns, int job, double latency_s,
           enum load_outcome outcome, long rss_kib, double cpu_s)
{
    static const char *const words[] = {"ok", "error", "wrong"};
    if (outcome != LOAD_OK)
        turns->n_failures++;
    printf("%d %.6f %s %ld %.6f\n", job, latency_s, words[outcome], rss_kib,
           cpu_s);
}

/*
 * A number from /proc/self/status, such as "VmHWM:", the peak of resident
 * memory in KiB; 0 when it is not there. Not from getrusage, where the peak
 * of the program that started this one would count too.
 */
static inline long
load_own_status(const char *key)
{
    char line[256];
    long value = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            sscanf(line + strlen(key), "%ld", &value);
    }
    fclose(file);
    return value;
}

#endif
