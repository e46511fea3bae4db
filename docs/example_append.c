/*
 * example_append.c - readings that keep coming, from standard input into a
 * database: a line "DEVICE WATT" each, with the time of its arrival.
 *
 *     cc docs/example_append.c $(pkg-config --cflags --libs wattle)
 *     meter-program | ./a.out home.db
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <wattle/wattle.h>

static int64_t
now_ms(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
add_reading(struct wattle_appender *appender, const char *id, double watt,
            struct wattle_error *error)
{
    uint32_t device;
    int status =
        wattle_appender_add_device(appender, id, strlen(id), &device, error);
    if (status != WATTLE_OK)
        return status;
    const int64_t time_ms = now_ms();
    const int64_t power = llround(watt * 1000); /* three decimal places */
    const struct wattle_column column = {
        .measure = WATTLE_POWER, .decimals = 3, .values = &power};
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    batch.n_rows = 1;
    batch.device = &device;
    batch.time_ms = &time_ms;
    batch.n_columns = 1;
    batch.columns = &column;
    return wattle_appender_add(appender, &batch, error);
}

int
main(int argc, char **argv)
{
    struct wattle_append_stats stats = {.size = sizeof(stats)};
    struct wattle_append_options options;
    struct wattle_appender *appender = NULL;
    struct wattle_error error = {0};
    char line[300], id[256];
    double watt;
    if (argc != 2) {
        fprintf(stderr, "usage: %s DATABASE\n", argv[0]);
        return 2;
    }
    wattle_append_options_init(&options);
    options.name = "example";
    int status = wattle_appender_open(&appender, argv[1], &options, &error);
    while (status == WATTLE_OK && fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "%255s %lf", id, &watt) == 2)
            status = add_reading(appender, id, watt, &error);
    }
    if (status == WATTLE_OK)
        status = wattle_appender_flush(appender, &error);
    if (status == WATTLE_OK)
        status = wattle_appender_stats(appender, &stats, &error);
    if (status == WATTLE_OK)
        printf("%llu readings added, %llu of them are in the database\n",
               (unsigned long long)stats.n_added,
               (unsigned long long)stats.n_durable);
    else
        fprintf(stderr, "error: %s\n", error.message);
    int closed = wattle_appender_close(appender, NULL);
    return status == WATTLE_OK && closed == WATTLE_OK ? 0 : 2;
}
