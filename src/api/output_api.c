/*
 * output_api.c - the public functions that write results.
 *
 * The room of outputs knows no library functions: rows of queries and of SQL
 * are handed to it as sources, here.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "output/info_output.h"
#include "output/query_table.h"
#include "output/report_output.h"
#include "output/trace_json.h"
#include "wattle/sql.h"

/* ---- reports, info, traces ------------------------------------------------
 */

int
wattle_report_write_text(const struct wattle_report_result *result,
                         const struct wattle_text_style *style,
                         const struct wattle_writer *to)
{
    return to != NULL ? report_text_write(result, style, to) : WATTLE_ERR_USAGE;
}

int
wattle_report_write_json(const struct wattle_report_result *result,
                         bool with_timings, const struct wattle_writer *to)
{
    return to != NULL ? report_json_write(result, with_timings, to)
                      : WATTLE_ERR_USAGE;
}

int
wattle_report_write_csv(const struct wattle_report_result *result,
                        const struct wattle_writer *to)
{
    return to != NULL ? report_csv_write(result, to) : WATTLE_ERR_USAGE;
}

int
wattle_info_write_text(const struct wattle_info *info, int top,
                       const struct wattle_writer *to)
{
    return to != NULL ? info_text_write(info, top, to) : WATTLE_ERR_USAGE;
}

int
wattle_info_write_json(const struct wattle_info *info,
                       const struct wattle_writer *to)
{
    return to != NULL ? info_json_write(info, to) : WATTLE_ERR_USAGE;
}

int
wattle_trace_write(const struct wattle_trace *trace, const char *program,
                   const struct wattle_writer *to)
{
    if (to == NULL || program == NULL)
        return WATTLE_ERR_USAGE;
    return trace_json_write(trace, program, to);
}

/* ---- queries --------------------------------------------------------------
 */

static int
next_of_query(void *self, const struct wattle_query_row **row,
              struct wattle_error *error)
{
    return wattle_query_next(self, row, error);
}

static struct query_source
source_of(struct wattle_query *query)
{
    return (struct query_source){wattle_query_options_of(query),
                                 wattle_query_n_devices(query), next_of_query,
                                 query};
}

int
wattle_query_write_text(struct wattle_query *query,
                        const struct wattle_text_style *style,
                        const struct wattle_writer *to, uint64_t *n_rows,
                        struct wattle_error *error)
{
    if (to == NULL)
        return error_null(error, "out");
    const struct query_source source = source_of(query);
    return query_text_write(&source, style, to, n_rows, error);
}

int
wattle_query_write_csv(struct wattle_query *query,
                       const struct wattle_writer *to, uint64_t *n_rows,
                       struct wattle_error *error)
{
    if (to == NULL)
        return error_null(error, "out");
    const struct query_source source = source_of(query);
    return query_csv_write(&source, to, n_rows, error);
}

int
wattle_query_write_json(struct wattle_query *query,
                        const struct wattle_writer *to, uint64_t *n_rows,
                        struct wattle_error *error)
{
    if (to == NULL)
        return error_null(error, "out");
    const struct query_source source = source_of(query);
    return query_json_write(&source, to, n_rows, error);
}

/* ---- SQL ------------------------------------------------------------------
 */

/* The results of the statements that are left, as tables. */
struct sql_tables {
    struct wattle_sql *sql;
    struct result_table table;
    struct result_column *columns;
    struct result_value *row;
    size_t column_cap, row_cap;
};

static struct result_value
value_of(const struct wattle_sql_value *value)
{
    struct result_value result = {.type = VALUE_NONE};
    switch (value->type) {
    case WATTLE_SQL_INTEGER:
        result.type = VALUE_INTEGER;
        result.integer = value->integer;
        break;
    case WATTLE_SQL_REAL:
        result.type = VALUE_REAL;
        result.real = value->real;
        break;
    case WATTLE_SQL_TEXT:
    case WATTLE_SQL_BLOB:
        result.type = value->type == WATTLE_SQL_TEXT ? VALUE_TEXT : VALUE_BLOB;
        result.bytes = value->bytes;
        result.len = value->len;
        break;
    default:
        break;
    }
    return result;
}

static int
next_of_sql(void *self, const struct result_value **row,
            struct wattle_error *error)
{
    struct sql_tables *t = self;
    const struct wattle_sql_value *values;
    *row = NULL;
    int status = wattle_sql_next_row(t->sql, &values, error);
    if (status != WATTLE_OK || values == NULL)
        return status;
    for (size_t i = 0; i < t->table.n_columns; i++)
        t->row[i] = value_of(&values[i]);
    *row = t->row;
    return WATTLE_OK;
}

/* The table of the present statement. */
static int
begin_table(struct sql_tables *t, size_t n_columns, struct wattle_error *error)
{
    struct result_column *columns = buffer_grow_array(
        t->columns, &t->column_cap, n_columns, sizeof(*columns));
    if (columns == NULL)
        return error_memory(error);
    t->columns = columns;
    struct result_value *row =
        buffer_grow_array(t->row, &t->row_cap, n_columns, sizeof(*row));
    if (row == NULL)
        return error_memory(error);
    t->row = row;
    for (size_t i = 0; i < n_columns; i++) {
        const char *name = wattle_sql_column_name(t->sql, (int)i);
        columns[i] = (struct result_column){.name = name, .heading = name};
    }
    t->table = (struct result_table){columns, n_columns, next_of_sql, t};
    return WATTLE_OK;
}

/* The next statement that has columns; the others are run on the way. */
static int
next_table(void *self, const struct result_table **table,
           struct wattle_error *error)
{
    struct sql_tables *t = self;
    const struct wattle_sql_value *row;
    *table = NULL;
    for (;;) {
        int status = wattle_sql_next_statement(t->sql, error);
        int n_columns = wattle_sql_n_columns(t->sql);
        if (status != WATTLE_OK || n_columns < 0)
            return status;
        if (n_columns > 0)
            status = begin_table(t, (size_t)n_columns, error);
        else
            status = wattle_sql_next_row(t->sql, &row, error);
        if (status != WATTLE_OK)
            return status;
        if (n_columns > 0)
            break;
    }
    *table = &t->table;
    return WATTLE_OK;
}

static void
release(struct sql_tables *t)
{
    free(t->columns);
    free(t->row);
}

int
wattle_sql_write_text(struct wattle_sql *sql,
                      const struct wattle_text_style *style,
                      const struct wattle_writer *to,
                      struct wattle_error *error)
{
    struct sql_tables tables = {.sql = sql};
    const struct result_set set = {next_table, &tables};
    if (to == NULL)
        return error_null(error, "out");
    int status = table_text_write_set(&set, style, to, error);
    release(&tables);
    return status;
}

int
wattle_sql_write_csv(struct wattle_sql *sql, const struct wattle_writer *to,
                     struct wattle_error *error)
{
    struct sql_tables tables = {.sql = sql};
    const struct result_set set = {next_table, &tables};
    if (to == NULL)
        return error_null(error, "out");
    int status = table_csv_write_set(&set, to, error);
    release(&tables);
    return status;
}

int
wattle_sql_write_json(struct wattle_sql *sql, const struct wattle_writer *to,
                      struct wattle_error *error)
{
    struct sql_tables tables = {.sql = sql};
    const struct result_set set = {next_table, &tables};
    if (to == NULL)
        return error_null(error, "out");
    int status = table_json_write_set(&set, to, error);
    release(&tables);
    return status;
}
