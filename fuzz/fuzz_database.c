/*
 * fuzz_database.c - libFuzzer target: any bytes as a database file.
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

#include "wattle/database.h"
#include "wattle/maintain.h"
#include "wattle/query.h"
#include "wattle/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64], salvaged[80];
static FILE *nowhere;

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
}

static void
begin(void)
{
    if (nowhere != NULL)
        return;
    snprintf(path, sizeof(path), "/dev/shm/wattle-fuzz-%d.db", (int)getpid());
    snprintf(salvaged, sizeof(salvaged), "%s.out", path);
    nowhere = fopen("/dev/null", "w");
    atexit(forget_all);
    if (nowhere == NULL)
        abort();
}

static void
try_report(bool no_summaries)
{
    struct wattle_report *report;
    struct wattle_report_options options;
    struct wattle_error error;
    wattle_report_options_init(&options);
    options.n_threads = 1;
    options.no_summaries = no_summaries;
    if (wattle_report_open(&report, &options, &error) != WATTLE_OK)
        return;
    if (wattle_report_add_path(report, path, &error) == WATTLE_OK &&
        wattle_report_finish(report, &error) == WATTLE_OK)
        wattle_answers_write_json(wattle_report_answers(report), false,
                                  nowhere);
    wattle_report_close(report);
}

static void
try_query(bool is_raw)
{
    struct wattle_database *database;
    struct wattle_query *query = NULL;
    struct wattle_query_options options;
    struct wattle_error error;
    if (wattle_database_open(&database, path, &error) != WATTLE_OK)
        return;
    wattle_query_options_init(&options);
    options.is_raw = is_raw;
    if (wattle_query_open(&query, database, &options, &error) == WATTLE_OK)
        wattle_query_write_json(query, nowhere, NULL, &error);
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
    wattle_info_write_json(info, nowhere);
    wattle_info_free(info);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wattle_check_result result;
    struct wattle_export_options all;
    struct wattle_error error;
    begin();
    forget_all();
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(data, 1, size, file) != size)
        abort();
    fclose(file);
    try_report(false);
    try_report(true);
    try_query(false);
    try_query(true);
    try_info();
    wattle_export_options_init(&all);
    wattle_database_export(path, &all, nowhere, NULL, &error);
    wattle_database_check(path, NULL, NULL, &result, &error);
    wattle_database_salvage(path, salvaged, &result, &error);
    return 0;
}
