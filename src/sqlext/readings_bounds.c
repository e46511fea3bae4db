/*
 * readings_bounds.c - numbers compare as numbers whatever their type; a text
 * that is not a number, and a blob, are above all numbers; with NULL nothing is
 * true.
 */
#include "sqlext/readings_bounds.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/civil_time.h"

#define MS_PER_SECOND 1000

/* Bytes of a timestamp up to the seconds: 2023-10-01T08:00:00 */
#define SECOND_TEXT 19

/* No reading is beyond these. */
#define LEAST_MS (CIVIL_MIN_MS - 1)
#define MOST_MS  (CIVIL_MAX_MS + 1)

static void
raise_since(int64_t *since_ms, int64_t to_ms)
{
    *since_ms = *since_ms > to_ms ? *since_ms : to_ms;
}

static void
lower_until(int64_t *until_ms, int64_t to_ms)
{
    *until_ms = *until_ms < to_ms ? *until_ms : to_ms;
}

/* Narrows by a value between low (the last not above it) and high. */
static void
narrow(unsigned char op, int64_t low, int64_t high, int64_t *since_ms,
       int64_t *until_ms)
{
    bool is_equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (is_equal || op == SQLITE_INDEX_CONSTRAINT_GE)
        raise_since(since_ms, high);
    if (op == SQLITE_INDEX_CONSTRAINT_GT)
        raise_since(since_ms, low + 1);
    if (is_equal || op == SQLITE_INDEX_CONSTRAINT_LE)
        lower_until(until_ms, low + 1);
    if (op == SQLITE_INDEX_CONSTRAINT_LT)
        lower_until(until_ms, high);
}

static int64_t
clamp(double value)
{
    if (value < (double)LEAST_MS)
        return LEAST_MS;
    return value > (double)MOST_MS ? MOST_MS : (int64_t)value;
}

void
readings_bounds_time(unsigned char op, sqlite3_value *value, int64_t *since_ms,
                     int64_t *until_ms)
{
    int64_t low = MOST_MS, high = MOST_MS;
    switch (sqlite3_value_numeric_type(value)) {
    case SQLITE_NULL:
        *until_ms = INT64_MIN;
        return;
    case SQLITE_INTEGER:
        low = sqlite3_value_int64(value);
        low = low < LEAST_MS ? LEAST_MS : low > MOST_MS ? MOST_MS : low;
        high = low;
        break;
    case SQLITE_FLOAT:
        low = clamp(floor(sqlite3_value_double(value)));
        high = clamp(ceil(sqlite3_value_double(value)));
        break;
    default: /* above all */
        break;
    }
    narrow(op, low, high, since_ms, until_ms);
}

/*
 * The first second whose text is not before the first `len` bytes of `text`;
 * all texts of the years 0 to 9999 ascend with time.
 */
static int64_t
find_second(const char *text, size_t len)
{
    int64_t first = CIVIL_MIN_MS / MS_PER_SECOND;
    int64_t n = (CIVIL_MAX_MS + 1) / MS_PER_SECOND - first;
    while (n > 0) {
        char at[CIVIL_TEXT_SIZE];
        int64_t half = n / 2;
        civil_format((first + half) * MS_PER_SECOND, at);
        bool is_before = memcmp(at, text, len) < 0;
        first += is_before ? half + 1 : 0;
        n = is_before ? n - half - 1 : half;
    }
    return first;
}

void
readings_bounds_timestamp(unsigned char op, sqlite3_value *value,
                          int64_t *since_ms, int64_t *until_ms)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL)
        *until_ms = INT64_MIN;
    if (type != SQLITE_TEXT)
        return; /* SQLite will see to it */
    const char *text = (const char *)sqlite3_value_text(value);
    size_t len = (size_t)sqlite3_value_bytes(value);
    if (text == NULL)
        return;
    char at[CIVIL_TEXT_SIZE];
    bool is_long = len >= SECOND_TEXT;
    int64_t second = find_second(text, is_long ? SECOND_TEXT : len);
    civil_format(second * MS_PER_SECOND, at);
    /* with equal seconds what follows decides, and that is for SQLite */
    bool is_open = is_long && memcmp(at, text, SECOND_TEXT) == 0;
    int64_t first_ms = second * MS_PER_SECOND;
    int64_t end_ms = first_ms + (is_open ? MS_PER_SECOND : 0);
    if (op == SQLITE_INDEX_CONSTRAINT_GT || op == SQLITE_INDEX_CONSTRAINT_GE ||
        op == SQLITE_INDEX_CONSTRAINT_EQ)
        raise_since(since_ms, first_ms);
    if (op == SQLITE_INDEX_CONSTRAINT_LT || op == SQLITE_INDEX_CONSTRAINT_LE ||
        op == SQLITE_INDEX_CONSTRAINT_EQ)
        lower_until(until_ms, end_ms);
}
