/*
 * report_api.c - the public report: collects input, runs the engine, keeps
 * the answers.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analytics/answers.h"
#include "base/buffer.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"
#include "engine/engine.h"
#include "ingest/device_file.h"
#include "ingest/reader.h"
#include "report/text_out.h"
#include "simd/kernels.h"
#include "wattle/report.h"

#define ONE_YEAR_MS (INT64_C(366) * CIVIL_MS_PER_DAY)
#define MAX_THREADS 1024

struct file_id {
    dev_t device;
    ino_t inode;
};

struct wattle_report {
    struct wattle_report_options options;
    struct source_list sources;
    struct registry caller_devices;
    struct device_table table;
    struct engine engine;
    struct wattle_answers answers;
    struct wattle_reject *rejects;
    struct wattle_skipped_file *skipped;
    FILE *rejects_file;
    struct text_out rejects_out; /* on its way into rejects_file */
    struct file_id *inputs;      /* device tables that were read */
    size_t n_inputs, input_cap;
    bool has_paths;
    bool is_finished;
};

void
wattle_report_options_init(struct wattle_report_options *options)
{
    *options = (struct wattle_report_options){
        .rate_per_kwh = 0.15,
        .budget = NAN,
        .max_gap_ms = CIVIL_MS_PER_HOUR,
        .since_ms = WATTLE_NO_TIME,
        .until_ms = WATTLE_NO_TIME,
    };
}

static const char *const simd_names[] = {
    [WATTLE_SIMD_AVX2] = "AVX2",
    [WATTLE_SIMD_AVX512] = "AVX-512 with VBMI",
    [WATTLE_SIMD_NEON] = "NEON",
};

static int
check_options(const struct wattle_report_options *o, struct wattle_error *error)
{
    if (!isfinite(o->rate_per_kwh))
        return error_set(error, WATTLE_ERR_USAGE, "the rate is no number");
    if (o->max_gap_ms < 1 || o->max_gap_ms > ONE_YEAR_MS)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the largest gap must be 1 ms to 366 days");
    if (o->n_threads < 0 || o->n_threads > MAX_THREADS)
        return error_set(error, WATTLE_ERR_USAGE, "threads must be 0 to %d",
                         MAX_THREADS);
    if (o->block_bytes > (size_t)1 << 30)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a block must be at most 1 GiB");
    if (o->value_kind < 0 || o->value_kind > WATTLE_VALUE_ENERGY_KWH ||
        o->reader < 0 || o->reader > WATTLE_READER_URING || o->simd < 0 ||
        o->simd > WATTLE_SIMD_NEON)
        return error_set(error, WATTLE_ERR_USAGE, "an option is unknown");
    if (kernels_for(o->simd) == NULL)
        return error_set(error, WATTLE_ERR_CPU, "this CPU has no %s",
                         simd_names[o->simd]);
    return WATTLE_OK;
}

/* Remembers a file that is read, so that nothing is written over it. */
static int
note_input(struct wattle_report *report, const struct stat *info)
{
    struct file_id *grown =
        buffer_grow_array(report->inputs, &report->input_cap,
                          report->n_inputs + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    report->inputs = grown;
    report->inputs[report->n_inputs++] =
        (struct file_id){info->st_dev, info->st_ino};
    return WATTLE_OK;
}

/* Reads a device table. */
static int
read_table(struct wattle_report *report, const char *path,
           struct wattle_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && note_input(report, &info) != WATTLE_OK)
        return error_memory(error);
    return device_file_read(&report->table, path, error);
}

/* Whether a path names a file that is read. */
static bool
is_input(const struct wattle_report *report, const char *path)
{
    struct stat mine, other;
    if (stat(path, &mine) != 0)
        return false;
    for (size_t i = 0; i < report->n_inputs; i++) {
        if (report->inputs[i].device == mine.st_dev &&
            report->inputs[i].inode == mine.st_ino)
            return true;
    }
    for (size_t i = 0; i < report->sources.n; i++) {
        const struct source *source = &report->sources.sources[i];
        bool is_stdin = strcmp(source->path, "-") == 0;
        int status =
            is_stdin ? fstat(STDIN_FILENO, &other) : stat(source->path, &other);
        if (source->kind != SOURCE_ROWS && status == 0 &&
            mine.st_dev == other.st_dev && mine.st_ino == other.st_ino)
            return true;
    }
    return false;
}

static int
open_rejects(struct wattle_report *report, struct wattle_error *error)
{
    const char *path = report->options.rejects_path;
    if (path == NULL)
        return WATTLE_OK;
    if (is_input(report, path))
        return error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                            "is an input; rejects must go to another file");
    report->rejects_file = fopen(path, "w");
    if (report->rejects_file == NULL)
        return error_set_at(error, WATTLE_ERR_IO, path, 0,
                            "cannot write it: %s", strerror(errno));
    text_out_init(&report->rejects_out, report->rejects_file);
    text_out_text(&report->rejects_out, "file,line,reason,raw\n");
    return WATTLE_OK;
}

int
wattle_report_open(struct wattle_report **out,
                   const struct wattle_report_options *options,
                   struct wattle_error *error)
{
    *out = NULL;
    int status = check_options(options, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_report *report = calloc(1, sizeof(*report));
    if (report == NULL)
        return error_memory(error);
    report->options = *options;
    registry_init(&report->caller_devices);
    device_table_init(&report->table);
    if (options->devices_path != NULL)
        status = read_table(report, options->devices_path, error);
    if (status != WATTLE_OK) {
        wattle_report_close(report);
        return status;
    }
    *out = report;
    return WATTLE_OK;
}

void
wattle_report_close(struct wattle_report *report)
{
    if (report == NULL)
        return;
    if (report->rejects_file != NULL)
        fclose(report->rejects_file);
    answers_release(&report->answers);
    free(report->rejects);
    free(report->skipped);
    free(report->inputs);
    engine_release(&report->engine);
    source_list_release(&report->sources);
    registry_release(&report->caller_devices);
    device_table_release(&report->table);
    free(report);
}

/*
 * Reads the devices.csv of a folder when there is one. A table that was not
 * asked for must not stop the report: a broken one is listed as skipped.
 */
static int
read_table_in(struct wattle_report *report, const char *folder, size_t len,
              struct wattle_error *error)
{
    struct buffer path = {0};
    struct wattle_error why;
    int status = buffer_append(&path, folder, len);
    if (status == WATTLE_OK)
        status = buffer_append(&path, "devices.csv", sizeof("devices.csv"));
    if (status == WATTLE_OK && access(path.data, F_OK) == 0) {
        status = read_table(report, path.data, &why);
        if (status != WATTLE_OK && status != WATTLE_ERR_MEMORY)
            status = source_list_add_broken(&report->sources, path.data,
                                            why.message);
    }
    buffer_release(&path);
    return status == WATTLE_OK ? status : error_memory(error);
}

/* Device tables beside the readings that were just added. */
static int
read_tables(struct wattle_report *report, size_t first,
            struct wattle_error *error)
{
    const char *last = NULL;
    size_t last_len = 0;
    if (report->options.devices_path != NULL)
        return WATTLE_OK;
    size_t n = report->sources.n;
    for (size_t i = first; i < n; i++) {
        const struct source *source = &report->sources.sources[i];
        const char *slash = strrchr(source->path, '/');
        size_t len = slash != NULL ? (size_t)(slash - source->path) + 1 : 0;
        if (source->kind != SOURCE_PLAIN ||
            (last != NULL && len == last_len &&
             memcmp(last, source->path, len) == 0))
            continue;
        int status = read_table_in(report, source->path, len, error);
        if (status != WATTLE_OK)
            return status;
        last = report->sources.sources[i].path;
        last_len = len;
    }
    return WATTLE_OK;
}

int
wattle_report_add_path(struct wattle_report *report, const char *path,
                       struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    size_t first = report->sources.n;
    int status = source_list_add_path(&report->sources, path, error);
    report->has_paths = true;
    if (status == WATTLE_OK)
        status = read_tables(report, first, error);
    return status;
}

int
wattle_report_device(struct wattle_report *report, const char *id, size_t len,
                     uint32_t *number, struct wattle_error *error)
{
    if (len == 0 || len > REGISTRY_MAX_ID || memchr(id, '\0', len) != NULL)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a device id must have 1 to %d bytes, none zero",
                         REGISTRY_MAX_ID);
    *number = registry_add(&report->caller_devices, id, len);
    return *number != REGISTRY_NO_DEVICE ? WATTLE_OK : error_memory(error);
}

static bool
is_in_range(int column, int64_t value, int decimals)
{
    int64_t one = decimal_power_of_ten(decimals);
    int64_t max = column == WATTLE_POWER_FACTOR ? one : one * 1000000000;
    int64_t min =
        column == WATTLE_VOLTAGE || column == WATTLE_CURRENT ? 0 : -max;
    return value >= min && value <= max;
}

static bool
has_power(uint8_t columns)
{
    return (columns & BATCH_HAS(WATTLE_POWER)) != 0 ||
           (columns & BATCH_HAS_VIP) == BATCH_HAS_VIP ||
           (columns & BATCH_HAS(WATTLE_ENERGY)) != 0;
}

static int
check_batch(const struct wattle_report *report,
            const struct wattle_batch *batch, struct wattle_error *error)
{
    uint8_t given = 0;
    for (int c = 0; c < WATTLE_N_COLUMNS; c++) {
        given |= (uint8_t)(batch->columns[c] != NULL ? BATCH_HAS(c) : 0);
        if (batch->columns[c] != NULL && batch->decimals[c] > 9)
            return error_set(error, WATTLE_ERR_USAGE,
                             "a column has more than nine decimals");
    }
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint8_t has =
            batch->presence != NULL ? batch->presence[i] & given : given;
        bool fits = has_power(has) &&
                    batch->device[i] < report->caller_devices.n_devices &&
                    batch->time_ms[i] >= CIVIL_MIN_MS &&
                    batch->time_ms[i] <= CIVIL_MAX_MS;
        for (int c = 0; c < WATTLE_N_COLUMNS && fits; c++) {
            if ((has & BATCH_HAS(c)) != 0)
                fits = is_in_range(c, batch->columns[c][i], batch->decimals[c]);
        }
        if (!fits)
            return error_set(error, WATTLE_ERR_USAGE,
                             "row %zu of the batch is out of range", i);
    }
    return WATTLE_OK;
}

int
wattle_report_add_batch(struct wattle_report *report,
                        const struct wattle_batch *batch,
                        struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    int status = check_batch(report, batch, error);
    if (status != WATTLE_OK)
        return status;
    struct row_store *rows = source_list_rows(&report->sources);
    if (rows == NULL)
        return error_memory(error);
    return row_store_add(rows, batch, error);
}

static int
write_reject(void *context, const struct engine_reject *reject, const char *raw,
             size_t raw_len)
{
    struct wattle_report *report = context;
    struct text_out *out = &report->rejects_out;
    const char *path = report->sources.sources[reject->source].path;
    text_out_csv(out, path, strlen(path));
    text_out_byte(out, ',');
    text_out_count(out, reject->line);
    text_out_byte(out, ',');
    text_out_text(out, wattle_reason_text(reject->reason));
    text_out_byte(out, ',');
    text_out_csv(out, raw, raw_len);
    text_out_byte(out, '\n');
    return WATTLE_OK;
}

static int
close_rejects(struct wattle_report *report, struct wattle_error *error)
{
    FILE *file = report->rejects_file;
    report->rejects_file = NULL;
    if (file == NULL)
        return WATTLE_OK;
    text_out_flush(&report->rejects_out);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return error_set_at(error, WATTLE_ERR_IO, report->options.rejects_path,
                            0, "cannot write it: %s", strerror(errno));
    return WATTLE_OK;
}

static double
seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void
set_timings(struct wattle_report *report, int64_t wall_ns)
{
    const struct engine *engine = &report->engine;
    struct wattle_timings *t = &report->answers.timings;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    t->wall_s = seconds(wall_ns);
    t->open_s = seconds(engine->spent_ns[STAGE_OPEN]);
    t->read_s = seconds(engine->spent_ns[STAGE_READ]);
    t->split_s = seconds(engine->spent_ns[STAGE_SPLIT]);
    t->decode_s = seconds(engine->spent_ns[STAGE_DECODE]);
    t->lookup_s = seconds(engine->spent_ns[STAGE_LOOKUP]);
    t->account_s = seconds(engine->spent_ns[STAGE_ACCOUNT]);
    t->merge_s = seconds(engine->spent_ns[STAGE_MERGE]);
    t->n_bytes = engine->n_bytes;
    t->n_fast_rows = engine->n_fast_rows;
    t->n_slow_rows = engine->n_slow_rows;
    t->n_passes = engine->n_passes;
    t->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
    t->n_threads = engine->n_threads;
    t->simd = engine->simd;
    t->reader = reader_name(report->options.reader);
}

/* Lists of files and lines, with their paths. */
static int
set_lists(struct wattle_report *report)
{
    struct wattle_answers *a = &report->answers;
    const struct engine *engine = &report->engine;
    const struct source_list *list = &report->sources;
    report->rejects = calloc(REJECT_LOG_FIRST, sizeof(*report->rejects));
    report->skipped = calloc(list->n + 1, sizeof(*report->skipped));
    if (report->rejects == NULL || report->skipped == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < engine->n_first_rejects; i++) {
        const struct engine_reject *r = &engine->first_rejects[i];
        report->rejects[i] = (struct wattle_reject){
            list->sources[r->source].path, r->line, r->reason};
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct source *source = &list->sources[i];
        a->n_files += source->is_usable ? 1 : 0;
        if (source->problem != NULL)
            report->skipped[a->n_skipped_files++] =
                (struct wattle_skipped_file){source->path, source->problem};
    }
    a->first_rejects = report->rejects;
    a->n_first_rejects = engine->n_first_rejects;
    a->skipped_files = report->skipped;
    return WATTLE_OK;
}

static int
set_answers(struct wattle_report *report, struct wattle_error *error)
{
    struct wattle_answers *a = &report->answers;
    struct engine *engine = &report->engine;
    struct answers_input input = {&engine->devices, &engine->accounts,
                                  &report->table, report->options.rate_per_kwh,
                                  report->options.budget};
    a->n_lines = engine->n_lines;
    a->n_duplicates = engine->n_duplicates;
    a->n_filtered = engine->n_filtered;
    a->n_rounded = engine->n_rounded;
    a->n_rejects = engine->n_rejects;
    memcpy(a->rejects_by_reason, engine->by_reason,
           sizeof(a->rejects_by_reason));
    a->max_gap_hours =
        (double)report->options.max_gap_ms / (double)CIVIL_MS_PER_HOUR;
    if (answers_compute(a, &input) != WATTLE_OK ||
        set_lists(report) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

int
wattle_report_finish(struct wattle_report *report, struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    int64_t began_ns = stage_clock_now_ns();
    struct engine *engine = &report->engine;
    engine->options = &report->options;
    engine->sources = &report->sources;
    engine->caller_devices = &report->caller_devices;
    int status = open_rejects(report, error);
    if (status != WATTLE_OK)
        return status;
    engine->visit_reject = report->rejects_file != NULL ? write_reject : NULL;
    engine->visit_context = report;
    if (report->has_paths && report->sources.n == 0)
        status = error_set(error, WATTLE_ERR_NO_INPUT,
                           "none of the files holds readings (devices.csv is a "
                           "device table)");
    else
        status = engine_run(engine, error);
    report->is_finished = true;
    if (status == WATTLE_OK)
        status = close_rejects(report, error);
    if (status == WATTLE_OK || status == WATTLE_ERR_NO_INPUT) {
        int computed = set_answers(report, error);
        status = computed != WATTLE_OK ? computed : status;
    }
    set_timings(report, stage_clock_now_ns() - began_ns);
    return status;
}

const struct wattle_answers *
wattle_report_answers(const struct wattle_report *report)
{
    return report->is_finished ? &report->answers : NULL;
}

void
wattle_report_progress(const struct wattle_report *report, uint64_t *done,
                       uint64_t *total)
{
    struct engine *engine = (struct engine *)&report->engine;
    *done = atomic_load(&engine->bytes_done);
    *total = atomic_load(&engine->bytes_total);
}

int
wattle_parse_time(const char *text, int64_t *time_ms)
{
    return civil_parse_or_date(text, strlen(text), time_ms) ? WATTLE_OK
                                                            : WATTLE_ERR_FORMAT;
}
