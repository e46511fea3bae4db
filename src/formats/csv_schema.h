/*
 * csv_schema.h - what the columns of a file are, from its header line.
 *
 * The names that are understood are in csv_dialect.c.
 */
#ifndef FORMATS_CSV_SCHEMA_H
#define FORMATS_CSV_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "formats/csv_dialect.h"
#include "model/batch_view.h"
#include "wattle/error.h"

struct csv_schema {
    const struct csv_dialect *dialect;
    size_t n_columns;
    size_t n_known;          /* columns that have a role */
    uint8_t *role_of;        /* [n_columns] enum csv_role, or ROLE_NONE */
    uint32_t roles;          /* bit for each role in use */
    uint32_t columns;        /* MEASURE_BITs a full row has */
    uint8_t value_measure;   /* what ROLE_VALUE is: a power or an energy */
    uint8_t kilo[MEASURE_N]; /* 3 where values are in kilo units, else 0 */
    size_t device_column, value_column;
    size_t unit_column; /* of `value`; SIZE_MAX = none */
};

/* Collects names, then decides. */
struct csv_schema_builder {
    char delimiter;      /* that the names were separated by */
    struct buffer names; /* one behind the other, each with its length */
    size_t n_columns;
    bool failed; /* out of memory */
};

void csv_schema_builder_init(struct csv_schema_builder *builder,
                             char delimiter);

/* The next column's name as it is in the file. */
void csv_schema_builder_add(struct csv_schema_builder *builder,
                            const char *name, size_t len);

/*
 * Gives *schema the dialect that fits the names best, of those with their
 * delimiter. WATTLE_ERR_FORMAT with a message that names what is missing when
 * there is none, or WATTLE_ERR_MEMORY; *schema is empty then. value_kind is an
 * enum wattle_value_kind. Empties the builder in any case.
 */
int csv_schema_builder_finish(struct csv_schema_builder *builder,
                              int value_kind, struct csv_schema *schema,
                              struct wattle_error *error);

void csv_schema_release(struct csv_schema *schema);

/* The measure of a number's role; that of ROLE_VALUE depends on the schema. */
static inline unsigned
csv_schema_measure(const struct csv_schema *schema, int role)
{
    return role == ROLE_VALUE ? schema->value_measure
                              : (unsigned)(role - ROLE_MEASURES);
}

/* What the column `value` holds (enum wattle_value_kind); 0 = not read. */
int csv_schema_value_kind(const struct csv_schema *schema);

/* Says what it holds, where it is read; any enum wattle_value_kind but AUTO. */
void csv_schema_set_value_kind(struct csv_schema *schema, int value_kind);

/* True when both read rows the same way. */
bool csv_schema_equal(const struct csv_schema *a, const struct csv_schema *b);

#endif
