/*
 * checksum.h - what tells whether a row is still as it was written.
 *
 * XXH3 with 64 bits over the fields of a row in the order of docs/format.md:
 * each number as eight bytes, little-endian; each text or blob as its length
 * (such a number; -1 for NULL) and its bytes.
 */
#ifndef STORE_CHECKSUM_H
#define STORE_CHECKSUM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checksum; /* a digest in the making, see checksum_new */

struct checksum *checksum_new(void); /* NULL = no memory */
void checksum_free(struct checksum *checksum);

void checksum_begin(struct checksum *checksum);
void checksum_number(struct checksum *checksum, int64_t value);
/* NULL bytes: the field is NULL. */
void checksum_bytes(struct checksum *checksum, const void *bytes, size_t len);
int64_t checksum_end(const struct checksum *checksum);

/* Adds columns [from, to) of a row: REAL values as their bits. */
void checksum_columns(struct checksum *checksum, sqlite3_stmt *row, int from,
                      int to);

/* Whether the last of a row's n columns is the checksum of those before. */
bool checksum_holds(struct checksum *checksum, sqlite3_stmt *row, int n);

/* Of one blob alone; and whether it still is. */
int64_t checksum_of(const void *bytes, size_t len);
bool checksum_is_of(int64_t checksum, const void *bytes, size_t len);

#endif
