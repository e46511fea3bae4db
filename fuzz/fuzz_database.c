/*
 * fuzz_database.c - libFuzzer target: any bytes as a database file.
 *
 * An input that does not begin like SQLite's files is a list of changes to a
 * small database: three bytes say where, one is added there by XOR.
 *
 * Everything that reads one is tried: report, query, check, export, info and
 * salvage. Checksums count as right in this build (see checksum.c), so that
 * damage gets as far as a forged file would.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wattle/experimental/tuning.h"
#include "wattle/database.h"
#include "wattle/import.h"
#include "wattle/maintain.h"
#include "wattle/query.h"
#include "wattle/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64], salvaged[80], readings[80];
/* A writer that drops all. */
static int
drop(void *context, const void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return 0;
}

static const struct wattle_writer nowhere = {drop, NULL, false};
static uint8_t *base; /* a database to change */
static size_t base_size;

static void
forget(const char *name)
{
    char side[128];
    unlink(name);
    snprintf(side, sizeof(side), "%s-wal", name);
    unlink(side);
    snprintf(side, sizeof(side), "%s-shm", name);
    unlink(side);
}

static void
forget_all(void)
{
    forget(path);
    forget(salvaged);
    unlink(readings);
}

static void
must(bool condition)
{
    if (!condition)
        abort();
}

static void
import_readings(const char *columns, const char *values, int step_s, int n)
{
    struct wattle_import *import;
    struct wattle_import_options options;
    struct wattle_error error;
    FILE *file = fopen(readings, "w");
    must(file != NULL);
    fprintf(file, "timestamp,device_id,%s\n", columns);
    for (int i = 0; i < n; i++)
        fprintf(file, "%d,d%d,%d%s\n", 1696118400 + i * step_s, i % 97 == 5,
                i * i % 83, values);
    fprintf(file, "garbage\n");
    fclose(file);
    wattle_import_options_init(&options);
    must(wattle_import_open(&import, path, &options, &error) == WATTLE_OK &&
         wattle_import_add_path(import, readings, &error) == WATTLE_OK &&
         wattle_import_run(import, &error) == WATTLE_OK);
    wattle_import_close(import);
}

/* Chunks, late readings, rejects and corrections of two devices. */
static void
make_base(void)
{
    import_readings("power,energy_wh", ".5,3", 60, 4500);
    import_readings("power,voltage,energy_wh", ".123456789,,", 977, 40);
    FILE *file = fopen(path, "r");
    must(file != NULL && fseek(file, 0, SEEK_END) == 0);
    base_size = (size_t)ftell(file);
    base = malloc(base_size);
    rewind(file);
    must(base != NULL && fread(base, 1, base_size, file) == base_size);
    fclose(file);
}

/* Writes the input, or the base with its changes, as the database. */
static void
write_database(const uint8_t *data, size_t size)
{
    bool is_whole = size > 16 && memcmp(data, "SQLite format 3", 16) == 0;
    FILE *file = fopen(path, "w");
    must(file != NULL);
    if (is_whole) {
        must(fwrite(data, 1, size, file) == size);
    } else {
        must(fwrite(base, 1, base_size, file) == base_size);
        for (; size >= 4; data += 4, size -= 4) {
            size_t at =
                (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) %
                base_size;
            must(fseek(file, (long)at, SEEK_SET) == 0);
            fputc(base[at] ^ data[3], file);
        }
    }
    fclose(file);
}

static void
begin(void)
{
    if (path[0] != '\0')
        return;
    snprintf(path, sizeof(path), "/dev/shm/wattle-fuzz-%d.db", (int)getpid());
    snprintf(readings, sizeof(readings), "%s.csv", path);
    snprintf(salvaged, sizeof(salvaged), "%s.out", path);
    atexit(forget_all);
    make_base();
}

static void
try_report(bool no_summaries)
{
    struct wattle_report *report;
    struct wattle_report_options options;
    struct wattle_error error;
    wattle_report_options_init(&options);
    options.n_threads = 1;
    struct wattle_tuning tuning = WATTLE_TUNING_INIT;
    tuning.no_summaries = no_summaries;
    options.tuning = &tuning;
    if (wattle_report_open(&report, &options, &error) != WATTLE_OK)
        return;
    if (wattle_report_add_path(report, path, &error) == WATTLE_OK &&
        wattle_report_run(report, &error) == WATTLE_OK)
        wattle_report_write_json(wattle_report_result(report), false, &nowhere);
    wattle_report_close(report);
}

static void
try_query(bool is_raw)
{
    struct wattle_database *database;
    struct wattle_query *query = NULL;
    struct wattle_query_options options;
    struct wattle_error error;
    if (wattle_database_open(&database, path, NULL, &error) != WATTLE_OK)
        return;
    wattle_query_options_init(&options);
    options.is_raw = is_raw;
    if (wattle_query_open(&query, database, &options, &error) == WATTLE_OK)
        wattle_query_write_json(query, &nowhere, NULL, &error);
    wattle_query_close(query);
    wattle_database_close(database);
}

static void
try_info(void)
{
    struct wattle_info *info;
    struct wattle_error error;
    if (wattle_database_info(path, &info, &error) != WATTLE_OK)
        return;
    wattle_info_write_json(info, &nowhere);
    wattle_info_free(info);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_export_options all;
    struct wattle_error error;
    begin();
    forget_all();
    write_database(data, size);
    try_report(false);
    try_report(true);
    try_query(false);
    try_query(true);
    try_info();
    wattle_export_options_init(&all);
    wattle_database_export(path, &all, &nowhere, NULL, &error);
    wattle_database_check(path, NULL, NULL, NULL, &result, &error);
    wattle_database_salvage(path, salvaged, NULL, &result, &error);
    return 0;
}
