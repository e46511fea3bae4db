/*
 * aggregate_list.c - the list of AGGREGATES (aggregate.h).
 *
 * A file of its own, so that tests/unit/test_aggregates.c can put another list
 * in its place: nothing else may be defined here.
 */
#include "analytics/aggregate.h"

#define ITEM(name) &aggregate_##name,

const struct aggregate_list *
aggregate_list(void)
{
    static const struct aggregate *const items[] = {AGGREGATES(ITEM) NULL};
    static const struct aggregate_list list = {
        items, sizeof(items) / sizeof(items[0]) - 1};
    return &list;
}
