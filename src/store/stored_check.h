/*
 * stored_check.h - whether what a database holds is plausible.
 *
 * A checksum finds damage, not somebody who means harm: a person who writes a
 * value can write its checksum. So every row passes here before anybody
 * computes with it, in every command; blocks and summaries pass
 * codec/block_check.h.
 */
#ifndef STORE_STORED_CHECK_H
#define STORE_STORED_CHECK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/checksum.h"

/* Counts of lines, files and the like are from 0 to this. */
#define STORED_MAX_COUNT (INT64_C(1) << 53)

/*
 * Checks the types of a row's columns, and that the last one is the checksum
 * of those before. kinds has a letter for each column: i integer, r real,
 * t text, b blob; a capital may be NULL as well.
 */
bool stored_check_row(struct checksum *checksum, sqlite3_stmt *row,
                      const char *kinds);

/* A row of the table chunk, without the summary. */
struct stored_chunk {
    int64_t number;
    uint32_t device;
    int64_t first_ms, last_ms;
    uint64_t n_readings, n_duplicates, n_rounded;
};

/* The columns of the tables, in their order, with the checksum. */
#define STORED_CHUNK_COLUMNS                                                   \
    "number, device, first_ms, last_ms, n_readings, n_duplicates, n_rounded, " \
    "energy_kwh, mean_power_w, min_power_w, max_power_w, summary, checksum"
#define STORED_FILE_COLUMNS                                                    \
    "number, path, is_usable, problem, size_bytes, modified_ns, n_lines, "     \
    "n_rejects, file_lines, parts, imported_at, checksum"
#define STORED_DEVICE_COLUMNS                                                  \
    "number, device_id, name, location, rated_w, checksum"
#define STORED_REJECT_COLUMNS        "file, line, reason, raw, checksum"
#define STORED_REJECT_DEVICE_COLUMNS "file, device, n, checksum"
#define STORED_PLACE_COLUMNS         "file, real_path, ends_record, value_kind, content"

/* Each false when a row of these columns is damaged or cannot be. */
bool stored_check_chunk(struct checksum *checksum, sqlite3_stmt *row,
                        struct stored_chunk *chunk);
/* Without the values of the reading: see delta_row_read. */
bool stored_check_delta(struct checksum *checksum, sqlite3_stmt *row);
bool stored_check_file(struct checksum *checksum, sqlite3_stmt *row);
bool stored_check_device(struct checksum *checksum, sqlite3_stmt *row);
bool stored_check_reject(struct checksum *checksum, sqlite3_stmt *row);
bool stored_check_reject_device(struct checksum *checksum, sqlite3_stmt *row);

/* A device's number and id in two columns, without the checksum of the row. */
bool stored_check_device_id(sqlite3_stmt *row, int number, int id);

/* A row of place: its content is the checksum of the hashes of its file. */
bool stored_check_place(sqlite3_stmt *row, const uint64_t *parts,
                        size_t n_parts);

/* A count in a column, such as those of meta. */
bool stored_check_count(sqlite3_stmt *row, int column, uint64_t *count);

/* A row of reject_count: file, reason, n. It has no checksum. */
bool stored_check_reject_count(sqlite3_stmt *row, int *reason, uint64_t *n);

#endif
