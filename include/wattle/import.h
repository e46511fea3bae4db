/*
 * import.h - from readings to a database.
 *
 *     struct wattle_import *import;
 *     struct wattle_import_options options;
 *     struct wattle_error error;
 *     wattle_import_options_init(&options);
 *     if (wattle_import_open(&import, "home.db", &options, &error) ==
 *             WATTLE_OK &&
 *         wattle_import_add_path(import, "readings", &error) == WATTLE_OK &&
 *         wattle_import_run(import, &error) == WATTLE_OK)
 *         printf("%llu new readings\n",
 *                (unsigned long long)wattle_import_result(import)->n_new);
 *     wattle_import_close(import);
 *
 * An import is one transaction: afterwards all of it is in the database, or,
 * when it fails or the machine stops, nothing. Others may read meanwhile and
 * see what was there before. One import belongs to one thread at a time; only
 * wattle_import_progress may be called meanwhile from elsewhere.
 */
#ifndef WATTLE_IMPORT_H
#define WATTLE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/result.h"
#include "wattle/batch.h"
#include "wattle/error.h"
#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_cancel;
struct wattle_tuning;

/* Called once when another program is writing; see wait_ms. */
typedef void (*wattle_import_waiting)(void *context);

/*
 * Begin with the macro or the function below, which set every member. Strings
 * are borrowed until the import is closed.
 */
struct wattle_import_options {
    size_t size;              /* of this structure, as the caller knows it */
    const char *devices_path; /* device table; NULL = beside the readings */
    /*
     * enum wattle_value_kind. A file that was imported as another kind is read
     * again, and its readings replace those of then.
     */
    int value_kind;
    const char *rejects_path; /* file to write every reject to, or NULL */
    bool is_dry_run;          /* do everything, then undo it */
    bool is_final; /* files will not grow: take a last line without its end */
    int zstd_window_log; /* as in struct wattle_report_options */
    int64_t wait_ms;     /* for another import to end; default one minute */
    wattle_import_waiting on_waiting; /* or NULL */
    void *waiting_context;
    struct wattle_cancel *cancel;       /* or NULL; see cancel.h */
    int n_threads;                      /* 0 = one for each core */
    const struct wattle_tuning *tuning; /* or NULL; experimental/tuning.h */
    bool is_again; /* read files again that were imported before */
    /*
     * Whose clocks times without an offset are of; borrowed until the import is
     * closed. A new database adds up hours and days of this zone, too. NULL
     * (default) = that of the database; UTC for a new one. A file that was
     * imported with another zone is read again, and its readings of then are
     * removed (forget.h).
     */
    const struct wattle_zone *zone;
    bool is_zone_assumed; /* it is a guess, for a new database only */
    bool is_zone_default; /* files keep the zone of their last import */
};

/* A file that was imported before, all of which was read again. */
struct wattle_reread_file {
    const char *path;
    int value_kind_before; /* enum wattle_value_kind; 0 = no column `value` */
    int value_kind;        /* the same, now */
    /* when its times without an offset are of another zone now: both names; the
     * readings of before were removed, see forget.h. Else NULL. */
    const char *zone_before, *zone;
};

/* A last line without its end, which was left for the next import. */
struct wattle_held_line {
    const char *path;
    uint64_t line; /* counted from 1 */
};

/*
 * What an import has done; see result.h for the rules of such structures. Valid
 * until the import is closed.
 */
struct wattle_import_result {
    /* lines = new + replaced + unchanged + rejects, always */
    uint64_t n_lines;
    uint64_t n_new;       /* readings that were not in the database */
    uint64_t n_replaced;  /* had another value there, or in an earlier line */
    uint64_t n_unchanged; /* were there already */
    uint64_t n_rejects;
    uint64_t n_rounded; /* values with more than nine decimal places */
    const uint64_t *rejects_by_reason; /* [n_reasons], by enum wattle_reason */
    size_t n_reasons;
    const struct wattle_reject *const *first_rejects; /* in input order */
    size_t n_first_rejects;
    size_t n_files;       /* read, in whole or from where they had ended */
    size_t n_known_files; /* left alone: imported before */
    size_t n_grown_files; /* of those read: only what was new */
    size_t n_new_devices;
    const struct wattle_held_line *const *held_lines; /* one a file; see
                                                         is_final */
    size_t n_held_lines;
    const struct wattle_reread_file *const *reread_files;
    size_t n_reread_files;
    const struct wattle_skipped_file *const *skipped_files;
    size_t n_skipped_files;
    const struct wattle_timings *timings;
    /* Files whose column `value` was taken as power in W, though neither the
     * caller nor the file says so; and the path of the first, or NULL. */
    size_t n_assumed_files;
    const char *first_assumed_file;
    /* some times have no offset, and the database took a zone that is a guess
     */
    bool is_zone_assumed;
};

#define WATTLE_IMPORT_OPTIONS_INIT                                             \
    {                                                                          \
        .size = sizeof(struct wattle_import_options), .wait_ms = 60000         \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_import_options_init(struct wattle_import_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->wait_ms = 60000;
}

struct wattle_import;

/*
 * Makes an empty import into a database file, which need not exist yet.
 * Nothing is opened before wattle_import_run. WATTLE_ERR_USAGE, _CPU, _IO,
 * _FORMAT or _MEMORY as for wattle_report_open.
 */
int wattle_import_open(struct wattle_import **import, const char *database,
                       const struct wattle_import_options *options,
                       struct wattle_error *error);

/* Adds a file, a folder or "-", as wattle_report_add_path. */
int wattle_import_add_path(struct wattle_import *import, const char *path,
                           struct wattle_error *error);

/* As wattle_report_add_device and wattle_report_add_batch. */
int wattle_import_add_device(struct wattle_import *import, const char *id,
                             size_t len, uint32_t *number,
                             struct wattle_error *error);
int wattle_import_add_batch(struct wattle_import *import,
                            const struct wattle_batch *batch,
                            struct wattle_error *error);

/*
 * Imports everything; to be called once. WATTLE_OK, WATTLE_ERR_NO_INPUT (not
 * one file could be used), WATTLE_ERR_BUSY (another import did not end in
 * time), WATTLE_ERR_IO (also: no space is left), WATTLE_ERR_FORMAT (the file
 * is no wattle database, or a newer one), WATTLE_ERR_USAGE (it has run
 * already, or a file would be read another way than before),
 * WATTLE_ERR_CANCELLED (see cancel.h), WATTLE_ERR_MEMORY. On failure the
 * database is as it was before; close the import.
 */
int wattle_import_run(struct wattle_import *import, struct wattle_error *error);

/* What was done; NULL before wattle_import_run has returned. */
const struct wattle_import_result *wattle_import_result(
    const struct wattle_import *import);

/* Work done and to do, in bytes read; total 0 = not known. */
void wattle_import_progress(const struct wattle_import *import, uint64_t *done,
                            uint64_t *total);

/* Frees the import and its result; NULL is harmless. */
void wattle_import_close(struct wattle_import *import);

#ifdef __cplusplus
}
#endif

#endif
