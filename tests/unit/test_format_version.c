/*
 * test_format_version.c - a database goes from one format to the next, whole or
 * not at all. Formats 3 and 4 are made up; from 1 to 2 see golden_files.py.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/database_open.h"
#include "store/meta.h"
#include "store/tables.h"

static char path[64];

/* Rooms and floors: two formats that never were. */
static const struct tables_step good_steps[] = {
    [4] = {.sql = "ALTER TABLE device ADD COLUMN room TEXT;"
                  "UPDATE device SET room = 'room of ' || device_id"},
    [5] = {.sql = "CREATE TABLE floor(number INTEGER PRIMARY KEY, name TEXT);"
                  "INSERT INTO floor VALUES(1, 'ground')"}};

/* The second step fails when the first one is done. */
static const struct tables_step bad_steps[] = {
    [4] = {.sql = "ALTER TABLE device ADD COLUMN room"},
    [5] = {.sql = "CREATE TABLE device(number)"}};

static struct tables_format
made_up(const struct tables_step *steps)
{
    struct tables_format format = tables_format;
    format.version = 5;
    format.is_strict = false;
    format.views[0] =
        "CREATE VIEW devices AS SELECT device_id, room FROM device";
    format.views[1] = NULL;
    format.readable = NULL;
    format.upgrades = steps;
    return format;
}

static int
open_as(struct database *db, enum database_mode mode,
        const struct tables_format *format, struct wattle_error *error)
{
    memset(error, 0, sizeof(*error));
    const struct database_open_options how = {
        .mode = mode, .format = format, .busy_ms = DATABASE_BUSY_MS};
    return database_open_as(db, path, &how, error);
}

static int64_t
number(struct database *db, const char *sql)
{
    int64_t found = -1;
    struct wattle_error error;
    assert_int_equal(database_number(db, sql, &found, &error), WATTLE_OK);
    return found;
}

/* A database with two devices, and a view of somebody's own. */
static int
set_up(void **state)
{
    struct database db;
    struct wattle_error error;
    (void)state;
    snprintf(path, sizeof(path), "/tmp/wattle-version-%d.db", (int)getpid());
    assert_int_equal(database_open(&db, path, DATABASE_CREATE, &error),
                     WATTLE_OK);
    assert_int_equal(
        database_run(&db,
                     "INSERT INTO device VALUES(0, 'boiler', NULL, NULL, "
                     "NULL, 1), (1, 'lamp', NULL, NULL, NULL, 2);"
                     "CREATE VIEW mine AS SELECT device_id FROM device",
                     &error),
        WATTLE_OK);
    database_close(&db);
    return 0;
}

static int
tear_down(void **state)
{
    char side[80];
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(side, sizeof(side), "%s%s", path, ends[i]);
        unlink(side);
    }
    return 0;
}

static void
check_upgraded(struct database *db)
{
    assert_int_equal(number(db, "PRAGMA user_version"), 5);
    assert_int_equal(number(db, "PRAGMA application_id"),
                     DATABASE_APPLICATION_ID);
    assert_int_equal(number(db, "SELECT count(*) FROM devices WHERE room = "
                                "'room of ' || device_id"),
                     2);
    assert_int_equal(number(db, "SELECT count(*) FROM floor"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM mine"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master "
                                "WHERE name = 'daily'"),
                     0);
}

static void
check_as_before(void)
{
    struct database db;
    struct wattle_error error;
    assert_int_equal(database_open(&db, path, DATABASE_READ, &error),
                     WATTLE_OK);
    assert_int_equal(number(&db, "PRAGMA user_version"), 3);
    assert_int_equal(number(&db, "SELECT count(*) FROM device"), 2);
    assert_int_equal(number(&db, "SELECT count(*) FROM "
                                 "pragma_table_info('device')"),
                     6);
    assert_int_equal(number(&db, "SELECT count(*) FROM sqlite_master "
                                 "WHERE type = 'view'"),
                     7);
    database_close(&db);
}

static void
writers_upgrade(void **state)
{
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(good_steps);
    (void)state;
    assert_int_equal(open_as(&db, DATABASE_WRITE, &format, &error), WATTLE_OK);
    check_upgraded(&db);
    database_close(&db);
    assert_int_equal(open_as(&db, DATABASE_READ, &format, &error), WATTLE_OK);
    check_upgraded(&db);
    database_close(&db);
}

static void
readers_do_not(void **state)
{
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(good_steps);
    (void)state;
    assert_int_equal(open_as(&db, DATABASE_READ, &format, &error),
                     WATTLE_ERR_FORMAT);
    assert_non_null(strstr(error.message, "old format 3"));
    check_as_before();
}

static void
older_programs_refuse(void **state)
{
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(good_steps);
    static const enum database_mode modes[] = {DATABASE_READ, DATABASE_WRITE,
                                               DATABASE_CREATE};
    (void)state;
    assert_int_equal(open_as(&db, DATABASE_WRITE, &format, &error), WATTLE_OK);
    database_close(&db);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_as(&db, modes[i], &tables_format, &error),
                         WATTLE_ERR_FORMAT);
        assert_non_null(strstr(error.message, "newer wattle (format 5"));
    }
    assert_int_equal(open_as(&db, DATABASE_READ, &format, &error), WATTLE_OK);
    check_upgraded(&db);
    database_close(&db);
}

static void
failures_change_nothing(void **state)
{
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(bad_steps);
    (void)state;
    assert_int_not_equal(open_as(&db, DATABASE_WRITE, &format, &error),
                         WATTLE_OK);
    check_as_before();
}

static void
no_format_is_refused(void **state)
{
    struct database db;
    struct wattle_error error;
    (void)state;
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_OK);
    assert_int_equal(database_run(&db, "PRAGMA user_version = 0", &error),
                     WATTLE_OK);
    database_close(&db);
    assert_int_equal(open_as(&db, DATABASE_CREATE, &tables_format, &error),
                     WATTLE_ERR_FORMAT);
    assert_non_null(strstr(error.message, "format 0"));
}

/* Nothing but a number that is ours by chance: filled like a new file. */
static void
numbers_alone_are_no_database(void **state)
{
    struct database db;
    struct wattle_error error;
    sqlite3 *handle;
    (void)state;
    tear_down(NULL);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(handle, "PRAGMA user_version = 1", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(handle);
    assert_int_equal(database_open(&db, path, DATABASE_CREATE, &error),
                     WATTLE_OK);
    assert_int_equal(number(&db, "SELECT count(*) FROM device"), 0);
    database_close(&db);
}

/* What a later program may write into the table meta. */
static void
change_meta(const char *sql)
{
    struct database db;
    struct wattle_error error;
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_OK);
    assert_int_equal(database_run(&db, sql, &error), WATTLE_OK);
    database_close(&db);
}

static void
other_zones_are_used(void **state)
{
    struct database db;
    struct wattle_zone *zone;
    struct wattle_error error = {0};
    (void)state;
    change_meta("UPDATE meta SET value = 'Europe/Berlin' WHERE key = 'zone'");
    assert_int_equal(wattle_zone_open(&zone, "Europe/Berlin", &error),
                     WATTLE_OK);
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_OK);
    assert_string_equal(wattle_zone_name(db.zone), "Europe/Berlin");
    assert_true(database_has_sums(&db, zone, META_MAX_GAP_MS));
    assert_false(database_has_sums(&db, NULL, META_MAX_GAP_MS));
    database_close(&db);
    wattle_zone_close(zone);
}

static void
unknown_zones_are_read_by_their_readings(void **state)
{
    struct database db;
    struct wattle_error error = {0};
    (void)state;
    change_meta("UPDATE meta SET value = 'Mars/Base' WHERE key = 'zone'");
    assert_int_equal(database_open(&db, path, DATABASE_READ, &error),
                     WATTLE_OK);
    assert_false(database_has_sums(&db, NULL, META_MAX_GAP_MS));
    database_close(&db);
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_ERR_FORMAT);
    assert_non_null(strstr(error.message, "zone"));
}

static void
other_gaps_are_used(void **state)
{
    struct database db;
    struct wattle_error error = {0};
    (void)state;
    change_meta("UPDATE meta SET value = 60000 WHERE key = 'max_gap_ms'");
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_OK);
    assert_false(database_has_sums(&db, NULL, META_MAX_GAP_MS));
    assert_true(database_has_sums(&db, NULL, 60000));
    database_close(&db);
}

/* A program that knows fewer measures would lose values. */
static void
unknown_measures_are_refused(void **state)
{
    static const enum database_mode modes[] = {DATABASE_READ, DATABASE_WRITE};
    (void)state;
    change_meta("UPDATE meta SET value = 31 WHERE key = 'n_measures'");
    for (size_t i = 0; i < 2; i++) {
        struct database db;
        struct wattle_error error = {0};
        assert_int_equal(database_open(&db, path, modes[i], &error),
                         WATTLE_ERR_FORMAT);
        assert_non_null(strstr(error.message, "measures"));
    }
}

/* What a database that is written to must say. */
static void
missing_rules_are_damage(void **state)
{
    struct database db;
    struct wattle_error error = {0};
    (void)state;
    change_meta("DELETE FROM meta WHERE key = 'max_gap_ms'");
    assert_int_equal(database_open(&db, path, DATABASE_WRITE, &error),
                     WATTLE_ERR_FORMAT);
    assert_non_null(strstr(error.message, "max_gap_ms"));
    assert_int_equal(database_open(&db, path, DATABASE_READ, &error),
                     WATTLE_OK);
    assert_false(database_has_sums(&db, NULL, META_MAX_GAP_MS));
    database_close(&db);
}

static void *
upgrade(void *context)
{
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(good_steps);
    int *status = context;
    *status = open_as(&db, DATABASE_WRITE, &format, &error);
    if (*status == WATTLE_OK)
        database_close(&db);
    return NULL;
}

/* Each of them finds it done, or does it. */
static void
many_upgrade_at_once(void **state)
{
    enum { N = 8 };
    struct database db;
    struct wattle_error error;
    const struct tables_format format = made_up(good_steps);
    pthread_t threads[N];
    int status[N];
    (void)state;
    for (int i = 0; i < N; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, upgrade, &status[i]),
                         0);
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < N; i++)
        assert_int_equal(status[i], WATTLE_OK);
    assert_int_equal(open_as(&db, DATABASE_READ, &format, &error), WATTLE_OK);
    check_upgraded(&db);
    database_close(&db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writers_upgrade, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_do_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(older_programs_refuse, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(failures_change_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_format_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(numbers_alone_are_no_database, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_upgrade_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_zones_are_used, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            unknown_zones_are_read_by_their_readings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_gaps_are_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_measures_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(missing_rules_are_damage, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
