/*
 * quantile.c - the values of a group are kept, and sorted when it ends.
 *
 * percentile(x, p) is the value below which p percent of the values are, p from
 * 0 to 100; between two values it lies on the straight line. It takes what
 * SQLite's own extension of the same name takes: NULL is left out, and what is
 * no number is an error.
 */
#include "sqlext/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"

struct group {
    double *values; /* owned */
    size_t n, cap;
    double percent; /* of the first row; in all rows the same */
};

static void
fail(sqlite3_context *context, const char *message)
{
    sqlite3_result_error(context, message, -1);
}

static bool
read_number(sqlite3_context *context, sqlite3_value *value, double *number)
{
    int type = sqlite3_value_numeric_type(value);
    *number = sqlite3_value_double(value);
    if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && isfinite(*number))
        return true;
    fail(context, "median and percentile take numbers");
    return false;
}

static void
add(sqlite3_context *context, sqlite3_value *value, double percent)
{
    struct group *group = sqlite3_aggregate_context(context, sizeof(*group));
    double number;
    if (group == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (group->n == 0)
        group->percent = percent;
    if (percent != group->percent) {
        fail(context,
             "percentile needs one percentage for all rows of a group");
        return;
    }
    if (sqlite3_value_type(value) == SQLITE_NULL ||
        !read_number(context, value, &number))
        return;
    double *grown = buffer_grow_array(group->values, &group->cap, group->n + 1,
                                      sizeof(*grown));
    if (grown == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    group->values = grown;
    group->values[group->n++] = number;
}

static void
median_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    add(context, argv[0], 50);
}

static void
percentile_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    double percent;
    (void)argc;
    if (!read_number(context, argv[1], &percent))
        return;
    if (percent < 0 || percent > 100)
        fail(context, "percentile needs a percentage from 0 to 100");
    else
        add(context, argv[0], percent);
}

static int
compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
value_at(const struct group *group)
{
    double place = group->percent / 100 * (double)(group->n - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < group->n ? below + 1 : below;
    double low = group->values[below], high = group->values[above];
    return low + (high - low) * (place - (double)below);
}

/* Also called for a group that failed: it has to be freed. */
static void
end(sqlite3_context *context)
{
    struct group *group = sqlite3_aggregate_context(context, 0);
    if (group == NULL)
        return;
    if (group->n > 0) {
        qsort(group->values, group->n, sizeof(*group->values), compare);
        sqlite3_result_double(context, value_at(group));
    }
    free(group->values);
    *group = (struct group){0};
}

int
quantile_register(sqlite3 *handle)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int result = sqlite3_create_function_v2(handle, "median", 1, flags, NULL,
                                            NULL, median_step, end, NULL);
    if (result == SQLITE_OK)
        result =
            sqlite3_create_function_v2(handle, "percentile", 2, flags, NULL,
                                       NULL, percentile_step, end, NULL);
    return result;
}
