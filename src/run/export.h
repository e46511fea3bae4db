/*
 * export.h - readings out of a back end, as CSV that can be read again.
 */
#ifndef RUN_EXPORT_H
#define RUN_EXPORT_H

#include <stdint.h>

#include "backend/backend.h"
#include "model/selection.h"
#include "wattle/writer.h"

/*
 * Writes the readings of a selection, by device and time, from one state of the
 * back end. *n_readings: how many were written, also on failure. 0 or a status
 * with the error set.
 */
int export_run(struct backend *backend, const struct selection *selection,
               const struct wattle_writer *out, uint64_t *n_readings,
               struct wattle_error *error);

#endif
