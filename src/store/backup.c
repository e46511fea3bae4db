/*
 * backup.c - a copy of a database that others may write to meanwhile, by
 * SQLite's own interface for backups.
 *
 * The copy gets its name when it is whole, and is readable to no more people
 * than the original.
 */
#include "store/backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/kept_file.h"
#include "store/database_open.h"

/* Pages copied between two looks at whether the copy is wanted. */
#define COPY_PAGES 128

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
backup_make(struct database *db, const char *out, struct wattle_error *error)
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
