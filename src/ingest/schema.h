/*
 * schema.h - what the columns of a file are, from its header line.
 *
 * The names that are understood stand in one table in schema.c.
 */
#ifndef INGEST_SCHEMA_H
#define INGEST_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch_view.h"
#include "wattle/error.h"

enum schema_role {
    ROLE_TIME,
    ROLE_DEVICE,
    ROLE_VOLTAGE,
    ROLE_CURRENT,
    ROLE_POWER_FACTOR,
    ROLE_POWER,
    ROLE_ENERGY, /* of the interval, Wh: then any one measure will do */
    ROLE_VALUE,
    N_ROLES,
    ROLE_NONE = 0xff
};

struct schema {
    size_t n_columns;
    uint8_t *role_of;     /* [n_columns] enum schema_role, or ROLE_NONE */
    uint8_t roles;        /* bit for each role in use */
    uint32_t columns;     /* MEASURE_BITs a full row has */
    uint8_t value_column; /* what ROLE_VALUE is: POWER or ENERGY */
    uint8_t power_shift;  /* 3 when the value is in kilo units */
};

/* Collects names, then decides. */
struct schema_builder {
    struct schema schema;
    size_t column_cap;
    bool failed; /* out of memory */
};

void schema_builder_init(struct schema_builder *builder);

/* The next column's name as it is in the file. */
void schema_builder_add(struct schema_builder *builder, const char *name,
                        size_t len);

/*
 * Gives the schema to *schema. WATTLE_ERR_FORMAT with a message that names
 * what is missing when the header is of no use. value_kind is an enum
 * wattle_value_kind. Empties the builder in any case.
 */
int schema_builder_finish(struct schema_builder *builder, int value_kind,
                          struct schema *schema, struct wattle_error *error);

void schema_release(struct schema *schema);

/* The batch column of a number's role; ROLE_VALUE depends on the schema. */
int schema_column(const struct schema *schema, int role);

/* 1 + what the column `value` holds (enum wattle_value_kind); 0 = not read. */
int schema_value_kind(const struct schema *schema);

/* True when both read rows the same way. */
bool schema_equal(const struct schema *a, const struct schema *b);

#endif
