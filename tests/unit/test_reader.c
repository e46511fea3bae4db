/*
 * test_reader.c - every reader delivers the exact bytes of a file, whatever
 * its size, its packing, the block size and the pace of the one who reads.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "generate/counter_hash.h"
#include "input/reader.h"
#include "simd/kernels.h"
#include "wattle/experimental/tuning.h"

#define HEADER "time,id,power\n"

enum { PATH_SIZE = 256, MAX_CALLS = 200000 };

static uint64_t seed_counter;
static char folder[PATH_SIZE - 32];
static char path[PATH_SIZE];

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(53, seed_counter++) % limit);
}

static void write_file(const void *bytes, size_t len);

/*
 * The library handles SIGBUS from its first mapping on; the test program
 * puts its own handler in place for each test. A test that needs the
 * library's takes it from here.
 */
static struct sigaction library_action;

static void
learn_handler(void)
{
    struct stat info;
    struct reader_options options = {WATTLE_READER_MMAP, 0};
    write_file("hello", 5);
    assert_int_equal(stat(path, &info), 0);
    struct source source = {.path = path,
                            .fd = -1,
                            .size_bytes = 5,
                            .device = info.st_dev,
                            .inode = info.st_ino};
    reader_close(reader_open(&source, &options, 0, NULL));
    sigaction(SIGBUS, NULL, &library_action);
}

static int
make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/wattle-reader-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/readings.csv", folder);
    learn_handler();
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* ---- files ------------------------------------------------------------- */

/* Text of any size that starts like readings and repeats nowhere. */
static struct buffer
some_text(size_t len)
{
    struct buffer text = {0};
    assert_int_equal(buffer_append_text(&text, HEADER), 0);
    for (uint64_t i = 0; text.len < len; i++)
        assert_int_equal(
            buffer_printf(&text, "%llx\n",
                          (unsigned long long)counter_hash(i, len)),
            0);
    text.len = len;
    return text;
}

static void
write_file(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (len > 0)
        assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static bool
wants_all(const char *name, size_t len)
{
    return name != NULL && len > 0;
}

static void
prepare(struct source_list *list, const char *what)
{
    static const struct source_names names = {wants_all, "*"};
    *list = (struct source_list){0};
    assert_int_equal(source_list_add_path(list, what, &names, NULL), 0);
    assert_int_equal(list->n, 1);
    const struct source_options options = {.window_log = 0};
    assert_int_equal(source_prepare(&list->sources[0], &options, NULL), 0);
}

/* NULL for a kind that this machine does not offer. */
static struct reader *
open_reader(struct source *source, int kind, size_t block, uint64_t offset)
{
    struct reader_options options = {kind, block};
    struct wattle_error error = {0};
    struct reader *r = reader_open(source, &options, offset, &error);
    if (r == NULL && kind != WATTLE_READER_URING)
        fail_msg("%s", error.message);
    return r;
}

/* ---- reading ----------------------------------------------------------- */

/* How much of a view is taken: all, nothing, or a part. */
static size_t
some_of(size_t len)
{
    switch (pick(4)) {
    case 0:
        return len;
    case 1:
        return pick(3) == 0 ? 0 : len - (len > 50 ? pick(50) : 0);
    default:
        return pick((unsigned)len + 1);
    }
}

static void
assert_view(const struct reader *r, const struct buffer *text)
{
    assert_true(r->offset + r->len <= text->len);
    if (r->len > 0)
        assert_memory_equal(r->data, text->data + r->offset, r->len);
    unsigned sum = 0;
    for (size_t i = 0; i < KERNEL_SLACK && r->data != NULL; i++)
        sum += r->data[r->len + i];
    assert_true(sum <= 255 * KERNEL_SLACK);
}

/* Drops what is used and brings more; no way to fail is left. */
static void
step(struct reader *r, size_t used)
{
    struct wattle_error error = {0};
    if (reader_more(r, used, &error) != WATTLE_OK)
        fail_msg("%s", error.message);
}

/* Reads to the end and checks each view. */
static void
read_all(struct reader *r, const struct buffer *text)
{
    uint64_t at = r->offset;
    size_t used = 0;
    assert_int_equal(r->len, 0);
    for (int calls = 0; !r->is_at_end; calls++) {
        step(r, used);
        at += used;
        assert_int_equal(r->offset, at);
        assert_view(r, text);
        assert_true(calls < MAX_CALLS);
        used = some_of(r->len);
    }
    assert_int_equal(r->offset + r->len, text->len);
    while (r->len > 0) {
        used = some_of(r->len);
        step(r, used);
        assert_true(r->is_at_end);
        assert_int_equal(r->offset + r->len, text->len);
        assert_view(r, text);
    }
    assert_false(r->is_cut);
    assert_int_equal(r->failure, WATTLE_OK);
}

static void
check_file(int kind, size_t size, size_t block)
{
    struct buffer text = some_text(size);
    struct source_list list;
    write_file(text.data, text.len);
    prepare(&list, path);
    assert_int_equal(list.sources[0].kind, SOURCE_PLAIN);
    for (int round = 0; round < 2; round++) {
        uint64_t offset = round == 0 ? 0 : pick((unsigned)size + 1);
        struct reader *r = open_reader(&list.sources[0], kind, block, offset);
        if (r == NULL)
            break;
        assert_string_equal(r->ops->name, reader_name(kind));
        read_all(r, &text);
        assert_int_equal(reader_progress(r), size);
        reader_close(r);
    }
    source_list_release(&list);
    buffer_release(&text);
}

static void
plain_files_are_delivered_exactly(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        1,      2,      63,     64,     65,     127,   4032,  4033,
        4095,   4096,   4097,   8192,   65472,  65535, 65536, 65537,
        131072, 262143, 262144, 262145, 262208, 524298};
    static const size_t blocks[] = {1,    2,     33,    64,     65,      100,
                                    4096, 10000, 65536, 262144, 1 << 20, 0};
    for (int kind = WATTLE_READER_MMAP; kind <= WATTLE_READER_URING; kind++) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); b++) {
                if (blocks[b] == 0 || sizes[s] / blocks[b] < 100)
                    check_file(kind, sizes[s], blocks[b]);
            }
        }
    }
}

/* Sizes around the border of a mapped window. */
static void
large_files_are_delivered_exactly(void **state)
{
    (void)state;
    const size_t window = (size_t)4 << 20;
    for (int kind = WATTLE_READER_MMAP; kind <= WATTLE_READER_URING; kind++) {
        check_file(kind, window - 1, 262144);
        check_file(kind, window + 1, 262144);
        check_file(kind, 2 * window + 4096 + 5, 300000);
    }
}

/* Nothing is used for long: the view has to grow. */
static void
an_unused_view_grows(void **state)
{
    (void)state;
    struct buffer text = some_text(700000);
    struct source_list list;
    write_file(text.data, text.len);
    prepare(&list, path);
    for (int kind = WATTLE_READER_MMAP; kind <= WATTLE_READER_URING; kind++) {
        struct reader *r = open_reader(&list.sources[0], kind, 10000, 0);
        if (r == NULL)
            continue;
        for (size_t before = 0; !r->is_at_end; before = r->len) {
            step(r, 0);
            assert_true(r->len > before);
            assert_view(r, &text);
        }
        assert_int_equal(r->len, text.len);
        reader_close(r);
    }
    source_list_release(&list);
    buffer_release(&text);
}

/* Puts the file out of the page cache, but for the part [from, to). */
static void
cool_down(uint64_t from, uint64_t to)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
    for (char byte; from < to; from += 4096)
        assert_int_equal(pread(fd, &byte, 1, (off_t)from), 1);
    close(fd);
}

/* Some windows of a map are mapped then, others are read. */
static void
files_partly_in_the_cache_read_the_same(void **state)
{
    (void)state;
    const size_t mib = (size_t)1 << 20;
    struct buffer text = some_text(14 * mib + 4001);
    struct source_list list;
    write_file(text.data, text.len);
    prepare(&list, path);
    for (size_t cached = 0; cached <= 14; cached += 7) {
        cool_down(cached * mib / 2, cached * mib);
        struct reader *r = open_reader(&list.sources[0], WATTLE_READER_MMAP,
                                       cached == 7 ? 0 : 100000, 0);
        for (size_t used = 0; !r->is_at_end;) {
            step(r, used);
            assert_view(r, &text);
            used = r->len - (r->len > 100 ? pick(100) : 0);
        }
        assert_int_equal(r->offset + r->len, text.len);
        reader_close(r);
    }
    source_list_release(&list);
    buffer_release(&text);
}

static void
a_file_that_vanished_is_an_error(void **state)
{
    (void)state;
    struct source_list list;
    write_file(HEADER, strlen(HEADER));
    prepare(&list, path);
    struct reader *r = open_reader(&list.sources[0], WATTLE_READER_URING, 0, 0);
    int last = r != NULL ? WATTLE_READER_URING : WATTLE_READER_PREAD;
    reader_close(r);
    assert_int_equal(unlink(path), 0);
    for (int kind = WATTLE_READER_AUTO; kind <= last; kind++) {
        struct reader_options options = {kind, 0};
        struct wattle_error error = {0};
        assert_null(reader_open(&list.sources[0], &options, 0, &error));
        assert_int_equal(error.code, WATTLE_ERR_IO);
        assert_string_equal(error.path, path);
    }
    source_list_release(&list);
    reader_close(NULL);
}

/* ---- packed files ------------------------------------------------------ */

static void
append_gzip(struct buffer *out, const void *bytes, size_t len)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, pick(10) == 0 ? 0 : 6, Z_DEFLATED,
                                  15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    size_t room = deflateBound(&z, len) + 64;
    assert_int_equal(buffer_reserve(out, room), 0);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
}

static void
append_zstd(struct buffer *out, const void *bytes, size_t len)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    assert_non_null(zstd);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t room = ZSTD_compressBound(len);
    assert_int_equal(buffer_reserve(out, room + 16), 0);
    size_t n = ZSTD_compress2(zstd, out->data + out->len, room, bytes, len);
    assert_false(ZSTD_isError(n));
    out->len += n;
    if (pick(4) == 0) /* a skippable frame of five bytes */
        buffer_append(out, "\x50\x2a\x4d\x18\x05\0\0\0hello", 13);
    ZSTD_freeCCtx(zstd);
}

typedef void (*append_packed)(struct buffer *out, const void *bytes,
                              size_t len);

/* The text in one or many members, some of them empty. */
static struct buffer
pack(append_packed append, const struct buffer *text, size_t largest)
{
    struct buffer packed = {0};
    for (size_t at = 0; at < text->len;) {
        size_t n = largest == 0 ? text->len : pick((unsigned)largest + 1);
        n = n < text->len - at ? n : text->len - at;
        append(&packed, text->data + at, n);
        at += n;
    }
    return packed;
}

static void
check_packed(append_packed append, size_t size, size_t largest, size_t block)
{
    struct buffer text = some_text(size);
    struct buffer packed = pack(append, &text, largest);
    struct source_list list;
    write_file(packed.data, packed.len);
    prepare(&list, path);
    assert_int_equal(list.sources[0].kind, SOURCE_PACKED);
    struct reader *r =
        open_reader(&list.sources[0], WATTLE_READER_MMAP, block, 0);
    read_all(r, &text);
    assert_int_equal(reader_progress(r), packed.len);
    reader_close(r);
    source_list_release(&list);
    buffer_release(&packed);
    buffer_release(&text);
}

static void
packed_files_are_delivered_exactly(void **state)
{
    (void)state;
    static const append_packed kinds[] = {append_gzip, append_zstd};
    for (size_t k = 0; k < 2; k++) {
        check_packed(kinds[k], 20, 0, 1);
        check_packed(kinds[k], 5000, 1, 100);
        check_packed(kinds[k], 3000, 40, 1);
        check_packed(kinds[k], 100000, 3000, 333);
        check_packed(kinds[k], 65536, 0, 4096);
        check_packed(kinds[k], 262144, 0, 65536);
        check_packed(kinds[k], 1000000, 0, 0);
        check_packed(kinds[k], 1000000, 200000, 0);
        check_packed(kinds[k], 999, 999, 262144);
    }
}

/* What a packed file that may be damaged gives. */
struct attempt {
    bool is_right;  /* what came is the beginning of the text */
    bool is_whole;  /* and all of it */
    bool is_failed; /* the damage was noticed */
};

static struct attempt
try_to_read(const struct buffer *text)
{
    struct source_list list;
    prepare(&list, path);
    struct reader_options options = {WATTLE_READER_PREAD, 200};
    struct wattle_error error = {0};
    struct reader *r = reader_open(&list.sources[0], &options, 0, &error);
    struct attempt attempt = {true, false, r == NULL};
    for (size_t used = 0; r != NULL && !r->is_at_end; used = r->len) {
        step(r, used);
        attempt.is_right =
            attempt.is_right && r->offset + r->len <= text->len &&
            (r->len == 0 ||
             memcmp(r->data, text->data + r->offset, r->len) == 0);
    }
    if (r != NULL) {
        attempt.is_whole = attempt.is_right && r->offset + r->len == text->len;
        attempt.is_failed = r->is_cut;
        assert_int_equal(r->failure, r->is_cut ? WATTLE_ERR_FORMAT : 0);
        assert_int_equal(r->failure_error.code, r->failure);
    }
    reader_close(r);
    source_list_release(&list);
    return attempt;
}

static void
cut_packed_files_are_an_error(void **state)
{
    (void)state;
    static const append_packed kinds[] = {append_gzip, append_zstd};
    struct buffer text = some_text(1500);
    for (size_t k = 0; k < 2; k++) {
        struct buffer packed = {0};
        kinds[k](&packed, text.data, text.len);
        size_t len = packed.len;
        if (k == 1) /* without what may follow the frame */
            len = ZSTD_findFrameCompressedSize(packed.data, packed.len);
        write_file(packed.data, len);
        struct attempt attempt = try_to_read(&text);
        assert_true(attempt.is_whole && !attempt.is_failed);
        for (size_t cut = 4; cut < len; cut++) {
            write_file(packed.data, cut);
            attempt = try_to_read(&text);
            if (!attempt.is_failed || !attempt.is_right)
                fail_msg("no error for %zu of %zu bytes", cut, len);
        }
        buffer_release(&packed);
    }
    buffer_release(&text);
}

static void
damaged_packed_files_are_an_error(void **state)
{
    (void)state;
    static const append_packed kinds[] = {append_gzip, append_zstd};
    struct buffer text = some_text(1500);
    for (size_t k = 0; k < 2; k++) {
        struct buffer packed = {0};
        size_t n_failed = 0;
        kinds[k](&packed, text.data, text.len);
        for (size_t at = 4; at < packed.len; at++) {
            char kept = packed.data[at];
            packed.data[at] ^= (char)(1 << pick(7));
            write_file(packed.data, packed.len);
            struct attempt attempt = try_to_read(&text);
            if (!attempt.is_whole && !attempt.is_failed)
                fail_msg("damage at %zu of %zu not seen", at, packed.len);
            n_failed += attempt.is_failed;
            packed.data[at] = kept;
        }
        assert_true(n_failed > packed.len * 9 / 10);
        buffer_release(&packed);
    }
    buffer_release(&text);
}

/* ---- streams ----------------------------------------------------------- */

/* A pipe that holds everything already, under a path to open it by. */
static int
fill_pipe(const struct buffer *bytes, char name[64])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
    assert_int_equal(write(ends[1], bytes->data, bytes->len), bytes->len);
    assert_int_equal(close(ends[1]), 0);
    snprintf(name, 64, "/dev/fd/%d", ends[0]);
    return ends[0];
}

static void
streams_can_be_read_again(void **state)
{
    (void)state;
    static const append_packed kinds[] = {NULL, append_gzip, append_zstd};
    static const size_t sizes[] = {20, 65536, 65537, 500000};
    for (size_t i = 0; i < 12; i++) {
        struct buffer text = some_text(sizes[i % 4]);
        struct buffer packed = {0};
        if (kinds[i / 4] == NULL)
            buffer_append(&packed, text.data, text.len);
        else
            kinds[i / 4](&packed, text.data, text.len);
        char name[64];
        int fd = fill_pipe(&packed, name);
        struct source_list list;
        prepare(&list, name);
        assert_int_equal(list.sources[0].kind, SOURCE_STREAM);
        assert_true(list.sources[0].is_opened);
        for (int pass = 0; pass < 3; pass++) {
            struct reader *r = open_reader(&list.sources[0], pass, 7000, 0);
            read_all(r, &text);
            reader_close(r);
        }
        source_list_release(&list);
        close(fd);
        buffer_release(&packed);
        buffer_release(&text);
    }
}

/* ---- files that shrink ------------------------------------------------- */

/* Compares what lies within the new size; the rest is only touched. */
static void
touch_view(const struct reader *r, const struct buffer *text, uint64_t size)
{
    if (r->offset < size) {
        uint64_t left = size - r->offset;
        size_t n = left < r->len ? (size_t)left : r->len;
        if (n > 0)
            assert_memory_equal(r->data, text->data + r->offset, n);
    }
    volatile uint8_t last = 0;
    for (size_t i = 0; i < r->len; i += 512)
        last = r->data[i];
    (void)last;
}

static void
shrink_while_read(int kind, const struct buffer *text, size_t block,
                  size_t n_before, uint64_t size)
{
    struct source_list list;
    write_file(text->data, text->len);
    prepare(&list, path);
    struct reader *r = open_reader(&list.sources[0], kind, block, 0);
    size_t used = 0;
    sigaction(SIGBUS, &library_action, NULL);
    for (size_t i = 0; r != NULL && i < n_before && !r->is_at_end; i++) {
        step(r, used);
        used = r->len;
    }
    bool was_at_end = r == NULL || r->is_at_end;
    assert_int_equal(truncate(path, (off_t)size), 0);
    for (int calls = 0; r != NULL && !r->is_at_end; calls++) {
        if (calls > 1000)
            fail_msg("%s: no end: %zu bytes, blocks of %zu, cut to %llu after "
                     "%zu blocks",
                     reader_name(kind), text->len, block,
                     (unsigned long long)size, n_before);
        touch_view(r, text, size);
        step(r, used);
        used = r->len;
    }
    if (r != NULL)
        touch_view(r, text, size);
    if (!was_at_end && !r->is_cut)
        fail_msg("%s: not cut: %zu bytes, blocks of %zu, cut to %llu after %zu",
                 reader_name(kind), text->len, block, (unsigned long long)size,
                 n_before);
    reader_close(r);
    source_list_release(&list);
}

static void
files_that_shrink_are_noticed(void **state)
{
    (void)state;
    static const size_t blocks[] = {32, 1000, 65536, 262144};
    static const size_t tails[] = {0, 10, 63, 64, 2000};
    for (int kind = WATTLE_READER_MMAP; kind <= WATTLE_READER_URING; kind++) {
        for (size_t i = 0; i < 20; i++) {
            size_t block = blocks[i / 5];
            struct buffer text = some_text(12 * block + tails[i % 5]);
            shrink_while_read(kind, &text, block, 1, 0);
            shrink_while_read(kind, &text, block, 2, block + 5);
            shrink_while_read(kind, &text, block, 2, 7 * block);
            shrink_while_read(kind, &text, block, 9, 4 * block);
            buffer_release(&text);
        }
    }
}

/* Several windows, cut in the middle of one that is mapped already. */
static void
a_mapped_window_may_lose_its_file(void **state)
{
    (void)state;
    const size_t window = (size_t)4 << 20;
    struct buffer text = some_text(2 * window + 12345);
    shrink_while_read(WATTLE_READER_MMAP, &text, 262144, 3, window / 2 + 77);
    shrink_while_read(WATTLE_READER_MMAP, &text, 262144, 3, 100);
    shrink_while_read(WATTLE_READER_MMAP, &text, 262144, 20, window + 4096);
    shrink_while_read(WATTLE_READER_MMAP, &text, 1 << 20, 1, 2 * window);
    buffer_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_files_are_delivered_exactly),
        cmocka_unit_test(large_files_are_delivered_exactly),
        cmocka_unit_test(an_unused_view_grows),
        cmocka_unit_test(files_partly_in_the_cache_read_the_same),
        cmocka_unit_test(a_file_that_vanished_is_an_error),
        cmocka_unit_test(packed_files_are_delivered_exactly),
        cmocka_unit_test(cut_packed_files_are_an_error),
        cmocka_unit_test(damaged_packed_files_are_an_error),
        cmocka_unit_test(streams_can_be_read_again),
        cmocka_unit_test(files_that_shrink_are_noticed),
        cmocka_unit_test(a_mapped_window_may_lose_its_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
