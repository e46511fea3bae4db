/*
 * delta_row.c - late readings in and out of their table.
 *
 * The values of a reading are one blob: how many there are, then the number of
 * the measure and the value in nano of each, measures ascending. So a new
 * measure needs no new column.
 */
#include "store/delta_row.h"

#include "model/batch.h"
#include "base/byte_io.h"
#include "store/stored_check.h"

#define MAX_DATA (1 + MEASURE_N * (5 + 10))

const char delta_row_sql[] = "INSERT OR REPLACE INTO delta(" DELTA_ROW_COLUMNS
                             ") VALUES(?1,?2,?3,?4,?5,?6,?7)";

struct delta_row
delta_row_from_block(const struct block *block, size_t row, uint32_t device,
                     uint64_t n_shadowed)
{
    const int64_t unit = block->exponent == BLOCK_NANO ? 1 : 1000000;
    struct delta_row out = {
        .device = device,
        .time_ms = block->column[BLOCK_TIME][row],
        .n_shadowed = n_shadowed,
        .presence = block_presence(block, row),
    };
    if ((block->columns & BLOCK_BIT(BLOCK_DUPLICATES)) != 0)
        out.n_duplicates = (uint64_t)block->column[BLOCK_DUPLICATES][row];
    if ((block->columns & BLOCK_BIT(BLOCK_ROUNDED)) != 0)
        out.n_rounded = (uint64_t)block->column[BLOCK_ROUNDED][row];
    for (unsigned m = 0; m < MEASURE_N; m++) {
        if ((out.presence & MEASURE_BIT(m)) != 0)
            out.nano[m] = block->column[BLOCK_VALUE + m][row] * unit;
    }
    return out;
}

void
delta_row_begin(struct block *block)
{
    block->n_rows = 0;
    block->exponent = BLOCK_NANO;
    block->columns = (UINT32_C(1) << BLOCK_N_COLUMNS) - 1;
}

void
delta_row_append(const struct delta_row *row, struct block *block)
{
    const size_t at = block->n_rows++;
    block->column[BLOCK_TIME][at] = row->time_ms;
    block->column[BLOCK_PRESENCE][at] = row->presence;
    block->column[BLOCK_DUPLICATES][at] = (int64_t)row->n_duplicates;
    block->column[BLOCK_ROUNDED][at] = (int64_t)row->n_rounded;
    for (unsigned m = 0; m < MEASURE_N; m++)
        block->column[BLOCK_VALUE + m][at] = row->nano[m];
}

static uint8_t *
put_values(uint8_t *to, const struct delta_row *row)
{
    to = byte_put_count(to, (uint64_t)__builtin_popcount(row->presence));
    for (unsigned m = 0; m < MEASURE_N; m++) {
        if ((row->presence & MEASURE_BIT(m)) == 0)
            continue;
        to = byte_put_count(to, m);
        to = byte_put_signed(to, row->nano[m]);
    }
    return to;
}

static bool
get_values(const void *bytes, size_t len, struct delta_row *row)
{
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    const uint64_t n = byte_get_count(&in);
    uint64_t next = 0;
    for (uint64_t i = 0; i < n && !in.failed; i++) {
        const uint64_t measure = byte_get_count(&in);
        const int64_t nano = byte_get_signed(&in);
        if (measure < next || measure >= MEASURE_N ||
            !measure_allows((unsigned)measure, nano, 9))
            return false;
        next = measure + 1;
        row->presence |= MEASURE_BIT(measure);
        row->nano[measure] = nano;
    }
    return !in.failed && in.at == in.end && batch_is_measured(row->presence);
}

void
delta_row_bind(const struct delta_row *row, struct checksum *checksum,
               sqlite3_stmt *statement)
{
    const int64_t field[] = {
        row->device,
        row->time_ms,
        (int64_t)row->n_duplicates,
        (int64_t)row->n_rounded,
        (int64_t)row->n_shadowed,
    };
    enum { N_FIELDS = sizeof(field) / sizeof(field[0]) };
    uint8_t data[MAX_DATA];
    const size_t len = (size_t)(put_values(data, row) - data);
    checksum_begin(checksum);
    for (int i = 0; i < N_FIELDS; i++) {
        sqlite3_bind_int64(statement, i + 1, field[i]);
        checksum_number(checksum, field[i]);
    }
    sqlite3_bind_blob(statement, N_FIELDS + 1, data, (int)len,
                      SQLITE_TRANSIENT);
    checksum_bytes(checksum, data, len);
    sqlite3_bind_int64(statement, N_FIELDS + 2, checksum_end(checksum));
}

bool
delta_row_read(sqlite3_stmt *statement, struct checksum *checksum,
               struct delta_row *row)
{
    *row = (struct delta_row){0};
    if (!stored_check_delta(checksum, statement))
        return false;
    row->device = (uint32_t)sqlite3_column_int64(statement, 0);
    row->time_ms = sqlite3_column_int64(statement, 1);
    row->n_duplicates = (uint64_t)sqlite3_column_int64(statement, 2);
    row->n_rounded = (uint64_t)sqlite3_column_int64(statement, 3);
    row->n_shadowed = (uint64_t)sqlite3_column_int64(statement, 4);
    const void *data = sqlite3_column_blob(statement, 5);
    return data != NULL &&
           get_values(data, (size_t)sqlite3_column_bytes(statement, 5), row);
}
