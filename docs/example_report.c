/*
 * example_report.c - a report over a path and over readings from memory.
 *
 *     cc docs/example_report.c $(pkg-config --cflags --libs wattle)
 *     ./a.out home.csv > report.json
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <wattle/wattle.h>
#include <wattle/stdio.h>

/* Three readings of a toaster: 0 W, 800.5 W, 0 W, five minutes apart. */
static int
add_toaster(struct wattle_report *report, struct wattle_error *error)
{
    static const char id[] = "toaster";
    uint32_t toaster;
    int64_t start_ms;
    int status =
        wattle_report_add_device(report, id, strlen(id), &toaster, error);
    if (status == WATTLE_OK)
        status = wattle_parse_time("2023-10-01T08:00Z", &start_ms);
    if (status != WATTLE_OK)
        return status;

    const uint32_t device[3] = {toaster, toaster, toaster};
    const int64_t time_ms[3] = {start_ms, start_ms + 300000, start_ms + 600000};
    const int64_t power[3] = {0, 8005, 0}; /* with one decimal place */
    const struct wattle_column column = {
        .measure = WATTLE_POWER, .decimals = 1, .values = power};
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    batch.n_rows = 3;
    batch.device = device;
    batch.time_ms = time_ms;
    batch.n_columns = 1;
    batch.columns = &column;
    return wattle_report_add_batch(report, &batch, error);
}

/* Words go to stderr, so that stdout holds nothing but the JSON. */
static void
print_summary(const struct wattle_report_result *result)
{
    const struct wattle_device_result *top = NULL;
    for (size_t i = 0; i < result->n_devices; i++) {
        const struct wattle_device_result *device = result->devices[i];
        if (top == NULL ||
            device->figures->energy_kwh > top->figures->energy_kwh)
            top = device;
    }
    for (size_t i = 0; i < result->n_skipped_files; i++)
        fprintf(stderr, "skipped: %s: %s\n", result->skipped_files[i]->path,
                result->skipped_files[i]->reason);
    fprintf(stderr, "all devices: %.3f kWh\n", result->figures->energy_kwh);
    if (top != NULL)
        fprintf(stderr, "most energy: %s, %.3f kWh\n", top->id,
                top->figures->energy_kwh);
}

static void
complain(int status, const struct wattle_error *error)
{
    const char *message = error->message;
    if (message[0] == '\0')
        message = wattle_status_text(status);
    if (error->path[0] != '\0')
        fprintf(stderr, "error: %s: %s\n", error->path, message);
    else
        fprintf(stderr, "error: %s\n", message);
}

int
main(int argc, char **argv)
{
    struct wattle_report_options options;
    struct wattle_report *report = NULL;
    struct wattle_error error = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s PATH > report.json\n", argv[0]);
        return 2;
    }
    wattle_report_options_init(&options);
    options.rate_per_kwh = 0.30;

    int status = wattle_report_open(&report, &options, &error);
    if (status == WATTLE_OK)
        status = wattle_report_add_path(report, argv[1], &error);
    if (status == WATTLE_OK)
        status = add_toaster(report, &error);
    if (status == WATTLE_OK)
        status = wattle_report_run(report, &error);
    if (status == WATTLE_OK) {
        const struct wattle_report_result *result =
            wattle_report_result(report);
        print_summary(result);
        const struct wattle_writer out = wattle_stdio_writer(stdout);
        status = wattle_report_write_json(result, false, &out);
    }
    if (status == WATTLE_OK && fflush(stdout) != 0)
        status = WATTLE_ERR_IO;
    if (status != WATTLE_OK)
        complain(status, &error);
    wattle_report_close(report);
    return status == WATTLE_OK ? 0 : 2;
}
