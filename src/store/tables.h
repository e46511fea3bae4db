/*
 * tables.h - the SQL that makes a database; docs/format.md explains it.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include <stdbool.h>
#include <stddef.h>

/* A format of the database, and the way to it from each one before. */
struct tables_format {
    int version;
    const char *tables; /* makes them, in an empty file */
    const char *views;  /* for people; an upgrade makes them anew */
    const char *drop_views;
    /* [version + 1]: from n - 1 to n; [0] and [1] are NULL */
    const char *const *upgrades;
    bool is_strict; /* databases have just what is written above */
};

/* What an object of a database, with a name of ours or not, turns out to be. */
enum tables_kind {
    TABLES_FOREIGN, /* somebody has added it; no concern of ours */
    TABLES_OURS,
    TABLES_FALSE /* it has a name of ours, and is something else */
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

/* What makes the table `place` in a database that lacks it. */
extern const char tables_place[];

/* That of this program. */
extern const struct tables_format tables_format;

#endif
