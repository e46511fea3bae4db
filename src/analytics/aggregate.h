/*
 * aggregate.h - figures of a device that have a state of their own.
 *
 * What totals.h adds up is needed for every report and lies in two cache
 * lines. Any other figure - how often a machine ran, what is drawn at rest -
 * is an aggregate: a state for each device, to which readings are added, and
 * two of which join. The totals carry the states along: through threads,
 * files, segments and the summaries of a database, where each aggregate has a
 * section. A database from before an aggregate lacks that section; a report
 * decodes the readings of such a chunk.
 *
 * A state of zeros is the state of no readings. Joining is associative: the
 * state of a, then b, does not depend on where readings were cut into
 * segments. A device whose readings were not in order is added up again in
 * order of time, without duplicates.
 */
#ifndef ANALYTICS_AGGREGATE_H
#define ANALYTICS_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a section in a summary, at most. */
#define AGGREGATE_MAX_BYTES 4096

/* Aggregates in the list, at most: a set of them is 64 bits. */
#define AGGREGATE_MAX 64

/* Sections below this are the summary's own (summary.c). */
#define AGGREGATE_FIRST_SECTION 16

/* Readings of one device in ascending time. */
struct aggregate_rows {
    const int64_t *time_ms;
    const int64_t *power_nw; /* or TOTALS_WIDE, TOTALS_NO_POWER */
    size_t n;
};

/* What is known of the readings that a state is of. */
struct aggregate_span {
    uint64_t n_readings;
    int64_t first_ms, last_ms;
};

struct aggregate {
    const char *name;
    unsigned section; /* on disk: never used again for anything else */
    size_t state_bytes;
    void (*add)(void *state, const struct aggregate_rows *rows);
    /* Adds the state of a later segment. */
    void (*join)(void *state, const void *later);
    /* Writes at most AGGREGATE_MAX_BYTES; returns how many. */
    size_t (*encode)(const void *state, uint8_t *to);
    /*
     * Fills a state of zeros; false when the bytes are damaged. Both use
     * base/byte_io.h.
     */
    bool (*decode)(void *state, const uint8_t *from, size_t len);
    /*
     * Whether readings of that number and time can have such a state. A
     * database may be forged: nothing is computed with one that cannot be.
     */
    bool (*is_plausible)(const void *state, const struct aggregate_span *span);
};

/*
 * All there are, a line each: AGGREGATE(standby) for `const struct aggregate
 * aggregate_standby`, which a file of its own defines. The order is that of
 * the states in memory; on disk each has its section.
 */
#define AGGREGATES(AGGREGATE)

#define AGGREGATE_DECLARE(name) extern const struct aggregate aggregate_##name;
AGGREGATES(AGGREGATE_DECLARE)

struct aggregate_list {
    const struct aggregate *const *items; /* [n] */
    size_t n;
};

/* AGGREGATES as a list. */
const struct aggregate_list *aggregate_list(void);

/* The states of a device: NULL while nothing was added. Owned by one holder. */
struct aggregate_states;

/* Adds rows to states, made if need be. 0 or WATTLE_ERR_MEMORY. */
int aggregate_add(struct aggregate_states **states,
                  const struct aggregate_rows *rows);

/* Adds later states and takes them: *later is NULL then. */
void aggregate_join(struct aggregate_states **states,
                    struct aggregate_states **later);

/* The state of an aggregate, made if need be; NULL = no memory. */
void *aggregate_state(struct aggregate_states **states,
                      const struct aggregate *aggregate);

/* To read; NULL when nothing was added, or the aggregate is not in the list. */
const void *aggregate_find(const struct aggregate_states *states,
                           const struct aggregate *aggregate);

/* Whether all states can be, but for those in left_out (bit k: the k-th). */
bool aggregate_are_plausible(const struct aggregate_states *states,
                             uint64_t left_out,
                             const struct aggregate_span *span);

void aggregate_release(struct aggregate_states **states);

#endif
