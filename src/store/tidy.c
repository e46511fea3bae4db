/*
 * tidy.c - SQLite's own ways to copy and to vacuum.
 */
#include "store/tidy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

#define PAUSE_MS 20

int
tidy_begin_writing(struct database *db, int64_t wait_ms,
                   void (*on_waiting)(void *context), void *context,
                   struct wattle_error *error)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000};
    bool has_said = false;
    int result = SQLITE_BUSY;
    sqlite3_busy_timeout(db->handle, 0);
    for (int64_t waited_ms = 0;; waited_ms += PAUSE_MS) {
        result = sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if ((result & 0xff) != SQLITE_BUSY || waited_ms >= wait_ms)
            break;
        if (!has_said && on_waiting != NULL && waited_ms >= 100) {
            on_waiting(context);
            has_said = true;
        }
        nanosleep(&pause, NULL);
    }
    int status = result == SQLITE_OK ? WATTLE_OK : database_fail(db, error);
    sqlite3_busy_timeout(db->handle, DATABASE_BUSY_MS);
    return status;
}

void
tidy_checkpoint(struct database *db)
{
    if (db->is_fresh) {
        database_run(db, "PRAGMA journal_mode = WAL", NULL);
        db->is_fresh = false;
        return;
    }
    /* not waiting for readers: the next import does what is left */
    sqlite3_busy_timeout(db->handle, 0);
    sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                              NULL, NULL);
}

int
tidy_vacuum(struct database *db, struct wattle_error *error)
{
    int status = database_run(db, "VACUUM", error);
    if (status == WATTLE_OK)
        tidy_checkpoint(db);
    return status;
}

static int
copy_pages(struct database *db, const char *part, const char *out,
           struct wattle_error *error)
{
    struct database copy = {.path = strdup(out)};
    int status = WATTLE_OK;
    if (copy.path == NULL)
        return error_memory(error);
    errno = 0;
    if (sqlite3_open_v2(part, &copy.handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK)
        status =
            error_set_at(error, WATTLE_ERR_IO, out, 0, "cannot make it: %s",
                         errno != 0 ? strerror(errno) : "no permission");
    sqlite3_backup *backup =
        status == WATTLE_OK
            ? sqlite3_backup_init(copy.handle, "main", db->handle, "main")
            : NULL;
    if (backup != NULL) {
        int result = sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
        if (result != SQLITE_DONE)
            status = database_fail(&copy, error);
    } else if (status == WATTLE_OK) {
        status = database_fail(&copy, error);
    }
    database_close(&copy);
    return status;
}

/* Everything on the disk before it gets its name. */
static int
settle_name(const char *part, const char *out, struct wattle_error *error)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        close(fd);
    if (!failed && link(part, out) == 0) {
        unlink(part);
        return WATTLE_OK;
    }
    if (!failed && errno != EEXIST && access(out, F_OK) != 0 &&
        rename(part, out) == 0)
        return WATTLE_OK;
    return error_set_at(error, WATTLE_ERR_IO, out, 0, "cannot make it: %s",
                        strerror(errno));
}

int
tidy_backup(struct database *db, const char *out, struct wattle_error *error)
{
    struct buffer part = {0};
    if (access(out, F_OK) == 0)
        return error_set_at(error, WATTLE_ERR_IO, out, 0, "exists already");
    if (buffer_printf(&part, "%s.part", out) != WATTLE_OK ||
        buffer_append(&part, "", 1) != WATTLE_OK) {
        buffer_release(&part);
        return error_memory(error);
    }
    unlink(part.data);
    int status = copy_pages(db, part.data, out, error);
    if (status == WATTLE_OK)
        status = settle_name(part.data, out, error);
    if (status != WATTLE_OK)
        unlink(part.data);
    buffer_release(&part);
    return status;
}
