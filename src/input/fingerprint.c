/*
 * fingerprint.c - hashing parts, several at a time.
 *
 * Bytes are hashed on their way to the decoder, before they are decoded. The
 * state behind the last line feed is kept, so that a file which ends inside a
 * line is known up to its last whole one.
 */
#include "input/fingerprint.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* the widest vectors there are */
#endif

#include "base/pool.h"

#define READ_BYTES ((size_t)256 << 10)

size_t
fingerprint_n_parts(uint64_t size_bytes)
{
    return (size_t)((size_bytes + FINGERPRINT_PART_BYTES - 1) /
                    FINGERPRINT_PART_BYTES);
}

struct hashing {
    int fd;
    uint64_t size_bytes;
    uint64_t *hashes;
    size_t n_parts;
    _Atomic size_t next;
    _Atomic int failure; /* errno; -1: the file has shrunk */
};

static int
hash_range(int fd, uint64_t at, uint64_t end, uint8_t *room,
           XXH3_state_t *state, uint64_t *hash)
{
    XXH3_64bits_reset(state);
    while (at < end) {
        size_t want = end - at < READ_BYTES ? (size_t)(end - at) : READ_BYTES;
        ssize_t n = pread(fd, room, want, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : -1;
        XXH3_64bits_update(state, room, (size_t)n);
        at += (uint64_t)n;
    }
    *hash = XXH3_64bits_digest(state);
    return 0;
}

static void
hash_parts(void *context, unsigned worker)
{
    struct hashing *h = context;
    (void)worker;
    uint8_t *room = malloc(READ_BYTES);
    XXH3_state_t *state = XXH3_createState();
    int failure = room == NULL || state == NULL ? ENOMEM : 0;
    while (failure == 0) {
        size_t part = atomic_fetch_add(&h->next, 1);
        if (part >= h->n_parts || atomic_load(&h->failure) != 0)
            break;
        uint64_t at = part * FINGERPRINT_PART_BYTES;
        uint64_t end = at + FINGERPRINT_PART_BYTES;
        failure =
            hash_range(h->fd, at, end < h->size_bytes ? end : h->size_bytes,
                       room, state, &h->hashes[part]);
    }
    if (failure != 0)
        atomic_store(&h->failure, failure);
    XXH3_freeState(state);
    free(room);
}

/* Hashes the parts from `from` to `to` of a file. */
static bool
hash_all(int fd, struct fingerprint *fingerprint, size_t from, size_t to,
         int n_threads)
{
    struct hashing h = {.fd = fd,
                        .size_bytes = fingerprint->size_bytes,
                        .hashes = fingerprint->hashes,
                        .n_parts = to};
    atomic_store(&h.next, from);
    size_t n_useful = to - from;
    if (n_useful > 0 && n_threads > 0)
        pool_run(n_useful < (size_t)n_threads ? (unsigned)n_useful
                                              : (unsigned)n_threads,
                 hash_parts, &h);
    return atomic_load(&h.failure) == 0;
}

bool
fingerprint_hash(struct fingerprint *fingerprint, int fd, int n_threads)
{
    memset(fingerprint->is_done, 1, fingerprint->n_parts);
    return hash_all(fd, fingerprint, 0, fingerprint->n_parts, n_threads);
}

struct fingerprint_reader {
    XXH3_state_t *state;
    struct fingerprint *fingerprint; /* NULL = nothing to hash */
    uint64_t at;                     /* up to here it has been seen */
    bool is_inside;    /* the state holds a part from its begin on */
    XXH3_state_t *end; /* the same up to the last line feed */
    uint8_t *room;     /* [READ_BYTES] */
    uint64_t end_at;   /* behind it; 0 = there was none in the part */
};

struct fingerprint_reader *
fingerprint_reader_new(void)
{
    struct fingerprint_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return NULL;
    reader->state = XXH3_createState();
    reader->end = XXH3_createState();
    reader->room = malloc(READ_BYTES);
    if (reader->state == NULL || reader->end == NULL || reader->room == NULL) {
        fingerprint_reader_free(reader);
        return NULL;
    }
    return reader;
}

void
fingerprint_reader_free(struct fingerprint_reader *reader)
{
    if (reader == NULL)
        return;
    XXH3_freeState(reader->state);
    XXH3_freeState(reader->end);
    free(reader->room);
    free(reader);
}

void
fingerprint_reader_begin(struct fingerprint_reader *reader,
                         struct fingerprint *fingerprint, int fd, uint64_t from)
{
    const uint64_t before = from % FINGERPRINT_PART_BYTES;
    uint64_t ignored;
    reader->fingerprint = fingerprint;
    reader->at = UINT64_MAX;
    reader->end_at = 0;
    reader->is_inside = false;
    if (fingerprint == NULL || before == 0)
        return;
    reader->is_inside = hash_range(fd, from - before, from, reader->room,
                                   reader->state, &ignored) == 0;
    if (!reader->is_inside)
        return;
    reader->at = reader->end_at = from; /* a line has ended there */
    XXH3_copyState(reader->end, reader->state);
}

/* Hashes bytes of one part, and keeps the state behind their last line feed. */
static void
add_to_part(struct fingerprint_reader *reader, const char *bytes, size_t len)
{
    const char *feed = memrchr(bytes, '\n', len);
    size_t n = feed != NULL ? (size_t)(feed + 1 - bytes) : 0;
    if (n > 0) {
        XXH3_64bits_update(reader->state, bytes, n);
        XXH3_copyState(reader->end, reader->state);
        reader->end_at = reader->at + n;
    }
    XXH3_64bits_update(reader->state, bytes + n, len - n);
}

static uint64_t
end_of_part(const struct fingerprint *fingerprint, size_t part)
{
    uint64_t end = (part + 1) * FINGERPRINT_PART_BYTES;
    return end < fingerprint->size_bytes ? end : fingerprint->size_bytes;
}

void
fingerprint_reader_add(struct fingerprint_reader *reader, uint64_t offset,
                       const void *bytes, size_t len)
{
    struct fingerprint *fingerprint = reader->fingerprint;
    const uint64_t end = offset + len;
    if (fingerprint == NULL)
        return;
    if (reader->at == UINT64_MAX)
        reader->at = offset;
    while (reader->at < end && reader->at < fingerprint->size_bytes) {
        size_t part = (size_t)(reader->at / FINGERPRINT_PART_BYTES);
        uint64_t part_end = end_of_part(fingerprint, part);
        uint64_t until = end < part_end ? end : part_end;
        if (reader->at % FINGERPRINT_PART_BYTES == 0) {
            XXH3_64bits_reset(reader->state);
            reader->is_inside = true;
        }
        if (reader->is_inside)
            add_to_part(reader, (const char *)bytes + (reader->at - offset),
                        (size_t)(until - reader->at));
        reader->at = until;
        if (until == part_end && reader->is_inside) {
            /* the reader before may see this part, too: the same bytes */
            __atomic_store_n(&fingerprint->hashes[part],
                             XXH3_64bits_digest(reader->state),
                             __ATOMIC_RELAXED);
            __atomic_store_n(&fingerprint->is_done[part], 1, __ATOMIC_RELAXED);
            reader->is_inside = false;
        }
    }
}

void
fingerprint_reader_end(struct fingerprint_reader *reader)
{
    struct fingerprint *fingerprint = reader->fingerprint;
    if (fingerprint == NULL || reader->end_at == 0)
        return;
    fingerprint->end_bytes = reader->end_at;
    fingerprint->end_hash = XXH3_64bits_digest(reader->end);
    fingerprint->has_end = true;
}

bool
fingerprint_is_done(const struct fingerprint *fingerprint)
{
    for (size_t i = 0; i < fingerprint->n_parts; i++) {
        if (fingerprint->is_done[i] == 0)
            return false;
    }
    return true;
}

bool
fingerprint_finish(struct fingerprint *fingerprint, int fd)
{
    bool is_whole = true;
    for (size_t i = 0; i < fingerprint->n_parts && is_whole; i++) {
        if (fingerprint->is_done[i] == 0)
            is_whole = hash_all(fd, fingerprint, i, i + 1, 1);
    }
    return is_whole;
}

void
fingerprint_cut(struct fingerprint *fingerprint, uint64_t size_bytes)
{
    if (fingerprint->size_bytes <= size_bytes)
        return;
    fingerprint->size_bytes = size_bytes;
    fingerprint->n_parts = fingerprint_n_parts(size_bytes);
    if (fingerprint->n_parts == 0 || size_bytes % FINGERPRINT_PART_BYTES == 0)
        return;
    bool is_end = fingerprint->has_end && fingerprint->end_bytes == size_bytes;
    fingerprint->is_done[fingerprint->n_parts - 1] = is_end;
    if (is_end)
        fingerprint->hashes[fingerprint->n_parts - 1] = fingerprint->end_hash;
}

bool
fingerprint_is_head(int fd, uint64_t size_bytes, const uint64_t *hashes,
                    bool is_thorough, int n_threads)
{
    struct fingerprint fingerprint = {
        .size_bytes = size_bytes, .n_parts = fingerprint_n_parts(size_bytes)};
    const size_t n = fingerprint.n_parts;
    if (n == 0)
        return true;
    fingerprint.hashes = calloc(n, sizeof(*fingerprint.hashes));
    bool is_same = fingerprint.hashes != NULL &&
                   hash_all(fd, &fingerprint, n - 1, n, 1) &&
                   fingerprint.hashes[n - 1] == hashes[n - 1] &&
                   hash_all(fd, &fingerprint, 0, 1, 1) &&
                   fingerprint.hashes[0] == hashes[0];
    if (is_same && is_thorough && n > 2)
        is_same = hash_all(fd, &fingerprint, 1, n - 1, n_threads) &&
                  memcmp(fingerprint.hashes + 1, hashes + 1,
                         (n - 2) * sizeof(*hashes)) == 0;
    free(fingerprint.hashes);
    return is_same;
}
