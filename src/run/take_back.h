/*
 * take_back.h - takes readings back that were imported: those of files, of
 * devices, and brings them back again. See store/forget.h.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef RUN_TAKE_BACK_H
#define RUN_TAKE_BACK_H

#include <stdbool.h>
#include <stdint.h>

#include "run/importer.h"

struct take_back {
    /* given; borrowed */
    const char *database;
    const struct write_lock_wait *wait;
    bool is_dry_run;
    const char *what; /* for the journal */
    /* which devices and when; without files */
    const struct selection *selection;
    const struct wattle_zone *zone; /* that the range is said in, for words */
    /* files, or NULL; with these the rest is not looked at */
    struct source_list *sources;
    const struct scan_options *options;
    /* result */
    uint64_t n_readings, n_files;
    uint64_t n_left; /* of an undo: what stays in the journal */
};

/*
 * Takes back what is asked for. WATTLE_ERR_USAGE when a device or a file is not
 * in the database, or a file is not what was imported any more.
 */
int take_back_run(struct take_back *job, struct wattle_error *error);

/*
 * Brings an entry of the journal back, 0 = the latest. WATTLE_ERR_USAGE when
 * there is none.
 */
int take_back_undo(struct take_back *job, int64_t entry,
                   struct wattle_error *error);

/*
 * Takes back what files of an import have given with another zone, before they
 * are read again (importer_file.moves).
 */
int take_back_moved(struct importer *im, struct wattle_error *error);

#endif
