/*
 * test_local_time.c - hours, days and buckets of zones against what a clock
 * shows, and which of two times a file means.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analytics/bucket_rule.h"
#include "base/civil_time.h"
#include "base/time_partition.h"
#include "base/zone.h"
#include "formats/local_clock.h"
#include "generate/counter_hash.h"
#include "unit.h"

#define HOUR_MS CIVIL_MS_PER_HOUR
#define DAY_MS  CIVIL_MS_PER_DAY

static const char *const names[] = {
    "Europe/Brussels",     "Europe/Dublin",    "Australia/Lord_Howe",
    "America/Havana",      "Asia/Kathmandu",   "Pacific/Apia",
    "Africa/Casablanca",   "America/St_Johns", "America/Sao_Paulo",
    "Asia/Beirut",         "Africa/Monrovia",  "Atlantic/Azores",
    "America/Scoresbysund"};

enum { N_NAMES = sizeof(names) / sizeof(names[0]) };

static int64_t
time_of(const char *text)
{
    int64_t time_ms;
    assert_true(civil_parse_or_date(text, strlen(text), &time_ms));
    return time_ms;
}

static struct wattle_zone *
open_zone(const char *name)
{
    struct wattle_zone *zone;
    assert_int_equal(wattle_zone_open(&zone, name, NULL), WATTLE_OK);
    return zone;
}

static int64_t
clock_at(const struct wattle_zone *zone, int64_t utc_ms)
{
    return utc_ms + zone_at(zone, utc_ms).offset_ms;
}

static int64_t
hour_of_day(int64_t local_ms)
{
    return civil_floor_div(local_ms, HOUR_MS) -
           24 * civil_floor_div(local_ms, DAY_MS);
}

/* Some time, half of them near a change of clocks. */
static int64_t
any_time(const struct wattle_zone *zone, uint64_t seed)
{
    const int64_t time_ms =
        time_of("1900-01-01") +
        (int64_t)(counter_hash(seed, 1) % UINT64_C(6311520000000));
    const struct zone_span span = zone_at(zone, time_ms);
    if (seed % 2 == 0 || span.from_ms == INT64_MIN)
        return time_ms;
    return span.from_ms +
           (int64_t)(counter_hash(seed, 2) % (uint64_t)(60 * HOUR_MS)) -
           30 * HOUR_MS;
}

/* The same cell, whether it is found from afar or from the one before. */
static void
find_both(const struct time_partition *partition, int64_t time_ms,
          struct time_cell *near)
{
    struct time_cell far = TIME_CELL_NONE;
    time_partition_find(partition, time_ms, &far);
    time_partition_find(partition, time_ms, near);
    assert_value(near->start_ms, far.start_ms);
    assert_value(near->end_ms, far.end_ms);
    assert_value(near->key, far.key);
    assert_true(near->start_ms <= time_ms && time_ms < near->end_ms);
}

static void
hours_are_those_of_the_clock(void **state)
{
    (void)state;
    for (size_t z = 0; z < N_NAMES; z++) {
        struct wattle_zone *zone = open_zone(names[z]);
        const struct time_partition hours = time_partition_hours(zone);
        for (uint64_t k = 0; k < 3000; k++) {
            int64_t time_ms = any_time(zone, k);
            struct time_cell cell = TIME_CELL_NONE;
            for (int i = 0; i < 30; i++) {
                find_both(&hours, time_ms, &cell);
                const int64_t first = clock_at(zone, cell.start_ms);
                const int64_t last = clock_at(zone, cell.end_ms - 1);
                const int64_t day = civil_floor_div(cell.key, 24);
                assert_value(last - first, cell.end_ms - 1 - cell.start_ms);
                assert_value(civil_floor_div(first, HOUR_MS),
                             civil_floor_div(last, HOUR_MS));
                assert_value(cell.key - 24 * day, hour_of_day(first));
                assert_value(
                    day, civil_floor_div(zone_reached(zone, time_ms), DAY_MS));
                time_ms = i % 2 == 0 ? cell.end_ms : time_ms + HOUR_MS / 3;
            }
        }
        wattle_zone_close(zone);
    }
}

static void
days_begin_at_midnight(void **state)
{
    (void)state;
    for (size_t z = 0; z < N_NAMES; z++) {
        struct wattle_zone *zone = open_zone(names[z]);
        const struct time_partition days = time_partition_days(zone);
        for (uint64_t k = 0; k < 1000; k++) {
            int64_t time_ms = any_time(zone, k);
            struct time_cell cell = TIME_CELL_NONE;
            for (int i = 0; i < 10; i++) {
                int64_t before = cell.key;
                find_both(&days, time_ms, &cell);
                assert_true(i == 0 || cell.key > before);
                const struct time_cell same =
                    time_partition_cell(&days, cell.key);
                assert_value(same.start_ms, cell.start_ms);
                assert_value(same.end_ms, cell.end_ms);
                /* midnight has come, and had not just before */
                assert_true(zone_reached(zone, cell.start_ms) >=
                            cell.key * DAY_MS);
                assert_true(zone_reached(zone, cell.start_ms - 1) <
                            cell.key * DAY_MS);
                time_ms = cell.end_ms;
            }
        }
        wattle_zone_close(zone);
    }
}

/* Tiles without a hole; every bucket begins where a clock shows its start. */
static void
buckets_follow_the_clock(void **state)
{
    static const int64_t sizes[] = {60000,       900000,     HOUR_MS,
                                    2 * HOUR_MS, 5400000,    6 * HOUR_MS,
                                    DAY_MS,      7 * DAY_MS, 10 * DAY_MS};
    (void)state;
    for (size_t z = 0; z < N_NAMES; z++) {
        struct wattle_zone *zone = open_zone(names[z]);
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            const struct bucket_rule rule = {BUCKET_SPANS, sizes[s], zone};
            for (uint64_t k = 0; k < 300; k++) {
                const int64_t time_ms = any_time(zone, k);
                const struct bucket_range range =
                    bucket_rule_range(&rule, time_ms);
                assert_true(range.start_ms <= time_ms &&
                            time_ms < range.end_ms);
                assert_value(bucket_rule_range(&rule, range.end_ms).start_ms,
                             range.end_ms);
                assert_value(bucket_rule_range(&rule, range.start_ms).end_ms,
                             range.end_ms);
                const int64_t origin_ms =
                    sizes[s] % (7 * DAY_MS) == 0 ? -3 * DAY_MS : 0;
                const struct zone_span span = zone_at(zone, range.start_ms);
                const int64_t shown_ms =
                    range.start_ms + span.offset_ms - origin_ms;
                /* or where clocks are changed */
                assert_true(shown_ms % sizes[s] == 0 ||
                            range.start_ms == span.from_ms);
            }
        }
        wattle_zone_close(zone);
    }
}

static void
days_have_their_hours(void **state)
{
    static const struct {
        const char *zone, *day;
        int64_t minutes;
    } facts[] = {
        {"Europe/Brussels", "2025-03-30", 23 * 60},
        {"Europe/Brussels", "2025-10-26", 25 * 60},
        {"Europe/Brussels", "2025-10-27", 24 * 60},
        {"Australia/Lord_Howe", "2025-04-06", 24 * 60 + 30},
        {"America/Sao_Paulo", "2018-11-04", 23 * 60}, /* from 01:00 */
        {"Pacific/Apia", "2011-12-31", 24 * 60},
        {"America/St_Johns", "2007-11-04", 25 * 60}, /* back at 00:01 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct wattle_zone *zone = open_zone(facts[i].zone);
        const struct time_partition days = time_partition_days(zone);
        const struct time_cell cell =
            time_partition_cell(&days, time_of(facts[i].day) / DAY_MS);
        assert_value((cell.end_ms - cell.start_ms) / 60000, facts[i].minutes);
        wattle_zone_close(zone);
    }
}

static void
times_are_written_with_their_offset(void **state)
{
    char text[ZONE_TEXT_SIZE];
    (void)state;
    struct wattle_zone *zone = open_zone("Europe/Brussels");
    zone_format(zone, time_of("2025-10-26 00:30"), text);
    assert_string_equal(text, "2025-10-26T02:30:00+02:00");
    zone_format(zone, time_of("2025-10-26 01:30:00.5"), text);
    assert_string_equal(text, "2025-10-26T02:30:00.500+01:00");
    zone_format(zone, time_of("1800-01-01 00:00"), text);
    assert_string_equal(text, "1800-01-01T00:17:30+00:17:30");
    zone_format(zone, CIVIL_MAX_MS, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999+00:00");
    zone_format(NULL, time_of("2025-10-26 00:30"), text);
    assert_string_equal(text, "2025-10-26T00:30:00Z");
    wattle_zone_close(zone);
}

static void
times_are_read_by_the_clock(void **state)
{
    int64_t time_ms;
    (void)state;
    struct wattle_zone *zone = open_zone("Europe/Brussels");
    assert_int_equal(wattle_zone_parse_time(zone, "2025-07-01", &time_ms), 0);
    assert_value(time_ms, time_of("2025-06-30 22:00"));
    assert_int_equal(wattle_zone_parse_time(zone, "2025-10-26 02:30", &time_ms),
                     0);
    assert_value(time_ms, time_of("2025-10-26 00:30")); /* the first time */
    assert_int_equal(wattle_zone_parse_time(zone, "2025-03-30 02:30", &time_ms),
                     0);
    assert_value(time_ms, time_of("2025-03-30 01:00")); /* 03:00 */
    assert_int_equal(
        wattle_zone_parse_time(zone, "2025-03-30T02:30Z", &time_ms), 0);
    assert_value(time_ms, time_of("2025-03-30 02:30"));
    assert_int_equal(wattle_zone_parse_time(zone, "1700000000", &time_ms), 0);
    assert_value(time_ms, INT64_C(1700000000000));
    assert_int_equal(wattle_zone_parse_time(zone, "yesterday", &time_ms),
                     WATTLE_ERR_FORMAT);
    wattle_zone_close(zone);
}

/* Rows of a device in a file: what the clock shows, and what is meant. */
struct row {
    const char *local, *utc;
};

/* A text of rows of one device, whose number in the registry is not 0. */
struct text {
    struct registry devices;
    struct local_clock clock;
    uint32_t device;
};

static void
begin_text(struct text *text, const struct wattle_zone *zone,
           const char *other_device, const struct local_history *history)
{
    registry_init(&text->devices);
    registry_add(&text->devices, other_device, strlen(other_device));
    text->device = registry_add(&text->devices, "meter", 5);
    local_clock_init(&text->clock, &text->devices);
    local_clock_begin(&text->clock, zone, true, history);
}

static void
end_text(struct text *text)
{
    assert_false(text->clock.lacks_context);
    local_clock_release(&text->clock);
    registry_release(&text->devices);
}

static void
read_part(struct text *text, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t offset_ms, time_ms;
        const int64_t local_ms = time_of(rows[i].local);
        const int64_t day_ms = civil_floor_div(local_ms, DAY_MS) * DAY_MS;
        if (local_clock_is_even(&text->clock, day_ms, &offset_ms))
            time_ms = local_ms - offset_ms;
        else
            assert_int_equal(local_clock_resolve(&text->clock, text->device,
                                                 local_ms, &time_ms),
                             WATTLE_OK);
        if (time_ms != time_of(rows[i].utc))
            print_error("%s\n", rows[i].local);
        assert_value(time_ms, time_of(rows[i].utc));
    }
}

/* In one text, and in a text that goes on later, cut at any row. */
static void
read_rows(const char *name, const struct row *rows, size_t n)
{
    struct wattle_zone *zone = open_zone(name);
    for (size_t cut = 0; cut <= n; cut++) {
        struct local_states states = {0};
        struct text first, second;
        begin_text(&first, zone, "a", NULL);
        read_part(&first, rows, cut);
        assert_int_equal(local_clock_save(&first.clock, &states), WATTLE_OK);
        assert_int_equal(local_states_sort(&states), WATTLE_OK);
        const struct local_history history = {&first.devices, &states};
        begin_text(&second, zone, "bb", &history);
        registry_add(&second.devices, "later", 5);
        read_part(&second, rows + cut, n - cut);
        end_text(&second);
        end_text(&first);
        local_states_release(&states);
    }
    wattle_zone_close(zone);
}

#define READ(zone, rows) read_rows(zone, rows, sizeof(rows) / sizeof(rows[0]))

static void
the_order_of_rows_says_which_time_is_meant(void **state)
{
    static const struct row quarters[] = {
        {"2025-10-26 01:45", "2025-10-25 23:45"},
        {"2025-10-26 02:00", "2025-10-26 00:00"},
        {"2025-10-26 02:00", "2025-10-26 00:00"}, /* once more */
        {"2025-10-26 02:45", "2025-10-26 00:45"},
        {"2025-10-26 02:15", "2025-10-26 01:15"},
        {"2025-10-26 02:45", "2025-10-26 01:45"},
        {"2025-10-26 03:00", "2025-10-26 02:00"},
    };
    static const struct row hours[] = {
        {"2025-10-26 01:00", "2025-10-25 23:00"},
        {"2025-10-26 02:00", "2025-10-26 00:00"},
        {"2025-10-26 02:00", "2025-10-26 01:00"},
        {"2025-10-26 03:00", "2025-10-26 02:00"},
        {"2025-10-26 02:00", "2025-10-26 01:00"}, /* from behind */
    };
    static const struct row newest_first[] = {
        {"2025-10-26 03:00", "2025-10-26 02:00"},
        {"2025-10-26 02:30", "2025-10-26 01:30"},
        {"2025-10-26 02:00", "2025-10-26 01:00"},
        {"2025-10-26 02:30", "2025-10-26 00:30"},
        {"2025-10-26 02:00", "2025-10-26 00:00"},
        {"2025-10-26 01:30", "2025-10-25 23:30"},
    };
    static const struct row first_row[] = {
        {"2025-10-26 02:30", "2025-10-26 00:30"},
        {"2026-10-25 02:30", "2026-10-25 00:30"}, /* a year later */
    };
    static const struct row half_an_hour[] = {
        {"2025-04-06 01:30", "2025-04-05 14:30"},
        {"2025-04-06 01:30", "2025-04-05 15:00"},
        {"2025-04-06 02:00", "2025-04-05 15:30"},
    };
    static const struct row midnight[] = {
        /* 00:00 becomes 23:00 */
        {"2018-02-17 22:30", "2018-02-18 00:30"},
        {"2018-02-17 23:30", "2018-02-18 01:30"},
        {"2018-02-17 23:00", "2018-02-18 02:00"},
        {"2018-02-18 00:00", "2018-02-18 03:00"},
        {"2018-02-17 23:30", "2018-02-18 02:30"}};
    (void)state;
    READ("Europe/Brussels", quarters);
    READ("Europe/Brussels", hours);
    READ("Europe/Brussels", newest_first);
    READ("Europe/Brussels", first_row);
    READ("Australia/Lord_Howe", half_an_hour);
    READ("America/Sao_Paulo", midnight);
}

static void
days_of_changes_are_not_even(void **state)
{
    static const struct {
        const char *zone, *day;
        bool is_even;
    } facts[] = {
        {"Europe/Brussels", "2025-03-28", true},
        {"Europe/Brussels", "2025-03-29", false}, /* the day before */
        {"Europe/Brussels", "2025-03-30", false},
        {"Europe/Brussels", "2025-03-31", false}, /* and behind */
        {"Europe/Brussels", "2025-04-01", true},
        {"Europe/Brussels", "2025-10-26", false},
        {"America/Sao_Paulo", "2018-02-17", false}, /* the hour before */
        {"America/Sao_Paulo", "2018-02-18", false}, /* midnight */
        {"America/Sao_Paulo", "2018-02-15", true},
        {"Pacific/Apia", "2011-12-30", false}, /* left out */
        {"Asia/Kolkata", "2025-10-26", true},
    };
    int64_t offset_ms;
    (void)state;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct wattle_zone *zone = open_zone(facts[i].zone);
        struct local_clock clock;
        local_clock_init(&clock, NULL);
        local_clock_begin(&clock, zone, true, NULL);
        if (local_clock_is_even(&clock, time_of(facts[i].day), &offset_ms) !=
            facts[i].is_even)
            print_error("%s %s\n", facts[i].zone, facts[i].day);
        assert_value(
            local_clock_is_even(&clock, time_of(facts[i].day), &offset_ms),
            facts[i].is_even);
        local_clock_release(&clock);
        wattle_zone_close(zone);
    }
}

/* On an even day every time is shown once, with the offset that it says. */
static void
even_days_have_one_offset(void **state)
{
    (void)state;
    for (size_t z = 0; z < N_NAMES; z++) {
        struct wattle_zone *zone = open_zone(names[z]);
        struct local_clock clock;
        local_clock_init(&clock, NULL);
        local_clock_begin(&clock, zone, true, NULL);
        for (uint64_t k = 0; k < 2000; k++) {
            const int64_t day_ms =
                civil_floor_div(any_time(zone, k), DAY_MS) * DAY_MS;
            int64_t offset_ms, utc_ms[2];
            if (!local_clock_is_even(&clock, day_ms, &offset_ms))
                continue;
            for (int64_t at = 0; at < DAY_MS; at += 599 * 1000) {
                assert_int_equal(zone_to_utc(zone, day_ms + at, utc_ms), 1);
                assert_value(utc_ms[0], day_ms + at - offset_ms);
            }
        }
        local_clock_release(&clock);
        wattle_zone_close(zone);
    }
}

static void
the_last_state_of_a_device_stays(void **state)
{
    static const uint32_t devices[] = {7, 3, 7, 900, 3, 7};
    struct local_states states = {0};
    (void)state;
    assert_null(local_states_find(&states, 7));
    for (int i = 0; i < 6; i++) {
        const struct local_state added = {.local_ms = i, .step_ms = -1};
        assert_int_equal(local_states_add(&states, devices[i], &added), 0);
    }
    assert_int_equal(local_states_sort(&states), WATTLE_OK);
    assert_int_equal(states.n, 3);
    assert_value(local_states_find(&states, 3)->local_ms, 4);
    assert_value(local_states_find(&states, 7)->local_ms, 5);
    assert_value(local_states_find(&states, 900)->local_ms, 3);
    assert_null(local_states_find(&states, 8));
    local_states_release(&states);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_those_of_the_clock),
        cmocka_unit_test(days_begin_at_midnight),
        cmocka_unit_test(buckets_follow_the_clock),
        cmocka_unit_test(days_have_their_hours),
        cmocka_unit_test(times_are_written_with_their_offset),
        cmocka_unit_test(times_are_read_by_the_clock),
        cmocka_unit_test(the_order_of_rows_says_which_time_is_meant),
        cmocka_unit_test(the_last_state_of_a_device_stays),
        cmocka_unit_test(days_of_changes_are_not_even),
        cmocka_unit_test(even_days_have_one_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
