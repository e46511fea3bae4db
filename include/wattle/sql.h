/*
 * sql.h - SQL over a database of readings.
 *
 *     struct wattle_sql *sql;
 *     if (wattle_sql_open(&sql, database, "SELECT count(*) FROM readings",
 *                         &error) == WATTLE_OK &&
 *         wattle_sql_next_statement(sql, &error) == WATTLE_OK &&
 *         wattle_sql_next_row(sql, &row, &error) == WATTLE_OK && row != NULL)
 *         printf("%lld readings\n", (long long)row[0].integer);
 *     wattle_sql_close(sql);
 *
 * Beside the tables and views of the file there are the table `readings` and
 * the function `energy_buckets`; docs/sql.md describes them. Nothing can be
 * written.
 */
#ifndef WATTLE_SQL_H
#define WATTLE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/report.h"
#include "wattle/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_sql;

enum wattle_sql_type {
    WATTLE_SQL_NULL,
    WATTLE_SQL_INTEGER,
    WATTLE_SQL_REAL,
    WATTLE_SQL_TEXT,
    WATTLE_SQL_BLOB
};

/* A value; this structure does not grow. */
struct wattle_sql_value {
    int type;          /* enum wattle_sql_type */
    int64_t integer;   /* of that type; else 0 */
    double real;       /* the same */
    const char *bytes; /* of a text, in UTF-8, or a blob; else NULL */
    size_t len;        /* of them; behind a text there is a zero byte */
};

/*
 * Takes statements, separated by semicolons; the text is copied. The database
 * is borrowed until wattle_sql_close, and used by one thread at a time.
 * WATTLE_ERR_MEMORY or _IO.
 */
int wattle_sql_open(struct wattle_sql **sql, struct wattle_database *database,
                    const char *text, struct wattle_error *error);

/*
 * Whether a text ends with a whole statement, so that it can be run: with a
 * semicolon that is not inside quotes, a comment or a trigger.
 */
bool wattle_sql_is_complete(const char *text);

/*
 * Goes on to the next statement; wattle_sql_n_columns tells what it yields,
 * and is -1 when there are no more. WATTLE_ERR_USAGE when it cannot be
 * understood or would write; the message says at which line and column.
 */
int wattle_sql_next_statement(struct wattle_sql *sql,
                              struct wattle_error *error);

/* Columns of the present statement: 0 when it yields no rows by its nature. */
int wattle_sql_n_columns(const struct wattle_sql *sql);

/* The name of a column; valid until the next statement. */
const char *wattle_sql_column_name(const struct wattle_sql *sql, int column);

/*
 * The next row of the statement, an array of its columns, valid until the next
 * call; NULL when it has ended. WATTLE_ERR_USAGE, _FORMAT (the database is
 * damaged there), _IO or _MEMORY.
 */
int wattle_sql_next_row(struct wattle_sql *sql,
                        const struct wattle_sql_value **row,
                        struct wattle_error *error);

/* NULL is harmless. */
void wattle_sql_close(struct wattle_sql *sql);

/*
 * Run all statements that are left and write what they yield: a table for
 * people; CSV with a line of names; a JSON array of an object a row. The
 * results of several statements follow each other, those of tables and CSV
 * with a blank line between.
 */
int wattle_sql_write_text(struct wattle_sql *sql,
                          const struct wattle_text_style *style,
                          const struct wattle_writer *out,
                          struct wattle_error *error);
int wattle_sql_write_csv(struct wattle_sql *sql,
                         const struct wattle_writer *out,
                         struct wattle_error *error);
int wattle_sql_write_json(struct wattle_sql *sql,
                          const struct wattle_writer *out,
                          struct wattle_error *error);

/*
 * Adds `readings`, `energy_buckets` and wattle_time_ms() to a connection of
 * yours, whose main database is one of wattle's; its SQLite must be the
 * library that libwattle uses. WATTLE_ERR_IO.
 */
struct sqlite3;
int wattle_sql_register(struct sqlite3 *connection, struct wattle_error *error);

#ifdef __cplusplus
}
#endif

#endif
