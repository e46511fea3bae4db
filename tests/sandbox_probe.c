/*
 * sandbox_probe.c - loaded in front of SQLite, it tries what a command that
 * only reads has given up, and says what came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct sqlite3_stmt sqlite3_stmt;

int sqlite3_finalize(sqlite3_stmt *statement);

static const char *
word(int result)
{
    return result >= 0       ? "done"
           : errno == EACCES ? "EACCES"
           : errno == EPERM  ? "EPERM"
                             : "other";
}

/* In front of the real one, which is not needed any more then. */
int
sqlite3_finalize(sqlite3_stmt *statement)
{
    const char *secret = getenv("PROBE_SECRET");
    static int is_done;
    (void)statement;
    if (is_done++ > 0 || secret == NULL)
        return 0;
    dprintf(STDERR_FILENO, "probe read %s\n", word(open(secret, O_RDONLY)));
    dprintf(STDERR_FILENO, "probe write %s\n",
            word(open(secret, O_WRONLY | O_APPEND)));
    dprintf(STDERR_FILENO, "probe socket %s\n",
            word(socket(AF_INET, SOCK_STREAM, 0)));
    pid_t child = fork();
    dprintf(STDERR_FILENO, "probe fork %s\n", word(child));
    if (child == 0)
        _exit(0);
    char *const arguments[] = {"true", NULL};
    dprintf(STDERR_FILENO, "probe exec %s\n",
            word(execv("/bin/true", arguments)));
    return 0;
}
