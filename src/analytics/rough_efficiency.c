/*
 * rough_efficiency.c - sums of efficiencies that are small for their number.
 *
 * A term is off by 2^-56 at most. A mean of 2^-16 or more is right to 2^-40,
 * which is less than 1e-12. Terms of one sign are never that small, but for
 * power factors of zero, which are exact.
 */
#include "analytics/rough_efficiency.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/efficiency.h"
#include "base/decimal.h"
#include "wattle/error.h"

/* log2 of the mean from which on a sum is good enough. */
#define FINE_MEAN_BITS (-16)

/* The efficiencies of some devices. */
struct rated {
    const char *location; /* or NULL */
    uint64_t n;
    int128 sum; /* in 2^-56 */
    bool has_returned;
};

static void
add(struct rated *to, const struct rated *one)
{
    to->n += one->n;
    to->sum += one->sum;
    to->has_returned = to->has_returned || one->has_returned;
}

static bool
is_rough(const struct rated *r)
{
    const int bits = EFFICIENCY_MILLI_BITS + FINE_MEAN_BITS;
    const int128 size = r->sum < 0 ? -r->sum : r->sum;
    return r->has_returned && size < (int128)r->n << bits;
}

static struct rated
rated_of(const struct device_totals *totals)
{
    const int shift = EFFICIENCY_NANO_BITS - EFFICIENCY_MILLI_BITS;
    struct rated r = {.n = totals->n_efficiency, .sum = totals->efficiency};
    if (totals->extra != NULL)
        r.sum += totals->extra->efficiency / (DECIMAL_ONE << shift);
    r.has_returned = r.n > 0 && totals_have_returned(totals);
    return r;
}

/* By location, unknown ones first. */
static int
compare_locations(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    if (x->location == NULL || y->location == NULL)
        return (x->location != NULL) - (y->location != NULL);
    return strcmp(x->location, y->location);
}

static bool
has_rough_location(struct rated *devices, size_t n)
{
    bool is_found = false;
    qsort(devices, n, sizeof(*devices), compare_locations);
    for (size_t i = 0; i < n && !is_found;) {
        struct rated group = devices[i];
        size_t next = i + 1;
        while (next < n && compare_locations(&devices[i], &devices[next]) == 0)
            add(&group, &devices[next++]);
        is_found = is_rough(&group);
        i = next;
    }
    return is_found;
}

/* Looks at the devices; *all is what they have together. */
static bool
has_rough_device(const struct totals_set *set, struct rated *all)
{
    *all = (struct rated){0};
    for (size_t i = 0; i < set->n_devices; i++) {
        const struct rated r = rated_of(&set->totals[i]);
        if (is_rough(&r))
            return true;
        add(all, &r);
    }
    return false;
}

int
rough_efficiency_find(const struct totals_set *set,
                      const struct registry *devices,
                      const struct device_table *table, bool *is_rough_set)
{
    struct rated all;
    *is_rough_set = false;
    if (set->is_fine)
        return WATTLE_OK;
    *is_rough_set = has_rough_device(set, &all) || is_rough(&all);
    /* mostly no power is below zero */
    if (*is_rough_set || !all.has_returned || table == NULL)
        return WATTLE_OK;
    struct rated *list = calloc(set->n_devices + 1, sizeof(*list));
    if (list == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < set->n_devices && i < devices->n_devices; i++) {
        const struct device_info *info =
            device_table_find(table, registry_id(devices, (uint32_t)i));
        list[i] = rated_of(&set->totals[i]);
        list[i].location = info != NULL ? info->location : NULL;
    }
    *is_rough_set = has_rough_location(list, set->n_devices);
    free(list);
    return WATTLE_OK;
}
