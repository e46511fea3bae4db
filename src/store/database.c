/*
 * database.c - statements on a connection, and errors of SQLite in our words.
 *
 * The lower half of a connection: it knows neither tables nor versions. See
 * database_open.c for the other.
 */
#include "store/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

/* What the system has refused, or NULL; SQLite seldom knows why. */
static const char *
system_text(int extended_code)
{
    switch (extended_code) {
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
        return "cannot write it or a file beside it: no space, a quota, a "
               "limit of file sizes, or the disk";
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
    case SQLITE_IOERR_SHMLOCK:
    case SQLITE_IOERR_SHMMAP:
        return "cannot lock it: perhaps its file system has no locks";
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
    case SQLITE_IOERR_FSTAT:
        return "cannot read it: disk error";
    default:
        return NULL;
    }
}

bool
database_is_folder_writable(const char *path)
{
    char *folder = strdup(path);
    char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    bool is_writable = folder == NULL;
    if (folder != NULL) {
        const char *name = slash == NULL ? "." : slash == folder ? "/" : folder;
        if (slash != NULL)
            *slash = '\0';
        is_writable = access(name, W_OK) == 0;
    }
    free(folder);
    return is_writable;
}

const char *
database_open_reason(const struct database *db)
{
    int code = db->handle != NULL ? sqlite3_system_errno(db->handle) : 0;
    if (code == 0)
        code = errno;
    /* SQLite tries to read what it could not make, and forgets the cause */
    if (code == ENOENT && db->path != NULL &&
        !database_is_folder_writable(db->path))
        code = errno;
    if (code == EMFILE || code == ENFILE)
        return "too many open files; 'ulimit -n' sets how many there may be";
    return code != 0 ? strerror(code) : "no permission";
}

int
database_fail(struct database *db, struct wattle_error *error)
{
    int code = db->handle != NULL ? sqlite3_errcode(db->handle) : SQLITE_NOMEM;
    const char *text =
        db->handle != NULL ? sqlite3_errmsg(db->handle) : "out of memory";
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return error_memory(error);
    case SQLITE_INTERRUPT:
        return error_set(error, WATTLE_ERR_CANCELLED, "cancelled");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set_at(error, WATTLE_ERR_BUSY, db->path, 0,
                            "another program is writing to it");
    case SQLITE_FULL:
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0,
                            "cannot write it: no space left");
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0,
                            "cannot write it: no permission");
    case SQLITE_IOERR:
        if (system_text(code) != NULL)
            return error_set_at(error, WATTLE_ERR_IO, db->path, 0, "%s",
                                system_text(code));
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0, "%s (%d)", text,
                            code);
    case SQLITE_CANTOPEN:
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0,
                            "cannot open it, or a file beside it: %s",
                            database_open_reason(db));
    case SQLITE_NOTADB:
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "is not a wattle database");
    case SQLITE_CORRUPT:
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "is damaged (%s); restore a backup, or "
                            "try 'wattle check --salvage'",
                            text);
    default:
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0, "%s", text);
    }
}

/* Instructions of SQLite between two looks at whether they are wanted. */
#define CANCEL_OPS 1000

/* Called by SQLite now and then; not 0 interrupts the statement. */
static int
is_unwanted(void *context)
{
    return cancel_flag_is_set(context);
}

void
database_set_cancel(struct database *db, const struct wattle_cancel *cancel)
{
    db->cancel = cancel;
    if (cancel != NULL)
        sqlite3_progress_handler(db->handle, CANCEL_OPS, is_unwanted,
                                 (void *)cancel);
}

int
database_run(struct database *db, const char *sql, struct wattle_error *error)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return database_fail(db, error);
    return WATTLE_OK;
}

int
database_begin(struct database *db, struct wattle_error *error)
{
    return database_run(db, "BEGIN", error);
}

int
database_commit(struct database *db, struct wattle_error *error)
{
    return database_run(db, "COMMIT", error);
}

void
database_rollback(struct database *db)
{
    if (db->handle != NULL && !sqlite3_get_autocommit(db->handle))
        database_run(db, "ROLLBACK", NULL);
}

sqlite3_stmt *
database_prepare(struct database *db, const char *sql,
                 struct wattle_error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        database_fail(db, error);
    return statement;
}

int
database_step(struct database *db, sqlite3_stmt *statement,
              struct wattle_error *error)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        return result;
    return database_fail(db, error);
}

int
database_number(struct database *db, const char *sql, int64_t *out,
                struct wattle_error *error)
{
    sqlite3_stmt *statement = database_prepare(db, sql, error);
    if (statement == NULL)
        return database_fail(db, error);
    int result = database_step(db, statement, error);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result < 0 ? result : WATTLE_OK;
}

/* Such that SQLite takes it for the name of a file, whatever it is. */
char *
database_file_name(const char *path)
{
    bool is_special = path[0] == ':' || strncmp(path, "file:", 5) == 0;
    struct buffer name = {0};
    if (is_special && buffer_append_text(&name, "./") != WATTLE_OK)
        return NULL;
    if (buffer_append(&name, path, strlen(path) + 1) == WATTLE_OK)
        return name.data;
    buffer_release(&name);
    return NULL;
}

void
database_close(struct database *db)
{
    sqlite3_close(db->handle);
    free(db->path);
    wattle_zone_close(db->zone);
    *db = (struct database){0};
}
