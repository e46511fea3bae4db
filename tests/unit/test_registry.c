/*
 * test_registry.c - device ids and their numbers, and the device table.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate/counter_hash.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "unit.h"

enum { MANY = 40000 };

/* The id of a number: any length, any bytes but zero, all different. */
static size_t
make_id(uint64_t number, char id[REGISTRY_MAX_ID + 1])
{
    size_t len = (size_t)(counter_hash(91, number) % 40);
    len = number % 500 == 0 ? REGISTRY_MAX_ID - 20 : len;
    for (size_t i = 0; i < len; i++) {
        char byte = (char)counter_hash(number, i);
        id[i] = byte != '\0' ? byte : 'x';
    }
    int n = snprintf(id + len, 21, "%llx", (unsigned long long)number);
    return len + (size_t)n;
}

static void
numbers_count_up_and_are_found_again(void **state)
{
    (void)state;
    struct registry r;
    char id[REGISTRY_MAX_ID + 1];
    registry_init(&r);
    assert_int_equal(registry_find(&r, "a", 1), REGISTRY_NO_DEVICE);
    for (uint32_t i = 0; i < MANY; i++) {
        size_t len = make_id(i, id);
        assert_int_equal(registry_find(&r, id, len), REGISTRY_NO_DEVICE);
        assert_int_equal(registry_add(&r, id, len), i);
        assert_int_equal(r.n_devices, i + 1);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        size_t len = make_id(i, id);
        assert_int_equal(registry_find(&r, id, len), i);
        assert_int_equal(registry_add(&r, id, len), i);
        id[len] = '\0';
        assert_string_equal(registry_id(&r, i), id);
    }
    assert_int_equal(r.n_devices, MANY);
    registry_release(&r);
    assert_int_equal(r.n_devices, 0);
    assert_int_equal(registry_find(&r, "a", 1), REGISTRY_NO_DEVICE);
}

/* Every prefix of one text is another device. */
static void
lengths_around_sixteen_stay_apart(void **state)
{
    (void)state;
    static const char text[] = "ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOPABCDEFGHIJK";
    struct registry r;
    registry_init(&r);
    for (int round = 0; round < 2; round++) {
        for (size_t len = 1; len < sizeof(text); len++)
            assert_int_equal(registry_add(&r, text, len), len - 1);
    }
    for (size_t len = 1; len < sizeof(text); len++) {
        assert_int_equal(strlen(registry_id(&r, (uint32_t)len - 1)), len);
        assert_int_equal(registry_find(&r, text, len), len - 1);
    }
    assert_int_equal(registry_find(&r, "ABCDEFGHIJKLMNOQ", 16),
                     REGISTRY_NO_DEVICE);
    assert_int_equal(registry_find(&r, "ABCDEFGHIJKLMNOPB", 17),
                     REGISTRY_NO_DEVICE);
    registry_release(&r);
}

static void
keys_of_short_ids_agree_with_their_texts(void **state)
{
    (void)state;
    struct registry r;
    char id[REGISTRY_MAX_ID + 1];
    registry_init(&r);
    for (uint32_t i = 0; i < 5000; i++) {
        size_t len = make_id(i, id);
        if (len > REGISTRY_SHORT_ID)
            continue;
        struct registry_key key = registry_key_of(id, len);
        assert_int_equal(registry_find_key(&r, key), REGISTRY_NO_DEVICE);
        uint32_t number =
            i % 2 == 0 ? registry_add_key(&r, key) : registry_add(&r, id, len);
        assert_int_equal(registry_find(&r, id, len), number);
        assert_int_equal(registry_find_key(&r, key), number);
        assert_int_equal(registry_add_key(&r, key), number);
        id[len] = '\0';
        assert_string_equal(registry_id(&r, number), id);
    }
    assert_true(r.n_devices > 1000);
    registry_release(&r);
}

static void
keys_are_the_bytes_little_endian(void **state)
{
    (void)state;
    struct registry_key key = registry_key_of("\x01\x02\xff", 3);
    assert_int_equal(key.low, 0xff0201);
    assert_int_equal(key.high, 0);
    key = registry_key_of("12345678\x80", 9);
    assert_int_equal(key.low, UINT64_C(0x3837363534333231));
    assert_int_equal(key.high, 0x80);
}

static void
ids_of_equal_length_differ_by_any_byte(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 8, 16, 17, 32, 33, 255};
    for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
        struct registry r;
        char id[REGISTRY_MAX_ID];
        registry_init(&r);
        memset(id, 'a', sizeof(id));
        assert_int_equal(registry_add(&r, id, lengths[k]), 0);
        for (size_t at = 0; at < lengths[k]; at++) {
            id[at] = 'b';
            assert_int_equal(registry_add(&r, id, lengths[k]), at + 1);
            id[at] = 'a';
        }
        assert_int_equal(registry_find(&r, id, lengths[k]), 0);
        registry_release(&r);
    }
}

/* ---- the device table -------------------------------------------------- */

static void
the_first_entry_of_a_device_stays(void **state)
{
    (void)state;
    struct device_table table;
    device_table_init(&table);
    assert_int_equal(
        device_table_add(&table, "a", "Fridge", "Kitchen", 150, false), 0);
    assert_int_equal(device_table_add(&table, "b", "", NULL, NAN, false), 0);
    assert_int_equal(device_table_add(&table, "a", "Oven", "Hall", 9, false),
                     0);
    const struct device_info *a = device_table_find(&table, "a");
    const struct device_info *b = device_table_find(&table, "b");
    assert_true(a != NULL && b != NULL);
    assert_string_equal(a->name, "Fridge");
    assert_string_equal(a->location, "Kitchen");
    assert_value(a->rated_w, 150);
    assert_null(b->name);
    assert_null(b->location);
    assert_true(isnan(b->rated_w));
    assert_null(device_table_find(&table, "c"));
    device_table_release(&table);
    assert_null(device_table_find(&table, "a"));
}

static void
many_devices_keep_what_is_known_of_them(void **state)
{
    (void)state;
    struct device_table table;
    char id[32];
    device_table_init(&table);
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof(id), "device number %d", i);
        assert_int_equal(device_table_add(&table, id, id + 7, id, i, false), 0);
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof(id), "device number %d", i);
        const struct device_info *info = device_table_find(&table, id);
        assert_non_null(info);
        assert_string_equal(info->name, id + 7);
        assert_value(info->rated_w, i);
    }
    device_table_release(&table);
}

static void
ids_that_no_reading_can_have_are_left_out(void **state)
{
    (void)state;
    struct device_table table;
    char id[REGISTRY_MAX_ID + 2];
    device_table_init(&table);
    memset(id, 'x', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    assert_int_equal(device_table_add(&table, "", "n", "l", 1, false), 0);
    assert_int_equal(device_table_add(&table, id, "n", "l", 1, false), 0);
    assert_int_equal(table.ids.n_devices, 0);
    assert_int_equal(device_table_add(&table, id + 1, "n", "l", 1, false), 0);
    assert_non_null(device_table_find(&table, id + 1));
    device_table_release(&table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_count_up_and_are_found_again),
        cmocka_unit_test(lengths_around_sixteen_stay_apart),
        cmocka_unit_test(keys_of_short_ids_agree_with_their_texts),
        cmocka_unit_test(keys_are_the_bytes_little_endian),
        cmocka_unit_test(ids_of_equal_length_differ_by_any_byte),
        cmocka_unit_test(the_first_entry_of_a_device_stays),
        cmocka_unit_test(many_devices_keep_what_is_known_of_them),
        cmocka_unit_test(ids_that_no_reading_can_have_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
