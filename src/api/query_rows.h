/*
 * query_rows.h - the rows of a query in another order, and no more than are
 * wanted.
 */
#ifndef API_QUERY_ROWS_H
#define API_QUERY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/bucket_cursor.h"

/* Zero-initialised but for sort and limit. */
struct query_rows {
    int sort;       /* enum wattle_sort; none = as they come */
    uint64_t limit; /* 0 = all */
    uint64_t n_out;
    struct query_row row;   /* as they come */
    struct query_row *rows; /* sorted: all of them */
    size_t n, cap;
    bool is_read;
};

void query_rows_release(struct query_rows *rows);

/*
 * The next row, NULL at the end; its texts belong to the cursor. 0 or a status
 * with the error set.
 */
int query_rows_next(struct query_rows *rows, struct bucket_cursor *cursor,
                    const struct wattle_query_row **row,
                    struct wattle_error *error);

#endif
