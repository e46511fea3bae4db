/*
 * caller.c - a program that uses every structure of options and results.
 *
 *     caller FOLDER DATABASE
 *
 * It is compiled with headers of one version and run with a library of another
 * one. Behind each structure that the library reads or writes there are bytes
 * that must stay as they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wattle/wattle.h>
#include <wattle/stdio.h>

static struct wattle_error error;

static void
must(int status, const char *what)
{
    if (status == WATTLE_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, wattle_status_text(status),
            error.message);
    exit(1);
}

enum { N_GUARDS = 64 };

#define GUARDED(type)                                                          \
    struct {                                                                   \
        struct type it;                                                        \
        unsigned char guards[N_GUARDS];                                        \
    }

static void
guard(unsigned char *guards)
{
    memset(guards, 0xa5, N_GUARDS);
}

static void
must_be_whole(const unsigned char *guards, const char *what)
{
    for (int i = 0; i < N_GUARDS; i++) {
        if (guards[i] != 0xa5) {
            fprintf(stderr, "%s: written behind its end\n", what);
            exit(1);
        }
    }
}

static void
print_figures(const char *what, const struct wattle_figures *f)
{
    printf("%s %llu %.17g %.17g %.17g\n", what,
           (unsigned long long)f->n_readings, f->energy_kwh, f->mean_power_w,
           f->gap_hours);
}

static void
report(const char *folder)
{
    GUARDED(wattle_report_options) options;
    struct wattle_report *handle;
    guard(options.guards);
    wattle_report_options_init(&options.it);
    options.it.budget = 1;
    must(wattle_report_open(&handle, &options.it, &error), "report");
    must(wattle_report_add_path(handle, folder, &error), "add");
    must(wattle_report_run(handle, &error), "run");
    must_be_whole(options.guards, "report options");
    const struct wattle_report_result *r = wattle_report_result(handle);
    printf("%llu lines, %zu days, %d\n", (unsigned long long)r->n_lines,
           r->n_days, r->is_over_budget);
    print_figures("all", r->figures);
    for (size_t i = 0; i < r->n_devices; i++) {
        const struct wattle_device_result *d = r->devices[i];
        printf("%s %s %s %g ", d->id, d->name, d->location, d->rated_w);
        print_figures("device", d->figures);
    }
    for (size_t i = 0; i < r->n_locations; i++)
        print_figures(r->locations[i]->location, r->locations[i]->figures);
    for (size_t i = 0; i < r->n_hours; i++)
        printf("%zu %.17g\n", i, r->hours[i]->energy_kwh);
    for (size_t i = 0; i < r->n_days; i++)
        printf("%lld %.17g\n", (long long)r->days[i]->day,
               r->days[i]->energy_kwh);
    for (size_t i = 0; i < r->n_first_rejects; i++)
        printf("%llu %s\n", (unsigned long long)r->first_rejects[i]->line,
               wattle_reason_text(r->first_rejects[i]->reason));
    for (size_t i = 0; i < r->n_reasons; i++)
        printf("%llu ", (unsigned long long)r->rejects_by_reason[i]);
    printf("%llu bytes\n", (unsigned long long)r->timings->n_bytes);
    GUARDED(wattle_text_style) style;
    guard(style.guards);
    wattle_text_style_init(&style.it);
    const struct wattle_writer out = wattle_stdio_writer(stdout);
    must(wattle_report_write_text(r, &style.it, &out), "text");
    must_be_whole(style.guards, "text style");
    wattle_report_close(handle);
}

static void
add_batch(struct wattle_import *handle)
{
    GUARDED(wattle_batch) batch;
    uint32_t device;
    const int64_t time_ms = INT64_C(1696118400000), power = 5, hertz = 50;
    const struct wattle_column columns[] = {
        {.measure = WATTLE_POWER, .values = &power},
        {.measure = WATTLE_FREQUENCY, .values = &hertz}};
    must(wattle_import_add_device(handle, "boiler", 6, &device, &error),
         "device");
    guard(batch.guards);
    wattle_batch_init(&batch.it);
    batch.it.n_rows = 1;
    batch.it.device = &device;
    batch.it.time_ms = &time_ms;
    batch.it.n_columns = 2;
    batch.it.columns = columns;
    must(wattle_import_add_batch(handle, &batch.it, &error), "batch");
    must_be_whole(batch.guards, "batch");
    printf("%s in %s\n", wattle_measure_info(WATTLE_FREQUENCY)->name,
           wattle_measure_info(WATTLE_FREQUENCY)->unit);
}

static void
import(const char *folder, const char *database)
{
    GUARDED(wattle_import_options) options;
    struct wattle_import *handle;
    guard(options.guards);
    wattle_import_options_init(&options.it);
    must(wattle_import_open(&handle, database, &options.it, &error), "import");
    must(wattle_import_add_path(handle, folder, &error), "add");
    add_batch(handle);
    must(wattle_import_run(handle, &error), "run");
    must_be_whole(options.guards, "import options");
    const struct wattle_import_result *r = wattle_import_result(handle);
    printf("new %llu rejects %llu files %zu first %llu skipped %zu\n",
           (unsigned long long)r->n_new, (unsigned long long)r->n_rejects,
           r->n_files,
           (unsigned long long)(r->n_first_rejects > 0
                                    ? r->first_rejects[0]->line
                                    : 0),
           r->n_skipped_files);
    wattle_import_close(handle);
}

static void
query(const char *path)
{
    GUARDED(wattle_query_options) options;
    struct wattle_database *database;
    struct wattle_query *handle;
    const struct wattle_query_row *row;
    guard(options.guards);
    wattle_query_options_init(&options.it);
    options.it.bucket_ms = 86400000;
    options.it.fields = WATTLE_QUERY_ALL;
    must(wattle_database_open(&database, path, NULL, &error), "database");
    must(wattle_query_open(&handle, database, &options.it, &error), "query");
    must_be_whole(options.guards, "query options");
    while (wattle_query_next(handle, &row, &error) == WATTLE_OK && row != NULL)
        printf("%s %lld %.17g %.17g\n", row->device_id,
               (long long)row->start_ms, row->figures->energy_kwh,
               row->figures->efficiency);
    wattle_query_close(handle);
    wattle_database_close(database);
}

static void
maintain(const char *path)
{
    GUARDED(wattle_export_options) options;
    GUARDED(wattle_check_result) check;
    struct wattle_info *info;
    guard(options.guards);
    wattle_export_options_init(&options.it);
    const struct wattle_writer out = wattle_stdio_writer(stdout);
    must(wattle_database_export(path, &options.it, &out, NULL, &error),
         "export");
    must_be_whole(options.guards, "export options");
    guard(check.guards);
    check.it = (struct wattle_check_result)WATTLE_CHECK_RESULT_INIT;
    must(wattle_database_check(path, NULL, NULL, NULL, &check.it, &error),
         "check");
    must_be_whole(check.guards, "check result");
    printf("%llu devices, %llu readings, %llu problems\n",
           (unsigned long long)check.it.n_devices,
           (unsigned long long)check.it.n_readings,
           (unsigned long long)check.it.n_problems);
    must(wattle_database_info(path, &info, &error), "info");
    for (size_t i = 0; i < info->n_devices; i++)
        printf("%s %llu\n", info->devices[i]->id,
               (unsigned long long)info->devices[i]->n_readings);
    wattle_info_free(info);
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    report(argv[1]);
    import(argv[1], argv[2]);
    query(argv[2]);
    maintain(argv[2]);
    return ferror(stdout) ? 1 : 0;
}
