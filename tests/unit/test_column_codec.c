/*
 * test_column_codec.c - packed bits and columns: every width, every encoding,
 * every instruction set comes back as it was; damage is noticed or harmless,
 * and nothing is read beyond the end (buffers have their exact length here).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "generate/counter_hash.h"
#include "codec/bit_pack.h"
#include "codec/column_codec.h"
#include "wattle/experimental/tuning.h"
#include "unit.h"

#define MAX_VALUE (INT64_C(1) << 61)

static uint64_t seed_counter;

static uint64_t
draw(void)
{
    return counter_hash(11, seed_counter++);
}

static uint64_t
below(uint64_t limit)
{
    return draw() % limit;
}

/* Kernels of a level; those the CPU lacks are plain C once more. */
static const struct kernels *
kernels_of(int level)
{
    const struct kernels *kernels = kernels_for(level);
    return kernels != NULL ? kernels : &kernels_scalar;
}

static const int levels[] = {WATTLE_SIMD_SCALAR, WATTLE_SIMD_AVX2,
                             WATTLE_SIMD_AVX512, WATTLE_SIMD_NEON};

/* A copy with nothing behind its last byte. */
static uint8_t *
exact_copy(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return len > 0 ? copy : copy + 1;
}

static void
free_copy(uint8_t *copy, size_t len)
{
    free(len > 0 ? copy : copy - 1);
}

/* ---- packed bits ------------------------------------------------------- */

static void
check_width(unsigned width, size_t n)
{
    static uint64_t values[KERNEL_ROWS];
    static int64_t out[KERNEL_ROWS];
    static uint8_t first[KERNEL_ROWS * 8];
    const int64_t base = (int64_t)draw() >> 2;
    const uint64_t unit = below(3) == 0 ? draw() : 1 + below(1000000);
    const size_t size = bit_pack_size(n, width);
    for (size_t i = 0; i < n; i++)
        values[i] = width == 0 ? 0 : draw() >> (64 - width);
    for (size_t k = 0; k < sizeof(levels) / sizeof(levels[0]); k++) {
        const struct kernels *kernels = kernels_of(levels[k]);
        uint8_t *bytes = malloc(size > 0 ? size : 1);
        assert_non_null(bytes);
        bit_pack_put(kernels, values, n, width, bytes);
        if (k == 0)
            memcpy(first, bytes, size);
        assert_memory_equal(first, bytes, size);
        bit_pack_get(kernels, bytes, n, width, base, unit, out);
        for (size_t i = 0; i < n; i++)
            assert_value((uint64_t)out[i], (uint64_t)base + values[i] * unit);
        free(bytes);
    }
}

static void
packs_every_width(void **state)
{
    (void)state;
    static const size_t lengths[] = {1,  2,  3,   7,   8,    9,    31,
                                     32, 33, 100, 513, 1000, 1023, 1024};
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
            check_width(width, lengths[i]);
    }
}

static void
knows_widths(void **state)
{
    (void)state;
    assert_int_equal(bit_pack_width(0), 0);
    for (unsigned width = 1; width <= 64; width++) {
        assert_int_equal(bit_pack_width(UINT64_MAX >> (64 - width)), width);
        assert_int_equal(bit_pack_width(UINT64_C(1) << (width - 1)), width);
    }
    assert_int_equal(bit_pack_size(1000, 7), 875);
    assert_int_equal(bit_pack_size(9, 1), 2);
}

/* ---- columns ----------------------------------------------------------- */

struct column {
    size_t n;
    unsigned exponent;
    int64_t value[KERNEL_ROWS];
};

static int64_t
power_of_ten(unsigned n)
{
    int64_t power = 1;
    while (n-- > 0)
        power *= 10;
    return power;
}

/* What is cut off must be missed; a wrong bit must do no harm. */
static void
check_damage(const struct kernels *kernels, const uint8_t *bytes, size_t len,
             const struct column *c)
{
    static int64_t out[KERNEL_ROWS];
    for (size_t i = 0; i < 12; i++) {
        size_t cut = i < 4 && i < len ? i : below(len);
        uint8_t *part = exact_copy(bytes, cut);
        assert_false(column_decode(kernels, part, cut, c->n, c->exponent, out));
        free_copy(part, cut);
    }
    for (int i = 0; i < 20; i++) {
        uint8_t *changed = exact_copy(bytes, len);
        size_t at = i < 8 ? below(len < 8 ? len : 8) : below(len);
        changed[at] ^= (uint8_t)(1u << below(8));
        column_decode(kernels, changed, len, c->n, c->exponent, out);
        free_copy(changed, len);
    }
    uint8_t *longer = exact_copy(bytes, len + 1);
    longer[len] = 0;
    assert_false(
        column_decode(kernels, longer, len + 1, c->n, c->exponent, out));
    free_copy(longer, len + 1);
}

/* There and back with every instruction set; -> the encoding that was chosen.
 */
static enum column_encoding
check_column(const struct column *c, bool is_quick)
{
    static uint8_t room[COLUMN_MAX_BYTES + 1], first[COLUMN_MAX_BYTES];
    static int64_t out[KERNEL_ROWS];
    size_t first_len = 0;
    for (size_t k = 0; k < sizeof(levels) / sizeof(levels[0]); k++) {
        const struct kernels *kernels = kernels_of(levels[k]);
        size_t len =
            column_encode(kernels, c->value, c->n, c->exponent, is_quick, room);
        assert_true(len > 0 && len <= COLUMN_MAX_BYTES);
        if (k == 0)
            memcpy(first, room, first_len = len);
        assert_int_equal(len, first_len);
        assert_memory_equal(room, first, len);
        unsigned stored;
        assert_true(column_exponent(room, len, &stored));
        assert_true(stored >= c->exponent && stored <= COLUMN_MAX_EXPONENT);
        uint8_t *bytes = exact_copy(room, len);
        assert_true(column_decode(kernels, bytes, len, c->n, c->exponent, out));
        assert_memory_equal(out, c->value, c->n * sizeof(out[0]));
        if (stored > c->exponent)
            assert_true(column_decode(kernels, bytes, len, c->n, stored, out));
        for (size_t i = 0; stored > c->exponent && i < c->n; i++)
            assert_true(out[i] * power_of_ten(stored - c->exponent) ==
                        c->value[i]);
        free_copy(bytes, len);
        room[len] = 0x5a;
        check_damage(kernels, room, len, c);
    }
    return (enum column_encoding)(first[0] >> 4);
}

/* Makes a column that one encoding should suit best. */
static void
make_column(struct column *c, enum column_encoding encoding)
{
    int64_t base = (int64_t)(draw() >> 24) - (INT64_C(1) << 39);
    int64_t step = (int64_t)below(100000) - 50000;
    int64_t now = base;
    for (size_t i = 0; i < c->n; i++) {
        switch (encoding) {
        case COLUMN_CONSTANT:
            c->value[i] = base;
            break;
        case COLUMN_LINEAR:
            c->value[i] = base + (int64_t)i * (2 * step + 1);
            break;
        case COLUMN_FRAME:
            c->value[i] = base + (int64_t)below(1u << 20);
            break;
        case COLUMN_STEPS:
            now += 1000 + (int64_t)below(16);
            c->value[i] = now;
            break;
        case COLUMN_RUNS:
            now = below(40) == 0 ? base + (int64_t)below(1u << 30) : now;
            c->value[i] = now;
            break;
        case COLUMN_DICTIONARY:
            c->value[i] = base + (int64_t)(below(9) * below(9)) * 631;
            break;
        default:
            c->value[i] = base + (int64_t)below(below(100) == 0 ? 1u << 30 : 9);
        }
    }
}

static void
chooses_every_way(void **state)
{
    (void)state;
    struct column c = {.n = KERNEL_ROWS};
    for (int encoding = 0; encoding < COLUMN_N_ENCODINGS; encoding++) {
        for (int i = 0; i < 8; i++) {
            c.exponent = 0;
            make_column(&c, (enum column_encoding)encoding);
            assert_int_equal(check_column(&c, false), encoding);
            assert_in_range(check_column(&c, true), COLUMN_CONSTANT,
                            COLUMN_STEPS);
        }
    }
}

static void
any_length_of_any_kind(void **state)
{
    (void)state;
    struct column c;
    for (int i = 0; i < 1500; i++) {
        c.n = below(4) == 0 ? KERNEL_ROWS : 1 + below(KERNEL_ROWS);
        c.exponent = below(2) == 0 ? 0 : 6;
        make_column(&c, (enum column_encoding)below(COLUMN_N_ENCODINGS));
        check_column(&c, below(2) == 0);
    }
}

static void
every_frame_width(void **state)
{
    (void)state;
    struct column c = {.exponent = 0};
    for (unsigned width = 1; width <= 62; width++) {
        c.n = width % 3 == 0 ? 1000 + width % 24 : KERNEL_ROWS;
        for (size_t i = 0; i < c.n; i++)
            c.value[i] = (int64_t)(draw() >> (64 - width)) - MAX_VALUE;
        check_column(&c, true);
        check_column(&c, false);
    }
}

static void
extreme_values(void **state)
{
    (void)state;
    static const int64_t ends[] = {MAX_VALUE, -MAX_VALUE, 0, 1, -1};
    struct column c = {.exponent = 0};
    for (int round = 0; round < 200; round++) {
        c.n = 1 + below(KERNEL_ROWS);
        for (size_t i = 0; i < c.n; i++)
            c.value[i] = ends[below(round % 2 == 0 ? 2 : 5)];
        check_column(&c, round % 3 == 0);
    }
}

static void
keeps_common_zeros_apart(void **state)
{
    (void)state;
    static uint8_t room[COLUMN_MAX_BYTES];
    struct column c;
    for (unsigned zeros = 0; zeros <= 9; zeros++) {
        unsigned stored;
        c.n = 700;
        c.exponent = 0;
        for (size_t i = 0; i < c.n; i++)
            c.value[i] = (1 + (int64_t)below(90000) * 10) * power_of_ten(zeros);
        check_column(&c, false);
        column_encode(&kernels_scalar, c.value, c.n, 0, false, room);
        assert_true(column_exponent(room, 1, &stored));
        assert_int_equal(stored, zeros);
    }
}

/* Of a line, which no one divides value by value. */
static void
keeps_common_zeros_of_lines_apart(void **state)
{
    (void)state;
    static uint8_t room[COLUMN_MAX_BYTES];
    struct column c = {.exponent = 0};
    for (int round = 0; round < 400; round++) {
        unsigned zeros = (unsigned)below(10), stored;
        unsigned of_step = below(2) == 0 ? zeros : zeros + (unsigned)below(3);
        unsigned of_first =
            of_step > zeros ? zeros : zeros + (unsigned)below(3);
        int64_t first = (1 + (int64_t)below(900) * 10) * power_of_ten(of_first);
        int64_t step = (1 + (int64_t)below(900) * 10) * power_of_ten(of_step);
        c.n = 2 + below(KERNEL_ROWS - 1);
        for (size_t i = 0; i < c.n; i++)
            c.value[i] =
                (round % 2 == 0 ? 1 : -1) * (first + (int64_t)i * step);
        check_column(&c, round % 3 == 0);
        column_encode(&kernels_scalar, c.value, c.n, 0, false, room);
        assert_true(column_exponent(room, 1, &stored));
        assert_value(stored, zeros);
    }
}

static void
garbage_is_harmless(void **state)
{
    (void)state;
    static int64_t out[KERNEL_ROWS];
    for (int i = 0; i < 20000; i++) {
        size_t len = below(below(4) == 0 ? 4000 : 40);
        uint8_t *bytes = malloc(len + 1);
        assert_non_null(bytes);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)draw();
        if (len > 0 && below(4) != 0)
            bytes[0] = (uint8_t)(below(COLUMN_N_ENCODINGS) << 4 | below(10));
        bytes = realloc(bytes, len > 0 ? len : 1);
        size_t n = below(3) == 0 ? KERNEL_ROWS : below(1100);
        column_decode(kernels_of(levels[i % 4]), bytes, len, n, 0, out);
        free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_widths),
        cmocka_unit_test(packs_every_width),
        cmocka_unit_test(chooses_every_way),
        cmocka_unit_test(any_length_of_any_kind),
        cmocka_unit_test(every_frame_width),
        cmocka_unit_test(extreme_values),
        cmocka_unit_test(keeps_common_zeros_apart),
        cmocka_unit_test(keeps_common_zeros_of_lines_apart),
        cmocka_unit_test(garbage_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
