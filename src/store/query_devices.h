/*
 * query_devices.h - which devices of a database a query is about.
 */
#ifndef STORE_QUERY_DEVICES_H
#define STORE_QUERY_DEVICES_H

#include "backend/device_list.h"
#include "model/selection.h"
#include "store/database.h"
#include "wattle/error.h"

/*
 * Finds the devices of a selection. WATTLE_ERR_USAGE when a pattern
 * matches none, or as a database fails; to be released in any case.
 */
int query_devices_find(struct device_list *devices, struct database *db,
                       const struct selection *selection,
                       struct wattle_error *error);

#endif
