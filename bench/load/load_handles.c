/*
 * load_handles.c - makes reports with N library handles at once, one in each
 * of N threads, and compares the answers with the expected ones.
 *
 *     load_handles N SECONDS MAX_REPORTS THREADS ROUND
 *                  (PATH LINES READINGS DUPLICATES REJECTS DEVICES
 *                   ENERGY_KWH MONTHLY_COST)...
 *
 * Counts must be equal, the two numbers equal in every bit. Prints one line
 * for each report (see load_common.h) and one JSON object at the end, which
 * also tells whether descriptors, threads or memory were left behind.
 */
#include <dirent.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wattle/wattle.h>

#include "load_common.h"

#define JOB_WORDS 8

struct job {
    const char *path;
    uint64_t n_lines, n_readings, n_duplicates, n_rejects, n_devices;
    double energy_kwh, monthly_cost;
};

struct load {
    struct job jobs[LOAD_MAX_JOBS];
    int n_threads; /* of each report; 0 = wattle's own choice */
    struct load_turns turns;
    pthread_mutex_t lock; /* of turns and stdout */
};

static bool
same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* NULL, or the name of the first answer that is not as expected. */
static const char *
find_wrong(const struct wattle_report_result *answers, const struct job *job)
{
    if (answers->n_lines != job->n_lines)
        return "lines";
    if (answers->figures->n_readings != job->n_readings)
        return "readings";
    if (answers->n_duplicates != job->n_duplicates)
        return "duplicates";
    if (answers->n_rejects != job->n_rejects)
        return "rejects";
    if (answers->n_devices != job->n_devices)
        return "devices";
    if (answers->n_skipped_files != 0)
        return "skipped files";
    if (!same_bits(answers->figures->energy_kwh, job->energy_kwh))
        return "energy_kwh";
    if (!same_bits(answers->figures->monthly_cost, job->monthly_cost))
        return "monthly_cost";
    return NULL;
}

/* One report with a handle of its own, from opening to closing. */
static enum load_outcome
make_report(const struct job *job, int n_threads)
{
    struct wattle_report *report = NULL;
    struct wattle_report_options options;
    struct wattle_error error = {0};
    enum load_outcome outcome = LOAD_OK;
    wattle_report_options_init(&options);
    options.n_threads = n_threads;
    int status = wattle_report_open(&report, &options, &error);
    if (status == WATTLE_OK)
        status = wattle_report_add_path(report, job->path, &error);
    if (status == WATTLE_OK)
        status = wattle_report_run(report, &error);
    if (status != WATTLE_OK) {
        fprintf(stderr, "report of %s: %s: %s\n", job->path,
                wattle_status_text(status), error.message);
        outcome = LOAD_ERROR;
    } else {
        const char *wrong = find_wrong(wattle_report_result(report), job);
        if (wrong != NULL) {
            fprintf(stderr, "report of %s: wrong %s\n", job->path, wrong);
            outcome = LOAD_WRONG;
        }
    }
    wattle_report_close(report);
    return outcome;
}

static void *
work(void *context)
{
    struct load *load = context;
    for (;;) {
        pthread_mutex_lock(&load->lock);
        int job = load_take(&load->turns);
        pthread_mutex_unlock(&load->lock);
        if (job < 0)
            return NULL;
        double began_s = load_now_s();
        enum load_outcome outcome =
            make_report(&load->jobs[job], load->n_threads);
        double latency_s = load_now_s() - began_s;
        pthread_mutex_lock(&load->lock);
        load_print(&load->turns, job, latency_s, outcome, 0, 0);
        pthread_mutex_unlock(&load->lock);
    }
}

static int
count_descriptors(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

/* A thread that was joined may take a moment more to vanish. */
static long
count_threads_left(void)
{
    const struct timespec conditions = {0, 10000000};
    for (int i = 0; i < 100 && load_own_status("Threads:") > 1; i++)
        nanosleep(&conditions, NULL);
    return load_own_status("Threads:") - 1;
}

/* Bytes that were allocated and not freed. */
static size_t
count_heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static struct job
read_job(char **words)
{
    struct job job = {.path = words[0]};
    job.n_lines = strtoull(words[1], NULL, 10);
    job.n_readings = strtoull(words[2], NULL, 10);
    job.n_duplicates = strtoull(words[3], NULL, 10);
    job.n_rejects = strtoull(words[4], NULL, 10);
    job.n_devices = strtoull(words[5], NULL, 10);
    job.energy_kwh = strtod(words[6], NULL);
    job.monthly_cost = strtod(words[7], NULL);
    return job;
}

int
main(int argc, char **argv)
{
    struct load load = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc < 6 + JOB_WORDS || (argc - 6) % JOB_WORDS != 0 ||
        argc > 6 + JOB_WORDS * LOAD_MAX_JOBS) {
        fprintf(stderr, "usage: load_handles N SECONDS MAX_REPORTS THREADS "
                        "ROUND (PATH LINES READINGS DUPLICATES REJECTS DEVICES "
                        "ENERGY_KWH MONTHLY_COST)...\n");
        return 2;
    }
    int n_handles = atoi(argv[1]);
    size_t n_jobs = (size_t)(argc - 6) / JOB_WORDS;
    load.n_threads = atoi(argv[4]);
    for (size_t i = 0; i < n_jobs; i++)
        load.jobs[i] = read_job(argv + 6 + JOB_WORDS * i);
    pthread_t *threads =
        n_handles > 0 ? calloc((size_t)n_handles, sizeof(*threads)) : NULL;
    if (threads == NULL || !load_turns_init(&load.turns, argv[5], n_jobs,
                                            atof(argv[2]), atol(argv[3]))) {
        fprintf(stderr, "load_handles: unusable number of handles or round\n");
        return 2;
    }

    int descriptors_before = count_descriptors();
    size_t heap_before = count_heap();
    for (int i = 0; i < n_handles; i++) {
        if (pthread_create(&threads[i], NULL, work, &load) != 0) {
            fprintf(stderr, "load_handles: cannot start thread %d\n", i + 1);
            return 2;
        }
    }
    for (int i = 0; i < n_handles; i++)
        pthread_join(threads[i], NULL);
    double elapsed_s = load_now_s() - load.turns.started_s;

    printf("{\"elapsed_s\":%.6f,\"cpu_s\":%.6f,\"peak_rss_kib\":%ld,"
           "\"rss_after_kib\":%ld,\"descriptors_left\":%d,"
           "\"threads_left\":%ld,\"heap_left_bytes\":%zd}\n",
           elapsed_s, load_cpu_s_of(RUSAGE_SELF), load_own_status("VmHWM:"),
           load_own_status("VmRSS:"), count_descriptors() - descriptors_before,
           count_threads_left(), (ssize_t)(count_heap() - heap_before));
    free(threads);
    return 0;
}
