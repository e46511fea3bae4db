/*
 * tidy.c - SQLite's own ways to copy and to vacuum.
 */
#include "store/tidy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kept_file.h"
#include "store/tables.h"

#define PAUSE_MS  50  /* between attempts to write */
#define SILENT_MS 100 /* until it is worth a word */

/* Pages copied between two looks at whether the copy is wanted. */
#define COPY_PAGES 128

/* One attempt. */
static int
open_to_write(struct database *db, const char *path, enum database_mode mode,
              struct wattle_error *error)
{
    const struct database_way way = {
        .mode = mode, .format = &tables_format, .busy_ms = PAUSE_MS};
    int status = database_open_as(db, path, &way, error);
    if (status != WATTLE_OK)
        return status;
    status = database_run(db, "BEGIN IMMEDIATE", error);
    if (status != WATTLE_OK)
        database_close(db);
    else
        sqlite3_busy_timeout(db->handle, DATABASE_BUSY_MS);
    return status;
}

static int64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
tidy_open_to_write(struct database *db, const char *path,
                   enum database_mode mode, const struct tidy_wait *wait,
                   struct wattle_error *error)
{
    const int64_t began_ms = now_ms();
    bool has_said = wait->on_waiting == NULL;
    for (;;) {
        int status = open_to_write(db, path, mode, error);
        int64_t waited_ms = now_ms() - began_ms;
        if (status == WATTLE_OK)
            database_set_cancel(db, wait->cancel);
        if (cancel_flag_is_set(wait->cancel) && status == WATTLE_ERR_BUSY)
            return cancel_flag_check(wait->cancel, error);
        if (status != WATTLE_ERR_BUSY || waited_ms >= wait->ms)
            return status;
        if (!has_said && waited_ms >= SILENT_MS) {
            wait->on_waiting(wait->context);
            has_said = true;
        }
    }
}

void
tidy_checkpoint(struct database *db)
{
    if (db->is_fresh) {
        /* the question makes the log and its index, which then stay */
        database_run(db,
                     "PRAGMA journal_mode = WAL;"
                     "SELECT count(*) FROM meta",
                     NULL);
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

/* Into a file that is there, and empty. */
static int
copy_pages(struct database *db, const char *part, const char *out,
           struct wattle_error *error)
{
    struct database copy = {.path = strdup(out)};
    int status = WATTLE_OK;
    if (copy.path == NULL)
        return error_memory(error);
    if (sqlite3_open_v2(part, &copy.handle, SQLITE_OPEN_READWRITE, NULL) !=
        SQLITE_OK)
        status = database_fail(&copy, error);
    sqlite3_backup *backup =
        status == WATTLE_OK
            ? sqlite3_backup_init(copy.handle, "main", db->handle, "main")
            : NULL;
    if (backup != NULL) {
        int result = SQLITE_OK;
        while (result == SQLITE_OK && !cancel_flag_is_set(db->cancel))
            result = sqlite3_backup_step(backup, COPY_PAGES);
        sqlite3_backup_finish(backup);
        status = cancel_flag_check(db->cancel, error);
        if (status == WATTLE_OK && result != SQLITE_DONE)
            status = database_fail(&copy, error);
    } else if (status == WATTLE_OK) {
        status = database_fail(&copy, error);
    }
    database_close(&copy);
    return status;
}

int
tidy_backup(struct database *db, const char *out, struct wattle_error *error)
{
    struct new_file file;
    int status = database_refuse_left_log(out, error);
    if (status == WATTLE_OK)
        status = new_file_begin(&file, out, new_file_mode_of(db->path), error);
    if (status != WATTLE_OK)
        return status;
    char *name = database_file_name(file.part);
    int64_t ignored = 0;
    status = name != NULL ? WATTLE_OK : error_memory(error);
    /* one state for all pages: others may write meanwhile */
    if (status == WATTLE_OK)
        status = database_run(db, "BEGIN", error);
    if (status == WATTLE_OK)
        status =
            database_number(db, "SELECT count(*) FROM meta", &ignored, error);
    if (status == WATTLE_OK)
        status = copy_pages(db, name, out, error);
    if (!sqlite3_get_autocommit(db->handle))
        database_run(db, "ROLLBACK", NULL);
    free(name);
    if (status == WATTLE_OK)
        return new_file_commit(&file, error);
    new_file_abandon(&file);
    return status;
}
