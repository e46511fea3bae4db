/*
 * csv_dialect.h - the CSV files that programs write: one table.
 *
 * A dialect is a name and a rule for each column name that it knows. To read
 * another program's export is to add an entry here.
 */
#ifndef FORMATS_CSV_DIALECT_H
#define FORMATS_CSV_DIALECT_H

#include <stddef.h>
#include <stdint.h>

/* What a column is. */
enum csv_role {
    ROLE_TIME,
    ROLE_DEVICE,
    ROLE_VOLTAGE,
    ROLE_CURRENT,
    ROLE_POWER_FACTOR,
    ROLE_POWER,
    ROLE_ENERGY, /* of the interval, Wh: then any one measure will do */
    ROLE_VALUE,  /* power or energy, as the caller says */
    N_ROLES,
    ROLE_NONE = 0xff
};

enum { CSV_MAX_RULES = 32 };

struct csv_rule {
    const char *column; /* its name, in any case; NULL ends the rules */
    uint8_t role;       /* enum csv_role */
};

struct csv_dialect {
    const char *name;  /* "wattle" */
    const char *title; /* for people */
    struct csv_rule rules[CSV_MAX_RULES];
};

/* All dialects; the first one whose rules suffice for a header counts. */
extern const struct csv_dialect csv_dialects[];
extern const size_t csv_n_dialects;

#endif
