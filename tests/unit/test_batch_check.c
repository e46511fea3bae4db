/*
 * test_batch_check.c - every limit of a batch, from both sides.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/civil_time.h"
#include "model/batch_check.h"

enum { N_ROWS = 9 };

static int64_t time_ms[N_ROWS], values[N_ROWS];

/* Times 0, 1, 2, ... and a column of ones. */
static struct wattle_batch
make_batch(int column, uint8_t decimals)
{
    struct wattle_batch batch = {.n_rows = N_ROWS, .time_ms = time_ms};
    for (int i = 0; i < N_ROWS; i++) {
        time_ms[i] = i;
        values[i] = 1;
    }
    batch.columns[column] = values;
    batch.decimals[column] = decimals;
    return batch;
}

/* Whether a value may stand in a column, in any row. */
static bool
may_be(int column, uint8_t decimals, int64_t value)
{
    struct wattle_batch batch = make_batch(column, decimals);
    bool is_valid = false;
    for (int i = 0; i < N_ROWS; i++) {
        values[i] = value;
        bool found = batch_check(&batch, INT64_MIN);
        assert_true(i == 0 || found == is_valid);
        is_valid = found;
        values[i] = 1;
    }
    return is_valid;
}

static void
assert_limits(int column, uint8_t decimals, int64_t low, int64_t high)
{
    assert_true(may_be(column, decimals, low));
    assert_true(may_be(column, decimals, high));
    assert_true(may_be(column, decimals, 0));
    assert_false(may_be(column, decimals, low - 1));
    assert_false(may_be(column, decimals, high + 1));
    assert_false(may_be(column, decimals, INT64_MIN));
    assert_false(may_be(column, decimals, INT64_MAX));
}

static void
values_stay_in_their_ranges(void **state)
{
    (void)state;
    const int64_t giga = 1000000000;
    assert_limits(WATTLE_VOLTAGE, 3, 0, 1000 * giga);
    assert_limits(WATTLE_VOLTAGE, 9, 0, giga * giga);
    assert_limits(WATTLE_CURRENT, 0, 0, giga);
    assert_limits(WATTLE_POWER_FACTOR, 3, -1000, 1000);
    assert_limits(WATTLE_POWER_FACTOR, 9, -giga, giga);
    assert_limits(WATTLE_POWER, 3, -giga * 1000, giga * 1000);
    assert_limits(WATTLE_ENERGY, 6, -giga * 1000000, giga * 1000000);
    assert_limits(WATTLE_POWER, 9, -giga * giga, giga * giga);
    assert_false(may_be(WATTLE_VOLTAGE, 10, 1));
}

static void
absent_values_are_not_looked_at(void **state)
{
    (void)state;
    struct wattle_batch batch = make_batch(WATTLE_VOLTAGE, 3);
    uint8_t presence[N_ROWS];
    for (int i = 0; i < N_ROWS; i++)
        presence[i] = 1 << WATTLE_VOLTAGE;
    batch.presence = presence;
    values[4] = -1;
    assert_false(batch_check(&batch, INT64_MIN));
    presence[4] = 1 << WATTLE_POWER;
    assert_true(batch_check(&batch, INT64_MIN));
}

static void
times_ascend(void **state)
{
    (void)state;
    struct wattle_batch batch = make_batch(WATTLE_POWER, 0);
    assert_true(batch_check(&batch, 0));
    assert_false(batch_check(&batch, 1));
    time_ms[5] = 4;
    assert_false(batch_check(&batch, INT64_MIN));
    time_ms[5] = 100;
    assert_false(batch_check(&batch, INT64_MIN));
    batch = make_batch(WATTLE_POWER, 0);
    time_ms[0] = CIVIL_MIN_MS;
    time_ms[N_ROWS - 1] = CIVIL_MAX_MS;
    assert_true(batch_check(&batch, INT64_MIN));
    time_ms[0]--;
    assert_false(batch_check(&batch, INT64_MIN));
    time_ms[0]++;
    time_ms[N_ROWS - 1]++;
    assert_false(batch_check(&batch, INT64_MIN));
    time_ms[0] = INT64_MIN;
    time_ms[N_ROWS - 1] = INT64_MAX;
    assert_false(batch_check(&batch, INT64_MIN));
    batch.n_rows = 0;
    assert_true(batch_check(&batch, INT64_MAX));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_in_their_ranges),
        cmocka_unit_test(absent_values_are_not_looked_at),
        cmocka_unit_test(times_ascend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
