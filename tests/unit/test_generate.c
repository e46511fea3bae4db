/*
 * test_generate.c - the data generator: same bytes, exact truth, whole files.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "generate/counter_hash.h"
#include "generate/conditions.h"
#include "generate/reading_text.h"
#include "generate/row_plan.h"
#include "generate/generator.h"

enum { PATH_SIZE = 512, MAX_NAMES = 64 };

/* Every test has its own folder, removed afterwards. */
static char folder[PATH_SIZE - 64];

static void
join_path(char path[PATH_SIZE], const char *name)
{
    int n = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_in_range(n, 1, PATH_SIZE - 1);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
remove_tree(const char *path)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        char child[2 * PATH_SIZE];
        snprintf(child, sizeof(child), "%s/%s", path, entries[i]->d_name);
        if (unlink(child) != 0)
            remove_tree(child);
        free(entries[i]);
    }
    free(entries);
    rmdir(path);
}

static int
make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/wattle-generate-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

/* ---- reading back ------------------------------------------------------ */

static void
read_file(const char *path, struct buffer *out)
{
    /* gzip's reader hands plain files through. */
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    char piece[65536];
    int n = 0;
    while ((n = gzread(file, piece, sizeof(piece))) > 0)
        assert_int_equal(buffer_append(out, piece, (size_t)n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(gzclose(file), Z_OK);
}

static void
unpack_zstd(const struct buffer *packed, struct buffer *out)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    assert_non_null(stream);
    ZSTD_inBuffer in = {packed->data, packed->len, 0};
    char piece[65536];
    size_t left = 0;
    do {
        ZSTD_outBuffer piece_out = {piece, sizeof(piece), 0};
        left = ZSTD_decompressStream(stream, &piece_out, &in);
        assert_false(ZSTD_isError(left));
        assert_int_equal(buffer_append(out, piece, piece_out.pos), 0);
    } while (in.pos < in.size || left != 0);
    ZSTD_freeDStream(stream);
}

/* Appends "name:" and the unpacked text of all files, sorted by name. */
static void
read_folder(const char *path, struct buffer *out)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_visible, alphasort);
    assert_in_range(n, 1, MAX_NAMES);
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name;
        char child[2 * PATH_SIZE];
        snprintf(child, sizeof(child), "%s/%s", path, name);
        struct buffer bytes = {0};
        read_file(child, &bytes);
        char *packed = strstr(name, ".zst");
        if (packed == NULL)
            packed = strstr(name, ".gz");
        bool is_zstd = packed != NULL && strcmp(packed, ".zst") == 0;
        if (packed != NULL)
            *packed = '\0';
        assert_int_equal(buffer_printf(out, "%s:\n", name), 0);
        if (is_zstd)
            unpack_zstd(&bytes, out);
        else
            assert_int_equal(buffer_append(out, bytes.data, bytes.len), 0);
        buffer_release(&bytes);
        free(entries[i]);
    }
    free(entries);
}

/* Makes a folder of the given name and reads it back. */
static struct buffer
generate(struct generator_options options, const char *name)
{
    char path[PATH_SIZE];
    join_path(path, name);
    options.out = path;
    struct wattle_error error = {0};
    int status = generator_run(&options, &error);
    if (status != WATTLE_OK)
        fail_msg("%s", error.message);
    struct buffer out = {0};
    read_folder(path, &out);
    return out;
}

static void
assert_same(const struct buffer *a, const struct buffer *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

/* Several blocks in each file, and rows that do not divide evenly. */
static struct generator_options
some_options(void)
{
    struct generator_options options;
    generator_options_init(&options);
    options.n_devices = 77;
    options.n_readings = 60001;
    options.n_files = 3;
    options.n_threads = 1;
    return options;
}

/* ---- the same bytes ---------------------------------------------------- */

static void
same_bytes_for_every_number_of_threads(void **state)
{
    (void)state;
    for (int order = GENERATOR_ORDER_TIME; order <= GENERATOR_ORDER_DEVICE;
         order++) {
        struct generator_options options = some_options();
        options.order = order;
        options.dirty = order == GENERATOR_ORDER_TIME ? 0.05 : 0;
        options.force = true;
        struct buffer one = generate(options, "one");
        options.n_threads = 3;
        struct buffer three = generate(options, "three");
        struct buffer again = generate(options, "again");
        assert_same(&one, &three);
        assert_same(&one, &again);
        buffer_release(&one);
        buffer_release(&three);
        buffer_release(&again);
    }
}

static void
another_seed_gives_other_homes(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct buffer one = generate(options, "one");
    options.seed = 2;
    struct buffer two = generate(options, "two");
    assert_true(one.len != two.len || memcmp(one.data, two.data, one.len) != 0);
    buffer_release(&one);
    buffer_release(&two);
}

static uint64_t
fnv1a(const struct buffer *bytes)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < bytes->len; i++)
        hash = (hash ^ (uint8_t)bytes->data[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* Fails on a machine that computes differently, or when the homes change. */
static void
bytes_are_those_of_other_machines(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    options.interval_ms = 3600000;
    struct buffer clean = generate(options, "clean");
    options.dirty = 0.1;
    options.mains_v = 120;
    options.order = GENERATOR_ORDER_DEVICE;
    struct buffer dirty = generate(options, "dirty");
    assert_int_equal(fnv1a(&clean), UINT64_C(0x5B7C2DEC6F6F69BE));
    assert_int_equal(fnv1a(&dirty), UINT64_C(0x7A007EC4117D2494));
    buffer_release(&clean);
    buffer_release(&dirty);
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text in place and returns them. */
static char **
sort_lines(struct buffer *text, size_t n_lines)
{
    char **lines = calloc(n_lines, sizeof(*lines));
    assert_non_null(lines);
    size_t n = 0;
    assert_int_equal(buffer_append(text, "", 1), 0);
    for (char *at = strtok(text->data, "\n"); at != NULL;
         at = strtok(NULL, "\n")) {
        assert_true(n < n_lines);
        lines[n++] = at;
    }
    assert_int_equal(n, n_lines);
    qsort(lines, n, sizeof(*lines), compare_lines);
    return lines;
}

static void
both_orders_hold_the_same_readings(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct buffer by_time = generate(options, "time");
    options.order = GENERATOR_ORDER_DEVICE;
    struct buffer by_device = generate(options, "device");
    /* Readings and devices, their headings and the names of the files. */
    size_t n_lines = 60001 + 77 + 4 + 4;
    char **a = sort_lines(&by_time, n_lines);
    char **b = sort_lines(&by_device, n_lines);
    for (size_t i = 0; i < n_lines; i++)
        assert_string_equal(a[i], b[i]);
    free(a);
    free(b);
    buffer_release(&by_time);
    buffer_release(&by_device);
}

static void
packed_files_hold_the_same_text(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct buffer plain = generate(options, "plain");
    options.n_threads = 2;
    options.packing = GENERATOR_PACK_GZIP;
    struct buffer gzip = generate(options, "gzip");
    options.packing = GENERATOR_PACK_ZSTD;
    struct buffer zstd = generate(options, "zstd");
    assert_same(&plain, &gzip);
    assert_same(&plain, &zstd);
    buffer_release(&plain);
    buffer_release(&gzip);
    buffer_release(&zstd);
}

/* ---- folders ----------------------------------------------------------- */

static bool
has_file(const char *name)
{
    char path[PATH_SIZE];
    join_path(path, name);
    return access(path, F_OK) == 0;
}

static void
write_text(const char *name, const char *text)
{
    char path[PATH_SIZE];
    join_path(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
a_folder_with_readings_is_refused(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct wattle_error error = {0};
    options.out = folder;
    write_text("readings_old.csv", "kept\n");
    assert_int_equal(generator_run(&options, &error), WATTLE_ERR_USAGE);
    assert_non_null(strstr(error.message, "readings_old.csv"));
    assert_string_equal(error.path, folder);
    assert_false(has_file("devices.csv"));
    assert_false(has_file("readings_0001.csv"));
}

static void
force_replaces_what_an_earlier_run_made(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct wattle_error error = {0};
    options.out = folder;
    options.dirty = 0.01;
    assert_int_equal(generator_run(&options, &error), WATTLE_OK);
    assert_true(has_file("truth.json"));
    assert_true(has_file("readings_0003.csv"));
    write_text("readings_0009.csv.gz.part", "left by an interrupted run");
    write_text("notes.txt", "mine");

    options.dirty = 0;
    options.n_files = 2;
    options.packing = GENERATOR_PACK_ZSTD;
    assert_int_equal(generator_run(&options, &error), WATTLE_ERR_USAGE);
    assert_true(has_file("readings_0003.csv"));
    options.force = true;
    assert_int_equal(generator_run(&options, &error), WATTLE_OK);
    assert_true(has_file("readings_0001.csv.zst"));
    assert_true(has_file("readings_0002.csv.zst"));
    assert_true(has_file("devices.csv"));
    assert_true(has_file("notes.txt"));
    assert_false(has_file("readings_0001.csv"));
    assert_false(has_file("readings_0003.csv"));
    assert_false(has_file("truth.json"));
    assert_false(has_file("readings_0009.csv.gz.part"));
}

static void
a_failed_write_leaves_nothing_behind(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct wattle_error error = {0};
    char path[PATH_SIZE];
    join_path(path, "new/deep");
    options.out = path;
    options.n_threads = 3;

    /* A file may grow no larger: the same path as a full disk. */
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = {100000, old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = generator_run(&options, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);

    assert_int_equal(status, WATTLE_ERR_IO);
    assert_non_null(strstr(error.message, "readings_0001.csv"));
    assert_false(has_file("new/deep"));
}

static void
a_file_in_the_way_is_an_error(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    struct wattle_error error = {0};
    char path[PATH_SIZE];
    write_text("file", "text\n");
    join_path(path, "file");
    options.out = path;
    assert_int_equal(generator_run(&options, &error), WATTLE_ERR_IO);
    join_path(path, "file/below");
    assert_int_equal(generator_run(&options, &error), WATTLE_ERR_IO);
    assert_non_null(strstr(error.message, "file/below"));
    assert_int_equal(generator_run(&options, NULL), WATTLE_ERR_IO);
}

static void
few_readings_make_files_with_a_header_only(void **state)
{
    (void)state;
    struct generator_options options = some_options();
    options.n_readings = 1;
    options.n_devices = 1;
    struct buffer out = generate(options, "few");
    assert_int_equal(buffer_append(&out, "", 1), 0);
    assert_non_null(strstr(out.data,
                           "readings_0002.csv:\n" READING_TEXT_HEADING
                           "readings_0003.csv:\n" READING_TEXT_HEADING));
    assert_non_null(strstr(out.data, "\n2023-01-01 00:00:00,DEV0001,2"));
    buffer_release(&out);
}

/* ---- options ----------------------------------------------------------- */

static void
options_out_of_range_are_refused(void **state)
{
    (void)state;
    struct generator_options bad[16];
    size_t n = 0;
#define BAD(field, value)                                                      \
    bad[n] = some_options();                                                   \
    bad[n++].field = (value)
    BAD(n_devices, 0);
    BAD(n_devices, 10000001);
    BAD(n_readings, 0);
    BAD(n_files, 0);
    BAD(n_files, 10000);
    BAD(interval_ms, 0);
    BAD(interval_ms, 1500);
    BAD(interval_ms, -60000);
    BAD(start_ms, INT64_MAX);
    BAD(start_ms, 1);
    BAD(mains_v, 110);
    BAD(order, 2);
    BAD(packing, 3);
    BAD(dirty, 0.6);
    BAD(n_threads, -1);
    BAD(n_readings, UINT64_C(1) << 48); /* beyond the year 9999 */
#undef BAD
    for (size_t i = 0; i < n; i++) {
        struct wattle_error error = {0};
        char path[PATH_SIZE];
        join_path(path, "never");
        bad[i].out = path;
        assert_int_equal(generator_run(&bad[i], &error), WATTLE_ERR_USAGE);
        assert_true(error.message[0] != '\0');
        assert_false(has_file("never"));
    }
    struct generator_options options = some_options();
    assert_int_equal(generator_run(&options, NULL), WATTLE_ERR_USAGE);
}

struct progress_log {
    uint64_t n_calls;
    uint64_t last;
    uint64_t total;
};

static void
note_progress(void *context, uint64_t done, uint64_t total)
{
    struct progress_log *log = context;
    assert_true(done >= log->last && done <= total);
    log->n_calls++;
    log->last = done;
    log->total = total;
}

static void
progress_ends_at_the_total(void **state)
{
    (void)state;
    struct progress_log log = {0};
    struct generator_options options = some_options();
    options.n_threads = 2;
    options.progress = note_progress;
    options.progress_context = &log;
    struct buffer out = generate(options, "out");
    assert_true(log.n_calls >= 1);
    assert_int_equal(log.last, 60001);
    assert_int_equal(log.total, 60001);
    buffer_release(&out);
}

/* ---- defects ----------------------------------------------------------- */

/* The number after "name": in truth.json. */
static uint64_t
truth(const char *json, const char *name)
{
    char key[64];
    snprintf(key, sizeof(key), "\"%s\": ", name);
    const char *at = strstr(json, key);
    if (at == NULL)
        fail_msg("truth.json lacks %s", name);
    return strtoull(at + strlen(key), NULL, 10);
}

static void
assert_truth_adds_up(const char *json)
{
    static const char *const row_defects[] = {
        "missing_fields", "extra_fields",      "missing_values",
        "bad_numbers",    "missing_devices",   "bad_dates",
        "quoted_fields",  "bad_power_factors", "negative_currents",
        "crlf_lines",     "out_of_order_rows", "quoted_newlines",
        "blank_lines",    "padded_fields"};
    static const char *const reasons[] = {"fields",  "timestamp", "device",
                                          "missing", "number",    "range"};
    uint64_t n_rejects = truth(json, "total");
    uint64_t n_duplicates = truth(json, "duplicates");
    assert_int_equal(truth(json, "lines"),
                     truth(json, "readings") + n_duplicates + n_rejects);
    assert_int_equal(truth(json, "lines"), 60001 + n_duplicates);
    uint64_t n_by_reason = 0;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        n_by_reason += truth(json, reasons[i]);
    assert_int_equal(n_by_reason, n_rejects);

    uint64_t n_damaged = n_duplicates;
    for (size_t i = 0; i < sizeof(row_defects) / sizeof(row_defects[0]); i++) {
        uint64_t n = truth(json, row_defects[i]);
        assert_true(n > 100);
        n_damaged += n;
    }
    assert_int_equal(truth(json, "clean_readings"), 60001 - n_damaged);
    /* Five in a hundred, within what chance allows. */
    assert_in_range(n_damaged, 2700, 3300);
    assert_int_equal(truth(json, "byte_order_marks"), 2);
    assert_int_equal(truth(json, "no_last_newline"), 2);
}

static size_t
count_newlines(const struct buffer *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        n += text->data[i] == '\n';
    return n;
}

static void
the_truth_about_dirty_data_adds_up(void **state)
{
    (void)state;
    for (int order = GENERATOR_ORDER_TIME; order <= GENERATOR_ORDER_DEVICE;
         order++) {
        struct generator_options options = some_options();
        options.order = order;
        options.dirty = 0.05;
        options.force = true;
        struct buffer out = generate(options, "dirty");
        char path[PATH_SIZE];
        join_path(path, "dirty/truth.json");
        struct buffer json = {0};
        read_file(path, &json);
        assert_int_equal(buffer_append(&json, "", 1), 0);
        assert_truth_adds_up(json.data);
        /* Headings, devices, names, truth; blank lines may be two. */
        size_t least = truth(json.data, "lines") + 4 + 77 + 5 +
                       truth(json.data, "blank_lines") +
                       truth(json.data, "quoted_newlines") - 2;
        assert_in_range(count_newlines(&out), least,
                        least + truth(json.data, "blank_lines") + 50);
        buffer_release(&json);
        buffer_release(&out);
    }
}

/* ---- parts ------------------------------------------------------------- */

static void
the_plan_covers_every_row_once(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, 5, 8191, 8192, 8193, 40000, 100003};
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        for (uint64_t n_files = 1; n_files < 9; n_files++) {
            struct row_plan plan = {
                .n_devices = 7, .n_rows = counts[c], .n_files = n_files};
            uint64_t row = 0;
            uint64_t file = 0;
            uint64_t n_blocks = row_plan_count_blocks(&plan);
            for (uint64_t i = 0; i < n_blocks; i++) {
                struct row_range range = row_plan_block(&plan, i);
                assert_int_equal(range.first, row);
                assert_int_equal(range.file, file);
                row += range.n;
                file += range.is_last;
            }
            assert_int_equal(row, plan.n_rows);
            assert_int_equal(file, n_files);
        }
    }
}

static void
walking_the_plan_agrees_with_jumping(void **state)
{
    (void)state;
    for (int by_device = 0; by_device < 2; by_device++) {
        struct row_plan plan = {.n_devices = 13,
                                .n_rows = 1000,
                                .n_files = 1,
                                .by_device = by_device != 0};
        struct row_place place = row_plan_place(&plan, 0);
        for (uint64_t row = 0; row < plan.n_rows; row++) {
            struct row_place jumped = row_plan_place(&plan, row);
            assert_int_equal(place.device, jumped.device);
            assert_int_equal(place.step, jumped.step);
            assert_true(place.step < row_plan_steps(&plan, place.device));
            row_plan_next(&plan, &place);
        }
    }
}

static void
assert_line(unsigned id_digits, uint64_t number, uint32_t dv, uint32_t ma,
            uint32_t pf, const char *expected)
{
    struct reading_text text;
    struct conditions conditions;
    char line[READING_TEXT_MAX + 1];
    reading_text_init(&text, id_digits);
    conditions_init(&conditions, 1);
    conditions_set(&conditions, INT64_C(1709210096)); /* a leap day */
    struct home_reading reading = {dv, ma, pf};
    char *end =
        reading_text_put(&text, line, conditions.stamp, number, &reading);
    *end = '\0';
    assert_string_equal(line, expected);
}

static void
lines_are_written_as_agreed(void **state)
{
    (void)state;
    assert_line(4, 0, 2301, 0, 100,
                "2024-02-29 12:34:56,DEV0001,230.1,0.0,1.00\n");
    assert_line(4, 9998, 1164, 12, 5,
                "2024-02-29 12:34:56,DEV9999,116.4,0.012,0.05\n");
    assert_line(5, 9999, 2300, 1500, 98,
                "2024-02-29 12:34:56,DEV10000,230.0,1.5,0.98\n");
    assert_line(8, 9999999, 2369, 31250, 99,
                "2024-02-29 12:34:56,DEV10000000,236.9,31.25,0.99\n");
    assert_line(4, 41, 2299, 123456, 60,
                "2024-02-29 12:34:56,DEV0042,229.9,123.456,0.60\n");
}

static void
assert_stamp(int64_t time_s, const char *expected)
{
    struct conditions conditions;
    char text[CONDITIONS_STAMP_LEN + 1] = {0};
    conditions_init(&conditions, 1);
    conditions_set(&conditions, time_s);
    memcpy(text, conditions.stamp, CONDITIONS_STAMP_LEN);
    assert_string_equal(text, expected);
}

static void
moments_know_the_calendar(void **state)
{
    (void)state;
    assert_stamp(0, "1970-01-01 00:00:00,");
    assert_stamp(-1, "1969-12-31 23:59:59,");
    assert_stamp(INT64_C(-62167219200), "0000-01-01 00:00:00,");
    assert_stamp(INT64_C(253402300799), "9999-12-31 23:59:59,");

    struct conditions conditions;
    conditions_init(&conditions, 1);
    conditions_set(&conditions,
                   INT64_C(1696125600)); /* Sunday 2023-10-01 02:00 */
    assert_true(conditions.day.is_weekend);
    assert_true(conditions.life.is_weekend);
    assert_int_equal(conditions.life.number, conditions.day.number - 1);
    assert_int_equal(conditions.life.second, 22 * 3600);
    conditions_set(&conditions,
                   INT64_C(1696125600) + 86400); /* Monday, at night */
    assert_false(conditions.day.is_weekend);
    assert_true(conditions.life.is_weekend);
}

static void
hashes_are_those_of_splitmix64(void **state)
{
    (void)state;
    /* The first two outputs of the reference generator with seed 0. */
    assert_int_equal(counter_hash(0, 1), UINT64_C(0xE220A8397B1DCDAF));
    assert_int_equal(counter_hash(0, 2), UINT64_C(0x6E789E6AA1B965F4));
    assert_int_equal(counter_between(0, 3, 9), 3);
    assert_int_equal(counter_between(0xFFFF, 3, 9), 9);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(same_bytes_for_every_number_of_threads),
        TEST(another_seed_gives_other_homes),
        TEST(bytes_are_those_of_other_machines),
        TEST(both_orders_hold_the_same_readings),
        TEST(packed_files_hold_the_same_text),
        TEST(a_folder_with_readings_is_refused),
        TEST(force_replaces_what_an_earlier_run_made),
        TEST(a_failed_write_leaves_nothing_behind),
        TEST(a_file_in_the_way_is_an_error),
        TEST(few_readings_make_files_with_a_header_only),
        TEST(options_out_of_range_are_refused),
        TEST(progress_ends_at_the_total),
        TEST(the_truth_about_dirty_data_adds_up),
        cmocka_unit_test(the_plan_covers_every_row_once),
        cmocka_unit_test(walking_the_plan_agrees_with_jumping),
        cmocka_unit_test(lines_are_written_as_agreed),
        cmocka_unit_test(moments_know_the_calendar),
        cmocka_unit_test(hashes_are_those_of_splitmix64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
