/*
 * registry.h - device ids to numbers: 0, 1, 2, ... in order of arrival.
 *
 * Ids are 1 to 255 bytes of UTF-8 without a zero byte: registry_add_any makes
 * them so. An id of up to 16 bytes is its
 * own key: two 64-bit words, little-endian, padded with zeros. Longer ids
 * are compared in the text arena. Not thread-safe; each worker has its own
 * and they are merged by name.
 */
#ifndef MODEL_REGISTRY_H
#define MODEL_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#define REGISTRY_MAX_ID    255
#define REGISTRY_SHORT_ID  16
#define REGISTRY_NO_DEVICE UINT32_MAX
#define REGISTRY_BAD_ID    (UINT32_MAX - 1)

struct registry_key {
    uint64_t low, high;
};

struct registry {
    uint32_t n_devices;
    struct registry_key *keys; /* [n_devices]; a hash for long ids */
    uint64_t *text_at;         /* [n_devices] offset of the id in `text` */
    char *text;                /* ids, each ended by a zero byte */
    uint32_t *slots;           /* hash table of numbers + 1 */
    size_t n_slots;            /* power of two */
    size_t key_cap, at_cap, text_cap, text_len;
};

void registry_init(struct registry *registry);
void registry_release(struct registry *registry);

/* The number of an id, new if need be; REGISTRY_NO_DEVICE = no memory. */
uint32_t registry_add(struct registry *registry, const char *id, size_t len);

/*
 * The same for an id as it is in a file: one that is not UTF-8 is taken for
 * Windows-1252. REGISTRY_BAD_ID when it is too long then.
 */
uint32_t registry_add_any(struct registry *registry, const char *id,
                          size_t len);

/* The number of a known id, or REGISTRY_NO_DEVICE. */
uint32_t registry_find(const struct registry *registry, const char *id,
                       size_t len);

/* The same for the key of a short id. */
uint32_t registry_add_key(struct registry *registry, struct registry_key key);
uint32_t registry_find_key(const struct registry *registry,
                           struct registry_key key);
uint32_t registry_add_any_key(struct registry *registry,
                              struct registry_key key);

/* The key of an id of at most REGISTRY_SHORT_ID bytes. */
struct registry_key registry_key_of(const char *id, size_t len);

/* The id of a number, ended by a zero byte; valid until the next add. */
const char *registry_id(const struct registry *registry, uint32_t number);

#endif
