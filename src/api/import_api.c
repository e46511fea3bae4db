/*
 * import_api.c - the public import: collects input, runs the importer, keeps
 * what it has done.
 *
 * Options are read once, into struct scan_options; the importer knows none of
 * the public structures. The result points into the import and lives as long.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "api/api_check.h"
#include "api/inputs.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/pointer_list.h"
#include "base/sized_struct.h"
#include "run/importer.h"
#include "run/recognise.h"
#include "input/reader.h"
#include "wattle/import.h"

struct wattle_import {
    struct wattle_import_options options;
    struct scan_options scan; /* of them */
    struct write_lock_wait wait;
    char *database;
    struct inputs inputs;
    struct importer importer;
    struct wattle_import_result result; /* what points into the rest */
    struct wattle_timings timings;
    struct inputs_lists lists;
    struct wattle_held_line *held_lines;
    struct wattle_reread_file *reread_files;
    const struct wattle_reread_file **reread_list;
    const struct wattle_held_line **held_list;
    bool is_finished;
};

static int
read_options(const struct wattle_import_options *o, struct scan_options *scan,
             struct wattle_error *error)
{
    *scan = (struct scan_options){
        .selection = SELECTION_ALL,
        .n_threads = o->n_threads,
        .max_gap_ms = CIVIL_MS_PER_HOUR,
        .value_kind = o->value_kind,
        .zone = o->zone,
        .zstd_window_log = o->zstd_window_log,
        .keeps_rejects = o->rejects_path != NULL,
        .cancel = o->cancel,
    };
    int status = api_check_tuning(o->tuning, &scan->tuning, error);
    return status == WATTLE_OK ? inputs_check(scan, error) : status;
}

int
wattle_import_open(struct wattle_import **out, const char *database,
                   const struct wattle_import_options *given,
                   struct wattle_error *error)
{
    struct wattle_import_options options = WATTLE_IMPORT_OPTIONS_INIT;
    *out = NULL;
    if (database == NULL)
        return error_null(error, "database");
    struct scan_options scan;
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = read_options(&options, &scan, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_import *import = calloc(1, sizeof(*import));
    if (import == NULL)
        return error_memory(error);
    import->options = options;
    import->scan = scan;
    import->result = (struct wattle_import_result){
        .rejects_by_reason = import->importer.tally.by_reason,
        .n_reasons = WATTLE_N_REASONS,
        .timings = &import->timings,
    };
    import->database = strdup(database);
    status = inputs_open(&import->inputs, options.devices_path,
                         options.rejects_path, error);
    if (status == WATTLE_OK && import->database == NULL)
        status = error_memory(error);
    if (status != WATTLE_OK) {
        wattle_import_close(import);
        return status;
    }
    *out = import;
    return WATTLE_OK;
}

void
wattle_import_close(struct wattle_import *import)
{
    if (import == NULL)
        return;
    importer_release(&import->importer);
    inputs_release(&import->inputs);
    inputs_lists_release(&import->lists);
    free(import->held_lines);
    free(import->reread_files);
    free(import->reread_list);
    free(import->held_list);
    free(import->database);
    free(import);
}

static int
fail_finished(struct wattle_error *error)
{
    return error_set(error, WATTLE_ERR_USAGE, "the import is finished");
}

int
wattle_import_add_path(struct wattle_import *import, const char *path,
                       struct wattle_error *error)
{
    if (import->is_finished)
        return fail_finished(error);
    return inputs_add_path(&import->inputs, path, error);
}

int
wattle_import_add_device(struct wattle_import *import, const char *id,
                         size_t len, uint32_t *number,
                         struct wattle_error *error)
{
    return inputs_device(&import->inputs, id, len, number, error);
}

int
wattle_import_add_batch(struct wattle_import *import,
                        const struct wattle_batch *batch,
                        struct wattle_error *error)
{
    if (import->is_finished)
        return fail_finished(error);
    return inputs_add_batch(&import->inputs, batch, error);
}

/* Lines that were left for the next import. */
static int
list_held(struct wattle_import *import)
{
    const struct importer *importer = &import->importer;
    struct wattle_import_result *r = &import->result;
    const struct source_list *list = importer->sources;
    if (importer->files == NULL)
        return WATTLE_OK;
    import->held_lines = calloc(list->n + 1, sizeof(*import->held_lines));
    if (import->held_lines == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < list->n; i++) {
        const struct source *source = &list->sources[i];
        const struct importer_file *file = &importer->files[i];
        bool holds_header = source->is_usable && source->has_open_header;
        if (!source->holds_rest || (!file->has_rest && !holds_header))
            continue;
        import->held_lines[r->n_held_lines++] = (struct wattle_held_line){
            source->path,
            1 + (holds_header ? source->header_lines : file->file_lines)};
    }
    import->held_list = pointer_list_new(import->held_lines, r->n_held_lines,
                                         sizeof(*import->held_lines));
    r->held_lines = import->held_list;
    return import->held_list != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

/* Files that were imported before and have been read again. */
static int
list_reread(struct wattle_import *import)
{
    const struct importer *importer = &import->importer;
    struct wattle_import_result *r = &import->result;
    const struct source_list *list = importer->sources;
    if (importer->files == NULL)
        return WATTLE_OK;
    import->reread_files = calloc(list->n + 1, sizeof(*import->reread_files));
    if (import->reread_files == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < list->n; i++) {
        const struct importer_file *file = &importer->files[i];
        const bool moves = file->moves_from != NULL;
        if (file->is_again)
            import->reread_files[r->n_reread_files++] =
                (struct wattle_reread_file){
                    .path = list->sources[i].path,
                    .value_kind_before = file->value_kind_before,
                    .value_kind = recognise_value_kind(&list->sources[i]),
                    .zone_before =
                        moves ? wattle_zone_name(file->moves_from) : NULL,
                    .zone = moves ? wattle_zone_name(import->scan.zone) : NULL};
    }
    import->reread_list = pointer_list_new(
        import->reread_files, r->n_reread_files, sizeof(*import->reread_files));
    r->reread_files = import->reread_list;
    return import->reread_list != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

static int
set_result(struct wattle_import *import, int64_t wall_ns)
{
    struct wattle_import_result *r = &import->result;
    const struct importer *importer = &import->importer;
    struct rusage usage;
    r->n_lines = importer->tally.n_lines;
    r->n_new = importer->counts.n_new;
    r->n_replaced = importer->counts.n_replaced;
    r->n_unchanged = importer->counts.n_unchanged;
    r->n_rejects = importer->tally.n_rejects;
    r->n_rounded = importer->tally.n_rounded;
    r->n_known_files = importer->n_known_files;
    r->n_grown_files = importer->n_grown_files;
    r->n_new_devices = importer->n_new_devices;
    r->is_zone_assumed = importer->has_assumed_times;
    getrusage(RUSAGE_SELF, &usage);
    import->timings.wall_s = (double)wall_ns / 1e9;
    import->timings.peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
    import->timings.n_bytes = importer->tally.n_bytes;
    import->timings.n_threads = importer->n_threads;
    import->timings.simd = importer->simd;
    import->timings.reader = reader_name(import->scan.tuning.reader);
    struct inputs_lists *lists = &import->lists;
    if (inputs_list(&import->inputs, &importer->scan_rejects, lists) !=
        WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    r->n_files = lists->n_files;
    r->first_rejects = lists->reject_list;
    r->n_first_rejects = importer->scan_rejects.n_first;
    r->skipped_files = lists->skipped_list;
    r->n_skipped_files = lists->n_skipped;
    r->n_assumed_files = lists->n_assumed;
    r->first_assumed_file = lists->first_assumed;
    return list_held(import) == WATTLE_OK ? list_reread(import)
                                          : WATTLE_ERR_MEMORY;
}

int
wattle_import_run(struct wattle_import *import, struct wattle_error *error)
{
    struct importer *importer = &import->importer;
    struct inputs *inputs = &import->inputs;
    if (import->is_finished)
        return fail_finished(error);
    int64_t began_ns = stage_now_ns();
    inputs->database = import->database;
    int status = inputs_open_rejects(inputs, error);
    if (status != WATTLE_OK)
        return status;
    importer->database = import->database;
    import->wait =
        (struct write_lock_wait){.ms = import->options.wait_ms,
                                 .on_waiting = import->options.on_waiting,
                                 .context = import->options.waiting_context,
                                 .cancel = import->options.cancel};
    importer->options = &import->scan;
    importer->is_dry_run = import->options.is_dry_run;
    importer->is_final = import->options.is_final;
    importer->is_again = import->options.is_again;
    importer->is_zone_assumed = import->options.is_zone_assumed;
    importer->is_zone_default = import->options.is_zone_default;
    importer->wait = &import->wait;
    importer->sources = &inputs->sources;
    importer->table = &inputs->table;
    importer->caller_devices = &inputs->caller_devices;
    importer->visit_reject = inputs->has_rejects ? inputs_write_reject : NULL;
    importer->visit_context = inputs;
    import->is_finished = true;
    if (inputs->has_paths && inputs->sources.n == 0)
        status = error_set(error, WATTLE_ERR_NO_INPUT,
                           "none of the files holds readings (devices.csv is a "
                           "device table)");
    else
        status = importer_run(importer, error);
    if (status == WATTLE_OK)
        status = inputs_close_rejects(inputs, error);
    if (set_result(import, stage_now_ns() - began_ns) != WATTLE_OK)
        status = error_memory(error);
    return error_end(error, status);
}

const struct wattle_import_result *
wattle_import_result(const struct wattle_import *import)
{
    return import->is_finished ? &import->result : NULL;
}

void
wattle_import_progress(const struct wattle_import *import, uint64_t *done,
                       uint64_t *total)
{
    const struct importer *importer = &import->importer;
    uint64_t n_read = atomic_load(&importer->progress.done);
    uint64_t n_bytes = atomic_load(&importer->progress.total);
    uint64_t n_merged = atomic_load(&importer->n_merged);
    uint64_t n_readings = atomic_load(&importer->n_to_merge);
    /* merging takes about as long as reading */
    *total = 2 * n_bytes;
    *done = n_read < n_bytes ? n_read : n_bytes;
    if (n_readings > 0)
        *done +=
            (uint64_t)((double)n_bytes * (double)n_merged / (double)n_readings);
}
