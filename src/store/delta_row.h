/*
 * delta_row.h - a row of the table delta: one late reading.
 */
#ifndef STORE_DELTA_ROW_H
#define STORE_DELTA_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "codec/block.h"
#include "store/checksum.h"

/* The columns of the table, in their order, with the checksum. */
#define DELTA_ROW_COLUMNS                                                      \
    "device, time_ms, n_duplicates, n_rounded, n_shadowed, data, checksum"

/* The statement that delta_row_bind binds to. */
extern const char delta_row_sql[];

struct delta_row {
    uint32_t device;
    int64_t time_ms;
    uint64_t n_duplicates, n_rounded; /* as in a block */
    /*
     * Data lines that a chunk counts too: 0 when no chunk has a reading of this
     * time, else one more than the duplicates of that reading.
     */
    uint64_t n_shadowed;
    uint32_t presence;       /* MEASURE_BITs */
    int64_t nano[MEASURE_N]; /* 0 where there is no value */
};

/* A row of a block as a row of the table. */
struct delta_row delta_row_from_block(const struct block *block, size_t row,
                                      uint32_t device, uint64_t n_shadowed);

/*
 * Appends it to a block that has all columns and nine places, with room for
 * it.
 */
void delta_row_append(const struct delta_row *row, struct block *block);

/* Makes an empty block ready for delta_row_append. */
void delta_row_begin(struct block *block);

/* Binds all columns of delta_row_sql. */
void delta_row_bind(const struct delta_row *row, struct checksum *checksum,
                    sqlite3_stmt *statement);

/*
 * Reads a row of DELTA_ROW_COLUMNS. False when it is damaged, or holds values
 * beyond their limits.
 */
bool delta_row_read(sqlite3_stmt *statement, struct checksum *checksum,
                    struct delta_row *row);

#endif
