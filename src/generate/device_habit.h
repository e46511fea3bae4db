/*
 * device_habit.h - what people do with a device, and when.
 *
 * A habit is something that happens at most once a day, with a chance, at
 * about the same time, for a while. Whether it happens on a given day and
 * when it starts is drawn from the device and the day, so no state is kept.
 */
#ifndef GENERATE_DEVICE_HABIT_H
#define GENERATE_DEVICE_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/device_listing.h"
#include "generate/conditions.h"

struct device_habit {
    uint32_t earliest_s;    /* first start, seconds into the day */
    uint32_t spread_s;      /* how much later it may start */
    uint16_t shortest_s;    /* how long it lasts at least */
    uint16_t longer_s;      /* how much longer it may last */
    uint8_t chance_workday; /* of 256 */
    uint8_t chance_weekend; /* of 256 */
};

enum { HABIT_PROGRESS = 1024 };

/*
 * True while one of the n habits goes on; *progress is then how far it has
 * come, 0 .. HABIT_PROGRESS - 1. `day` is the day the habits count from.
 */
bool device_habit_find(const struct device_habit *habits, unsigned n,
                       const struct device *device,
                       const struct conditions_day *day, uint32_t *progress);

/*
 * The habits of a kind and how many there are (NULL and 0 for a device that
 * nobody switches). They count from conditions->night for chargers, from
 * conditions->life for everything else.
 */
const struct device_habit *device_habit_list(enum device_kind kind,
                                             unsigned *n);

#endif
