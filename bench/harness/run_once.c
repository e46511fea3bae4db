/*
 * Runs one command and tells what it cost, as one line of JSON.
 *
 *     run_once LIMIT_S STDOUT_FILE STDERR_FILE COMMAND [ARGUMENT...]
 *
 * Why not from Python: a child starts out with the peak memory of the process
 * that made it, so under a Python harness no command could show less than the
 * tens of megabytes of Python itself. This program has about one megabyte. It
 * also starts commands in the same short time however big the harness grows.
 *
 * A command that runs longer than LIMIT_S seconds is killed, with all of its
 * process group, and "timed_out" is true.
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

static volatile sig_atomic_t timed_out;
static volatile pid_t child;

static void
on_alarm(int number)
{
    (void)number;
    timed_out = 1;
    if (child > 0)
        kill(-child, SIGKILL);
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
    redirect(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(arguments[3], O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    execvp(arguments[4], arguments + 4);
    _exit(127);
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    struct sigaction action;
    struct itimerval limit;
    double limit_s, began_s, ended_s;
    int status;

    if (argc < 5) {
        fprintf(stderr, "usage: run_once LIMIT_S STDOUT_FILE "
                        "STDERR_FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    limit_s = atof(argv[1]);
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);

    began_s = now_s();
    child = fork();
    if (child == 0)
        start(argv);
    if (child < 0) {
        perror("run_once: fork");
        return 2;
    }
    setpgid(child, child);
    memset(&limit, 0, sizeof(limit));
    limit.it_value.tv_sec = (time_t)limit_s;
    limit.it_value.tv_usec =
        (suseconds_t)((limit_s - (double)(time_t)limit_s) * 1e6);
    setitimer(ITIMER_REAL, &limit, NULL);
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            perror("run_once: wait4");
            return 2;
        }
    }
    ended_s = now_s();

    printf("{\"exit_status\":%d,\"timed_out\":%s,\"wall_s\":%.9f,"
           "\"user_s\":%.6f,\"sys_s\":%.6f,\"peak_rss_bytes\":%lld,"
           "\"minor_faults\":%ld,\"major_faults\":%ld,"
           "\"involuntary_switches\":%ld}\n",
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           timed_out ? "true" : "false", ended_s - began_s,
           seconds(usage.ru_utime), seconds(usage.ru_stime),
           (long long)usage.ru_maxrss * 1024, usage.ru_minflt, usage.ru_majflt,
           usage.ru_nivcsw);
    return 0;
}
