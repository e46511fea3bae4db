/*
 * query_table.h - the rows of a query as a table, and the query in each format.
 */
#ifndef OUTPUT_QUERY_TABLE_H
#define OUTPUT_QUERY_TABLE_H

#include "output/result_table.h"
#include "wattle/query.h"

/* Where the rows come from: the query as an output needs it. */
struct query_source {
    const struct wattle_query_options *options;
    size_t n_devices;
    /* The next row, NULL at the end; see wattle_query_next. */
    int (*next)(void *self, const struct wattle_query_row **row,
                struct wattle_error *error);
    void *self;
};

/* Device, name, location, start, readings and the figures, at most. */
#define QUERY_MAX_FIGURES 16
#define QUERY_MAX_COLUMNS (QUERY_MAX_FIGURES + 5)

/* A row's structures, as `part` of a column. */
enum query_part { QUERY_PART_ROW, QUERY_PART_FIGURES };

/* The figures that a query shows, in their order; how many. */
size_t query_table_figures(const struct wattle_query_options *options,
                           struct result_column columns[QUERY_MAX_FIGURES]);

/* A row's value of such a column. */
double query_table_figure(const struct result_column *column,
                          const struct wattle_query_row *row);

/*
 * Write all rows. 0, WATTLE_ERR_IO (the writer), WATTLE_ERR_MEMORY,
 * WATTLE_ERR_USAGE (the style) or what the source returns; *n_rows (or NULL):
 * rows written.
 */
int query_text_write(const struct query_source *source,
                     const struct wattle_text_style *style,
                     const struct wattle_writer *to, uint64_t *n_rows,
                     struct wattle_error *error);
int query_csv_write(const struct query_source *source,
                    const struct wattle_writer *to, uint64_t *n_rows,
                    struct wattle_error *error);
int query_json_write(const struct query_source *source,
                     const struct wattle_writer *to, uint64_t *n_rows,
                     struct wattle_error *error);

#endif
