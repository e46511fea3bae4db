/*
 * example_import.c - readings from memory into a database, and a question.
 *
 *     cc docs/example_import.c $(pkg-config --cflags --libs wattle)
 *     ./a.out home.db
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <wattle/wattle.h>

#define N_READINGS 4

/* A heater, every half hour: 1000.5 W, 1000.5 W, 400 W, 0 W. */
static int
add_heater(struct wattle_import *import, struct wattle_error *error)
{
    static const char id[] = "heater";
    static const int64_t power[N_READINGS] = {10005, 10005, 4000, 0};
    uint32_t device[N_READINGS], heater;
    int64_t time_ms[N_READINGS], start_ms;
    int status =
        wattle_import_add_device(import, id, strlen(id), &heater, error);
    if (status == WATTLE_OK)
        status = wattle_parse_time("2023-10-01T08:00Z", &start_ms);
    if (status != WATTLE_OK)
        return status;
    for (int i = 0; i < N_READINGS; i++) {
        device[i] = heater;
        time_ms[i] = start_ms + i * INT64_C(1800000);
    }
    const struct wattle_column column = {
        .measure = WATTLE_POWER, .decimals = 1, .values = power};
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    batch.n_rows = N_READINGS;
    batch.device = device;
    batch.time_ms = time_ms;
    batch.n_columns = 1;
    batch.columns = &column;
    return wattle_import_add_batch(import, &batch, error);
}

static int
import_heater(const char *path, struct wattle_error *error)
{
    struct wattle_import_options options;
    struct wattle_import *import = NULL;
    wattle_import_options_init(&options);
    int status = wattle_import_open(&import, path, &options, error);
    if (status == WATTLE_OK)
        status = add_heater(import, error);
    if (status == WATTLE_OK)
        status = wattle_import_run(import, error);
    if (status == WATTLE_OK) {
        const struct wattle_import_result *result =
            wattle_import_result(import);
        printf("%llu new, %llu unchanged\n", (unsigned long long)result->n_new,
               (unsigned long long)result->n_unchanged);
    }
    wattle_import_close(import);
    return status;
}

/* The energy of each device in each hour. */
static int
print_hours(struct wattle_database *database, struct wattle_error *error)
{
    struct wattle_query_options options;
    struct wattle_query *query = NULL;
    const struct wattle_query_row *row = NULL;
    wattle_query_options_init(&options);
    options.bucket_ms = 3600000;
    int status = wattle_query_open(&query, database, &options, error);
    while (status == WATTLE_OK) {
        status = wattle_query_next(query, &row, error);
        if (status != WATTLE_OK || row == NULL)
            break;
        printf("%s, hour %d: %.6f kWh\n", row->device_id,
               (int)(row->start_ms / 3600000 % 24), row->figures->energy_kwh);
    }
    wattle_query_close(query);
    return status;
}

int
main(int argc, char **argv)
{
    struct wattle_database *database = NULL;
    struct wattle_error error = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s DATABASE\n", argv[0]);
        return 2;
    }
    int status = import_heater(argv[1], &error);
    if (status == WATTLE_OK)
        status = wattle_database_open(&database, argv[1], NULL, &error);
    if (status == WATTLE_OK)
        status = print_hours(database, &error);
    if (status != WATTLE_OK)
        fprintf(stderr, "error: %s: %s\n", error.path, error.message);
    wattle_database_close(database);
    return status == WATTLE_OK ? 0 : 2;
}
