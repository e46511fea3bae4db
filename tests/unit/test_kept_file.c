/*
 * test_kept_file.c - what may be written over, and what never is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kept_file.h"

static const struct kept_kind kind = {"trace", "{\"t\""};

static int
enter_folder(void **state)
{
    static char folder[] = "/tmp/wattle-kept-XXXXXX";
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int
leave_folder(void **state)
{
    (void)state;
    return system("rm -r \"$PWD\"");
}

static void
put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
assert_holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(found, 1, sizeof(found) - 1, file);
    found[n] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

/* The one that the context names. */
static const char *
check(const void *context, const struct stat *info)
{
    return context != NULL ? kept_file_of_database(context, info) : NULL;
}

static int
try_file(const char *path, const char *database, struct wattle_error *error)
{
    int fd = kept_file_open(path, &kind, check, database, error);
    if (fd < 0)
        return fd;
    int status = kept_file_clear(fd, path, &kind, error);
    close(fd);
    return status;
}

static void
only_its_own_kind_is_replaced(void **state)
{
    (void)state;
    struct wattle_error error;
    put("empty", "");
    put("own", "{\"t\": 1}");
    put("other", "timestamp,device_id\n");
    put("short", "{\"");
    assert_int_equal(symlink("other", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(try_file("new", NULL, &error), WATTLE_OK);
    assert_int_equal(try_file("empty", NULL, &error), WATTLE_OK);
    assert_int_equal(try_file("own", NULL, &error), WATTLE_OK);
    assert_holds("own", "");
    assert_int_equal(try_file("other", NULL, &error), WATTLE_ERR_USAGE);
    assert_int_equal(try_file("link", NULL, &error), WATTLE_ERR_USAGE);
    assert_int_equal(try_file("short", NULL, &error), WATTLE_ERR_USAGE);
    assert_holds("other", "timestamp,device_id\n");
    assert_int_equal(try_file("dangling", NULL, &error), WATTLE_OK);
    assert_int_equal(try_file("no/such", NULL, &error), WATTLE_ERR_IO);
    assert_int_equal(try_file(".", NULL, &error), WATTLE_ERR_IO);
    assert_int_equal(try_file("/dev/null", NULL, &error), WATTLE_OK);
}

static void
a_database_is_none_under_any_name(void **state)
{
    (void)state;
    struct wattle_error error;
    put("home.db", "");
    put("home.db-wal", "");
    assert_int_equal(link("home.db", "hard"), 0);
    assert_int_equal(symlink("home.db-wal", "soft"), 0);
    static const char *const names[] = {"home.db", "./home.db", "hard",
                                        "home.db-wal", "soft"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(try_file(names[i], "home.db", &error),
                         WATTLE_ERR_USAGE);
        assert_non_null(strstr(error.message, "the database"));
    }
    /* one that is not there yet: nothing is left of the attempt */
    assert_int_equal(try_file("new.db", "new.db", &error), WATTLE_ERR_USAGE);
    assert_int_equal(access("new.db", F_OK), -1);
    assert_int_equal(try_file("new.db-journal", "new.db", &error),
                     WATTLE_ERR_USAGE);
    assert_int_equal(access("new.db-journal", F_OK), -1);
}

static void
a_new_file_comes_whole_or_not_at_all(void **state)
{
    (void)state;
    struct wattle_error error;
    struct new_file file;
    struct stat info;
    put("copy.part", "somebody's");
    assert_int_equal(new_file_begin(&file, "copy", 0600, &error), WATTLE_OK);
    assert_int_equal(access("copy", F_OK), -1);
    assert_int_equal(write(file.fd, "abc", 3), 3);
    assert_int_equal(new_file_commit(&file, &error), WATTLE_OK);
    assert_holds("copy", "abc");
    assert_holds("copy.part", "somebody's");
    assert_int_equal(stat("copy", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(new_file_begin(&file, "copy", 0600, &error),
                     WATTLE_ERR_IO);
    /* what has come meanwhile stays */
    assert_int_equal(new_file_begin(&file, "late", 0600, &error), WATTLE_OK);
    put("late", "first");
    assert_int_equal(new_file_commit(&file, &error), WATTLE_ERR_IO);
    assert_holds("late", "first");
    assert_int_equal(new_file_begin(&file, "gone", 0600, &error), WATTLE_OK);
    new_file_abandon(&file);
    assert_int_equal(access("gone", F_OK), -1);
    assert_int_equal(symlink("elsewhere", "hanging"), 0);
    assert_int_equal(new_file_begin(&file, "hanging", 0600, &error),
                     WATTLE_ERR_IO);
    assert_int_equal(system("test -z \"$(ls | grep -v '^copy.part$' | "
                            "grep part)\""),
                     0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_own_kind_is_replaced),
        cmocka_unit_test(a_database_is_none_under_any_name),
        cmocka_unit_test(a_new_file_comes_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
