/*
 * sql_api.c - SQL statements, one after the other, on a connection that only
 * reads.
 *
 * Before the first statement, sqlext adds its functions and virtual tables. A
 * statement that would write is refused. An error in a statement is reported
 * with its line and column in the text; failures of the database, such as
 * damage or a lock, have none.
 */
#include <stdlib.h>
#include <string.h>

#include "api/database_handle.h"
#include "base/buffer.h"
#include "base/error.h"
#include "sqlext/sqlext.h"
#include "wattle/sql.h"

struct wattle_sql {
    struct database *db;
    char *text;
    const char *begin; /* of the present statement */
    const char *rest;  /* what follows it */
    sqlite3_stmt *statement;
    struct wattle_sql_value *row;
    size_t row_cap;
    int n_columns; /* -1: no statement */
    bool is_ended; /* the statement */
};

int
wattle_sql_register(struct sqlite3 *connection, struct wattle_error *error)
{
    return connection != NULL ? sqlext_register(connection, error)
                              : error_null(error, "connection");
}

bool
wattle_sql_is_complete(const char *text)
{
    return text != NULL && sqlite3_complete(text) == 1;
}

int
wattle_sql_open(struct wattle_sql **out, struct wattle_database *database,
                const char *text, struct wattle_error *error)
{
    *out = NULL;
    int status = WATTLE_OK;
    if (database == NULL || text == NULL)
        return error_null(error, database == NULL ? "database" : "text");
    if (!database->has_sql)
        status = sqlext_register(database->db.handle, error);
    if (status != WATTLE_OK)
        return status;
    database->has_sql = true;
    struct wattle_sql *sql = calloc(1, sizeof(*sql));
    if (sql == NULL)
        return error_memory(error);
    sql->db = &database->db;
    sql->n_columns = -1;
    sql->text = strdup(text);
    if (sql->text == NULL) {
        wattle_sql_close(sql);
        return error_memory(error);
    }
    sql->begin = sql->rest = sql->text;
    *out = sql;
    return WATTLE_OK;
}

void
wattle_sql_close(struct wattle_sql *sql)
{
    if (sql == NULL)
        return;
    sqlite3_finalize(sql->statement);
    free(sql->row);
    free(sql->text);
    free(sql);
}

/* An error at a place in the text: line and character, both from 1. */
static int
fail_at(const struct wattle_sql *sql, const char *at, const char *message,
        struct wattle_error *error)
{
    int line = 1, column = 1;
    for (const char *p = sql->text; p < at && *p != '\0'; p++) {
        bool is_inside = ((unsigned char)*p & 0xc0) == 0x80; /* of UTF-8 */
        column += is_inside ? 0 : 1;
        if (*p == '\n') {
            line++;
            column = 1;
        }
    }
    return error_set(error, WATTLE_ERR_USAGE, "line %d, column %d: %s", line,
                     column, message);
}

/* White space before the statement is none of it. */
static void
skip_space(struct wattle_sql *sql)
{
    sql->begin = sql->rest + strspn(sql->rest, " \t\r\n\f;");
}

static bool
is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Where the statement has the name that a message ends with, as "no such table:
 * x" does; its begin when the name is not found.
 */
static const char *
find_name(const struct wattle_sql *sql, const char *message)
{
    const char *name = strrchr(message, ' ');
    const char *colon = strrchr(message, ':');
    size_t len = name != NULL ? strlen(++name) : 0;
    if (len == 0 || colon == NULL || colon + 2 != name)
        return sql->begin;
    for (const char *p = sql->begin; *p != '\0'; p++) {
        bool is_start = p == sql->begin || !is_of_name(p[-1]);
        if (is_start && sqlite3_strnicmp(p, name, (int)len) == 0 &&
            !is_of_name(p[len]))
            return p;
    }
    return sql->begin;
}

/* What the connection says; errors of a statement are told by its place. */
static int
fail(const struct wattle_sql *sql, struct wattle_error *error)
{
    sqlite3 *handle = sql->db->handle;
    int offset = sqlite3_error_offset(handle);
    const char *message = sqlite3_errmsg(handle);
    int code = sqlite3_extended_errcode(handle);
    if (code == SQLITE_CORRUPT_VTAB)
        return error_set(error, WATTLE_ERR_FORMAT, "%s", message);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_CORRUPT:
    case SQLITE_BUSY:
    case SQLITE_IOERR:
        return database_fail(sql->db, error);
    default:
        return fail_at(
            sql, offset >= 0 ? sql->begin + offset : find_name(sql, message),
            message, error);
    }
}

/* By its first word, of a statement that cannot be prepared. */
static bool
would_write(const struct wattle_sql *sql)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "REPLACE",
                                        "CREATE", "DROP",   "ALTER"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        int len = (int)strlen(words[i]);
        if (sqlite3_strnicmp(sql->begin, words[i], len) == 0 &&
            !is_of_name(sql->begin[len]))
            return true;
    }
    return false;
}

static int
fail_writing(const struct wattle_sql *sql, struct wattle_error *error)
{
    return fail_at(sql, sql->begin,
                   "this statement would write; 'wattle sql' only reads",
                   error);
}

/* Nothing is prepared of comments: then what follows them is tried. */
static int
prepare(struct wattle_sql *sql, struct wattle_error *error)
{
    do {
        skip_space(sql);
        if (sqlite3_prepare_v2(sql->db->handle, sql->begin, -1, &sql->statement,
                               &sql->rest) != SQLITE_OK) {
            int status =
                would_write(sql) ? fail_writing(sql, error) : fail(sql, error);
            /* where it ends is not known: nothing follows */
            sql->rest = sql->text + strlen(sql->text);
            return status;
        }
    } while (sql->statement == NULL && *sql->rest != '\0');
    if (sql->statement == NULL || sqlite3_stmt_readonly(sql->statement))
        return WATTLE_OK;
    return fail_writing(sql, error);
}

int
wattle_sql_next_statement(struct wattle_sql *sql, struct wattle_error *error)
{
    sqlite3_finalize(sql->statement);
    sql->statement = NULL;
    sql->n_columns = -1;
    sql->is_ended = false;
    int status = prepare(sql, error);
    if (status != WATTLE_OK || sql->statement == NULL)
        return status;
    int n = sqlite3_column_count(sql->statement);
    struct wattle_sql_value *row =
        buffer_grow_array(sql->row, &sql->row_cap, (size_t)n + 1, sizeof(*row));
    if (row == NULL)
        return error_memory(error);
    sql->row = row;
    sql->n_columns = n;
    return WATTLE_OK;
}

int
wattle_sql_n_columns(const struct wattle_sql *sql)
{
    return sql->n_columns;
}

const char *
wattle_sql_column_name(const struct wattle_sql *sql, int column)
{
    const char *name = sqlite3_column_name(sql->statement, column);
    return name != NULL ? name : "";
}

static void
read_value(sqlite3_stmt *statement, int column, struct wattle_sql_value *value)
{
    *value = (struct wattle_sql_value){.type = WATTLE_SQL_NULL};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        value->type = WATTLE_SQL_INTEGER;
        value->integer = sqlite3_column_int64(statement, column);
        break;
    case SQLITE_FLOAT:
        value->type = WATTLE_SQL_REAL;
        value->real = sqlite3_column_double(statement, column);
        break;
    case SQLITE_TEXT:
        value->type = WATTLE_SQL_TEXT;
        value->bytes = (const char *)sqlite3_column_text(statement, column);
        value->len = (size_t)sqlite3_column_bytes(statement, column);
        break;
    case SQLITE_BLOB:
        value->type = WATTLE_SQL_BLOB;
        value->bytes = sqlite3_column_blob(statement, column);
        value->len = (size_t)sqlite3_column_bytes(statement, column);
        break;
    default:
        break;
    }
}

int
wattle_sql_next_row(struct wattle_sql *sql, const struct wattle_sql_value **row,
                    struct wattle_error *error)
{
    *row = NULL;
    if (sql->statement == NULL || sql->is_ended) /* not once more */
        return WATTLE_OK;
    int result = sqlite3_step(sql->statement);
    if (result != SQLITE_ROW) {
        int status = result == SQLITE_DONE ? WATTLE_OK : fail(sql, error);
        sql->is_ended = true;
        return status;
    }
    for (int i = 0; i < sql->n_columns; i++)
        read_value(sql->statement, i, &sql->row[i]);
    *row = sql->row;
    return WATTLE_OK;
}
