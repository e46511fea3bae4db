/*
 * format_version.c - the numbers in the file's header, and what follows from
 * them.
 *
 * A newer format is refused, an older one upgraded in the transaction that is
 * open, a foreign file left alone.
 */
#include "store/format_version.h"

#include <stdio.h>

#include "base/error.h"

/* What a file says of itself. */
struct identity {
    int64_t application, version;
    int64_t n_tables;
};

static int
read_identity(struct database *db, struct identity *id,
              struct wattle_error *error)
{
    int status =
        database_number(db, "PRAGMA application_id", &id->application, error);
    if (status == WATTLE_OK)
        status =
            database_number(db, "PRAGMA user_version", &id->version, error);
    if (status == WATTLE_OK)
        status = database_number(db, "SELECT count(*) FROM sqlite_master",
                                 &id->n_tables, error);
    return status;
}

/* No content: a new file, or one whose first import was cut off. */
static bool
is_empty_file(const struct identity *id)
{
    return id->application == 0 && id->n_tables == 0;
}

static bool
is_settled(const struct identity *id, const struct tables_format *format)
{
    return id->application == DATABASE_APPLICATION_ID &&
           id->version == format->version;
}

static bool
is_to_be_made(const struct identity *id, enum database_mode mode)
{
    return is_empty_file(id) && mode >= DATABASE_CREATE;
}

static int
refuse(const struct database *db, const struct identity *id,
       enum database_mode mode, const struct tables_format *format,
       struct wattle_error *error)
{
    if (is_to_be_made(id, mode))
        return WATTLE_OK;
    if (is_empty_file(id))
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "is empty: nothing was imported into it");
    if (id->application != DATABASE_APPLICATION_ID)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "is not a wattle database");
    if (id->version > format->version)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "was made by a newer wattle (format %lld, this "
                            "one knows %d)",
                            (long long)id->version, format->version);
    if (id->version < 1)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "says that it has format %lld, which there "
                            "never was",
                            (long long)id->version);
    if (mode == DATABASE_TRIAL && id->version < format->version)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "has the old format %lld, and a dry run changes "
                            "nothing; 'wattle compact' brings it up to date",
                            (long long)id->version);
    if (mode == DATABASE_READ && tables_format_of(format, id->version) == NULL)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "has the old format %lld; 'wattle compact' brings "
                            "it up to date",
                            (long long)id->version);
    return WATTLE_OK;
}

bool
format_version_is_empty(struct database *db)
{
    struct identity id = {.application = 1};
    return read_identity(db, &id, NULL) == WATTLE_OK && is_empty_file(&id);
}

int
format_version_refuse(struct database *db, enum database_mode mode,
                      const struct tables_format *format,
                      struct wattle_error *error)
{
    struct identity id = {0};
    int status = read_identity(db, &id, error);
    return status == WATTLE_OK ? refuse(db, &id, mode, format, error) : status;
}

static int
fail_schema(const struct database *db, const char *name, const char *what,
            struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "is damaged: %s %s; restore a backup, or try 'wattle "
                        "check --salvage'",
                        name, what);
}

/* Looks at all objects; counts the tables that have to be there. */
static int
compare_objects(struct database *db, sqlite3_stmt *row,
                const struct tables_format *format, size_t *n_tables,
                struct wattle_error *error)
{
    for (;;) {
        int result = database_step(db, row, error);
        if (result != SQLITE_ROW)
            return result < 0 ? result : WATTLE_OK;
        const char *name = (const char *)sqlite3_column_text(row, 0);
        const char *sql = (const char *)sqlite3_column_text(row, 1);
        enum tables_kind kind =
            name != NULL ? tables_compare(format, name, sql) : TABLES_FOREIGN;
        if (kind == TABLES_FALSE)
            return fail_schema(db, name, "in it is not what wattle makes",
                               error);
        *n_tables += kind == TABLES_OURS && tables_is_needed(sql) ? 1 : 0;
    }
}

int
format_version_check_schema(struct database *db,
                            const struct tables_format *format,
                            struct wattle_error *error)
{
    struct identity id = {0};
    size_t n_tables = 0;
    int status = read_identity(db, &id, error);
    if (status != WATTLE_OK || id.application != DATABASE_APPLICATION_ID)
        return status;
    format = tables_format_of(format, id.version);
    if (format == NULL || !format->is_strict)
        return WATTLE_OK; /* it is made new, or refused */
    sqlite3_stmt *row = database_prepare(
        db, "SELECT name, sql FROM main.sqlite_master WHERE type <> 'trigger'",
        error);
    if (row == NULL)
        return database_fail(db, error);
    status = compare_objects(db, row, format, &n_tables, error);
    sqlite3_finalize(row);
    if (status == WATTLE_OK && n_tables != tables_count_needed(format))
        return fail_schema(db, "a table", "is missing", error);
    return status;
}

static int
run_texts(struct database *db, const char *const *texts,
          struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (; *texts != NULL && status == WATTLE_OK; texts++)
        status = database_run(db, *texts, error);
    return status;
}

static int
make(struct database *db, const struct tables_format *format,
     struct wattle_error *error)
{
    int status = run_texts(db, format->tables, error);
    return status == WATTLE_OK ? run_texts(db, format->views, error) : status;
}

/* Views are in the way of changed tables. */
static int
upgrade(struct database *db, const struct tables_format *format,
        int64_t version, struct wattle_error *error)
{
    int status = database_run(db, format->drop_views, error);
    while (version < format->version && status == WATTLE_OK) {
        const struct tables_step *step = &format->upgrades[++version];
        if (step->sql != NULL)
            status = database_run(db, step->sql, error);
        if (status == WATTLE_OK && step->convert != NULL)
            status = step->convert(db, error);
    }
    return status == WATTLE_OK ? run_texts(db, format->views, error) : status;
}

static int
write_identity(struct database *db, const struct tables_format *format,
               struct wattle_error *error)
{
    char sql[128];
    snprintf(sql, sizeof(sql),
             "PRAGMA application_id = %d; PRAGMA user_version = %d",
             DATABASE_APPLICATION_ID, format->version);
    return database_run(db, sql, error);
}

/* In the transaction that is open. */
static int
settle(struct database *db, enum database_mode mode,
       const struct tables_format *format, struct wattle_error *error)
{
    struct identity id = {0};
    int status = read_identity(db, &id, error); /* others may be quicker */
    if (status == WATTLE_OK)
        status = refuse(db, &id, mode, format, error);
    if (status != WATTLE_OK || is_settled(&id, format))
        return status;
    status = is_to_be_made(&id, mode) ? make(db, format, error)
                                      : upgrade(db, format, id.version, error);
    if (status == WATTLE_OK)
        status = write_identity(db, format, error);
    /* what was there before might be something else than wattle made */
    return status == WATTLE_OK ? format_version_check_schema(db, format, error)
                               : status;
}

int
format_version_settle(struct database *db, enum database_mode mode,
                      const struct tables_format *format,
                      struct wattle_error *error)
{
    struct identity id = {0};
    int status = read_identity(db, &id, error);
    if (status != WATTLE_OK || is_settled(&id, format))
        return status;
    if (mode == DATABASE_READ && id.application == DATABASE_APPLICATION_ID &&
        tables_format_of(format, id.version) != NULL)
        return WATTLE_OK; /* it is read as it is */
    status = database_run(db, "BEGIN IMMEDIATE", error);
    if (status == WATTLE_OK)
        status = settle(db, mode, format, error);
    if (status == WATTLE_OK)
        status = database_run(db, "COMMIT", error);
    if (!sqlite3_get_autocommit(db->handle))
        database_run(db, "ROLLBACK", NULL);
    return status;
}

int
format_version_check(struct database *db, struct wattle_error *error)
{
    int64_t application = 0, version = 0;
    int status =
        database_number(db, "PRAGMA main.application_id", &application, error);
    if (status == WATTLE_OK)
        status =
            database_number(db, "PRAGMA main.user_version", &version, error);
    if (status != WATTLE_OK)
        return status;
    if (application != DATABASE_APPLICATION_ID)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "is not a wattle database");
    if (tables_format_of(&tables_format, version) == NULL)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "has the format %lld, and this wattle reads %d",
                            (long long)version, DATABASE_VERSION);
    return format_version_check_schema(db, &tables_format, error);
}
