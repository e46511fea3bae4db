/*
 * query_rows.c - rows as they come need no memory; sorted ones are read first.
 *
 * Rows of the same figure stay in the order of devices and times, and those
 * without a figure come last.
 */
#include "api/query_rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/most_first.h"
#include "wattle/result.h"

/* A row and what it is sorted by. */
struct key {
    double value;
    size_t number;
};

void
query_rows_release(struct query_rows *rows)
{
    free(rows->rows);
    rows->rows = NULL;
    rows->n = rows->cap = 0;
}

static double
value_of(int sort, const struct wattle_query_figures *f)
{
    switch (sort) {
    case WATTLE_SORT_ENERGY:
        return f->energy_kwh;
    case WATTLE_SORT_COST:
        return f->cost;
    case WATTLE_SORT_MEAN_POWER:
        return f->mean_power_w;
    case WATTLE_SORT_MAX_POWER: /* a raw row has one power */
        return isnan(f->max_power_w) ? f->mean_power_w : f->max_power_w;
    default:
        return (double)f->n_readings;
    }
}

static int
compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    const int order = most_first(x->value, y->value);
    return order != 0 ? order : x->number < y->number ? -1 : 1;
}

/* Puts all rows into their order. */
static int
sort_rows(struct query_rows *rows, struct wattle_error *error)
{
    struct key *keys = calloc(rows->n + 1, sizeof(*keys));
    struct query_row *sorted = calloc(rows->n + 1, sizeof(*sorted));
    if (keys == NULL || sorted == NULL) {
        free(keys);
        free(sorted);
        return error_memory(error);
    }
    for (size_t i = 0; i < rows->n; i++)
        keys[i] = (struct key){value_of(rows->sort, &rows->rows[i].figures), i};
    qsort(keys, rows->n, sizeof(*keys), compare);
    for (size_t i = 0; i < rows->n; i++)
        sorted[i] = rows->rows[keys[i].number];
    free(keys);
    free(rows->rows);
    rows->rows = sorted;
    return WATTLE_OK;
}

static int
read_all(struct query_rows *rows, struct bucket_cursor *cursor,
         struct wattle_error *error)
{
    for (;;) {
        bool is_row;
        struct query_row *grown = buffer_grow_array(
            rows->rows, &rows->cap, rows->n + 1, sizeof(*grown));
        if (grown == NULL)
            return error_memory(error);
        rows->rows = grown;
        int status =
            bucket_cursor_next(cursor, &grown[rows->n], &is_row, error);
        if (status != WATTLE_OK)
            return status;
        if (!is_row)
            return sort_rows(rows, error);
        rows->n++;
    }
}

int
query_rows_next(struct query_rows *rows, struct bucket_cursor *cursor,
                const struct wattle_query_row **row, struct wattle_error *error)
{
    bool is_row = false;
    int status = WATTLE_OK;
    *row = NULL;
    if (rows->limit > 0 && rows->n_out == rows->limit)
        return status;
    if (rows->sort == WATTLE_SORT_NONE) {
        status = bucket_cursor_next(cursor, &rows->row, &is_row, error);
        *row = status == WATTLE_OK && is_row ? &rows->row.public : NULL;
    } else {
        if (!rows->is_read)
            status = read_all(rows, cursor, error);
        rows->is_read = true;
        if (status == WATTLE_OK && rows->n_out < rows->n) {
            struct query_row *next = &rows->rows[rows->n_out];
            next->public.figures = &next->figures; /* it has moved */
            *row = &next->public;
        }
    }
    rows->n_out += *row != NULL ? 1 : 0;
    return status;
}
