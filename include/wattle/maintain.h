/*
 * maintain.h - looking after a database: what is in it, whether it is whole,
 * copies of it.
 *
 * All functions take the path of a database that wattle import has made.
 * WATTLE_ERR_IO when it cannot be opened, read or written, WATTLE_ERR_FORMAT
 * when it is not a database of wattle's, of a newer version, or damaged,
 * WATTLE_ERR_BUSY when others keep it locked, WATTLE_ERR_USAGE when the path
 * is empty, WATTLE_ERR_CANCELLED, WATTLE_ERR_MEMORY. Others may read and import
 * meanwhile.
 */
#ifndef WATTLE_MAINTAIN_H
#define WATTLE_MAINTAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/result.h"
#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/writer.h"
#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a check has found; valid during the call. */
struct wattle_check_problem {
    const char *device_id;     /* NULL = it concerns no device */
    int64_t first_ms, last_ms; /* WATTLE_NO_TIME = not known */
    const char *text;          /* one sentence */
};

typedef void (*wattle_check_found)(void *context,
                                   const struct wattle_check_problem *problem);

/* What a check or a salvage has found; begin with the macro. */
struct wattle_check_result {
    size_t size;        /* of this structure, as the caller knows it */
    uint64_t n_devices; /* that have readings */
    uint64_t n_chunks, n_readings; /* that are whole */
    uint64_t n_problems;
    uint64_t n_lost;    /* readings in damaged chunks */
    uint64_t n_files;   /* that were imported */
    uint64_t n_rejects; /* their rejected lines */
    /* of a salvage: devices with readings whose ids are lost, called
     * damaged-NUMBER; the same readings imported again do not join them */
    uint64_t n_unnamed_devices;
};

#define WATTLE_CHECK_RESULT_INIT                                               \
    {                                                                          \
        .size = sizeof(struct wattle_check_result)                             \
    }

/*
 * Reads everything: SQLite's structure, every checksum, every block; compares
 * summaries, days and counts with the readings. WATTLE_OK also when there are
 * problems: see the result. found and result may be NULL.
 */
int wattle_database_check(const char *path,
                          const struct wattle_database_options *options,
                          wattle_check_found found, void *context,
                          struct wattle_check_result *result,
                          struct wattle_error *error);

/*
 * Writes what is whole to a new database, which must not exist. The result
 * has what is in it and how many readings are lost.
 */
int wattle_database_salvage(const char *path, const char *out,
                            const struct wattle_database_options *options,
                            struct wattle_check_result *result,
                            struct wattle_error *error);

/* Copies a database, as it is at one moment, to a file that must not exist. */
int wattle_database_backup(const char *path, const char *out,
                           const struct wattle_database_options *options,
                           struct wattle_error *error);

/*
 * Merges late readings and small chunks, and gives free space back; with
 * options->zone, adds up all hours and days of that zone instead. Waits up to
 * options->wait_ms for an import to end.
 */
int wattle_database_compact(const char *path,
                            const struct wattle_database_options *options,
                            struct wattle_error *error);

/*
 * Which readings to export. Begin with the macro or the function below, which
 * set every member. Strings are borrowed during the call.
 */
struct wattle_export_options {
    size_t size; /* of this structure, as the caller knows it */
    const char *const *device_globs; /* any may match; see fnmatch(3) */
    size_t n_device_globs;           /* 0 = all devices */
    int64_t since_ms;                /* inclusive; WATTLE_NO_TIME = no limit */
    int64_t until_ms;                /* exclusive; WATTLE_NO_TIME = no limit */
    struct wattle_cancel *cancel;    /* or NULL; see cancel.h */
};

/* Everything. */
#define WATTLE_EXPORT_OPTIONS_INIT                                             \
    {                                                                          \
        .size = sizeof(struct wattle_export_options),                          \
        .since_ms = WATTLE_NO_TIME, .until_ms = WATTLE_NO_TIME                 \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_export_options_init(struct wattle_export_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->since_ms = WATTLE_NO_TIME;
    options->until_ms = WATTLE_NO_TIME;
}

/*
 * Writes readings as CSV, device by device, with every decimal: an import of
 * it gives the same readings. *n_readings (may be NULL) counts them.
 * WATTLE_ERR_USAGE when a pattern matches no device.
 */
int wattle_database_export(const char *path,
                           const struct wattle_export_options *options,
                           const struct wattle_writer *out,
                           uint64_t *n_readings, struct wattle_error *error);

/*
 * The same into a file that must not be there yet; it gets its name when it is
 * whole, and has the permissions of the database. WATTLE_ERR_IO when it exists.
 */
int wattle_database_export_file(const char *path,
                                const struct wattle_export_options *options,
                                const char *out, uint64_t *n_readings,
                                struct wattle_error *error);

struct wattle_info_device {
    const char *id, *name, *location; /* NULL = not known */
    uint64_t n_readings, n_chunks;
    int64_t first_ms, last_ms; /* WATTLE_NO_TIME = no readings */
    uint64_t n_bytes;          /* of its chunks */
};

struct wattle_info {
    int version; /* of the format */
    uint64_t file_bytes;
    uint64_t data_bytes, summary_bytes, rollup_bytes; /* parts of it */
    uint64_t free_bytes; /* that compact gives back */
    uint64_t n_readings, n_duplicates, n_lines, n_rejects, n_lost;
    uint64_t n_chunks, n_late; /* late: readings that wait to be merged */
    uint64_t n_files, n_corrections;
    int64_t first_ms, last_ms;
    const struct wattle_info_device *const *devices; /* by id, bytewise */
    size_t n_devices;
    const struct wattle_zone *zone; /* of its days; valid until it is freed */
};

/* What is in a database, as a structure of the kind of result.h; freed by
 * wattle_info_free. */
int wattle_database_info(const char *path, struct wattle_info **info,
                         struct wattle_error *error);
void wattle_info_free(struct wattle_info *info);

/* Write it to a writer; WATTLE_OK or WATTLE_ERR_IO. top: devices listed. */
int wattle_info_write_text(const struct wattle_info *info, int top,
                           const struct wattle_writer *out);
int wattle_info_write_json(const struct wattle_info *info,
                           const struct wattle_writer *out);

#ifdef __cplusplus
}
#endif

#endif
