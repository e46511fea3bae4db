/*
 * kind_shape.h - how much of its power a device draws at a conditions.
 *
 * A pure function: fridges cycle, people cook and wash at their hours, heat
 * pumps follow the weather. Callable from any thread.
 */
#ifndef GENERATE_KIND_SHAPE_H
#define GENERATE_KIND_SHAPE_H

#include <stdbool.h>

#include "generate/device_listing.h"
#include "generate/conditions.h"

/* The share of a device that is fully on. */
enum { SHAPE_FULL = 1024 };

/*
 * Share of device->power_w in 1/1024: 0 = off, SHAPE_FULL = fully on, a
 * little more while a motor starts. is_away: nobody is at home these days.
 */
unsigned kind_shape_share(const struct device *device,
                          const struct conditions *conditions, bool is_away);

#endif
