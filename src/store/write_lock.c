/*
 * write_lock.c - waiting for the one writer that a database can have.
 *
 * SQLite's own wait cannot tell anybody that it waits, nor be cancelled; so the
 * file is opened, and the lock asked for, again and again.
 */
#include "store/write_lock.h"

#include <time.h>

#include "base/error.h"
#include "store/database_open.h"
#include "store/meta.h"
#include "store/tables.h"

#define PAUSE_MS  50  /* between attempts to write */
#define SILENT_MS 100 /* until it is worth a word */

/* One attempt. */
static int
open_to_write(struct database *db, const char *path, enum database_mode mode,
              struct wattle_error *error)
{
    const struct database_open_options how = {
        .mode = mode, .format = &tables_format, .busy_ms = PAUSE_MS};
    int status = database_open_as(db, path, &how, error);
    if (status != WATTLE_OK)
        return status;
    status = database_run(db, "BEGIN IMMEDIATE", error);
    if (status == WATTLE_OK) /* another may have changed the zone since */
        status = meta_read(db, mode, error);
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
write_lock_open(struct database *db, const char *path, enum database_mode mode,
                const struct write_lock_wait *wait, struct wattle_error *error)
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
