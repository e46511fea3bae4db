/*
 * test_efficiency.c - the integer series against the formulas in long double.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "analytics/efficiency.h"
#include "analytics/efficiency_fine.h"
#include "base/decimal.h"
#include "generate/counter_hash.h"

#define TOLERANCE 1e-15L

static long double
from_fixed(uint64_t value)
{
    return (long double)value / 0x1p63L;
}

static long double
from_nano(int64_t nano)
{
    return (long double)nano / 1e9L;
}

/* exp(-sin(2 acos pf)^2), as the formula stands */
static long double
shape_of(int64_t factor_nano)
{
    long double sine = sinl(2 * acosl(from_nano(factor_nano)));
    return expl(-sine * sine);
}

static long double
load_of(int64_t current_nano)
{
    return 1 / (1 + log1pl(from_nano(current_nano)));
}

static void
assert_close(long double got, long double wanted, int64_t nano)
{
    if (fabsl(got - wanted) > TOLERANCE * fabsl(wanted))
        fail_msg("%lld nano: %.20Lg, not %.20Lg", (long long)nano, got, wanted);
}

static void
check_shape(int64_t nano)
{
    assert_close(from_fixed(efficiency_shape(nano)), shape_of(nano), nano);
    assert_int_equal(efficiency_shape(-nano), efficiency_shape(nano));
}

static void
check_load(int64_t nano)
{
    assert_close(from_fixed(efficiency_load(nano)), load_of(nano), nano);
}

static void
shapes_follow_the_formula(void **state)
{
    (void)state;
    for (int64_t milli = 0; milli <= 1000; milli++)
        check_shape(milli * 1000000);
    for (uint64_t i = 0; i < 100000; i++)
        check_shape((int64_t)(counter_hash(81, i) % 1000000001));
    for (int64_t nano = 0; nano < 100; nano++) {
        check_shape(nano);
        check_shape(DECIMAL_ONE - nano);
        check_shape(707106781 + nano - 50); /* the least shape, 1/e */
    }
}

static void
loads_follow_the_formula(void **state)
{
    (void)state;
    for (int64_t milli = 0; milli < 70000; milli++)
        check_load(milli * 1000000);
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t bits = counter_hash(82, i);
        check_load((int64_t)((bits >> (i % 60)) % DECIMAL_MAX));
    }
    for (int64_t nano = 0; nano < 1000; nano++) {
        check_load(nano);
        check_load(DECIMAL_MAX - nano);
        check_load(DECIMAL_ONE + nano - 500);
    }
}

static void
the_ends_of_the_ranges_are_exact(void **state)
{
    (void)state;
    const uint64_t one = UINT64_C(1) << 63;
    assert_int_equal(efficiency_shape(0), one);
    assert_int_equal(efficiency_shape(DECIMAL_ONE), one);
    assert_int_equal(efficiency_shape(-DECIMAL_ONE), one);
    assert_int_equal(efficiency_load(0), one);
    assert_true(efficiency_load(DECIMAL_MAX) > one / 22);
    assert_true(efficiency_load(DECIMAL_MAX) < one / 21);
}

static void
products_follow_the_formula(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t bits = counter_hash(83, i);
        int64_t factor = (int64_t)(bits % 2000000001) - DECIMAL_ONE;
        int64_t current = (int64_t)(counter_hash(84, i) >> (4 + i % 56));
        if (current > DECIMAL_MAX)
            continue;
        uint64_t product = efficiency_product(efficiency_shape(factor),
                                              efficiency_load(current));
        long double got = from_nano(factor) * (long double)product;
        got /= (long double)(UINT64_C(1) << EFFICIENCY_NANO_BITS);
        long double wanted =
            from_nano(factor) * shape_of(factor) * load_of(current);
        assert_close(got, wanted, factor);
    }
    uint64_t one = UINT64_C(1) << 63;
    assert_int_equal(efficiency_product(one, one), UINT64_C(1)
                                                       << EFFICIENCY_NANO_BITS);
    assert_int_equal(efficiency_product(one, 0), 0);
}

static void
loads_fall_as_currents_rise(void **state)
{
    (void)state;
    for (int64_t milli = 1; milli < 200000; milli++)
        assert_true(efficiency_load(milli * 1000000) <
                    efficiency_load((milli - 1) * 1000000));
}

/* Every factor in thousandths, at currents from none to the largest. */
static void
products_of_thousandths_follow_the_formula(void **state)
{
    (void)state;
    for (int64_t milli = -1000; milli <= 1000; milli++) {
        long double factor = (long double)milli / 1000;
        for (int64_t current = 0; current <= DECIMAL_MAX;
             current = current * 3 + 1 + (milli & 7)) {
            int64_t got = efficiency_milli(efficiency_factor(milli),
                                           efficiency_relief(current));
            long double wanted =
                factor * shape_of(milli * 1000000) * load_of(current);
            long double off = (long double)got / 0x1p56L - wanted;
            assert_true(fabsl(off) <= 0x1p-55L + TOLERANCE * fabsl(wanted));
            assert_true(fabsl(off) <= 1e-12L * fabsl(wanted));
        }
    }
    assert_int_equal(
        efficiency_milli(efficiency_factor(1000), efficiency_relief(0)),
        INT64_C(1) << EFFICIENCY_MILLI_BITS);
    assert_int_equal(
        efficiency_milli(efficiency_factor(0), efficiency_relief(0)), 0);
}

/* Twice each: the first call fills the table, the second one reads it. */
static void
remembered_values_are_the_same(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int64_t milli = -1000; milli <= 1000; milli++) {
            assert_int_equal(efficiency_factor_memo(milli),
                             efficiency_factor(milli));
            assert_int_equal(efficiency_factor(milli) & 1, 1);
        }
        for (int64_t milli = 0; milli < 70000; milli += 1 + milli % 3) {
            assert_int_equal(efficiency_relief_memo(milli),
                             efficiency_relief(milli * 1000000));
            assert_int_equal(efficiency_relief(milli * 1000000) & 1, 1);
        }
        for (int64_t milli = 65530; milli < 65540; milli++)
            assert_int_equal(efficiency_relief_memo(milli),
                             efficiency_relief(milli * 1000000));
        assert_int_equal(efficiency_relief_memo(DECIMAL_MAX / 1000000),
                         efficiency_relief(DECIMAL_MAX));
    }
}

/* e in 1e-9 * 2^-60 by another way, with 50 digits: see the comment in it. */
static const struct {
    int64_t power_factor_nano, current_nano;
    int64_t high, low; /* of the 128 bits */
} fine_values[] = {
#include "fine_efficiencies.h"
};

static void
fine_terms_are_right_to_one_unit(void **state)
{
    (void)state;
    const size_t n = sizeof(fine_values) / sizeof(fine_values[0]);
    assert_true(n > 200);
    for (size_t i = 0; i < 3 * n; i++) {
        const int64_t factor = fine_values[i % n].power_factor_nano;
        const int64_t current = fine_values[i % n].current_nano;
        const int128 wanted = ((int128)fine_values[i % n].high << 64) |
                              (uint64_t)fine_values[i % n].low;
        /* computed, then put into the tables, then taken out */
        const int128 got = efficiency_fine(factor, current, i < n);
        assert_true(got - wanted <= 1 && wanted - got <= 1);
        assert_true(efficiency_fine(-factor, current, i < n) == -got);
    }
}

static void
fine_terms_are_close_to_the_others(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t bits = counter_hash(85, i);
        int64_t factor = (int64_t)(bits % 2000001) - 1000000;
        factor = i % 2 == 0 ? factor * 1000 : factor / 1000 * 1000000;
        int64_t current = (int64_t)(counter_hash(86, i) >> (4 + i % 56));
        if (current > DECIMAL_MAX)
            continue;
        uint64_t product = efficiency_product(efficiency_shape(factor),
                                              efficiency_load(current));
        int128 off = efficiency_fine(factor, current, i % 3 == 0) -
                     (int128)factor * (int64_t)product;
        int128 most = (int128)16 * DECIMAL_ONE; /* 2^-56 */
        assert_true(off <= most && off >= -most);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_follow_the_formula),
        cmocka_unit_test(loads_follow_the_formula),
        cmocka_unit_test(the_ends_of_the_ranges_are_exact),
        cmocka_unit_test(products_follow_the_formula),
        cmocka_unit_test(fine_terms_are_right_to_one_unit),
        cmocka_unit_test(fine_terms_are_close_to_the_others),
        cmocka_unit_test(products_of_thousandths_follow_the_formula),
        cmocka_unit_test(loads_fall_as_currents_rise),
        cmocka_unit_test(remembered_values_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
