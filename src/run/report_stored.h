/*
 * report_stored.h - the accounts of a report, from a database.
 */
#ifndef ENGINE_REPORT_STORED_H
#define ENGINE_REPORT_STORED_H

#include "engine/engine.h"
#include "model/device_table.h"
#include "wattle/error.h"

/*
 * Fills the results of an engine as engine_run does for files: the files that
 * were imported become the engine's sources. With a table, what the database
 * knows of its devices goes there. 0 or the status of the first failure.
 */
int report_stored_run(struct engine *engine, const char *database,
                      struct device_table *table, struct wattle_error *error);

#endif
