/*
 * local_state.h - where a device's times without an offset have come to.
 *
 * Which of the two is meant of a time that clocks show twice follows from the
 * row before it (formats/local_clock.h). So this is kept where a text ends that
 * will go on.
 */
#ifndef MODEL_LOCAL_STATE_H
#define MODEL_LOCAL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last row of a device on a day on which clocks are changed. */
struct local_state {
    int64_t local_ms;
    int64_t step_ms;  /* from the row before, >= 0; -1 = there was none */
    bool is_second;   /* it was of the second time around */
    bool is_backward; /* times were descending before it */
};

struct local_device {
    uint32_t device; /* its number in some registry */
    struct local_state state;
};

/* Of many devices, in the order of their numbers. */
struct local_states {
    struct local_device *devices;
    size_t n, cap;
};

/*
 * Adds a state behind all others, in any order; local_states_sort orders them
 * by device, and keeps the last one that was added of each. 0 or
 * WATTLE_ERR_MEMORY.
 */
int local_states_add(struct local_states *states, uint32_t device,
                     const struct local_state *state);
int local_states_sort(struct local_states *states);

/* That of a device, in sorted states; NULL = there is none. */
const struct local_state *local_states_find(const struct local_states *states,
                                            uint32_t device);

void local_states_release(struct local_states *states);

#endif
