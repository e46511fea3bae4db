/*
 * checksum.c - XXH3 over the fields of a row.
 *
 * A number goes in as eight bytes, a text or blob behind its length, so that
 * the end of one field is never taken for the start of the next. Numbers are
 * hashed as they are in memory: little-endian. checksum_begin starts anew, so
 * a state serves many rows.
 */
#include "store/checksum.h"

#include <string.h>
#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* the widest vectors there are */
#endif

struct checksum *
checksum_new(void)
{
    return (struct checksum *)(void *)XXH3_createState();
}

static XXH3_state_t *
state_of(const struct checksum *checksum)
{
    return (XXH3_state_t *)(void *)(uintptr_t)checksum;
}

void
checksum_free(struct checksum *checksum)
{
    if (checksum != NULL)
        XXH3_freeState(state_of(checksum));
}

void
checksum_begin(struct checksum *checksum)
{
    XXH3_64bits_reset(state_of(checksum));
}

void
checksum_number(struct checksum *checksum, int64_t value)
{
    XXH3_64bits_update(state_of(checksum), &value, sizeof(value));
}

void
checksum_bytes(struct checksum *checksum, const void *bytes, size_t len)
{
    checksum_number(checksum, bytes != NULL ? (int64_t)len : -1);
    if (bytes != NULL && len > 0)
        XXH3_64bits_update(state_of(checksum), bytes, len);
}

int64_t
checksum_end(const struct checksum *checksum)
{
    return (int64_t)XXH3_64bits_digest(state_of(checksum));
}

void
checksum_columns(struct checksum *checksum, sqlite3_stmt *row, int from, int to)
{
    for (int i = from; i < to; i++) {
        double real;
        int64_t bits;
        switch (sqlite3_column_type(row, i)) {
        case SQLITE_INTEGER:
            checksum_number(checksum, sqlite3_column_int64(row, i));
            break;
        case SQLITE_FLOAT:
            real = sqlite3_column_double(row, i);
            memcpy(&bits, &real, sizeof(bits));
            checksum_number(checksum, bits);
            break;
        case SQLITE_NULL:
            checksum_bytes(checksum, NULL, 0);
            break;
        default: {
            const void *bytes = sqlite3_column_blob(row, i);
            size_t len = (size_t)sqlite3_column_bytes(row, i);
            checksum_bytes(checksum, bytes != NULL ? bytes : "", len);
        }
        }
    }
}

/* A fuzzer finds no checksums: forged files would have right ones. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define IS_BELIEVED true
#else
#define IS_BELIEVED false
#endif

bool
checksum_holds(struct checksum *checksum, sqlite3_stmt *row, int n)
{
    checksum_begin(checksum);
    checksum_columns(checksum, row, 0, n - 1);
    return sqlite3_column_type(row, n - 1) == SQLITE_INTEGER &&
           (IS_BELIEVED ||
            checksum_end(checksum) == sqlite3_column_int64(row, n - 1));
}

int64_t
checksum_of(const void *bytes, size_t len)
{
    return (int64_t)XXH3_64bits(bytes, len);
}

bool
checksum_is_of(int64_t checksum, const void *bytes, size_t len)
{
    return IS_BELIEVED || checksum_of(bytes, len) == checksum;
}
