/*
 * test_key_sort.c - rows by time, equal times as they came, whatever the times.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/civil_time.h"
#include "codec/block.h"
#include "generate/counter_hash.h"
#include "sort/key_sort.h"
#include "unit.h"

enum { MAX_ROWS = 20000 };

static uint64_t counter;

static uint64_t
below(uint64_t limit)
{
    return counter_hash(41, counter++) % limit;
}

static int64_t times[MAX_ROWS];
static uint64_t keys[MAX_ROWS], spare[MAX_ROWS];

/* Each row once, in ascending time, and of equal times in their order. */
static void
check(size_t n, unsigned row_bits)
{
    static bool is_seen[MAX_ROWS];
    assert_true(key_sort(times, n, row_bits, keys, spare));
    for (size_t i = 0; i < n; i++)
        is_seen[i] = false;
    for (size_t i = 0; i < n; i++) {
        size_t row = key_row(keys[i], row_bits);
        assert_true(row < n && !is_seen[row]);
        is_seen[row] = true;
        if (i == 0)
            continue;
        size_t before = key_row(keys[i - 1], row_bits);
        assert_true(times[before] < times[row] ||
                    (times[before] == times[row] && before < row));
    }
}

static void
any_times_are_sorted(void **state)
{
    static const uint64_t ranges[] = {1,   2,      255,        256,
                                      257, 100000, UINT32_MAX, 1ull << 45};
    (void)state;
    for (int round = 0; round < 300; round++) {
        const uint64_t range = ranges[round % 8];
        const bool is_block = below(2) == 0;
        const size_t n = 1 + below(is_block ? BLOCK_ROWS : MAX_ROWS);
        const int64_t from = (int64_t)below(1ull << 46) - (1ll << 45);
        for (size_t i = 0; i < n; i++)
            times[i] = from + (int64_t)below(range);
        check(n, is_block ? KEY_BLOCK_BITS : KEY_GROUP_BITS);
    }
}

static void
the_farthest_times_fit_a_block(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        const size_t n = 1 + below(BLOCK_ROWS);
        for (size_t i = 0; i < n; i++)
            times[i] = below(3) == 0   ? CIVIL_MIN_MS
                       : below(2) == 0 ? CIVIL_MAX_MS
                                       : (int64_t)below(1000);
        check(n, KEY_BLOCK_BITS);
    }
    times[0] = CIVIL_MAX_MS;
    times[1] = CIVIL_MIN_MS;
    assert_false(key_sort(times, 2, KEY_GROUP_BITS, keys, spare));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_times_are_sorted),
        cmocka_unit_test(the_farthest_times_fit_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
