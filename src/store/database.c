/*
 * database.c - opening, versions, and errors of SQLite in our words.
 */
#include "store/database.h"

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
#include "store/tables.h"
#include "store/format_version.h"

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

/* errno is set when it is not. */
static bool
is_folder_writable(const char *path)
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

/* Why the system did not open something, as SQLite has seen it. */
static const char *
reason_of(const struct database *db)
{
    int code = db->handle != NULL ? sqlite3_system_errno(db->handle) : 0;
    if (code == 0)
        code = errno;
    /* SQLite tries to read what it could not make, and forgets the cause */
    if (code == ENOENT && db->path != NULL && !is_folder_writable(db->path))
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
                            reason_of(db));
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
        return error != NULL ? error->code : WATTLE_ERR_IO;
    int result = database_step(db, statement, error);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result < 0 ? result : WATTLE_OK;
}

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
           !is_folder_writable(path);
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

/*
 * A file may say what it likes: none of its triggers run, its views and indexes
 * call nothing that has effects, and no statement changes how it is stored.
 * The log and its index stay beside the file: with them, programs of other
 * users can read it that may not write to the folder.
 */
static void
harden(struct database *db, const struct database_way *way)
{
    int on = 1;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!way->is_salvage)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int
open_handle(struct database *db, const struct database_way *way,
            struct wattle_error *error)
{
    const enum database_mode mode = way->mode;
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
        sqlite3_busy_timeout(db->handle, way->busy_ms);
        harden(db, way);
        return WATTLE_OK;
    }
    if ((result & 0xff) == SQLITE_CANTOPEN)
        return error_set_at(error, WATTLE_ERR_IO, db->path, 0,
                            mode == DATABASE_CREATE ? "cannot make it: %s"
                                                    : "cannot open it: %s",
                            reason_of(db));
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
static bool
look_into(struct database *db, const char *path)
{
    const struct database_way way = {.mode = DATABASE_READ,
                                     .busy_ms = DATABASE_BUSY_MS};
    struct stat info;
    *db = (struct database){0};
    /* its pages have 512 bytes or more: that spares most other files */
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        (info.st_size % 512 != 0 && is_text_name(path)))
        return false;
    db->path = strdup(path);
    return db->path != NULL && open_handle(db, &way, NULL) == WATTLE_OK;
}

bool
database_is_one(const char *path)
{
    enum { APPLICATION_AT = 68, HEAD_BYTES = 100 };
    static const char magic[16] = "SQLite format 3";
    uint8_t head[HEAD_BYTES];
    struct database db;
    sqlite3_file *file = NULL;
    bool is_one = false;
    if (look_into(&db, path) &&
        sqlite3_file_control(db.handle, "main", SQLITE_FCNTL_FILE_POINTER,
                             &file) == SQLITE_OK &&
        file != NULL && file->pMethods != NULL &&
        file->pMethods->xRead(file, head, HEAD_BYTES, 0) == SQLITE_OK) {
        uint32_t application = 0;
        for (int i = 0; i < 4; i++)
            application = application << 8 | head[APPLICATION_AT + i];
        /* also one whose first bytes are damaged, but no text */
        is_one = application == DATABASE_APPLICATION_ID &&
                 (memcmp(head, magic, sizeof(magic)) == 0 ||
                  memchr(head, '\0', HEAD_BYTES) != NULL);
    }
    database_close(&db);
    return is_one;
}

bool
database_is_empty(const char *path)
{
    struct database db;
    bool is_empty = look_into(&db, path) && format_version_is_unborn(&db);
    database_close(&db);
    return is_empty;
}

static int
set_up(struct database *db, const struct database_way *way,
       struct wattle_error *error)
{
    const enum database_mode mode = way->mode;
    /* a reader passes over the chunks: what it keeps only fills its caches */
    const char *cache = mode == DATABASE_READ ? "PRAGMA cache_size = -2048"
                                              : "PRAGMA cache_size = -16384";
    /* first of all: then a file that is too short is read all the same */
    int status = database_run(db,
                              way->is_salvage ? "PRAGMA writable_schema = 1"
                                              : "PRAGMA cell_size_check = 1",
                              error);
    if (status == WATTLE_OK)
        status = database_run(db, cache, error);
    if (status == WATTLE_OK && mode == DATABASE_READ)
        status = database_run(db, "PRAGMA query_only = 1", error);
    if (status == WATTLE_OK)
        status = format_version_refuse(db, mode, way->format, error);
    if (status == WATTLE_OK && !way->is_salvage)
        status = format_version_check_schema(db, way->format, error);
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
    sqlite3_busy_timeout(db->handle, way->busy_ms);
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
    return status == WATTLE_OK ? kept_file_refuse_side_name(path, error)
                               : status;
}

int
database_open_as(struct database *db, const char *path,
                 const struct database_way *way, struct wattle_error *error)
{
    *db = (struct database){.path = strdup(path)};
    if (db->path == NULL)
        return error_memory(error);
    errno = 0;
    int status = WATTLE_OK;
    if (path[0] == '\0')
        status = error_set(error, WATTLE_ERR_USAGE,
                           "a database needs a name; '' is none");
    else if (way->mode < DATABASE_CREATE && access(path, F_OK) != 0)
        status =
            error_set_at(error, WATTLE_ERR_IO, path, 0, "%s", strerror(errno));
    else if (way->mode == DATABASE_CREATE && size_beside(path, "") <= 0)
        status = refuse_new_name(path, error);
    if (status == WATTLE_OK && is_folder(path))
        status = error_set_at(error, WATTLE_ERR_IO, path, 0, "is a folder");
    if (status == WATTLE_OK)
        status = open_handle(db, way, error);
    if (status == WATTLE_OK)
        status = set_up(db, way, error);
    if (status == WATTLE_OK)
        status = format_version_settle(db, way->mode, way->format, error);
    if (status != WATTLE_OK)
        database_close(db);
    return status;
}

int
database_open(struct database *db, const char *path, enum database_mode mode,
              struct wattle_error *error)
{
    const struct database_way way = {
        .mode = mode, .format = &tables_format, .busy_ms = DATABASE_BUSY_MS};
    return database_open_as(db, path, &way, error);
}

void
database_close(struct database *db)
{
    sqlite3_close(db->handle);
    free(db->path);
    *db = (struct database){0};
}
