/*
 * rough_efficiency.h - whether a report's efficiencies need finer terms.
 */
#ifndef ANALYTICS_ROUGH_EFFICIENCY_H
#define ANALYTICS_ROUGH_EFFICIENCY_H

#include "analytics/totals.h"
#include "model/device_table.h"
#include "model/registry.h"

/*
 * Sets *is_rough: the mean efficiency of a device, of a location or of all is
 * so near to zero, because readings of both signs cancel, that terms of 2^-56
 * do not give twelve digits of it. The totals are to be added up again then,
 * with set->is_fine; of those, this is never so. A device of which no power is
 * below zero is taken to have no power factor below zero. 0 or
 * WATTLE_ERR_MEMORY.
 */
int rough_efficiency_find(const struct totals_set *set,
                          const struct registry *devices,
                          const struct device_table *table, bool *is_rough);

#endif
