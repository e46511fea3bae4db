/*
 * load_processes.c - keeps N processes of `wattle report --json` running and
 * compares every output byte for byte with the expected one.
 *
 *     load_processes WATTLE N SECONDS MAX_REPORTS LIMIT_S THREADS ROUND
 *                    (PATH EXPECTED_FILE)...
 *
 * THREADS is that of each report, 0 for wattle's own choice. Prints one line
 * for each report (see load_common.h) and one JSON object at the end. A report
 * that takes longer than LIMIT_S seconds is killed and counts as an error.
 *
 * It is a C program because a child's peak memory never shows less than that
 * of the process that started it, and because it takes next to no CPU time
 * itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load_common.h"

#define MAX_SLOTS 1024

extern char **environ;

struct job {
    char *path;
    const void *expected;
    size_t len;
};

/* One of the N places where a process can run. */
struct slot {
    pid_t pid; /* 0 = free */
    int job;
    int output; /* a file in memory that takes the process's output */
    double started_s;
    posix_spawn_file_actions_t actions;
};

struct load {
    char *wattle;
    char *threads;
    double limit_s;
    struct job jobs[LOAD_MAX_JOBS];
    struct slot slots[MAX_SLOTS];
    int n_slots;
    int n_running;
    struct load_turns turns;
};

/* Nothing to do: the signal only ends a wait4, to look for late processes. */
static void
on_alarm(int number)
{
    (void)number;
}

static void
wake_every_second(void)
{
    struct sigaction action;
    struct itimerval timer = {{1, 0}, {1, 0}};
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Maps a whole file; an empty one is "" of length 0. */
static bool
map_file(int fd, const void **data, size_t *len)
{
    struct stat info;
    *data = "";
    *len = 0;
    if (fd < 0 || fstat(fd, &info) != 0)
        return false;
    if (info.st_size == 0)
        return true;
    void *map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return false;
    *data = map;
    *len = (size_t)info.st_size;
    return true;
}

static bool
open_slot(struct slot *slot)
{
    slot->output = memfd_create("output", MFD_CLOEXEC);
    return slot->output >= 0 &&
           posix_spawn_file_actions_init(&slot->actions) == 0 &&
           posix_spawn_file_actions_addopen(&slot->actions, 0, "/dev/null",
                                            O_RDONLY, 0) == 0 &&
           posix_spawn_file_actions_adddup2(&slot->actions, slot->output, 1) ==
               0;
}

/* Starts the report; one that cannot start is an error like any other. */
static void
start(struct load *load, struct slot *slot, int job)
{
    char *command[] = {load->wattle,         "report", "--json", "--quiet",
                       load->jobs[job].path, NULL,     NULL,     NULL};
    if (strcmp(load->threads, "0") != 0) {
        command[5] = "--threads";
        command[6] = load->threads;
    }
    slot->job = job;
    slot->started_s = load_now_s();
    int code = ftruncate(slot->output, 0) != 0 ? errno : 0;
    if (code == 0) {
        lseek(slot->output, 0, SEEK_SET);
        code = posix_spawn(&slot->pid, load->wattle, &slot->actions, NULL,
                           command, environ);
    }
    if (code != 0) {
        slot->pid = 0;
        fprintf(stderr, "cannot start %s: %s\n", load->wattle, strerror(code));
        load_print(&load->turns, job, 0, LOAD_ERROR, 0, 0);
        return;
    }
    load->n_running++;
}

static bool
is_as_expected(const struct job *job, int output)
{
    const void *data;
    size_t len;
    if (!map_file(output, &data, &len))
        return false;
    bool same = len == job->len && memcmp(data, job->expected, len) == 0;
    if (len > 0)
        munmap((void *)(uintptr_t)data, len);
    return same;
}

static enum load_outcome
judge(const struct load *load, const struct slot *slot, int status)
{
    const struct job *job = &load->jobs[slot->job];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "report of %s: %s %d\n", job->path,
                WIFEXITED(status) ? "exit status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return LOAD_ERROR;
    }
    if (!is_as_expected(job, slot->output)) {
        fprintf(stderr, "report of %s: wrong output\n", job->path);
        return LOAD_WRONG;
    }
    return LOAD_OK;
}

static void
kill_late(const struct load *load)
{
    double now_s = load_now_s();
    for (int i = 0; i < load->n_slots; i++) {
        const struct slot *slot = &load->slots[i];
        if (slot->pid != 0 && now_s - slot->started_s > load->limit_s) {
            fprintf(stderr, "report of %s: too slow, killed\n",
                    load->jobs[slot->job].path);
            kill(slot->pid, SIGKILL);
        }
    }
}

/* Waits for a process to end, prints its line and frees its slot. */
static bool
reap(struct load *load)
{
    struct rusage usage;
    int status;
    pid_t pid = wait4(-1, &status, 0, &usage);
    double now_s = load_now_s();
    if (pid < 0 && errno != EINTR)
        return false;
    if (pid < 0)
        kill_late(load);
    for (int i = 0; i < load->n_slots; i++) {
        struct slot *slot = &load->slots[i];
        if (slot->pid != pid)
            continue;
        load_print(&load->turns, slot->job, now_s - slot->started_s,
                   judge(load, slot, status), usage.ru_maxrss,
                   load_cpu_s(&usage));
        slot->pid = 0;
        load->n_running--;
    }
    return true;
}

/* Returns when it is time to stop and every process has ended. */
static bool
run(struct load *load)
{
    bool is_over = false;
    while (!is_over || load->n_running > 0) {
        for (int i = 0; i < load->n_slots && !is_over; i++) {
            if (load->slots[i].pid != 0)
                continue;
            int job = load_take(&load->turns);
            is_over = job < 0;
            if (!is_over)
                start(load, &load->slots[i], job);
        }
        if (load->n_running > 0 && !reap(load))
            return false;
    }
    return true;
}

static bool
open_jobs(struct load *load, char **words, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++) {
        struct job *job = &load->jobs[i];
        job->path = words[2 * i];
        int fd = open(words[2 * i + 1], O_RDONLY | O_CLOEXEC);
        if (!map_file(fd, &job->expected, &job->len))
            return false;
        close(fd);
    }
    return true;
}

int
main(int argc, char **argv)
{
    static struct load load;
    if (argc < 10 || argc % 2 != 0 || argc > 8 + 2 * LOAD_MAX_JOBS) {
        fprintf(stderr, "usage: load_processes WATTLE N SECONDS MAX_REPORTS "
                        "LIMIT_S THREADS ROUND (PATH EXPECTED_FILE)...\n");
        return 2;
    }
    size_t n_jobs = (size_t)(argc - 8) / 2;
    load.wattle = argv[1];
    load.n_slots = atoi(argv[2]);
    load.limit_s = atof(argv[5]);
    load.threads = argv[6];
    if (load.n_slots < 1 || load.n_slots > MAX_SLOTS ||
        !open_jobs(&load, argv + 8, n_jobs)) {
        fprintf(stderr, "load_processes: unusable number of processes, or "
                        "cannot read what is expected\n");
        return 2;
    }
    for (int i = 0; i < load.n_slots; i++) {
        if (!open_slot(&load.slots[i])) {
            perror("load_processes: cannot make the slots");
            return 2;
        }
    }
    wake_every_second();
    if (!load_turns_init(&load.turns, argv[7], n_jobs, atof(argv[3]),
                         atol(argv[4]))) {
        fprintf(stderr, "load_processes: unusable round\n");
        return 2;
    }
    if (!run(&load)) {
        perror("load_processes: wait4");
        return 2;
    }
    printf("{\"elapsed_s\":%.6f,\"cpu_s\":%.6f,\"driver_cpu_s\":%.6f,"
           "\"driver_peak_rss_kib\":%ld}\n",
           load_now_s() - load.turns.started_s, load_cpu_s_of(RUSAGE_CHILDREN),
           load_cpu_s_of(RUSAGE_SELF), load_own_status("VmHWM:"));
    return 0;
}
