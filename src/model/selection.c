/*
 * selection.c - the one place where patterns of devices and locations are
 * matched.
 *
 * Back ends and reports ask here, so a pattern means the same everywhere. It
 * is one of fnmatch(3) without flags: `*`, `?`, `[...]` and the backslash are
 * special, and `/` is a character like others.
 */
#include "model/selection.h"

#include <fnmatch.h>
#include <string.h>

#include "wattle/result.h"

void
selection_set_range(struct selection *selection, int64_t since_ms,
                    int64_t until_ms)
{
    selection->since_ms = since_ms != WATTLE_NO_TIME ? since_ms : INT64_MIN;
    selection->until_ms = until_ms != WATTLE_NO_TIME ? until_ms : INT64_MAX;
}

bool
selection_is_all(const struct selection *selection)
{
    return !selection_has_since(selection) && !selection_has_until(selection) &&
           selection->n_device_globs == 0 && selection->location_glob == NULL;
}

bool
selection_wants_device(const struct selection *selection, const char *id,
                       bool *is_used)
{
    bool is_wanted = selection->n_device_globs == 0;
    for (size_t i = 0; i < selection->n_device_globs; i++) {
        if (fnmatch(selection->device_globs[i], id, 0) != 0)
            continue;
        is_wanted = true;
        if (is_used == NULL)
            break;
        is_used[i] = true;
    }
    return is_wanted;
}

bool
selection_wants_location(const struct selection *selection,
                         const char *location)
{
    return selection->location_glob == NULL ||
           (location != NULL &&
            fnmatch(selection->location_glob, location, 0) == 0);
}

bool
selection_wants_listed(const struct selection *selection, const char *id,
                       const struct device_table *table)
{
    if (!selection_wants_device(selection, id, NULL))
        return false;
    if (selection->location_glob == NULL)
        return true;
    const struct device_info *info =
        table != NULL ? device_table_find(table, id) : NULL;
    return selection_wants_location(selection,
                                    info != NULL ? info->location : NULL);
}

bool
selection_names_ids(const struct selection *selection)
{
    for (size_t i = 0; i < selection->n_device_globs; i++) {
        if (strpbrk(selection->device_globs[i], "*?[\\") != NULL)
            return false;
    }
    return selection->n_device_globs > 0;
}
