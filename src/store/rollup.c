/*
 * rollup.c - days in and out of the table.
 *
 * The program never answers from them; they are for people with SQL, and
 * `check` computes them again.
 */
#include "store/rollup.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_partition.h"
#include "base/error.h"
#include "sort/device_merge.h"

size_t
rollup_pack_hours(const struct day_sum *sum, int64_t *low,
                  uint8_t bytes[ROLLUP_MAX_HOUR_BYTES])
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    size_t width = 1;
    for (int h = 0; h < 24; h++) {
        if ((sum->hours >> h & 1) == 0)
            continue;
        least = sum->hour_mwh[h] < least ? sum->hour_mwh[h] : least;
        most = sum->hour_mwh[h] > most ? sum->hour_mwh[h] : most;
    }
    *low = sum->hours != 0 ? least : 0;
    while (sum->hours != 0 && width < 12 && (most - least) >> (4 * width) != 0)
        width++;
    uint64_t held = 0;
    unsigned n_held = 0; /* bits, below 8 between hours */
    size_t at = 0;
    for (size_t h = 0; h < 24; h++) {
        bool is_there = (sum->hours >> h & 1) != 0;
        uint64_t above = is_there ? (uint64_t)(sum->hour_mwh[h] - least) : 0;
        held = held << 4 * width | above;
        for (n_held += 4 * (unsigned)width; n_held >= 8; n_held -= 8)
            bytes[at++] = (uint8_t)(held >> (n_held - 8));
    }
    return 12 * width;
}

sqlite3_stmt *
rollup_prepare(struct database *db, struct wattle_error *error)
{
    return database_prepare(
        db,
        "INSERT OR REPLACE INTO rollup(number, n_readings, mean_mw, "
        "min_mw, max_mw, energy_mwh, hours, hour_low_mwh, hour_mwh) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
        error);
}

int
rollup_put(struct database *db, sqlite3_stmt *statement, uint32_t device,
           const struct day_sum *sum, struct wattle_error *error)
{
    uint8_t bytes[ROLLUP_MAX_HOUR_BYTES];
    int64_t low;
    size_t len = rollup_pack_hours(sum, &low, bytes);
    sqlite3_bind_int64(statement, 1, rollup_number(device, sum->day));
    sqlite3_bind_int64(statement, 2, (int64_t)sum->n_readings);
    if (sum->n_power > 0) {
        sqlite3_bind_int64(statement, 3, sum->mean_mw);
        sqlite3_bind_int64(statement, 4, sum->min_mw);
        sqlite3_bind_int64(statement, 5, sum->max_mw);
    } else {
        for (int i = 3; i <= 5; i++)
            sqlite3_bind_null(statement, i);
    }
    sqlite3_bind_int64(statement, 6, sum->energy_mwh);
    sqlite3_bind_int64(statement, 7, rollup_hours(sum));
    sqlite3_bind_int64(statement, 8, low);
    sqlite3_bind_blob(statement, 9, bytes, (int)len, SQLITE_STATIC);
    int result = database_step(db, statement, error);
    sqlite3_reset(statement);
    return result < 0 ? result : WATTLE_OK;
}

/* Feeds all that a merge yields to a builder of rollups. */
static int
feed(struct device_merge *merge, struct rollup_builder *builder,
     struct wattle_error *error)
{
    for (;;) {
        struct merge_segment s;
        int status = device_merge_next(merge, &s, error);
        if (status != WATTLE_OK || s.n == 0)
            return status;
        uint32_t presence[BLOCK_ROWS];
        const struct batch_view rows =
            block_view(s.block, s.first, s.n, block_no_device, presence);
        if (rollup_builder_add(builder, &rows) != WATTLE_OK)
            return error_memory(error);
    }
}

static int
measure(struct chunk_reader *reader, struct device_merge *merge,
        struct rollup_builder *builder, struct wattle_error *error)
{
    struct device_totals totals = {0};
    struct totals_first first = {0};
    struct profile profile;
    if (chunk_reader_add_inputs(reader, merge) != WATTLE_OK)
        return error_memory(error);
    int status = feed(merge, builder, error);
    if (status != WATTLE_OK)
        return status;
    status = rollup_builder_cut(builder, &totals, &first, &profile);
    free(totals.extra);
    aggregate_release(&first.states);
    profile_release(&profile);
    if (status == WATTLE_OK)
        status = rollup_builder_finish(builder);
    return status == WATTLE_OK ? status : error_memory(error);
}

int
rollup_compute(struct chunk_reader *reader, const struct kernels *kernels,
               uint32_t device, int64_t first, int64_t last, rollup_take take,
               void *context, struct wattle_error *error)
{
    const struct database_sums *sums = &reader->db->sums;
    const struct time_partition days = time_partition_days(sums->zone);
    const int64_t max_gap_ms = sums->max_gap_ms;
    /* the steps into the first day and out of the last one */
    const struct time_cell from = time_partition_cell(&days, first),
                           to = time_partition_cell(&days, last);
    int64_t since_ms = from.start_ms - max_gap_ms;
    int64_t until_ms = to.end_ms + max_gap_ms + 1;
    struct rollup_builder builder;
    struct device_merge *merge =
        device_merge_new(kernels, UINT32_MAX, chunk_reader_fetch, reader);
    int status = rollup_builder_init(&builder, kernels, sums->zone, max_gap_ms);
    if (merge == NULL || status != WATTLE_OK) {
        status = error_memory(error);
    } else {
        device_merge_limit(merge, since_ms, until_ms);
        status = chunk_reader_find(reader, device, since_ms, until_ms, error);
    }
    if (status == WATTLE_OK)
        status = measure(reader, merge, &builder, error);
    for (size_t i = 0; i < builder.n_days && status == WATTLE_OK; i++) {
        if (builder.days[i].day >= first && builder.days[i].day <= last)
            status = take(context, device, &builder.days[i], error);
    }
    rollup_builder_release(&builder);
    device_merge_free(merge);
    return status;
}
