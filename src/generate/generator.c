/*
 * generator.c - the public face: checks the options, runs the threads.
 *
 * Blocks of rows are made (and packed) by all threads and written in order
 * by the thread that has the next one; see block_pipe.h. Nothing gets its final
 * name before everything is written.
 */
#include "generate/generator.h"

#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/stage_clock.h"
#include "base/trace.h"
#include "generate/block_pipe.h"
#include "generate/defects.h"
#include "generate/out_folder.h"
#include "generate/packing.h"
#include "generate/row_block.h"

#define MAX_DEVICES     UINT64_C(10000000)
#define MAX_FILES       9999
#define MAX_READINGS    UINT64_C(1000000000000000)
#define MAX_THREADS     256
#define MAX_INTERVAL_MS (INT64_C(366) * CIVIL_MS_PER_DAY)

/* devices.csv is written in pieces of about this size. */
#define PIECE_BYTES 65536

struct thread_tools {
    struct row_maker maker;
    struct packing packing;
    struct buffer text;       /* before packing; unused without */
    struct stage_clock clock; /* for the trace, when there is one */
};

struct file_slot {
    struct buffer bytes; /* as they go to the file */
    struct defect_tally tally;
};

struct generator {
    const struct generator_options *options;
    bool to_stdout;
    struct row_recipe source;
    struct out_folder folder;
    struct out_file file; /* being written */
    struct defect_tally tally;
    struct thread_tools *tools;
    unsigned n_threads;
    struct file_slot *slots;
    unsigned n_slots;
    uint64_t n_blocks;
};

void
generator_options_init(struct generator_options *options)
{
    *options = (struct generator_options){
        .n_devices = 1000,
        .n_readings = 100000,
        .n_files = 4,
        .seed = 1,
        .interval_ms = 15 * INT64_C(60000),
        .start_ms = civil_day_from_date(2023, 1, 1) * CIVIL_MS_PER_DAY,
        .mains_v = 230,
        .order = GENERATOR_ORDER_TIME,
        .packing = GENERATOR_PACK_NONE,
    };
}

static int
check_numbers(const struct generator_options *options,
              struct wattle_error *error)
{
    const char *message = NULL;
    if (options->n_devices < 1 || options->n_devices > MAX_DEVICES)
        message = "the number of devices must be 1 to 10,000,000";
    else if (options->n_readings < 1 || options->n_readings > MAX_READINGS)
        message = "the number of readings must be 1 to 1,000,000,000,000,000";
    else if (options->n_files < 1 || options->n_files > MAX_FILES)
        message = "the number of files must be 1 to 9,999";
    else if (options->mains_v != 120 && options->mains_v != 230)
        message = "the mains voltage must be 120 or 230";
    else if (!(options->dirty >= 0 && options->dirty <= 0.5))
        message = "the share of dirty rows must be 0 to 0.5";
    else if (options->n_threads < 0 || options->n_threads > MAX_THREADS)
        message = "the number of threads must be 0 to 256";
    else if (options->order != GENERATOR_ORDER_TIME &&
             options->order != GENERATOR_ORDER_DEVICE)
        message = "the order must be time or device";
    else if (options->packing < GENERATOR_PACK_NONE ||
             options->packing > GENERATOR_PACK_ZSTD)
        message = "the packing must be none, gzip or zstd";
    if (message != NULL)
        return error_set(error, WATTLE_ERR_USAGE, "%s", message);
    return WATTLE_OK;
}

static int
check_times(const struct generator_options *options, struct wattle_error *error)
{
    int64_t interval_ms = options->interval_ms;
    const char *message = NULL;
    if (interval_ms < 1000 || interval_ms > MAX_INTERVAL_MS ||
        interval_ms % 1000 != 0)
        message = "the interval must be whole seconds, 1 second to 366 days";
    else if (options->start_ms < CIVIL_MIN_MS ||
             options->start_ms > CIVIL_MAX_MS || options->start_ms % 1000 != 0)
        message = "the start must be a whole second of the years 0 to 9999";
    if (message != NULL)
        return error_set(error, WATTLE_ERR_USAGE, "%s", message);

    uint64_t last_step = (options->n_readings - 1) / options->n_devices;
    uint64_t left_ms = (uint64_t)(CIVIL_MAX_MS - options->start_ms);
    if (last_step > left_ms / (uint64_t)interval_ms)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the last reading would be after the year 9999: use "
                         "fewer readings, more devices, or a shorter "
                         "interval");
    return WATTLE_OK;
}

static int
check_options(const struct generator_options *options,
              struct wattle_error *error)
{
    if (options->out == NULL || options->out[0] == '\0')
        return error_set(error, WATTLE_ERR_USAGE,
                         "the output folder is missing");
    int status = check_numbers(options, error);
    return status == WATTLE_OK ? check_times(options, error) : status;
}

static unsigned
count_threads(const struct generator_options *options, uint64_t n_blocks)
{
    long n = options->n_threads;
    if (n == 0)
        n = cores_available();
    if (n > MAX_THREADS)
        n = MAX_THREADS;
    if ((uint64_t)n > n_blocks)
        n = (long)n_blocks;
    return n < 1 ? 1 : (unsigned)n;
}

static int
init_source(struct generator *generator, struct wattle_error *error)
{
    const struct generator_options *options = generator->options;
    struct row_recipe *source = &generator->source;
    source->plan = (struct row_plan){
        .n_devices = options->n_devices,
        .n_rows = options->n_readings,
        .n_files = generator->to_stdout ? 1 : options->n_files,
        .by_device = options->order == GENERATOR_ORDER_DEVICE,
    };
    source->start_s = civil_floor_div(options->start_ms, 1000);
    source->interval_s = options->interval_ms / 1000;
    source->is_dirty = options->dirty > 0;
    defects_init(&source->defects, options->seed, options->dirty);
    int status =
        device_listing_init(&source->table, options->seed, options->n_devices,
                            options->mains_v, error);
    reading_text_init(&source->text, source->table.id_digits);
    return status;
}

static int
init_tools(struct generator *generator, struct wattle_error *error)
{
    const struct generator_options *options = generator->options;
    generator->n_blocks = row_plan_count_blocks(&generator->source.plan);
    unsigned n_threads = count_threads(options, generator->n_blocks);
    unsigned n_slots = n_threads == 1 ? 1 : n_threads + n_threads / 2 + 1;
    generator->tools = calloc(n_threads, sizeof(*generator->tools));
    generator->slots = calloc(n_slots, sizeof(*generator->slots));
    if (generator->tools == NULL || generator->slots == NULL)
        return error_memory(error);
    generator->n_slots = n_slots;
    for (unsigned i = 0; i < n_threads; i++) {
        struct thread_tools *tools = &generator->tools[i];
        row_block_init(&tools->maker, &generator->source, options->seed,
                       options->mains_v);
        tools->clock.track = trace_track(options->trace, i);
        generator->n_threads = i + 1;
        int status = packing_init(
            &tools->packing, (enum generator_packing)options->packing, error);
        if (status != WATTLE_OK)
            return status;
    }
    return WATTLE_OK;
}

static void
release(struct generator *generator)
{
    for (unsigned i = 0; i < generator->n_threads; i++) {
        packing_release(&generator->tools[i].packing);
        buffer_release(&generator->tools[i].text);
    }
    for (unsigned i = 0; i < generator->n_slots; i++)
        buffer_release(&generator->slots[i].bytes);
    free(generator->tools);
    free(generator->slots);
    device_listing_release(&generator->source.table);
}

/* NULL when nothing is traced. */
static struct stage_clock *
clock_of(struct thread_tools *tools)
{
    return tools->clock.track != NULL ? &tools->clock : NULL;
}

static int
make_block(void *context, unsigned worker, unsigned slot_number, uint64_t block,
           struct wattle_error *error)
{
    struct generator *generator = context;
    struct thread_tools *tools = &generator->tools[worker];
    struct file_slot *slot = &generator->slots[slot_number];
    bool is_packed = tools->packing.kind != GENERATOR_PACK_NONE;
    struct buffer *text = is_packed ? &tools->text : &slot->bytes;
    struct stage_clock *clock = clock_of(tools);
    stage_clock_enter(clock, STAGE_MAKE);
    stage_clock_resume(clock);
    int status = row_block_make(&tools->maker, block, text, &slot->tally);
    if (status != WATTLE_OK) {
        error_memory(error);
    } else if (is_packed) {
        stage_clock_enter(clock, STAGE_PACK);
        status = packing_run(&tools->packing, text, &slot->bytes, error);
    }
    stage_clock_enter(clock, STAGE_OTHER);
    stage_clock_cut(clock, slot->bytes.len,
                    row_plan_block(&generator->source.plan, block).n);
    return status;
}

static int
start_file(struct generator *generator, uint64_t number,
           struct wattle_error *error)
{
    if (generator->to_stdout) {
        out_file_stdout(&generator->file);
        return WATTLE_OK;
    }
    char name[OUT_FILE_NAME_SIZE];
    enum generator_packing packing =
        (enum generator_packing)generator->options->packing;
    out_folder_readings_name(name, number, packing_suffix(packing));
    return out_folder_create(&generator->folder, name, &generator->file, error);
}

static int
take_block(void *context, unsigned worker, unsigned slot_number, uint64_t block,
           struct wattle_error *error)
{
    struct generator *generator = context;
    struct stage_clock *clock = clock_of(&generator->tools[worker]);
    const struct file_slot *slot = &generator->slots[slot_number];
    struct row_range range = row_plan_block(&generator->source.plan, block);
    int status = WATTLE_OK;
    stage_clock_enter(clock, STAGE_WRITE);
    stage_clock_resume(clock);
    if (range.is_first)
        status = start_file(generator, range.file, error);
    if (status == WATTLE_OK)
        status = out_file_write(&generator->file, slot->bytes.data,
                                slot->bytes.len, error);
    if (status == WATTLE_OK && range.is_last)
        status = out_file_close(&generator->file, error);
    defects_add_tally(&generator->tally, &slot->tally);
    stage_clock_enter(clock, STAGE_OTHER);
    stage_clock_cut(clock, 0, 0);
    return status;
}

static void
tell_progress(void *context, uint64_t n_taken)
{
    struct generator *generator = context;
    const struct generator_options *options = generator->options;
    struct row_plan *plan = &generator->source.plan;
    uint64_t done = plan->n_rows;
    if (n_taken < generator->n_blocks)
        done = row_plan_block(plan, n_taken).first;
    options->progress(options->progress_context, done, plan->n_rows);
}

static int
write_readings(struct generator *generator, struct wattle_error *error)
{
    bool wants_progress = generator->options->progress != NULL;
    struct block_pipe_work work = {
        .context = generator,
        .make = make_block,
        .take = take_block,
        .progress = wants_progress ? tell_progress : NULL,
    };
    int status =
        block_pipe_run(&work, generator->n_blocks, generator->n_threads,
                       generator->n_slots, error);
    /* After a failure the file may still be open. */
    int close_status = out_file_close(&generator->file, NULL);
    if (status == WATTLE_OK && wants_progress)
        tell_progress(generator, generator->n_blocks);
    return status == WATTLE_OK ? close_status : status;
}

static int
put_devices(const struct device_listing *table, struct out_file *file,
            struct buffer *piece, struct wattle_error *error)
{
    int status = device_listing_put_heading(piece);
    for (uint64_t i = 0; i < table->n_devices && status == WATTLE_OK; i++) {
        status = device_listing_put_row(table, i, piece);
        bool is_full = piece->len >= PIECE_BYTES || i + 1 == table->n_devices;
        if (status != WATTLE_OK || !is_full)
            continue;
        int written = out_file_write(file, piece->data, piece->len, error);
        if (written != WATTLE_OK)
            return written;
        piece->len = 0;
    }
    return status == WATTLE_OK ? WATTLE_OK : error_memory(error);
}

static int
write_devices(struct generator *generator, struct wattle_error *error)
{
    struct out_file file = {.fd = -1};
    struct buffer piece = {0};
    int status =
        out_folder_create(&generator->folder, "devices.csv", &file, error);
    if (status == WATTLE_OK)
        status = put_devices(&generator->source.table, &file, &piece, error);
    buffer_release(&piece);
    int closed = out_file_close(&file, status == WATTLE_OK ? error : NULL);
    return status == WATTLE_OK ? closed : status;
}

static int
write_truth(struct generator *generator, struct wattle_error *error)
{
    struct out_file file = {.fd = -1};
    struct buffer text = {0};
    int status =
        defects_put_truth(&generator->tally, generator->options->seed, &text);
    if (status != WATTLE_OK)
        error_memory(error);
    else
        status =
            out_folder_create(&generator->folder, "truth.json", &file, error);
    if (status == WATTLE_OK)
        status = out_file_write(&file, text.data, text.len, error);
    buffer_release(&text);
    int closed = out_file_close(&file, status == WATTLE_OK ? error : NULL);
    return status == WATTLE_OK ? closed : status;
}

static int
write_folder(struct generator *generator, struct wattle_error *error)
{
    struct wattle_trace *trace = generator->options->trace;
    wattle_trace_begin(trace, "devices");
    int status = write_devices(generator, error);
    wattle_trace_end(trace);
    if (status == WATTLE_OK)
        status = write_readings(generator, error);
    if (status == WATTLE_OK && generator->source.is_dirty)
        status = write_truth(generator, error);
    wattle_trace_begin(trace, "commit");
    if (status == WATTLE_OK)
        status = out_folder_commit(&generator->folder, error);
    wattle_trace_end(trace);
    return status;
}

int
generator_run(const struct generator_options *options,
              struct wattle_error *error)
{
    if (options == NULL || options->out == NULL)
        return error_null(error, options == NULL ? "options" : "out");
    struct generator generator = {
        .options = options, .folder = {.fd = -1}, .file = {.fd = -1}};
    int status = check_options(options, error);
    if (status != WATTLE_OK)
        return status;
    generator.to_stdout = strcmp(options->out, "-") == 0;
    /* A folder that is in use is told before any work is done. */
    if (!generator.to_stdout)
        status = out_folder_open(&generator.folder, options->out,
                                 options->force, error);
    if (status == WATTLE_OK)
        status = init_source(&generator, error);
    if (status == WATTLE_OK)
        status = init_tools(&generator, error);
    if (status == WATTLE_OK)
        status = generator.to_stdout ? write_readings(&generator, error)
                                     : write_folder(&generator, error);
    out_folder_abort(&generator.folder);
    release(&generator);
    return status;
}
