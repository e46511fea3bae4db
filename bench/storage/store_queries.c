/*
 * store_queries.c - asks a database the same question many times, through the
 * public API.
 *
 *     store_queries query|open FILE DEVICE SINCE UNTIL EVERY TIMES
 *
 * DEVICE "-" = all devices together, a total; SINCE and UNTIL are times such
 * as 2023-01-02, "-" = no limit; EVERY is hour or day. query keeps the
 * database open and asks once more before, uncounted; open opens and closes it
 * each time. Prints one JSON object: the seconds of each answer, and the rows
 * of the last: start in ms, readings, mean, least and greatest power in W (of
 * devices only), energy in kWh.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wattle/query.h>
#include <wattle/wattle.h>

#define HOUR_MS  3600000
#define MAX_ROWS 20000

enum { COMMAND = 1, FILE_NAME, DEVICE, SINCE, UNTIL, EVERY, TIMES, N_WORDS };

static struct {
    int64_t start_ms;
    struct wattle_query_figures figures;
} rows[MAX_ROWS];
static size_t n_rows;

static double
now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int
fail(const char *what, const struct wattle_error *error)
{
    fprintf(stderr, "store_queries: %s: %s\n", what, error->message);
    return 1;
}

static int
read_options(char **words, struct wattle_query_options *options)
{
    wattle_query_options_init(options);
    if (strcmp(words[DEVICE], "-") == 0) {
        options->is_total = true;
    } else {
        options->device_globs = (const char *const *)&words[DEVICE];
        options->n_device_globs = 1;
    }
    if (!options->is_total) /* the mean that other engines have, too */
        options->fields = WATTLE_QUERY_POWER | WATTLE_QUERY_ENERGY |
                          WATTLE_QUERY_READING_MEAN;
    options->bucket_ms =
        strcmp(words[EVERY], "day") == 0 ? 24 * HOUR_MS : HOUR_MS;
    if (strcmp(words[SINCE], "-") != 0 &&
        wattle_parse_time(words[SINCE], &options->since_ms) != WATTLE_OK)
        return -1;
    if (strcmp(words[UNTIL], "-") != 0 &&
        wattle_parse_time(words[UNTIL], &options->until_ms) != WATTLE_OK)
        return -1;
    return 0;
}

/* Asks once; the rows are kept. */
static int
ask(struct wattle_database *database,
    const struct wattle_query_options *options)
{
    struct wattle_error error = {0};
    struct wattle_query *query = NULL;
    const struct wattle_query_row *row = NULL;
    n_rows = 0;
    if (wattle_query_open(&query, database, options, &error) != WATTLE_OK)
        return fail("query", &error);
    int status;
    while ((status = wattle_query_next(query, &row, &error)) == WATTLE_OK &&
           row != NULL && n_rows < MAX_ROWS) {
        rows[n_rows].start_ms = row->start_ms;
        rows[n_rows++].figures = *row->figures;
    }
    wattle_query_close(query);
    return status == WATTLE_OK ? 0 : fail("query", &error);
}

static void
print_rows(bool has_power)
{
    printf("],\"rows\":[");
    for (size_t i = 0; i < n_rows; i++) {
        const struct wattle_query_figures *figures = &rows[i].figures;
        printf("%s[%" PRId64 ",%" PRIu64, i > 0 ? "," : "", rows[i].start_ms,
               figures->n_readings);
        if (has_power)
            printf(",%.17g,%.17g,%.17g", figures->reading_mean_w,
                   figures->min_power_w, figures->max_power_w);
        printf(",%.17g]", figures->energy_kwh);
    }
    printf("]}\n");
}

static int
run(char **words, const struct wattle_query_options *options)
{
    struct wattle_database *database = NULL;
    struct wattle_error error = {0};
    bool reopens = strcmp(words[COMMAND], "open") == 0;
    int n_times = atoi(words[TIMES]);
    printf("{\"times_s\":[");
    for (int i = -1; i < n_times; i++) {
        double began_s = now_s();
        if (database == NULL &&
            wattle_database_open(&database, words[FILE_NAME], NULL, &error) !=
                WATTLE_OK)
            return fail("open", &error);
        if (ask(database, options) != 0)
            return 1;
        if (reopens) {
            wattle_database_close(database);
            database = NULL;
        }
        if (i >= 0)
            printf("%s%.9f", i > 0 ? "," : "", now_s() - began_s);
    }
    wattle_database_close(database);
    print_rows(!options->is_total);
    return 0;
}

int
main(int argc, char **argv)
{
    struct wattle_query_options options;
    if (argc != N_WORDS || atoi(argv[TIMES]) < 1 ||
        read_options(argv, &options) != 0) {
        fprintf(stderr, "usage: store_queries query|open FILE DEVICE SINCE "
                        "UNTIL EVERY TIMES\n");
        return 2;
    }
    return run(argv, &options);
}
