/*
 * registry.c - open addressing over device numbers; the table is at most
 * half full.
 *
 * Numbers are given in the order in which ids come, and never change. Hashes
 * are seeded for each process; answers do not depend on them.
 */
#include "model/registry.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "base/wide_int.h"

void
registry_init(struct registry *registry)
{
    *registry = (struct registry){0};
}

void
registry_release(struct registry *registry)
{
    free(registry->keys);
    free(registry->text_at);
    free(registry->text);
    free(registry->slots);
    registry_init(registry);
}

const char *
registry_id(const struct registry *registry, uint32_t number)
{
    return registry->text + registry->text_at[number];
}

struct registry_key
registry_key_of(const char *id, size_t len)
{
    unsigned char bytes[REGISTRY_SHORT_ID] = {0};
    struct registry_key key = {0, 0};
    memcpy(bytes, id, len);
    for (int i = 7; i >= 0; i--) {
        key.low = key.low << 8 | bytes[i];
        key.high = key.high << 8 | bytes[8 + i];
    }
    return key;
}

/*
 * Random numbers of this process, so that nobody can make ids that all have one
 * hash. Device numbers do not depend on them. 0 = not there yet.
 */
static _Atomic uint64_t seeds[2];

static uint64_t
make_seed(int which)
{
    uint64_t seed = 0, none = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15) ^
               (uint64_t)(uintptr_t)&now;
    }
    seed |= 1;
    if (!atomic_compare_exchange_strong(&seeds[which], &none, seed))
        seed = none;
    return seed;
}

static inline uint64_t
seed_of(int which)
{
    uint64_t seed = atomic_load_explicit(&seeds[which], memory_order_relaxed);
    return seed != 0 ? seed : make_seed(which);
}

/* Folded 128-bit product: every input bit reaches the low output bits. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)(a ^ seed_of(0)) * (b ^ seed_of(1));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
hash_key(struct registry_key key)
{
    return mix(key.low, key.high);
}

/*
 * A key for a long id; not unique, so the text is compared as well. Its
 * lowest byte is zero, which is never the first byte of a short id, and its low
 * word never is, so that zeros stand for "look at the text".
 */
static struct registry_key
long_key(const char *id, size_t len)
{
    struct registry_key sum = {len, 0};
    while (len > 0) {
        size_t n = len < REGISTRY_SHORT_ID ? len : REGISTRY_SHORT_ID;
        struct registry_key part = registry_key_of(id, n);
        sum.low = mix(sum.low ^ part.low, part.high);
        sum.high = mix(sum.high ^ part.high, sum.low);
        id += n;
        len -= n;
    }
    sum.low = sum.low << 8 | 0x100;
    return sum;
}

/* True when device `number` has this key and, for long ids, this text. */
static bool
is_same(const struct registry *registry, uint32_t number,
        struct registry_key key, const char *id, size_t len)
{
    struct registry_key other = registry->keys[number];
    if (other.low != key.low || other.high != key.high)
        return false;
    if (len <= REGISTRY_SHORT_ID)
        return true;
    const char *text = registry_id(registry, number);
    return strlen(text) == len && memcmp(text, id, len) == 0;
}

static uint32_t
find(const struct registry *registry, struct registry_key key, const char *id,
     size_t len)
{
    if (registry->n_slots == 0)
        return REGISTRY_NO_DEVICE;
    size_t mask = registry->n_slots - 1;
    for (size_t at = hash_key(key) & mask;; at = (at + 1) & mask) {
        uint32_t number = registry->slots[at];
        if (number == 0)
            return REGISTRY_NO_DEVICE;
        if (is_same(registry, number - 1, key, id, len))
            return number - 1;
    }
}

static void
place(struct registry *registry, uint32_t number)
{
    size_t mask = registry->n_slots - 1;
    size_t at = hash_key(registry->keys[number]) & mask;
    while (registry->slots[at] != 0)
        at = (at + 1) & mask;
    registry->slots[at] = number + 1;
}

static bool
grow_slots(struct registry *registry)
{
    if (2 * ((size_t)registry->n_devices + 1) <= registry->n_slots)
        return true;
    size_t n_slots = registry->n_slots == 0 ? 256 : 2 * registry->n_slots;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(registry->slots);
    registry->slots = slots;
    registry->n_slots = n_slots;
    for (uint32_t i = 0; i < registry->n_devices; i++)
        place(registry, i);
    return true;
}

static bool
grow_arrays(struct registry *registry, size_t id_len)
{
    size_t wanted = (size_t)registry->n_devices + 1;
    void *keys = buffer_grow_array(registry->keys, &registry->key_cap, wanted,
                                   sizeof(*registry->keys));
    if (keys == NULL)
        return false;
    registry->keys = keys;
    void *ats = buffer_grow_array(registry->text_at, &registry->at_cap, wanted,
                                  sizeof(*registry->text_at));
    if (ats == NULL)
        return false;
    registry->text_at = ats;
    void *text = buffer_grow_array(registry->text, &registry->text_cap,
                                   registry->text_len + id_len + 1, 1);
    if (text == NULL)
        return false;
    registry->text = text;
    return true;
}

static uint32_t
insert(struct registry *registry, struct registry_key key, const char *id,
       size_t len)
{
    if (registry->n_devices >= REGISTRY_BAD_ID - 1 || !grow_slots(registry) ||
        !grow_arrays(registry, len))
        return REGISTRY_NO_DEVICE;
    uint32_t number = registry->n_devices++;
    registry->keys[number] = key;
    registry->text_at[number] = registry->text_len;
    memcpy(registry->text + registry->text_len, id, len);
    registry->text[registry->text_len + len] = '\0';
    registry->text_len += len + 1;
    place(registry, number);
    return number;
}

static struct registry_key
key_of_any(const char *id, size_t len)
{
    return len <= REGISTRY_SHORT_ID ? registry_key_of(id, len)
                                    : long_key(id, len);
}

uint32_t
registry_find(const struct registry *registry, const char *id, size_t len)
{
    return find(registry, key_of_any(id, len), id, len);
}

uint32_t
registry_add(struct registry *registry, const char *id, size_t len)
{
    struct registry_key key = key_of_any(id, len);
    uint32_t number = find(registry, key, id, len);
    if (number == REGISTRY_NO_DEVICE)
        number = insert(registry, key, id, len);
    return number;
}

uint32_t
registry_add_any(struct registry *registry, const char *id, size_t len)
{
    char text[REGISTRY_MAX_ID];
    uint32_t number = registry_find(registry, id, len);
    if (number != REGISTRY_NO_DEVICE)
        return number;
    if (utf8_is_valid(id, len))
        return registry_add(registry, id, len);
    len = utf8_from_latin(id, len, text, sizeof(text));
    return len > 0 ? registry_add(registry, text, len) : REGISTRY_BAD_ID;
}

/* A short key back to its text; returns the length. */
static size_t
key_text(struct registry_key key, char text[REGISTRY_SHORT_ID])
{
    size_t len = 0;
    for (int i = 0; i < REGISTRY_SHORT_ID; i++) {
        uint64_t word = i < 8 ? key.low : key.high;
        text[i] = (char)(word >> (8 * (i & 7)));
        if (text[i] != '\0')
            len = (size_t)i + 1;
    }
    return len;
}

uint32_t
registry_find_key(const struct registry *registry, struct registry_key key)
{
    return find(registry, key, NULL, 0);
}

uint32_t
registry_add_key(struct registry *registry, struct registry_key key)
{
    uint32_t number = registry_find_key(registry, key);
    if (number != REGISTRY_NO_DEVICE)
        return number;
    char text[REGISTRY_SHORT_ID];
    size_t len = key_text(key, text);
    return insert(registry, key, text, len);
}

uint32_t
registry_add_any_key(struct registry *registry, struct registry_key key)
{
    uint32_t number = registry_find_key(registry, key);
    if (number != REGISTRY_NO_DEVICE)
        return number;
    char text[REGISTRY_SHORT_ID];
    size_t len = key_text(key, text);
    return registry_add_any(registry, text, len);
}
