/*
 * Runs one command and tells what it cost, as one line of JSON.
 *
 *     run_once LIMIT_S LIMIT_BYTES STDOUT_FILE STDERR_FILE COMMAND [ARG...]
 *
 * Why not from Python: a child starts out with the peak memory of the process
 * that made it, so under a Python harness no command could show less than the
 * tens of megabytes of Python itself. This program has about one megabyte. It
 * also starts commands in the same short time however big the harness grows.
 *
 * A command that runs longer than LIMIT_S seconds is killed, with all of its
 * process group, and "timed_out" is true. One that has more than LIMIT_BYTES
 * of memory at one of ten looks a second is killed as well, and "too_large" is
 * true; 0 = no limit. Only the command itself is looked at, not its children.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_US 100000

enum { MEMORY = 2, OUT = 3, ERR = 4, COMMAND = 5 }; /* in argv */

/* What a command may use, and whether it was stopped for using more. */
struct limits {
    double ends_s;
    long long bytes;
    int timed_out, too_large;
};

/* Only there to interrupt wait4. */
static void
on_alarm(int number)
{
    (void)number;
}

static double
now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Makes FILE the child's descriptor TARGET; leaves the process on failure. */
static void
redirect(const char *file, int flags, int target)
{
    int fd = open(file, flags, 0644);

    if (fd < 0 || dup2(fd, target) < 0)
        _exit(126);
    if (fd != target)
        close(fd);
}

static void
start(char **arguments)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(arguments[OUT], O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(arguments[ERR], O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    execvp(arguments[COMMAND], arguments + COMMAND);
    _exit(127);
}

/* Bytes of memory a process has now; 0 when the system does not tell. */
static long long
resident_bytes(pid_t process)
{
    char name[64];
    long long size, resident = 0;
    FILE *file;

    snprintf(name, sizeof(name), "/proc/%d/statm", (int)process);
    file = fopen(name, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lld %lld", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

/* Stops the command when it is over a limit. */
static void
look_at(pid_t child, struct limits *limits)
{
    if (now_s() >= limits->ends_s)
        limits->timed_out = 1;
    else if (limits->bytes > 0 && resident_bytes(child) > limits->bytes)
        limits->too_large = 1;
    if (limits->timed_out || limits->too_large)
        kill(-child, SIGKILL);
}

/* Waits for the command's end; returns its exit status as a shell tells it,
 * or -1. */
static int
wait_for(pid_t child, struct limits *limits, struct rusage *usage)
{
    struct sigaction action;
    struct itimerval looks;
    int status;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    memset(&looks, 0, sizeof(looks));
    looks.it_value.tv_usec = LOOK_EVERY_US;
    looks.it_interval.tv_usec = LOOK_EVERY_US;
    setitimer(ITIMER_REAL, &looks, NULL);
    while (wait4(child, &status, 0, usage) < 0) {
        if (errno != EINTR)
            return -1;
        look_at(child, limits);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    struct limits limits = {0};
    double began_s, ended_s;
    pid_t child;
    int status;

    if (argc <= COMMAND) {
        fprintf(stderr, "usage: run_once LIMIT_S LIMIT_BYTES STDOUT_FILE "
                        "STDERR_FILE COMMAND [ARG...]\n");
        return 2;
    }
    limits.bytes = atoll(argv[MEMORY]);
    began_s = now_s();
    limits.ends_s = began_s + atof(argv[1]);
    child = fork();
    if (child == 0)
        start(argv);
    if (child < 0) {
        perror("run_once: fork");
        return 2;
    }
    setpgid(child, child);
    status = wait_for(child, &limits, &usage);
    ended_s = now_s();
    if (status < 0) {
        perror("run_once: wait4");
        return 2;
    }
    printf("{\"exit_status\":%d,\"timed_out\":%s,\"too_large\":%s,"
           "\"wall_s\":%.9f,\"user_s\":%.6f,\"sys_s\":%.6f,"
           "\"peak_rss_bytes\":%lld,\"minor_faults\":%ld,"
           "\"major_faults\":%ld,\"involuntary_switches\":%ld}\n",
           status, limits.timed_out ? "true" : "false",
           limits.too_large ? "true" : "false", ended_s - began_s,
           seconds(usage.ru_utime), seconds(usage.ru_stime),
           (long long)usage.ru_maxrss * 1024, usage.ru_minflt, usage.ru_majflt,
           usage.ru_nivcsw);
    return 0;
}
