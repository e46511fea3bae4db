/*
 * load_stored.c - many readers of one database while somebody else imports
 * into it, and nothing half seen.
 *
 *     load_stored DATABASE WATTLE N_HANDLES N_PROCESSES SECONDS PAUSE_S
 *                 ROUND JOBS_FILE
 *
 * Every reader is a thread that asks, waits for PAUSE_S, and asks again, in
 * the order of ROUND (see load_common.h), each from another place of it. The
 * first N_HANDLES use the library, with a connection that stays open; the
 * others start `wattle`. JOBS_FILE has a line for each job, its words parted
 * by tabs ("-" = none):
 *
 *     query DEVICE SINCE UNTIL EVERY BEFORE AFTER
 *     report - - - - BEFORE AFTER
 *     sql STATEMENT - - - BEFORE AFTER           (by processes only)
 *
 * EVERY is hour or day; without DEVICE all devices are taken together. BEFORE
 * and AFTER are files with the answers before and after the import: an answer
 * must be one of them, byte for byte, and a reader that has seen the new one
 * must not see the old one again. Prints a line for each answer
 *
 *     JOB h|p ASKED_S LATENCY_S before|after|same|wrong|error
 *
 * (times of the monotonic clock), and at the end one JSON object.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wattle/query.h>
#include <wattle/stdio.h>
#include <wattle/wattle.h>

#include "load_common.h"

#define DAY_MS      86400000
#define N_WORDS     7
#define MAX_READERS 1024
#define LINE_BYTES  4096

enum word { KIND, DEVICE, SINCE, UNTIL, EVERY, BEFORE, AFTER };
enum seen { SEEN_BEFORE, SEEN_AFTER, SEEN_SAME, SEEN_WRONG, SEEN_ERROR };

struct text {
    char *data;
    size_t len;
};

struct job {
    char *words[N_WORDS];
    struct text before, after;
};

struct load {
    const char *database;
    char *wattle;
    struct job jobs[LOAD_MAX_JOBS];
    size_t n_jobs;
    const char *round;
    int n_handles, n_readers;
    double ends_s, pause_s;
    pthread_mutex_t lock; /* of stdout and stderr */
};

struct reader {
    struct load *load;
    int number;
    bool has_seen_after[LOAD_MAX_JOBS];
    struct wattle_database *database; /* of handles */
};

static bool
is_given(const char *word)
{
    return strcmp(word, "-") != 0;
}

static bool
is_handle(const struct reader *reader)
{
    return reader->number < reader->load->n_handles;
}

/* What a reader has to say about something that went wrong. */
static void
complain(struct reader *reader, const struct job *job, const char *words)
{
    pthread_mutex_lock(&reader->load->lock);
    fprintf(stderr, "%s %s: %s\n", job->words[KIND], job->words[DEVICE], words);
    pthread_mutex_unlock(&reader->load->lock);
}

/* Reads a descriptor to its end; false without memory or on an error. */
static bool
read_all(int fd, struct text *text)
{
    size_t cap = 0;
    for (;;) {
        if (cap - text->len < 65536) {
            char *more = realloc(text->data, cap = 2 * cap + 131072);
            if (more == NULL)
                return false;
            text->data = more;
        }
        ssize_t n = read(fd, text->data + text->len, cap - text->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        text->len += (size_t)n;
    }
}

/* --- answers of a library handle ------------------------------------------ */

static int
write_report(struct reader *reader, const struct wattle_writer *out,
             struct wattle_error *error)
{
    struct wattle_report_options options;
    struct wattle_report *report = NULL;
    wattle_report_options_init(&options);
    options.n_threads = 1;
    int status = wattle_report_open(&report, &options, error);
    if (status == WATTLE_OK)
        status = wattle_report_add_path(report, reader->load->database, error);
    if (status == WATTLE_OK)
        status = wattle_report_run(report, error);
    if (status == WATTLE_OK)
        status =
            wattle_report_write_json(wattle_report_result(report), false, out);
    wattle_report_close(report);
    return status;
}

static int
write_query(struct reader *reader, const struct job *job,
            const struct wattle_writer *out, struct wattle_error *error)
{
    const char *device = job->words[DEVICE];
    struct wattle_query_options options;
    struct wattle_query *query = NULL;
    wattle_query_options_init(&options);
    options.is_total = !is_given(device);
    options.device_globs = &device;
    options.n_device_globs = is_given(device) ? 1 : 0;
    options.bucket_ms =
        strcmp(job->words[EVERY], "day") == 0 ? DAY_MS : DAY_MS / 24;
    wattle_parse_time(job->words[SINCE], &options.since_ms);
    wattle_parse_time(job->words[UNTIL], &options.until_ms);
    int status = wattle_query_open(&query, reader->database, &options, error);
    if (status == WATTLE_OK)
        status = wattle_query_write_csv(query, out, NULL, error);
    wattle_query_close(query);
    return status;
}

static bool
ask_handle(struct reader *reader, const struct job *job, struct text *answer)
{
    struct wattle_error error = {0};
    int status = WATTLE_OK;
    FILE *out = open_memstream(&answer->data, &answer->len);
    if (out == NULL)
        return false;
    const struct wattle_writer writer = wattle_stdio_writer(out);
    if (reader->database == NULL)
        status = wattle_database_open(&reader->database, reader->load->database,
                                      NULL, &error);
    if (status == WATTLE_OK)
        status = strcmp(job->words[KIND], "report") == 0
                     ? write_report(reader, &writer, &error)
                     : write_query(reader, job, &writer, &error);
    if (fclose(out) != 0 && status == WATTLE_OK)
        status = WATTLE_ERR_MEMORY;
    if (status != WATTLE_OK)
        complain(reader, job, error.message);
    return status == WATTLE_OK;
}

/* --- answers of a process ------------------------------------------------- */

/* The command line of a job; the last word is NULL. */
static void
make_command(const struct load *load, const struct job *job, char **command)
{
    char *const *words = job->words;
    int n = 0;
    command[n++] = load->wattle;
    command[n++] = words[KIND];
    command[n++] = (char *)(uintptr_t)load->database;
    if (strcmp(words[KIND], "report") == 0) {
        command[n++] = "--json";
        command[n++] = "--no-progress";
    } else if (strcmp(words[KIND], "sql") == 0) {
        command[n++] = words[DEVICE];
    } else {
        command[n++] = "--csv";
        command[n++] = "--every";
        command[n++] = strcmp(words[EVERY], "day") == 0 ? "1d" : "1h";
        command[n++] = "--since";
        command[n++] = words[SINCE];
        command[n++] = "--until";
        command[n++] = words[UNTIL];
        command[n++] = is_given(words[DEVICE]) ? "--device" : "--total";
        if (is_given(words[DEVICE]))
            command[n++] = words[DEVICE];
    }
    command[n] = NULL;
}

static bool
run_command(char **command, struct text *answer)
{
    posix_spawn_file_actions_t actions;
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    int code = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    bool is_read = code == 0 && read_all(ends[0], answer);
    close(ends[0]);
    if (code == 0 && waitpid(pid, &status, 0) != pid)
        return false;
    return is_read && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
ask_process(struct reader *reader, const struct job *job, struct text *answer)
{
    char *command[16];
    make_command(reader->load, job, command);
    if (run_command(command, answer))
        return true;
    complain(reader, job, "the process failed");
    return false;
}

/* --- a reader ------------------------------------------------------------- */

static bool
is_equal(const struct text *a, const struct text *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static enum seen
judge(struct reader *reader, int number, const struct text *answer)
{
    const struct job *job = &reader->load->jobs[number];
    bool is_before = is_equal(answer, &job->before);
    bool is_after = is_equal(answer, &job->after);
    if (is_before && is_after)
        return SEEN_SAME;
    if (is_after) {
        reader->has_seen_after[number] = true;
        return SEEN_AFTER;
    }
    if (is_before && !reader->has_seen_after[number])
        return SEEN_BEFORE;
    complain(reader, job,
             is_before ? "old again after new" : "neither old nor new");
    return SEEN_WRONG;
}

static void
ask(struct reader *reader, int number)
{
    static const char *const words[] = {"before", "after", "same", "wrong",
                                        "error"};
    struct load *load = reader->load;
    const struct job *job = &load->jobs[number];
    struct text answer = {0};
    double asked_s = load_now_s();
    bool is_answered = is_handle(reader) ? ask_handle(reader, job, &answer)
                                         : ask_process(reader, job, &answer);
    double latency_s = load_now_s() - asked_s;
    enum seen seen = is_answered ? judge(reader, number, &answer) : SEEN_ERROR;
    free(answer.data);
    pthread_mutex_lock(&load->lock);
    printf("%d %c %.6f %.6f %s\n", number, is_handle(reader) ? 'h' : 'p',
           asked_s, latency_s, words[seen]);
    pthread_mutex_unlock(&load->lock);
}

static void
wait_s(double seconds)
{
    struct timespec time = {(time_t)seconds,
                            (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static void *
work(void *context)
{
    struct reader *reader = context;
    struct load *load = reader->load;
    size_t len = strlen(load->round);
    /* not all at once, and not all the same */
    wait_s(load->pause_s * reader->number / load->n_readers);
    for (size_t at = len * (size_t)reader->number / (size_t)load->n_readers;
         load_now_s() < load->ends_s; at++) {
        int number = load->round[at % len] - '0';
        bool is_sql = strcmp(load->jobs[number].words[KIND], "sql") == 0;
        if (is_sql && is_handle(reader))
            continue;
        ask(reader, number);
        wait_s(load->pause_s);
    }
    wattle_database_close(reader->database);
    return NULL;
}

/* --- setting up ----------------------------------------------------------- */

static bool
read_file(const char *name, struct text *text)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_read = read_all(fd, text);
    close(fd);
    return is_read;
}

static bool
read_job(char *line, struct job *job)
{
    char *rest = line;
    for (int i = 0; i < N_WORDS; i++) {
        char *word = strsep(&rest, "\t\n");
        if (word == NULL || (job->words[i] = strdup(word)) == NULL)
            return false;
    }
    return read_file(job->words[BEFORE], &job->before) &&
           read_file(job->words[AFTER], &job->after);
}

static bool
read_jobs(struct load *load, const char *name)
{
    char line[LINE_BYTES];
    bool is_good = true;
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return false;
    while (is_good && load->n_jobs < LOAD_MAX_JOBS &&
           fgets(line, sizeof(line), file) != NULL)
        is_good = read_job(line, &load->jobs[load->n_jobs++]);
    fclose(file);
    for (const char *at = load->round; *at != '\0'; at++)
        is_good = is_good && *at >= '0' && (size_t)(*at - '0') < load->n_jobs;
    return is_good && load->n_jobs > 0 && *load->round != '\0';
}

static int
run(struct load *load)
{
    static struct reader readers[MAX_READERS];
    static pthread_t threads[MAX_READERS];
    double began_s = load_now_s();
    for (int i = 0; i < load->n_readers; i++) {
        readers[i].load = load;
        readers[i].number = i;
        if (pthread_create(&threads[i], NULL, work, &readers[i]) != 0) {
            fprintf(stderr, "load_stored: cannot start a thread\n");
            return 2;
        }
    }
    for (int i = 0; i < load->n_readers; i++)
        pthread_join(threads[i], NULL);
    printf("{\"elapsed_s\":%.6f,\"cpu_s\":%.6f,\"process_cpu_s\":%.6f,"
           "\"peak_rss_kib\":%ld}\n",
           load_now_s() - began_s, load_cpu_s_of(RUSAGE_SELF),
           load_cpu_s_of(RUSAGE_CHILDREN), load_own_status("VmHWM:"));
    return 0;
}

int
main(int argc, char **argv)
{
    static struct load load = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc != 9) {
        fprintf(stderr,
                "usage: load_stored DATABASE WATTLE N_HANDLES N_PROCESSES "
                "SECONDS PAUSE_S ROUND JOBS_FILE\n");
        return 2;
    }
    load.database = argv[1];
    load.wattle = argv[2];
    load.n_handles = atoi(argv[3]);
    load.n_readers = load.n_handles + atoi(argv[4]);
    load.ends_s = load_now_s() + atof(argv[5]);
    load.pause_s = atof(argv[6]);
    load.round = argv[7];
    if (load.n_handles < 0 || load.n_readers < 1 ||
        load.n_readers > MAX_READERS || !read_jobs(&load, argv[8])) {
        fprintf(stderr, "load_stored: unusable readers, round or jobs\n");
        return 2;
    }
    return run(&load);
}
