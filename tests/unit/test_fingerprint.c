/*
 * test_fingerprint.c - what is hashed while a file is read is what hashing it
 * afterwards gives, up to the last line that ends.
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

#include "generate/counter_hash.h"
#include "input/fingerprint.h"
#include "unit.h"

enum { MAX_PARTS = 4 };

static const size_t part = (size_t)FINGERPRINT_PART_BYTES;

struct hashed {
    struct fingerprint fingerprint;
    uint64_t hashes[MAX_PARTS];
    uint8_t is_done[MAX_PARTS];
};

static void
begin(struct hashed *h, size_t size)
{
    memset(h, 0, sizeof(*h));
    h->fingerprint = (struct fingerprint){.size_bytes = size,
                                          .n_parts = fingerprint_n_parts(size),
                                          .hashes = h->hashes,
                                          .is_done = h->is_done};
    assert_true(h->fingerprint.n_parts <= MAX_PARTS);
}

/* A file without line feeds but before each of the offsets. */
static int
make_file(char **text, size_t size, const size_t *line_ends, size_t n_ends)
{
    char path[] = "/tmp/fingerprint-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    *text = malloc(size + 1);
    assert_non_null(*text);
    for (size_t i = 0; i < size; i++)
        (*text)[i] = (char)('0' + counter_hash(5, i) % 10);
    for (size_t i = 0; i < n_ends; i++)
        (*text)[line_ends[i] - 1] = '\n';
    assert_int_equal(write(fd, *text, size), (ssize_t)size);
    return fd;
}

/* Reads [from, size) in pieces, cuts at `end`, and compares. */
static void
check(const size_t *line_ends, size_t n_ends, size_t from, size_t size,
      size_t piece, size_t end)
{
    struct hashed read, wanted;
    char *text;
    int fd = make_file(&text, size, line_ends, n_ends);
    struct fingerprint_reader *reader = fingerprint_reader_new();
    assert_non_null(reader);
    begin(&read, size);
    if (from > 0) { /* what was known is not hashed again */
        begin(&wanted, from);
        assert_true(fingerprint_hash(&wanted.fingerprint, fd, 1));
        memcpy(read.hashes, wanted.hashes, from / part * sizeof(uint64_t));
        memset(read.is_done, 1, from / part);
    }
    fingerprint_reader_begin(reader, &read.fingerprint, fd, from);
    for (size_t at = from; at < size; at += piece)
        fingerprint_reader_add(reader, at, text + at,
                               piece < size - at ? piece : size - at);
    fingerprint_reader_end(reader);
    fingerprint_cut(&read.fingerprint, end);
    assert_true(fingerprint_is_done(&read.fingerprint));
    begin(&wanted, end);
    assert_true(fingerprint_hash(&wanted.fingerprint, fd, 1));
    assert_value(read.fingerprint.n_parts, wanted.fingerprint.n_parts);
    for (size_t i = 0; i < wanted.fingerprint.n_parts; i++)
        assert_value(read.hashes[i], wanted.hashes[i]);
    fingerprint_reader_free(reader);
    free(text);
    close(fd);
}

static void
hashes_of_reading_are_those_of_the_file(void **state)
{
    (void)state;
    const size_t small[] = {10, 700, 999};
    for (size_t piece = 1; piece < 1100; piece = piece * 3 + 1) {
        check(small, 3, 0, 1000, piece, 999);
        check(small, 3, 10, 1000, piece, 999);
        check(small, 3, 700, 999, piece, 999);
    }
    const size_t large[] = {100, part + 7, 2 * part + 50};
    check(large, 3, 0, 2 * part + 60, 300000, 2 * part + 50);
    check(large, 3, part + 7, 2 * part + 60, 300000, 2 * part + 50);
}

/* The last line that ends may be in the part before the last. */
static void
the_last_line_may_end_in_an_earlier_part(void **state)
{
    (void)state;
    const size_t ends[] = {100, part - 5};
    for (size_t piece = 100000; piece < 3 * part; piece *= 7) {
        check(ends, 2, 0, part + 10, piece, part - 5);
        check(ends, 2, 100, part + 10, piece, part - 5);
        check(ends, 2, part - 5, part + 10, piece, part - 5);
    }
    const size_t whole[] = {part};
    check(whole, 1, 0, part + 10, 200000, part);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_reading_are_those_of_the_file),
        cmocka_unit_test(the_last_line_may_end_in_an_earlier_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
