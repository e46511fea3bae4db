/*
 * test_text_width.c - text for people stays within its width, from 40 columns
 * to 200, and cuts ids only where everything else has given way.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/text_canvas.h"
#include "wattle/wattle.h"
#include "unit.h"

#define START_MS INT64_C(1696118400000)
#define LONG_ID  "sensor.heat_pump_power_of_the_ground_floor"

static char folder[256];

static const char *
path_of(const char *name)
{
    static char paths[4][320];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void
write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int
make_folder(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof(folder), "%s/wattle-width-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    write_text("devices.csv", "device_id,name,location\n" LONG_ID
                              ",The heat pump in the cellar,Home / Cellar\n"
                              "b,Caf\xc3\xa9,Home / Kitchen\n");
    FILE *file = fopen(path_of("a.csv"), "w");
    if (file == NULL)
        return -1;
    fputs("timestamp,device_id,power\n", file);
    for (int i = 0; i < 800; i++)
        fprintf(file, "%lld,%s,%d\n",
                (long long)(START_MS / 1000 + i / 3 * 900),
                i % 3 == 0   ? LONG_ID
                : i % 3 == 1 ? "b"
                             : "c\xc3\xa9",
                i % 3 == 1 ? 2000 - i * 7 : 90000 + i);
    fputs("x,b,1\n1,b\n2,,3\n4,b,?\n5,b,x\n6,b,2e9\n,,\n", file);
    return fclose(file);
}

static int
remove_folder(void **state)
{
    static const char *const names[] = {"a.csv", "devices.csv", "a.db",
                                        "a.db-wal", "a.db-shm"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

/* Text that was written. */
struct text {
    char bytes[65536];
    size_t len;
};

static int
take(void *context, const void *bytes, size_t len)
{
    struct text *text = context;
    if (text->len + len >= sizeof(text->bytes))
        return -1;
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
    return 0;
}

/* The widest line, in columns. */
static int
widest_line(struct text *text)
{
    int widest = 0;
    for (char *line = text->bytes, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end); /* the last line ends, too */
        *end = '\0';
        int columns = text_canvas_columns(line);
        widest = columns > widest ? columns : widest;
        *end = '\n';
    }
    return widest;
}

static void
a_report_fits(void **state)
{
    (void)state;
    struct wattle_report_options options;
    struct wattle_report *report = NULL;
    struct wattle_error error = {0};
    static struct text text;
    const struct wattle_writer to = {take, &text, false};
    wattle_report_options_init(&options);
    options.budget = 1234.5;
    options.since_ms = START_MS + 1;
    assert_int_equal(wattle_report_open(&report, &options, &error), 0);
    assert_int_equal(wattle_report_add_path(report, folder, &error), 0);
    assert_int_equal(wattle_report_run(report, &error), 0);
    for (int width = 40; width <= 200; width++) {
        struct wattle_text_style style = WATTLE_TEXT_STYLE_INIT;
        style.width = width;
        style.is_utf8 = width % 2 == 0;
        text.len = 0;
        assert_int_equal(
            wattle_report_write_text(wattle_report_result(report), &style, &to),
            0);
        assert_true(widest_line(&text) <= width);
        assert_int_equal(strstr(text.bytes, LONG_ID) != NULL, width >= 65);
        assert_int_equal(strstr(text.bytes, "in the cellar") != NULL,
                         width >= 94);
    }
    wattle_report_close(report);
}

static void
import_all(void)
{
    struct wattle_import_options options;
    struct wattle_import *import = NULL;
    struct wattle_error error = {0};
    wattle_import_options_init(&options);
    assert_int_equal(
        wattle_import_open(&import, path_of("a.db"), &options, &error), 0);
    assert_int_equal(wattle_import_add_path(import, folder, &error), 0);
    assert_int_equal(wattle_import_run(import, &error), 0);
    wattle_import_close(import);
}

static void
check_query(struct wattle_database *database,
            const struct wattle_query_options *options)
{
    static struct text text;
    const struct wattle_writer to = {take, &text, false};
    for (int width = 40; width <= 200; width += 4) {
        struct wattle_text_style style = WATTLE_TEXT_STYLE_INIT;
        struct wattle_query *query = NULL;
        struct wattle_error error = {0};
        uint64_t n;
        style.width = width;
        style.is_utf8 = true;
        text.len = 0;
        assert_int_equal(wattle_query_open(&query, database, options, &error),
                         0);
        assert_int_equal(
            wattle_query_write_text(query, &style, &to, &n, &error), 0);
        wattle_query_close(query);
        assert_true(widest_line(&text) <= width);
    }
}

static void
a_query_fits(void **state)
{
    (void)state;
    struct wattle_database *database = NULL;
    struct wattle_query_options options;
    struct wattle_error error = {0};
    import_all();
    assert_int_equal(
        wattle_database_open(&database, path_of("a.db"), NULL, &error), 0);
    wattle_query_options_init(&options);
    options.rate_per_kwh = 0.3;
    check_query(database, &options);
    options.fields = WATTLE_QUERY_ALL;
    check_query(database, &options);
    options.bucket_ms = 3600000;
    check_query(database, &options);
    options.is_total = true;
    check_query(database, &options);
    wattle_database_close(database);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_fits),
        cmocka_unit_test(a_query_fits),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
