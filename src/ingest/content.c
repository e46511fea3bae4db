/*
 * content.c - hashing parts, several at a time.
 */
#include "ingest/content.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* the widest vectors there are */
#endif

#define READ_BYTES  ((size_t)256 << 10)
#define MAX_THREADS 64

size_t
content_n_parts(uint64_t size_bytes)
{
    return (size_t)((size_bytes + CONTENT_PART_BYTES - 1) / CONTENT_PART_BYTES);
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

static void *
hash_parts(void *context)
{
    struct hashing *h = context;
    uint8_t *room = malloc(READ_BYTES);
    XXH3_state_t *state = XXH3_createState();
    int failure = room == NULL || state == NULL ? ENOMEM : 0;
    while (failure == 0) {
        size_t part = atomic_fetch_add(&h->next, 1);
        if (part >= h->n_parts || atomic_load(&h->failure) != 0)
            break;
        uint64_t at = part * CONTENT_PART_BYTES;
        uint64_t end = at + CONTENT_PART_BYTES;
        failure =
            hash_range(h->fd, at, end < h->size_bytes ? end : h->size_bytes,
                       room, state, &h->hashes[part]);
    }
    if (failure != 0)
        atomic_store(&h->failure, failure);
    XXH3_freeState(state);
    free(room);
    return NULL;
}

/* Hashes the parts from `from` to `to` of a file. */
static bool
hash_all(int fd, struct content *content, size_t from, size_t to, int n_threads)
{
    pthread_t threads[MAX_THREADS];
    int n_running = 0;
    struct hashing h = {.fd = fd,
                        .size_bytes = content->size_bytes,
                        .hashes = content->hashes,
                        .n_parts = to};
    atomic_store(&h.next, from);
    n_threads = n_threads < MAX_THREADS ? n_threads : MAX_THREADS;
    while (n_running + 1 < n_threads && from + (size_t)n_running + 1 < to &&
           pthread_create(&threads[n_running], NULL, hash_parts, &h) == 0)
        n_running++;
    hash_parts(&h);
    for (int i = 0; i < n_running; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&h.failure) == 0;
}

bool
content_hash(struct content *content, int fd, int n_threads)
{
    memset(content->is_done, 1, content->n_parts);
    return hash_all(fd, content, 0, content->n_parts, n_threads);
}

struct content_feed {
    XXH3_state_t *state;
    struct content *content; /* NULL = nothing to hash */
    uint64_t at;             /* up to here it has been seen */
    bool is_inside;          /* the state holds a part from its begin on */
};

struct content_feed *
content_feed_new(void)
{
    struct content_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL)
        return NULL;
    feed->state = XXH3_createState();
    if (feed->state == NULL) {
        free(feed);
        return NULL;
    }
    return feed;
}

void
content_feed_free(struct content_feed *feed)
{
    if (feed == NULL)
        return;
    XXH3_freeState(feed->state);
    free(feed);
}

void
content_feed_begin(struct content_feed *feed, struct content *content)
{
    feed->content = content;
    feed->at = UINT64_MAX;
    feed->is_inside = false;
}

static uint64_t
end_of_part(const struct content *content, size_t part)
{
    uint64_t end = (part + 1) * CONTENT_PART_BYTES;
    return end < content->size_bytes ? end : content->size_bytes;
}

void
content_feed_add(struct content_feed *feed, uint64_t offset, const void *bytes,
                 size_t len)
{
    struct content *content = feed->content;
    const uint64_t end = offset + len;
    if (content == NULL)
        return;
    if (feed->at == UINT64_MAX)
        feed->at = offset;
    while (feed->at < end && feed->at < content->size_bytes) {
        size_t part = (size_t)(feed->at / CONTENT_PART_BYTES);
        uint64_t part_end = end_of_part(content, part);
        uint64_t until = end < part_end ? end : part_end;
        if (feed->at % CONTENT_PART_BYTES == 0) {
            XXH3_64bits_reset(feed->state);
            feed->is_inside = true;
        }
        if (feed->is_inside)
            XXH3_64bits_update(feed->state,
                               (const char *)bytes + (feed->at - offset),
                               (size_t)(until - feed->at));
        feed->at = until;
        if (until == part_end && feed->is_inside) {
            /* the reader before may see this part, too: the same bytes */
            __atomic_store_n(&content->hashes[part],
                             XXH3_64bits_digest(feed->state), __ATOMIC_RELAXED);
            __atomic_store_n(&content->is_done[part], 1, __ATOMIC_RELAXED);
            feed->is_inside = false;
        }
    }
}

bool
content_finish(struct content *content, int fd)
{
    bool is_whole = true;
    for (size_t i = 0; i < content->n_parts && is_whole; i++) {
        if (content->is_done[i] == 0)
            is_whole = hash_all(fd, content, i, i + 1, 1);
    }
    return is_whole;
}

void
content_cut(struct content *content, uint64_t size_bytes)
{
    if (content->size_bytes <= size_bytes)
        return;
    content->size_bytes = size_bytes;
    content->n_parts = content_n_parts(size_bytes);
    if (content->n_parts > 0 && size_bytes % CONTENT_PART_BYTES != 0)
        content->is_done[content->n_parts - 1] = 0;
}

bool
content_is_head(int fd, uint64_t size_bytes, const uint64_t *hashes,
                bool is_thorough, int n_threads)
{
    struct content content = {size_bytes, content_n_parts(size_bytes), NULL,
                              NULL};
    const size_t n = content.n_parts;
    if (n == 0)
        return true;
    content.hashes = calloc(n, sizeof(*content.hashes));
    bool is_same =
        content.hashes != NULL && hash_all(fd, &content, n - 1, n, 1) &&
        content.hashes[n - 1] == hashes[n - 1] &&
        hash_all(fd, &content, 0, 1, 1) && content.hashes[0] == hashes[0];
    if (is_same && is_thorough && n > 2)
        is_same = hash_all(fd, &content, 1, n - 1, n_threads) &&
                  memcmp(content.hashes + 1, hashes + 1,
                         (n - 2) * sizeof(*hashes)) == 0;
    free(content.hashes);
    return is_same;
}
