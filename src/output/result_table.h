/*
 * result_table.h - results as rows of named values.
 *
 * A table is a list of columns and a function that gives row after row. What a
 * result says is decided where its table is made (report_tables.c,
 * query_table.c); how a table looks is decided by a writer, one
 * for each format (table_csv.c, table_json.c, table_text.c). A new format is a
 * new writer and touches no table; a new figure is a new column and touches no
 * writer.
 */
#ifndef OUTPUT_RESULT_TABLE_H
#define OUTPUT_RESULT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "output/text_out.h"
#include "wattle/error.h"

enum value_type {
    VALUE_NONE,  /* not known */
    VALUE_COUNT, /* uint64_t */
    VALUE_INTEGER,
    VALUE_REAL, /* double; not known when it is not finite */
    VALUE_TIME, /* ms since 1970; WATTLE_NO_TIME = not known */
    VALUE_DAY,  /* since 1970-01-01 */
    VALUE_TEXT, /* a zero byte follows; NULL = not known */
    VALUE_BLOB
};

/* Texts and blobs are borrowed. */
struct result_value {
    enum value_type type;
    union {
        uint64_t count;
        int64_t integer; /* also a time, a day */
        double real;
        const char *bytes;
    };
    size_t len; /* of a text or blob */
};

struct result_column {
    const char *name;     /* in data formats, with its unit */
    const char *heading;  /* for people */
    enum value_type type; /* VALUE_NONE: each row has its own */
    int places;           /* decimals for people */
    /*
     * For tables that are read from structures: the member that the column
     * shows is at `offset` of the structure number `part`.
     */
    unsigned part;
    size_t offset;
};

struct result_table {
    const struct result_column *columns;
    size_t n_columns;
    /*
     * Sets *row to the next row, an array of n_columns values that are valid
     * until the next call; NULL at the end. 0 or a status with the error set.
     */
    int (*next)(void *self, const struct result_value **row,
                struct wattle_error *error);
    void *self;
};

/* Several tables, one after the other, as statements of SQL give them. */
struct result_set {
    /* *table is NULL at the end; it is valid until the next call. 0 or a
     * status with the error set. */
    int (*next_table)(void *self, const struct result_table **table,
                      struct wattle_error *error);
    void *self;
};

/* The value of a column of type VALUE_COUNT to VALUE_TEXT in structures. */
struct result_value result_value_of(const struct result_column *column,
                                    const void *const *parts);

/* False for VALUE_NONE and whatever stands for it. */
bool result_value_is_known(const struct result_value *value);

static inline bool
result_value_is_number(const struct result_value *value)
{
    return value->type == VALUE_COUNT || value->type == VALUE_INTEGER ||
           value->type == VALUE_REAL;
}

/*
 * Puts a value that is known and is not text, as every data format has it:
 * numbers unrounded, times (in the zone of `out`) and days as ISO 8601, a blob
 * as hexadecimal digits.
 */
void result_value_put(struct text_out *out, const struct result_value *value);

/*
 * Appends a value that is known as plain text: numbers unrounded, a blob as
 * hexadecimal digits. 0 or WATTLE_ERR_MEMORY.
 */
int result_value_append(const struct result_value *value, struct buffer *text);

/*
 * Write all rows of a table; *n_rows (or NULL) says how many. No more rows are
 * asked for when writing has failed, which text_out_finish reports. Return what
 * the table's `next` returned last.
 */
int table_csv_write(struct text_out *out, const struct result_table *table,
                    uint64_t *n_rows, struct wattle_error *error);

/* A list of objects; each on a line of its own when is_spaced. */
int table_json_write(struct text_out *out, const struct result_table *table,
                     bool is_spaced, uint64_t *n_rows,
                     struct wattle_error *error);

/* One value as JSON. */
void table_json_value(struct text_out *out, const struct result_value *value);

/*
 * Write all tables of a set, CSV and text with a blank line between them. 0,
 * WATTLE_ERR_IO (the writer), WATTLE_ERR_USAGE (the style), WATTLE_ERR_MEMORY
 * or what the set returns.
 */
struct wattle_text_style;
int table_csv_write_set(const struct result_set *set,
                        const struct wattle_writer *to,
                        struct wattle_error *error);
int table_json_write_set(const struct result_set *set,
                         const struct wattle_writer *to,
                         struct wattle_error *error);
int table_text_write_set(const struct result_set *set,
                         const struct wattle_text_style *style,
                         const struct wattle_writer *to,
                         struct wattle_error *error);

/* The end of writing rows: `status`, or WATTLE_ERR_IO and why. */
int result_write_end(struct text_out *out, int status,
                     struct wattle_error *error);

#endif
