/*
 * selection.h - which readings a report, a query or an export is about.
 *
 * It is made from a caller's options and checked once, where they come in; the
 * rooms below know only this.
 */
#ifndef MODEL_SELECTION_H
#define MODEL_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/device_table.h"

/* Texts are borrowed. */
struct selection {
    int64_t since_ms;                /* inclusive; INT64_MIN = no limit */
    int64_t until_ms;                /* exclusive; INT64_MAX = no limit */
    const char *const *device_globs; /* any may match; see fnmatch(3) */
    size_t n_device_globs;           /* 0 = all devices */
    const char *location_glob;       /* NULL = any or none */
};

/* Everything. */
#define SELECTION_ALL                                                          \
    {                                                                          \
        .since_ms = INT64_MIN, .until_ms = INT64_MAX                           \
    }

/* The times of public options: WATTLE_NO_TIME is no limit. */
void selection_set_range(struct selection *selection, int64_t since_ms,
                         int64_t until_ms);

static inline bool
selection_has_since(const struct selection *selection)
{
    return selection->since_ms != INT64_MIN;
}

static inline bool
selection_has_until(const struct selection *selection)
{
    return selection->until_ms != INT64_MAX;
}

/* Whether any reading might be left out. */
bool selection_is_all(const struct selection *selection);

/*
 * Whether a device is wanted by its id. is_used[] has one entry for each glob:
 * true is set for those that match; NULL when nobody wants to know.
 */
bool selection_wants_device(const struct selection *selection, const char *id,
                            bool *is_used);

/* Whether a device is wanted by its location, which may be NULL. */
bool selection_wants_location(const struct selection *selection,
                              const char *location);

/* Whether a device is wanted, of which a table knows the location. */
bool selection_wants_listed(const struct selection *selection, const char *id,
                            const struct device_table *table);

/* Whether every glob is an id: no character of them is special. */
bool selection_names_ids(const struct selection *selection);

#endif
