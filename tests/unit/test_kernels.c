/*
 * test_kernels.c - every table of kernels this CPU has against the scalar one.
 *
 * Texts lie at the end of a page whose neighbour cannot be read, with just
 * the agreed slack behind them, so that reading too far is a crash.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "generate/counter_hash.h"
#include "formats/template_builder.h"
#include "formats/row_values.h"
#include "simd/kernels.h"
#include "unit.h"
#include "wattle/experimental/tuning.h"
#include "wattle/report.h"

enum { TEXT_ROOM = 1 << 17, ROW_ROOM = 160, MAX_COLUMNS = 8 };

static uint64_t seed_counter;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(5, seed_counter++) % limit);
}

/* ---- memory that ends at a wall ---------------------------------------- */

struct walled {
    uint8_t *start;
    uint8_t *end; /* the first byte that cannot be read */
};

static struct walled wall;

static int
make_wall(void **state)
{
    (void)state;
    const size_t page = 4096;
    void *map = mmap(NULL, TEXT_ROOM + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return -1;
    wall.start = map;
    wall.end = wall.start + TEXT_ROOM;
    return mprotect(wall.end, page, PROT_NONE);
}

static int
remove_wall(void **state)
{
    (void)state;
    return munmap(wall.start, TEXT_ROOM + 4096);
}

/* Copies a text before the wall, with a slack that looks like more text. */
static uint8_t *
place_text(const uint8_t *text, size_t len)
{
    assert_true(len + KERNEL_SLACK <= TEXT_ROOM);
    uint8_t *at = wall.end - KERNEL_SLACK - len;
    memcpy(at, text, len);
    for (int i = 0; i < KERNEL_SLACK; i++)
        at[len + (size_t)i] = pick(8) == 0 ? '\n' : (uint8_t)('0' + pick(10));
    return at;
}

/* The other tables; NULL at the end. */
static const struct kernels *const *
other_kernels(void)
{
    static const struct kernels *found[4];
    size_t n = 0;
    for (int simd = WATTLE_SIMD_AVX2; simd <= WATTLE_SIMD_NEON; simd++) {
        found[n] = kernels_for(simd);
        n += found[n] != NULL;
    }
    found[n] = NULL;
    return found;
}

static void
the_choice_is_one_of_the_tables(void **state)
{
    (void)state;
    const struct kernels *best = kernels_for(WATTLE_SIMD_AUTO);
    assert_ptr_equal(kernels_for(WATTLE_SIMD_SCALAR), &kernels_scalar);
    const struct kernels *last = &kernels_scalar;
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++)
        last = *k;
    assert_ptr_equal(best, last);
    assert_string_equal(kernels_scalar.name, "scalar");
}

/* Tables are a name and functions: none may be forgotten. */
static void
every_table_is_complete(void **state)
{
    (void)state;
    const void *entry[sizeof(struct kernels) / sizeof(void *)];
    for (int simd = WATTLE_SIMD_AUTO; simd <= WATTLE_SIMD_NEON; simd++) {
        const struct kernels *k = kernels_for(simd);
        if (k == NULL)
            continue;
        memcpy(entry, k, sizeof(*k));
        for (size_t i = 0; i < sizeof(entry) / sizeof(entry[0]); i++) {
            if (entry[i] == NULL)
                fail_msg("%s lacks entry %zu", k->name, i);
        }
    }
}

/* Wide registers load these whole, from tables that begin at 64 bytes. */
static void
arrays_of_a_template_are_aligned(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct row_template) % 64, 0);
    assert_int_equal(offsetof(struct row_template, literal) % 64, 0);
    assert_int_equal(offsetof(struct row_template, source) % 64, 0);
    assert_int_equal(offsetof(struct row_template, literal_bytes) % 64, 0);
    assert_int_equal(offsetof(struct row_template, zero_char) % 64, 0);
    assert_int_equal(offsetof(struct row_template, gather) % 32, 0);
    assert_int_equal(offsetof(struct row_template, device_mask) % 16, 0);
}

/* ---- splitting --------------------------------------------------------- */

static void
assert_same_split(const uint8_t *text, size_t len, size_t max_rows)
{
    /* of the exact size, so that sanitizers see what is written beyond */
    uint32_t *wanted = malloc((max_rows + 1) * sizeof(*wanted));
    uint32_t *got = malloc((max_rows + 1) * sizeof(*got));
    assert_true(wanted != NULL && got != NULL);
    size_t n = kernels_scalar.split_rows(text, len, wanted, max_rows);
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++) {
        memset(got, 0xee, (max_rows + 1) * sizeof(*got));
        assert_int_equal((*k)->split_rows(text, len, got, max_rows), n);
        assert_memory_equal(got, wanted, (n + 1) * sizeof(*got));
    }
    free(wanted);
    free(got);
}

static void
all_split_random_bytes_alike(void **state)
{
    (void)state;
    uint8_t text[600];
    for (int round = 0; round < 20000; round++) {
        size_t len = pick(round % 8 == 0 ? 600 : 140);
        unsigned density = 1 + pick(40);
        for (size_t i = 0; i < len; i++)
            text[i] = pick(density) == 0 ? '\n' : (uint8_t)pick(256);
        uint8_t *at = place_text(text, len);
        assert_same_split(at, len, 1 + pick(pick(2) == 0 ? 10 : KERNEL_ROWS));
        /* the same bytes at another alignment, without a wall */
        size_t shift = pick(65);
        memmove(at - shift, at, len + KERNEL_SLACK);
        assert_same_split(at - shift, len, KERNEL_ROWS);
    }
}

static void
splitting_tells_where_each_row_begins(void **state)
{
    (void)state;
    uint32_t starts[4];
    uint8_t *at = place_text((const uint8_t *)"ab\n\ncd\nef", 9);
    assert_int_equal(kernels_scalar.split_rows(at, 9, starts, 3), 3);
    static const uint32_t wanted[] = {0, 3, 4, 7};
    assert_memory_equal(starts, wanted, sizeof(wanted));
    assert_int_equal(kernels_scalar.split_rows(at, 9, starts, 2), 2);
    assert_int_equal(kernels_scalar.split_rows(at, 2, starts, 3), 0);
    assert_int_equal(kernels_scalar.split_rows(at, 0, starts, 3), 0);
}

static void
shapes_mark_low_bytes_up_to_the_newline(void **state)
{
    (void)state;
    uint8_t row[TEMPLATE_BYTES + 1];
    memset(row, 'x', sizeof(row));
    assert_int_equal(kernels_shape(row), 0);
    row[TEMPLATE_BYTES] = '\n';
    assert_int_equal(kernels_shape(row), 0);
    row[TEMPLATE_BYTES - 1] = '\n';
    assert_int_equal(kernels_shape(row), UINT64_C(1) << 63);
    row[2] = ',';
    row[5] = '\n';
    row[7] = '-';
    assert_int_equal(kernels_shape(row), (1u << 2) | (1u << 5));
    row[0] = '/'; /* the last byte below '0' */
    row[1] = '0';
    row[3] = 0xff;
    assert_int_equal(kernels_shape(row), 1u | (1u << 2) | (1u << 5));
}

/* ---- rows -------------------------------------------------------------- */

static const char *const headers[] = {
    "timestamp,device_id,voltage,current,power_factor",
    "power_factor,current,device,voltage,time",
    "id,note,time,power",
    "time,watts,note,meter,amps,pf,x",
    "value,timestamp,device",
    "voltage,timestamp,power,device",
};

static void
schema_from(struct csv_schema *schema, const char *header)
{
    struct csv_schema_builder builder;
    csv_schema_builder_init(&builder, ',');
    for (const char *p = header; p != NULL;) {
        const char *comma = strchr(p, ',');
        csv_schema_builder_add(&builder, p,
                               comma != NULL ? (size_t)(comma - p) : strlen(p));
        p = comma != NULL ? comma + 1 : NULL;
    }
    assert_int_equal(csv_schema_builder_finish(
                         &builder, WATTLE_VALUE_ENERGY_KWH, schema, NULL),
                     WATTLE_OK);
}

static int
put_time(char *out, unsigned form)
{
    static const char *const zones[] = {"",      "Z",      "+02",
                                        "-0330", "+05:45", "-11:00"};
    static const unsigned unix_digits[] = {9, 10, 11, 12, 13, 14, 15};
    if (form % 4 == 3) {
        unsigned n = unix_digits[pick(7)];
        int at = 0;
        for (unsigned i = 0; i < n; i++)
            at +=
                sprintf(out + at, "%u", i == 0 && n == 15 ? pick(3) : pick(10));
        return at;
    }
    int at = sprintf(out, "%04u-%02u-%02u%c%02u:%02u", pick(3) * 1000 + 23,
                     1 + pick(12), 1 + pick(28), (form & 4) != 0 ? 'T' : ' ',
                     pick(24), pick(60));
    if (form % 4 > 0)
        at += sprintf(out + at, ":%02u", pick(60));
    if (form % 4 == 2) {
        at += sprintf(out + at, ".%03u", pick(1000));
        at -= (int)pick(3);
    }
    return at + sprintf(out + at, "%s", zones[(form >> 3) % 6]);
}

static int
put_device(char *out, unsigned style)
{
    static const char bytes[] = "ABCxyz0123456789_:-. \xc3\xa9";
    unsigned len = style % 5 == 0 ? 1 + pick(40) : 7;
    len = style % 5 == 1 ? 15 + pick(3) : len;
    for (unsigned i = 0; i < len; i++) {
        bool edge = i == 0 || i == len - 1;
        out[i] = bytes[pick(edge || style % 2 == 0 ? 16 : 23)];
    }
    return (int)len;
}

static int
put_number(char *out, uint8_t role)
{
    bool factor = role == ROLE_POWER_FACTOR;
    bool may_fall = factor || role == ROLE_POWER || role == ROLE_VALUE;
    const char *sign = pick(6) == 0 ? "+" : may_fall && pick(4) == 0 ? "-" : "";
    static const unsigned tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    int at = sprintf(out, "%s%0*u", sign, (int)pick(3),
                     factor ? pick(2) : pick(tens[pick(7)]));
    static const unsigned places[] = {0, 1, 1, 2, 2, 3, 3, 4};
    unsigned n = places[pick(8)];
    for (unsigned i = 0; i < n; i++)
        at += sprintf(out + at, "%s%u", i == 0 ? "." : "", pick(10));
    return at;
}

static int
put_padding(char *out, unsigned padding)
{
    int at = 0;
    for (; padding != 0 && pick(3) == 0; at++)
        out[at] = pick(2) == 0 ? ' ' : '\t';
    return at;
}

/* One line that is a reading mostly; `style` fixes what rows share. */
static int
put_row(char *out, const struct csv_schema *schema, unsigned style)
{
    int at = 0;
    for (size_t c = 0; c < schema->n_columns; c++) {
        uint8_t role = schema->role_of[c];
        if (c > 0)
            out[at++] = ',';
        at += put_padding(out + at, style % 3 == 0);
        if (role == ROLE_TIME)
            at += put_time(out + at, style);
        else if (role == ROLE_DEVICE)
            at += put_device(out + at, style);
        else if (role == ROLE_NONE)
            at += sprintf(out + at, "%.*s", (int)pick(5), "n-t\x80");
        else
            at += put_number(out + at, role);
        at += put_padding(out + at, style % 3 == 0);
    }
    return at + sprintf(out + at, "%s", style % 7 == 0 ? "\r\n" : "\n");
}

static bool
is_reading(const struct csv_schema *schema, const char *row, size_t len)
{
    static struct record_parser parser;
    struct row_values values;
    bool done;
    record_parser_init(&parser, schema);
    size_t n = record_parser_feed(&parser, (const uint8_t *)row, len, &done);
    return done && n == len && !parser.is_empty &&
           row_values_read(&parser, NULL, &values) == ROW_IS_READING;
}

/* ---- decoding ---------------------------------------------------------- */

/* What a kernel writes to. */
struct outlet {
    struct decoded_rows rows;
    int64_t numbers[TEMPLATE_NUMBERS][KERNEL_ROWS];
};

static void
blank(struct outlet *outlet, int byte)
{
    memset(outlet, byte, sizeof(*outlet));
    for (int k = 0; k < TEMPLATE_NUMBERS; k++)
        outlet->rows.number[k] = outlet->numbers[k];
}

struct bench {
    struct csv_schema schema;
    struct template_plan plan;
    struct row_template *table;
    struct outlet *wanted, *got;
    uint8_t text[TEXT_ROOM];
    size_t len;
    uint32_t starts[KERNEL_ROWS + 1];
    size_t n_valid;
};

static void
bench_open(struct bench *b, const char *header)
{
    schema_from(&b->schema, header);
    template_plan_init(&b->plan, &b->schema);
    b->table = aligned_alloc(64, TEMPLATE_SLOTS * sizeof(*b->table));
    b->wanted = malloc(sizeof(*b->wanted));
    b->got = malloc(sizeof(*b->got));
    assert_true(b->table != NULL && b->wanted != NULL && b->got != NULL);
    b->n_valid = 0;
}

static void
bench_close(struct bench *b)
{
    csv_schema_release(&b->schema);
    free(b->table);
    free(b->wanted);
    free(b->got);
}

/* Fills the text with rows and the table with templates of approved ones. */
static void
fill(struct bench *b)
{
    memset(b->table, 0, TEMPLATE_SLOTS * sizeof(*b->table));
    b->len = 0;
    unsigned style = pick(1 << 16);
    for (int i = 0; i < KERNEL_ROWS; i++) {
        char row[2 * ROW_ROOM] = {0};
        int len = put_row(row, &b->schema, pick(8) == 0 ? pick(999) : style);
        struct row_template template;
        if (is_reading(&b->schema, row, (size_t)len) &&
            template_build(&template, &b->schema, &b->plan, (uint8_t *)row,
                           (size_t)len))
            b->table[template_slot(template.shape)] = template;
        assert_true(b->len + (size_t)len + KERNEL_SLACK <= TEXT_ROOM);
        memcpy(b->text + b->len, row, (size_t)len);
        b->len += (size_t)len;
    }
}

/* Changes one to three bytes of about every second row. */
static void
damage(struct bench *b)
{
    static const char bytes[] = "0123456789,,..--  ::/;TZtz+\"\r\n\t\xff\x80@";
    size_t n = b->len / 100;
    for (size_t i = 0; i < n; i++) {
        size_t at = pick((unsigned)b->len);
        for (unsigned k = 1 + pick(3); k > 0; k--) {
            size_t near = (at + pick(40)) % b->len;
            b->text[near] =
                (uint8_t)(pick(8) == 0 ? pick(256) : (unsigned)bytes[pick(33)]);
        }
    }
}

static void
assert_same_row(const struct bench *b, size_t i, const struct kernels *k)
{
    const struct decoded_rows *w = &b->wanted->rows, *g = &b->got->rows;
    bool same = w->is_valid[i] == g->is_valid[i];
    if (same && w->is_valid[i] != 0) {
        for (int n = 0; n < TEMPLATE_NUMBERS; n++)
            same = same && w->number[n][i] == g->number[n][i];
        same = same && w->date[i] == g->date[i] && w->ms[i] == g->ms[i] &&
               w->seconds[i] == g->seconds[i] && w->slot[i] == g->slot[i];
        if (b->table[w->slot[i]].device_len <= 16)
            same = same && w->device[0][i] == g->device[0][i] &&
                   w->device[1][i] == g->device[1][i];
    }
    if (!same)
        fail_msg("%s differs (valid %d, %d) at: %.*s", k->name, w->is_valid[i],
                 g->is_valid[i], (int)(b->starts[i + 1] - b->starts[i]),
                 (const char *)b->text + b->starts[i]);
}

static void
compare_decoders(struct bench *b)
{
    const uint8_t *text = place_text(b->text, b->len);
    size_t n = kernels_scalar.split_rows(text, b->len, b->starts, KERNEL_ROWS);
    /* the last row ends where the slack begins, when all rows fit */
    size_t first = pick(4) == 0 ? pick((unsigned)n) : 0;
    blank(b->wanted, 0xaa);
    kernels_scalar.decode_rows(b->table, b->plan.number_max, text, b->starts,
                               first, n, &b->wanted->rows);
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++) {
        blank(b->got, 0x55);
        (*k)->decode_rows(b->table, b->plan.number_max, text, b->starts, first,
                          n, &b->got->rows);
        for (size_t i = first; i < n; i++)
            assert_same_row(b, i, *k);
        for (size_t i = 0; i < first; i++)
            assert_int_equal(b->got->rows.is_valid[i], 0x55);
    }
    for (size_t i = first; i < n; i++)
        b->n_valid += b->wanted->rows.is_valid[i];
}

static void
decode_all_headers(bool damaged, size_t least_valid)
{
    struct bench *b = malloc(sizeof(*b));
    assert_non_null(b);
    for (size_t h = 0; h < sizeof(headers) / sizeof(headers[0]); h++) {
        bench_open(b, headers[h]);
        for (int round = 0; round < 40; round++) {
            fill(b);
            for (int again = 0; again < 3; again++) {
                if (damaged)
                    damage(b);
                compare_decoders(b);
            }
        }
        if (b->n_valid < least_valid)
            fail_msg("only %zu valid rows for %s", b->n_valid, headers[h]);
        bench_close(b);
    }
    free(b);
}

static void
all_decode_clean_rows_alike(void **state)
{
    (void)state;
    decode_all_headers(false, 10000);
}

static void
all_decode_damaged_rows_alike(void **state)
{
    (void)state;
    decode_all_headers(true, 3000);
}

/* Every single byte of a row, changed to every value. */
static void
all_judge_each_changed_byte_alike(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "2023-10-01 08:15:59,DEV0001,230.1,1.5,0.98\n",
        "2023-10-01T08:15:59.250+05:30,D-1,99999.999,0,-1.000\r\n",
        "1696147200123 ,x,+00230, 12.345,1\n",
    };
    struct bench *b = malloc(sizeof(*b));
    assert_non_null(b);
    bench_open(b, headers[0]);
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        size_t len = strlen(rows[r]);
        uint8_t padded[2 * TEMPLATE_BYTES] = {0};
        struct row_template template;
        memcpy(padded, rows[r], len);
        assert_true(is_reading(&b->schema, rows[r], len));
        assert_true(
            template_build(&template, &b->schema, &b->plan, padded, len));
        memset(b->table, 0, TEMPLATE_SLOTS * sizeof(*b->table));
        b->table[template_slot(template.shape)] = template;
        for (size_t at = 0; at < len; at++) {
            b->len = 0;
            for (unsigned value = 0; value < 256; value++) {
                memcpy(b->text + b->len, rows[r], len);
                b->text[b->len + at] = (uint8_t)value;
                b->len += len;
            }
            compare_decoders(b);
        }
    }
    assert_true(b->n_valid > 1000);
    bench_close(b);
    free(b);
}

/* ---- columns ----------------------------------------------------------- */

/* Every table, the scalar one too: what is right is computed here. */
static void
check_times(const struct kernels *k, struct decoded_rows *rows, size_t first,
            size_t n, uint32_t date)
{
    const int64_t day_ms = INT64_C(1696118400000);
    int64_t *time_ms = malloc(KERNEL_ROWS * sizeof(*time_ms));
    assert_non_null(time_ms);
    bool wanted = true;
    for (size_t i = first; i < n; i++)
        wanted = wanted && (rows->is_valid[i] == 0 || rows->date[i] == date);
    assert_int_equal(k->set_times(rows, first, n, date, day_ms, time_ms),
                     wanted);
    for (size_t i = first; i < n && wanted; i++) {
        if (rows->is_valid[i] != 0)
            assert_int_equal(time_ms[i], day_ms + rows->ms[i] +
                                             INT64_C(1000) * rows->seconds[i]);
    }
    free(time_ms);
}

static void
all_set_times_of_one_date(void **state)
{
    (void)state;
    struct outlet *outlet = malloc(sizeof(*outlet));
    assert_non_null(outlet);
    blank(outlet, 0);
    struct decoded_rows *rows = &outlet->rows;
    for (int round = 0; round < 3000; round++) {
        size_t n = pick(pick(2) == 0 ? 40 : KERNEL_ROWS) + 1;
        size_t first = pick(3) == 0 ? pick((unsigned)n) : 0;
        unsigned damage = pick(3);
        for (size_t i = 0; i < n; i++) {
            bool odd = damage != 0 && pick(200) == 0;
            rows->is_valid[i] = !odd || damage == 1;
            rows->date[i] = odd ? pick(99999999) : 20231001;
            rows->seconds[i] = pick(86400);
            rows->ms[i] = pick(1000);
        }
        check_times(&kernels_scalar, rows, first, n, 20231001);
        for (const struct kernels *const *k = other_kernels(); *k != NULL; k++)
            check_times(*k, rows, first, n, 20231001);
    }
    free(outlet);
}

static void
check_product(const struct kernels *k, const int64_t *const factors[3],
              size_t n, int64_t max_ab)
{
    const int64_t end = INT64_C(1) << 31;
    int64_t power[40];
    bool wanted = true;
    for (size_t i = 0; i < n; i++) {
        int64_t a = factors[0][i], b = factors[1][i];
        wanted = wanted && a < end && b < end && a * b < max_ab;
    }
    assert_int_equal(
        k->multiply(factors[0], factors[1], factors[2], n, max_ab, power),
        wanted);
    for (size_t i = 0; i < n && wanted; i++)
        assert_int_equal(power[i],
                         factors[0][i] * factors[1][i] * factors[2][i]);
}

static int64_t
some_factor(bool small)
{
    static const int64_t odd[] = {INT32_MAX,           INT64_C(1) << 31,
                                  INT64_C(3037000500), /* squared: 2^63 */
                                  INT64_C(4294967295), INT64_C(4294967296),
                                  INT64_C(4294967297), INT64_C(1000000000000),
                                  INT64_C(1) << 62};
    if (!small && pick(10) == 0)
        return odd[pick(8)];
    return (int64_t)(counter_hash(6, seed_counter++) >> (small ? 44 : 33));
}

static void
all_multiply_within_their_limits(void **state)
{
    (void)state;
    static const int64_t limits[] = {INT64_C(1) << 53, INT64_C(9007199254740),
                                     INT64_C(1) << 40};
    int64_t a[40], b[40], c[40];
    const int64_t *const factors[3] = {a, b, c};
    for (int round = 0; round < 60000; round++) {
        size_t n = pick(41);
        bool small = pick(2) == 0;
        for (size_t i = 0; i < n; i++) {
            a[i] = some_factor(small || pick(8) != 0);
            b[i] = some_factor(small || pick(8) != 0);
            c[i] = (int64_t)pick(2001) - 1000;
        }
        if (round % 50 == 0 && n > 0) /* a product of 2^63 */
            a[n - 1] = b[n - 1] = INT64_C(3037000500);
        int64_t limit = limits[pick(3)];
        check_product(&kernels_scalar, factors, n, limit);
        for (const struct kernels *const *k = other_kernels(); *k != NULL; k++)
            check_product(*k, factors, n, limit);
    }
}

/* One value beyond a limit is found, wherever it stands. */
static void
all_see_values_beyond_limits(void **state)
{
    (void)state;
    static int64_t values[KERNEL_ROWS];
    const int64_t low = -1000, high = 70000;
    const int64_t wrong[] = {low - 1, high + 1, INT64_MIN, INT64_MAX};
    for (int level = 0; level <= WATTLE_SIMD_NEON; level++) {
        const struct kernels *kernels = kernels_for(level);
        if (kernels == NULL)
            continue;
        for (size_t n = 1; n <= 40; n++) {
            for (size_t i = 0; i < n; i++)
                values[i] = i % 2 == 0 ? low : high;
            assert_true(kernels->lies_within(values, n, low, high));
            for (size_t i = 0; i < n; i++) {
                const int64_t kept = values[i];
                for (size_t w = 0; w < 4; w++) {
                    values[i] = wrong[w];
                    assert_false(kernels->lies_within(values, n, low, high));
                }
                values[i] = kept;
            }
        }
    }
}

/* ---- templates ----------------------------------------------------------- */

/* ---- columns ----------------------------------------------------------- */

/* Values of either kind, multiples of 10^zeros or one of them not. */
static void
check_division(const struct kernels *k, bool is_short, size_t n)
{
    int64_t values[KERNEL_ROWS] = {0}, quotients[KERNEL_ROWS];
    const unsigned zeros = 1 + pick(9);
    int64_t unit = 1, most = is_short ? UINT32_MAX : INT64_MAX;
    for (unsigned i = 0; i < zeros; i++)
        unit *= 10;
    for (size_t i = 0; i < n; i++) {
        values[i] = (int64_t)(counter_hash(6, seed_counter++) %
                              ((uint64_t)(most / unit) + 1));
        values[i] *= !is_short && pick(2) == 0 ? -unit : unit;
    }
    assert_true(k->divide(values, n, zeros, quotients));
    for (size_t i = 0; i < n; i++)
        assert_value(quotients[i], values[i] / unit);
    size_t at = pick((unsigned)n);
    values[at] = values[at] / unit * unit + (values[at] < 0 ? -1 : 1);
    assert_false(k->divide(values, n, zeros, quotients));
}

static void
all_divide_multiples_alike(void **state)
{
    (void)state;
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++) {
        for (int round = 0; round < 400; round++) {
            check_division(*k, true, 1 + pick(KERNEL_ROWS));
            check_division(*k, false, 1 + pick(KERNEL_ROWS));
            check_division(&kernels_scalar, round % 2 == 0, 1 + pick(200));
        }
    }
}

static void
all_count_wider_values_alike(void **state)
{
    (void)state;
    uint32_t values[KERNEL_ROWS];
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++) {
        for (unsigned width = 0; width < 32; width++) {
            const size_t n = 1 + pick(KERNEL_ROWS);
            size_t n_wider = 0;
            for (size_t i = 0; i < n; i++) {
                values[i] =
                    (uint32_t)counter_hash(6, seed_counter++) >> pick(32);
                n_wider += values[i] / (UINT64_C(1) << width) != 0;
            }
            assert_value((*k)->count_wider(values, n, width), n_wider);
            assert_value(kernels_scalar.count_wider(values, n, width), n_wider);
        }
    }
}

static void
all_turn_rows_to_columns_alike(void **state)
{
    (void)state;
    int32_t rows[4 * 130];
    int64_t column[4][130];
    for (const struct kernels *const *k = other_kernels(); *k != NULL; k++) {
        for (size_t n = 0; n <= 130; n++) {
            const int64_t base = (int64_t)counter_hash(6, seed_counter++) >> 8;
            const int32_t unit = pick(2) == 0 ? 1 : 1000000;
            for (size_t i = 0; i < 4 * n; i++)
                rows[i] = (int32_t)(uint32_t)counter_hash(6, seed_counter++);
            (*k)->transpose(rows, n, base, unit, column[0], column[1],
                            column[2], column[3]);
            for (size_t i = 0; i < 4 * n; i++) {
                int64_t expected =
                    i % 4 == 0 ? base + rows[i] : (int64_t)rows[i] * unit;
                assert_value(column[i % 4][i / 4], expected);
            }
        }
    }
}

static void
assert_built(const char *header, const char *row, bool expected)
{
    struct csv_schema schema;
    struct template_plan plan;
    struct row_template template;
    uint8_t padded[512] = {0};
    schema_from(&schema, header);
    template_plan_init(&plan, &schema);
    memcpy(padded, row, strlen(row));
    assert_true(is_reading(&schema, row, strlen(row)));
    bool got = template_build(&template, &schema, &plan, padded, strlen(row));
    if (got != expected)
        fail_msg("template %d for %s", got, row);
    csv_schema_release(&schema);
}

static void
templates_are_made_of_plain_rows_only(void **state)
{
    (void)state;
    static const char header[] = "time,id,power";
    assert_built(header, "2023-10-01 08:00,a,12345.678\n", true);
    assert_built(header, "2023-10-01 08:00,a,-12345.678\r\n", true);
    assert_built(header, "1696147200,a,1\n", true);
    assert_built(header, "12345678,a,1\n", false);
    assert_built(header, "1696147200.5,a,1\n", false);
    assert_built(header, "2023-10-01 08:00:00.1234,a,1\n", false);
    assert_built(header, "2023-10-01 08:00,a,123456\n", false);
    assert_built(header, "2023-10-01 08:00,a,1.2345\n", false);
    assert_built(header, "2023-10-01 08:00,a,1e3\n", false);
    assert_built(header, "2023-10-01 08:00,\"a\",1\n", false);
    assert_built(header,
                 "2023-10-01 08:00,an identifier that makes the row longer "
                 "than fits,1\n",
                 false);
    assert_built("time,id,voltage,power", "1696147200,a,-0,1\n", false);
    assert_built("time,id,volts,amps,pf,power", "1696147200,a,1,1,1,1\n",
                 false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_choice_is_one_of_the_tables),
        cmocka_unit_test(every_table_is_complete),
        cmocka_unit_test(arrays_of_a_template_are_aligned),
        cmocka_unit_test(all_split_random_bytes_alike),
        cmocka_unit_test(splitting_tells_where_each_row_begins),
        cmocka_unit_test(shapes_mark_low_bytes_up_to_the_newline),
        cmocka_unit_test(all_set_times_of_one_date),
        cmocka_unit_test(all_multiply_within_their_limits),
        cmocka_unit_test(all_see_values_beyond_limits),
        cmocka_unit_test(all_divide_multiples_alike),
        cmocka_unit_test(all_count_wider_values_alike),
        cmocka_unit_test(all_turn_rows_to_columns_alike),
        cmocka_unit_test(templates_are_made_of_plain_rows_only),
        cmocka_unit_test(all_judge_each_changed_byte_alike),
        cmocka_unit_test(all_decode_clean_rows_alike),
        cmocka_unit_test(all_decode_damaged_rows_alike),
    };
    return cmocka_run_group_tests(tests, make_wall, remove_wall);
}
