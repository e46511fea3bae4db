/*
 * import_write.c - rows of chunk, chunk_data, delta, rollup and correction.
 *
 * One device at a time, in the order of their numbers: so the same import
 * gives the same file for any number of threads.
 */
#include "store/import_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/meta.h"

/* A late reading: one row of a block. */
struct import_device *
import_device_new(uint32_t number)
{
    struct import_device *device = calloc(1, sizeof(*device));
    if (device != NULL)
        device->number = number;
    return device;
}

void
import_device_free(struct import_device *device)
{
    if (device == NULL)
        return;
    for (size_t i = device->n_taken; i < device->n_chunks; i++)
        built_chunk_release(&device->chunks[i]);
    free(device->chunks);
    free(device->replaced);
    free(device->delta);
    free(device->days.days);
    free(device->error);
    free(device);
}

size_t
import_device_size(const struct built_chunk *chunk)
{
    return chunk->data.cap + chunk->summary.cap +
           chunk->ended.n * sizeof(*chunk->ended.days) + 1024;
}

int
import_device_push(struct import_device *device, struct built_chunk *chunk)
{
    struct built_chunk *chunks =
        buffer_grow_array(device->chunks, &device->chunk_cap,
                          device->n_chunks + 1, sizeof(*chunks));
    if (chunks == NULL)
        return WATTLE_ERR_MEMORY;
    device->chunks = chunks;
    chunks[device->n_chunks++] = *chunk;
    device->n_queued += import_device_size(chunk);
    return WATTLE_OK;
}

bool
import_device_pop(struct import_device *device, struct built_chunk *chunk)
{
    if (device->n_taken == device->n_chunks)
        return false;
    *chunk = device->chunks[device->n_taken++];
    device->n_queued -= import_device_size(chunk);
    return true;
}

int
import_device_replace(struct import_device *device, int64_t number)
{
    int64_t *replaced =
        buffer_grow_array(device->replaced, &device->replaced_cap,
                          device->n_replaced + 1, sizeof(*replaced));
    if (replaced == NULL)
        return WATTLE_ERR_MEMORY;
    device->replaced = replaced;
    replaced[device->n_replaced++] = number;
    return WATTLE_OK;
}

int
import_device_push_delta(struct import_device *device,
                         const struct merge_segment *s)
{
    for (size_t i = s->first; i < s->first + s->n; i++) {
        struct delta_row *delta =
            buffer_grow_array(device->delta, &device->delta_cap,
                              device->n_delta + 1, sizeof(*delta));
        if (delta == NULL)
            return WATTLE_ERR_MEMORY;
        device->delta = delta;
        delta[device->n_delta++] =
            delta_row_from_block(s->block, i, device->number, s->n_shadowed);
    }
    return WATTLE_OK;
}

/* A statement and where it is kept. */
struct prepared {
    sqlite3_stmt **statement;
    const char *sql;
};

int
import_writer_open(struct import_writer *w, struct database *db,
                   const struct kernels *kernels, const char *imported_at,
                   struct wattle_error *error)
{
    *w = (struct import_writer){
        .db = db, .kernels = kernels, .imported_at = imported_at};
    const struct prepared all[] = {
        {&w->put_chunk,
         "INSERT INTO chunk(number, device, first_ms, last_ms, n_readings, "
         "n_duplicates, n_rounded, energy_kwh, mean_power_w, min_power_w, "
         "max_power_w, summary, checksum) "
         "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"},
        {&w->put_data, "INSERT INTO chunk_data(checksum, data) VALUES(?1, ?2)"},
        {&w->drop_chunk, "DELETE FROM chunk WHERE number = ?1"},
        {&w->drop_data, "DELETE FROM chunk_data WHERE number = ?1"},
        {&w->put_delta, delta_row_sql},
        {&w->drop_delta, "DELETE FROM delta WHERE device = ?1"},
        {&w->put_correction,
         "INSERT INTO correction VALUES(?1,?2,?3,?4,?5,?6,?7)"},
    };
    w->checksum = checksum_new();
    if (w->checksum == NULL)
        return error_memory(error);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *all[i].statement = database_prepare(db, all[i].sql, error);
        if (*all[i].statement == NULL)
            return database_fail(db, error);
    }
    w->put_rollup = rollup_prepare(db, error);
    if (w->put_rollup == NULL)
        return database_fail(db, error);
    int status = metered_read(&w->metered, db, error);
    return status == WATTLE_OK ? chunk_reader_open(&w->chunk_reader, db, error)
                               : status;
}

void
import_writer_close(struct import_writer *w)
{
    sqlite3_stmt *const all[] = {w->put_chunk,  w->put_data,      w->drop_chunk,
                                 w->drop_data,  w->put_delta,     w->drop_delta,
                                 w->put_rollup, w->put_correction};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        sqlite3_finalize(all[i]);
    chunk_reader_close(&w->chunk_reader);
    metered_release(&w->metered);
    checksum_free(w->checksum);
    *w = (struct import_writer){0};
}

/* Notes the measures of what was written of a device. */
static int
note_measures(struct import_writer *w, uint32_t device, uint32_t measures,
              struct wattle_error *error)
{
    w->measures |= measures;
    if ((measures & MEASURE_ENERGIES) == 0)
        return WATTLE_OK;
    return metered_add(&w->metered, device) == WATTLE_OK ? WATTLE_OK
                                                         : error_memory(error);
}

int
import_writer_finish(struct import_writer *w, struct wattle_error *error)
{
    int status = meta_note_measures(w->db, w->measures, error);
    return status == WATTLE_OK ? metered_write(&w->metered, w->db, error)
                               : status;
}

static int
run(struct import_writer *w, sqlite3_stmt *statement,
    struct wattle_error *error)
{
    int result = database_step(w->db, statement, error);
    sqlite3_reset(statement);
    return result < 0 ? result : WATTLE_OK;
}

static int
run_with(struct import_writer *w, sqlite3_stmt *statement, int64_t value,
         struct wattle_error *error)
{
    sqlite3_bind_int64(statement, 1, value);
    return run(w, statement, error);
}

int
import_writer_begin(struct import_writer *w, const struct import_device *device,
                    struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < device->n_replaced && status == WATTLE_OK; i++) {
        status = run_with(w, w->drop_chunk, device->replaced[i], error);
        if (status == WATTLE_OK)
            status = run_with(w, w->drop_data, device->replaced[i], error);
    }
    if (status == WATTLE_OK && device->clears_delta)
        status = run_with(w, w->drop_delta, device->number, error);
    return status;
}

static void
bind_real(sqlite3_stmt *statement, int column, double value,
          struct checksum *checksum)
{
    int64_t bits;
    if (isnan(value)) {
        sqlite3_bind_null(statement, column);
        checksum_bytes(checksum, NULL, 0);
        return;
    }
    sqlite3_bind_double(statement, column, value);
    memcpy(&bits, &value, sizeof(bits));
    checksum_number(checksum, bits);
}

static int
put_day(void *context, uint32_t device, const struct day_sum *sum,
        struct wattle_error *error)
{
    struct import_writer *w = context;
    return rollup_put(w->db, w->put_rollup, device, sum, error);
}

static int
put_sums(struct import_writer *w, uint32_t device, const struct day_sums *sums,
         struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < sums->n && status == WATTLE_OK; i++)
        status = put_day(w, device, &sums->days[i], error);
    return status;
}

int
import_writer_chunk(struct import_writer *w, uint32_t device,
                    const struct built_chunk *chunk, struct wattle_error *error)
{
    sqlite3_bind_int64(w->put_data, 1,
                       checksum_of(chunk->data.data, chunk->data.len));
    sqlite3_bind_blob64(w->put_data, 2, chunk->data.data, chunk->data.len,
                        SQLITE_STATIC);
    int status = run(w, w->put_data, error);
    if (status != WATTLE_OK)
        return status;
    const int64_t field[7] = {
        sqlite3_last_insert_rowid(w->db->handle),
        device,
        chunk->first_ms,
        chunk->last_ms,
        (int64_t)chunk->n_readings,
        (int64_t)chunk->n_duplicates,
        (int64_t)chunk->n_rounded,
    };
    checksum_begin(w->checksum);
    for (int i = 0; i < 7; i++) {
        sqlite3_bind_int64(w->put_chunk, i + 1, field[i]);
        checksum_number(w->checksum, field[i]);
    }
    bind_real(w->put_chunk, 8, chunk->energy_kwh, w->checksum);
    bind_real(w->put_chunk, 9, chunk->mean_power_w, w->checksum);
    bind_real(w->put_chunk, 10, chunk->min_power_w, w->checksum);
    bind_real(w->put_chunk, 11, chunk->max_power_w, w->checksum);
    checksum_bytes(w->checksum, chunk->summary.data, chunk->summary.len);
    sqlite3_bind_blob64(w->put_chunk, 12, chunk->summary.data,
                        chunk->summary.len, SQLITE_STATIC);
    sqlite3_bind_int64(w->put_chunk, 13, checksum_end(w->checksum));
    status = note_measures(w, device, chunk->measures, error);
    if (status == WATTLE_OK)
        status = run(w, w->put_chunk, error);
    return status == WATTLE_OK ? put_sums(w, device, &chunk->ended, error)
                               : status;
}

static int
put_delta(struct import_writer *w, const struct import_device *device,
          struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < device->n_delta && status == WATTLE_OK; i++) {
        delta_row_bind(&device->delta[i], w->checksum, w->put_delta);
        status =
            note_measures(w, device->number, device->delta[i].presence, error);
        if (status == WATTLE_OK)
            status = run(w, w->put_delta, error);
    }
    return status;
}

static int
put_days(struct import_writer *w, const struct import_device *device,
         struct wattle_error *error)
{
    int status = put_sums(w, device->number, &device->days, error);
    for (size_t i = 0; i < device->n_recompute && status == WATTLE_OK; i++)
        status = rollup_compute(&w->chunk_reader, w->kernels, device->number,
                                device->recompute[i].first,
                                device->recompute[i].last, put_day, w, error);
    return status;
}

static int
put_correction(struct import_writer *w, const struct import_device *device,
               struct wattle_error *error)
{
    const struct merge_counts *counts = &device->counts;
    if (counts->n_replaced == 0)
        return WATTLE_OK;
    int64_t field[5] = {0, device->number, counts->replaced_first_ms,
                        counts->replaced_last_ms, (int64_t)counts->n_replaced};
    int status = database_number(
        w->db, "SELECT ifnull(max(number), 0) + 1 FROM correction", &field[0],
        error);
    if (status != WATTLE_OK)
        return status;
    checksum_begin(w->checksum);
    for (int i = 0; i < 5; i++) {
        sqlite3_bind_int64(w->put_correction, i + 1, field[i]);
        checksum_number(w->checksum, field[i]);
    }
    sqlite3_bind_text(w->put_correction, 6, w->imported_at, -1, SQLITE_STATIC);
    checksum_bytes(w->checksum, w->imported_at, strlen(w->imported_at));
    sqlite3_bind_int64(w->put_correction, 7, checksum_end(w->checksum));
    return run(w, w->put_correction, error);
}

int
import_writer_end(struct import_writer *w, const struct import_device *device,
                  struct wattle_error *error)
{
    int status = put_delta(w, device, error);
    if (status == WATTLE_OK)
        status = put_days(w, device, error);
    return status == WATTLE_OK ? put_correction(w, device, error) : status;
}
