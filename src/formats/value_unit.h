/*
 * value_unit.h - what the rows of a CSV text say about its column `value`.
 */
#ifndef FORMATS_VALUE_UNIT_H
#define FORMATS_VALUE_UNIT_H

#include "formats/csv_schema.h"
#include "formats/format.h"

/*
 * Looks at the rows of a sample behind its header, of which the schema reads
 * `value` as power in W. Where they have the unit kW, the schema reads it so
 * from now on; found->is_value_assumed when no row has a unit. 0;
 * WATTLE_ERR_FORMAT with a message for people when a unit or a device's name
 * says that it is something else; or WATTLE_ERR_MEMORY.
 */
int value_unit_find(const struct format_sample *sample,
                    struct csv_schema *schema, struct recognition *found,
                    struct wattle_error *error);

/*
 * The same where the caller has said what `value` is: WATTLE_ERR_FORMAT when a
 * row has another unit of power or energy.
 */
int value_unit_check(const struct format_sample *sample,
                     const struct csv_schema *schema,
                     const struct recognition *found, int value_kind,
                     struct wattle_error *error);

#endif
