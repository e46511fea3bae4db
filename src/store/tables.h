/*
 * tables.h - the SQL that makes a database; docs/format.md explains it.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/database.h"

/* The most texts of a format, with the NULL. */
enum { TABLES_TEXTS = 3 };

/*
 * From a format to the next, in the transaction that is open: statements, then
 * what needs code, which returns 0 or a status with the error set. Each may be
 * NULL.
 */
struct tables_step {
    const char *sql;
    int (*convert)(struct database *db, struct wattle_error *error);
};

/* A format of the database, and the way to it from each one before. */
struct tables_format {
    int version;
    /* texts that make them in an empty file, the end marked by NULL */
    const char *tables[TABLES_TEXTS];
    const char
        *views[TABLES_TEXTS]; /* for people; an upgrade makes them anew */
    const char *drop_views;
    const struct tables_step *upgrades; /* [n]: from n - 1 to n, n >= 2 */
    bool is_strict; /* databases have just what is written above */
    /* an earlier format whose databases are read as they are; NULL = none */
    const struct tables_format *readable;
};

/* The format of that version among those that can be read; NULL = none. */
const struct tables_format *tables_format_of(const struct tables_format *format,
                                             int64_t version);

/* What an object of a database is. */
enum tables_kind {
    TABLES_FOREIGN, /* somebody has added it, under another name */
    TABLES_OURS,    /* as wattle makes it */
    TABLES_FALSE    /* it has a name of wattle's, and is something else */
};

/*
 * Compares an object with the format, by its name and the statement that made
 * it. A name counts in any case, as it does for SQLite.
 */
enum tables_kind tables_compare(const struct tables_format *format,
                                const char *name, const char *sql);

/* Whether a statement makes a table without which nothing can be read. */
bool tables_is_needed(const char *sql);

/* How many such tables there are. */
size_t tables_count_needed(const struct tables_format *format);

/* What the format of this program has; see struct tables_format. */
extern const char tables_all[], tables_views[], tables_days[],
    tables_drop_views[];

/* What format 3 has brought, and its predecessor had instead. */
extern const char tables_new_in_3[], tables_days_2[];

/* What a database of format 1 lacks; some have the table place already. */
extern const char tables_place[], tables_new_in_2[];

/* The format of this program (tables_format.c). */
extern const struct tables_format tables_format;

#endif
