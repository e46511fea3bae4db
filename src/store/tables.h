/*
 * tables.h - the SQL that makes a database; docs/format.md explains it.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

/* A format of the database, and the way to it from each one before. */
struct tables_format {
    int version;
    const char *tables; /* makes them, in an empty file */
    const char *views;  /* for people; an upgrade makes them anew */
    const char *drop_views;
    /* [version + 1]: from n - 1 to n; [0] and [1] are NULL */
    const char *const *upgrades;
};

/* That of this program. */
extern const struct tables_format tables_format;

#endif
