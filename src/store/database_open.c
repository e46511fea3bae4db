/*
 * database_open.c - files become connections: names, locks, settings, formats.
 *
 * Every database is opened here, in one of a few ways (database_open_options).
 * What a file says about itself is checked before anything of it is used: whose
 * file it is, its format, its schema, what its sums were computed with.
 */
#include "store/database_open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/kept_file.h"
#include "store/format_version.h"
#include "store/meta.h"
#include "store/tables.h"

/* The path with something behind it; NULL = no memory. */
static char *
name_beside(const char *path, const char *end)
{
    char *name = NULL;
    return asprintf(&name, "%s%s", path, end) >= 0 ? name : NULL;
}

/* Size of the file of that name, or -1 when there is none. */
static int64_t
size_beside(const char *path, const char *end)
{
    struct stat info;
    char *name = name_beside(path, end);
    int64_t size =
        name != NULL && stat(name, &info) == 0 ? (int64_t)info.st_size : -1;
    free(name);
    return size;
}

int
database_refuse_left_log(const char *path, struct wattle_error *error)
{
    static const char *const ends[] = {"-wal", "-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (size_beside(path, ends[i]) > 0)
            return error_set_at(error, WATTLE_ERR_IO, path, 0,
                                "cannot make it: %s%s is there, the log of "
                                "another database; move it away first",
                                path, ends[i]);
    }
    return WATTLE_OK;
}

/* A file in a folder that cannot be written, and not in use: read as it is. */
static bool
is_frozen(const char *path)
{
    return size_beside(path, "-wal") <= 0 && size_beside(path, "-shm") < 0 &&
           !database_is_folder_writable(path);
}

/* The path as a URI that asks for no locks and no side files. */
static char *
frozen_uri(const char *path)
{
    struct buffer uri = {0};
    int status = buffer_append_text(&uri, "file:");
    for (; *path != '\0' && status == WATTLE_OK; path++)
        status = strchr("?#%", *path) != NULL
                     ? buffer_printf(&uri, "%%%02X", (unsigned char)*path)
                     : buffer_append(&uri, path, 1);
    if (status == WATTLE_OK)
        status = buffer_append(&uri, "?immutable=1", 13);
    if (status == WATTLE_OK)
        return uri.data;
    buffer_release(&uri);
    return NULL;
}

/*
 * A file may say what it likes: none of its triggers run, its views and indexes
 * call nothing that has effects, and no statement changes how it is stored.
 * The log and its index stay beside the file: with them, programs of other
 * users can read it that may not write to the folder.
 */
static void
harden(struct database *db, const struct database_open_options *how)
{
    int on = 1;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!how->is_salvage)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int
open_handle(struct database *db, const struct database_open_options *how,
            struct wattle_error *error)
{
    const enum database_mode mode = how->mode;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    char *name = NULL;
    bool is_read = mode == DATABASE_READ;
    /* who may not write cannot take its side files away again when closing */
    flags |= is_read && access(db->path, W_OK) != 0 ? SQLITE_OPEN_READONLY
                                                    : SQLITE_OPEN_READWRITE;
    flags |= mode >= DATABASE_CREATE ? SQLITE_OPEN_CREATE : 0;
    if (is_read && is_frozen(db->path)) {
        name = frozen_uri(db->path);
        flags |= SQLITE_OPEN_URI;
    } else {
        name = mode == DATABASE_MEMORY ? strdup(":memory:")
                                       : database_file_name(db->path);
    }
    if (name == NULL)
        return error_memory(error);
    int result = sqlite3_open_v2(name, &db->handle, flags, NULL);
    free(name);
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(db->handle, how->busy_ms);
        harden(db, how);
        return WATTLE_OK;
    }
    if ((result & 0xff) == SQLITE_CANTOPEN)
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0,
                            mode == DATABASE_CREATE ? "cannot make it: %s"
                                                    : "cannot open it: %s",
                            database_open_reason(db));
    return database_fail(db, error);
}

/* Whether a name is one of text files: to look into each would take long. */
static bool
is_text_name(const char *path)
{
    static const char *const ends[] = {".csv", ".gz", ".zst", ".txt"};
    const size_t len = strlen(path);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);
        if (len > n && strcasecmp(path + len - n, ends[i]) == 0)
            return true;
    }
    return false;
}

/*
 * To look into a file by SQLite, not by open(2): to close one that this process
 * has open as a database would take SQLite's locks away.
 */
static int
look_into(struct database *db, const char *path, bool *is_open,
          struct wattle_error *error)
{
    const struct database_open_options how = {.mode = DATABASE_READ,
                                              .busy_ms = DATABASE_BUSY_MS};
    struct stat info;
    *db = (struct database){0};
    *is_open = false;
    /* its pages have 512 bytes or more: that spares most other files */
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        (info.st_size % 512 != 0 && is_text_name(path)))
        return WATTLE_OK;
    db->path = strdup(path);
    if (db->path == NULL)
        return error_memory(error);
    int status = open_handle(db, &how, error);
    *is_open = status == WATTLE_OK;
    return status == WATTLE_ERR_MEMORY ? status : WATTLE_OK;
}

int
database_is_one(const char *path, bool *is_one, struct wattle_error *error)
{
    enum { APPLICATION_AT = 68, HEAD_BYTES = 100 };
    static const char magic[16] = "SQLite format 3";
    uint8_t head[HEAD_BYTES];
    struct database db;
    sqlite3_file *file = NULL;
    bool is_open;
    int status = look_into(&db, path, &is_open, error);
    *is_one = false;
    if (is_open &&
        sqlite3_file_control(db.handle, "main", SQLITE_FCNTL_FILE_POINTER,
                             &file) == SQLITE_OK &&
        file != NULL && file->pMethods != NULL &&
        file->pMethods->xRead(file, head, HEAD_BYTES, 0) == SQLITE_OK) {
        uint32_t application = 0;
        for (int i = 0; i < 4; i++)
            application = application << 8 | head[APPLICATION_AT + i];
        /* also one whose first bytes are damaged, but no text */
        *is_one = application == DATABASE_APPLICATION_ID &&
                  (memcmp(head, magic, sizeof(magic)) == 0 ||
                   memchr(head, '\0', HEAD_BYTES) != NULL);
    }
    database_close(&db);
    return status;
}

int
database_is_empty(const char *path, bool *is_empty, struct wattle_error *error)
{
    struct database db;
    bool is_open;
    int status = look_into(&db, path, &is_open, error);
    *is_empty = is_open && format_version_is_empty(&db);
    database_close(&db);
    return status;
}

/* In one transaction: another program may be filling it for the first time. */
static int
look_at_format(struct database *db, const struct database_open_options *how,
               struct wattle_error *error)
{
    int status = database_begin(db, error);
    if (status == WATTLE_OK)
        status = format_version_refuse(db, how->mode, how->format, error);
    if (status == WATTLE_OK && !how->is_salvage)
        status = format_version_check_schema(db, how->format, error);
    return status == WATTLE_OK ? database_commit(db, error) : status;
}

static int
set_up(struct database *db, const struct database_open_options *how,
       struct wattle_error *error)
{
    const enum database_mode mode = how->mode;
    /* a reader passes over the chunks: what it keeps only fills its caches */
    const char *cache = mode == DATABASE_READ ? "PRAGMA cache_size = -2048"
                                              : "PRAGMA cache_size = -16384";
    /* first of all: then a file that is too short is read all the same */
    int status = database_run(db,
                              how->is_salvage ? "PRAGMA writable_schema = 1"
                                              : "PRAGMA cell_size_check = 1",
                              error);
    if (status == WATTLE_OK)
        status = database_run(db, cache, error);
    if (status == WATTLE_OK && mode == DATABASE_READ)
        status = database_run(db, "PRAGMA query_only = 1", error);
    if (status == WATTLE_OK)
        status = look_at_format(db, how, error);
    if (status != WATTLE_OK || mode == DATABASE_READ)
        return status;
    int64_t n_pages = 0;
    status = database_number(db, "PRAGMA page_count", &n_pages, error);
    db->is_fresh = n_pages == 0;
    /*
     * What has no content has no readers to keep: no journal of all pages.
     * EXTRA: what is done stays done, the folder is synced as well.
     */
    if (status == WATTLE_OK && db->is_fresh)
        return database_run(db,
                            "PRAGMA page_size = 8192;"
                            "PRAGMA cache_size = -65536;"
                            "PRAGMA synchronous = EXTRA",
                            error);
    if (status != WATTLE_OK)
        return status;
    /* who fills it for the first time now will do this at the end */
    sqlite3_busy_timeout(db->handle, 0);
    int result =
        sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY)
        return database_fail(db, error);
    sqlite3_busy_timeout(db->handle, how->busy_ms);
    return database_run(db,
                        "PRAGMA synchronous = FULL;"
                        "PRAGMA wal_autocheckpoint = 0",
                        error);
}

/* SQLite would drop a slash at the end. */
static bool
is_folder(const char *path)
{
    struct stat info;
    size_t len = strlen(path);
    return (len > 0 && path[len - 1] == '/') ||
           (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

/* A new database beside what is left of another, or named as a part of one. */
static int
refuse_new_name(const char *path, struct wattle_error *error)
{
    int status = size_beside(path, "") < 0
                     ? database_refuse_left_log(path, error)
                     : WATTLE_OK;
    /* unless another program has made both just now */
    if (status == WATTLE_ERR_IO && size_beside(path, "") >= 0)
        status = WATTLE_OK;
    return status == WATTLE_OK ? kept_file_refuse_side_name(path, error)
                               : status;
}

int
database_open_as(struct database *db, const char *path,
                 const struct database_open_options *how,
                 struct wattle_error *error)
{
    *db = (struct database){.path = strdup(path)};
    if (db->path == NULL)
        return error_memory(error);
    errno = 0;
    int status = WATTLE_OK;
    if (path[0] == '\0')
        status = error_set(error, WATTLE_ERR_USAGE,
                           "a database needs a name; '' is none");
    else if (how->mode < DATABASE_CREATE && access(path, F_OK) != 0)
        status = error_set_at(error, WATTLE_ERR_IO, path, 0, "%s",
                              errno == ENOENT ? "no such file or directory"
                                              : strerror(errno));
    else if (how->mode == DATABASE_CREATE && size_beside(path, "") <= 0)
        status = refuse_new_name(path, error);
    if (status == WATTLE_OK && is_folder(path))
        status = error_set_at(error, WATTLE_ERR_IO, path, 0, "is a folder");
    if (status == WATTLE_OK)
        status = open_handle(db, how, error);
    if (status == WATTLE_OK)
        status = set_up(db, how, error);
    if (status == WATTLE_OK)
        status = format_version_settle(db, how->mode, how->format, error);
    if (status == WATTLE_OK)
        status =
            database_number(db, "PRAGMA user_version", &db->version, error);
    if (status == WATTLE_OK && how->format->is_strict && !how->is_salvage)
        status = meta_read(db, how->mode, error);
    if (status != WATTLE_OK)
        database_close(db);
    return status;
}

int
database_open(struct database *db, const char *path, enum database_mode mode,
              struct wattle_error *error)
{
    const struct database_open_options how = {
        .mode = mode, .format = &tables_format, .busy_ms = DATABASE_BUSY_MS};
    return database_open_as(db, path, &how, error);
}
