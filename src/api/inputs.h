/*
 * inputs.h - what a report or an import reads, as the caller hands it over.
 *
 * Functions that take an error return 0, or a status with the error set.
 */
#ifndef API_INPUTS_H
#define API_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "run/scan.h"
#include "input/source.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "output/text_out.h"
#include "wattle/batch.h"
#include "wattle/error.h"

struct inputs_file {
    dev_t device;
    ino_t inode;
};

struct inputs {
    const char *devices_path, *rejects_path; /* borrowed */
    const char *database;                    /* read or written, or NULL */
    struct source_list sources;
    struct registry caller_devices;
    struct device_table table;
    bool has_paths;
    struct inputs_file *files; /* device tables that were read */
    size_t n_files, file_cap;
    bool has_rejects; /* they are written to rejects_fd */
    int rejects_fd;
    struct text_out rejects_out; /* what is written to it */
};

/* WATTLE_ERR_USAGE when an option makes no sense here. */
int inputs_check(const struct scan_options *options,
                 struct wattle_error *error);

/*
 * Begins; reads the device table when one is named. The paths are borrowed, and
 * may be NULL. Release in any case.
 */
int inputs_open(struct inputs *inputs, const char *devices_path,
                const char *rejects_path, struct wattle_error *error);
void inputs_release(struct inputs *inputs);

/*
 * Notes a file that is read: rejects must not be written over it. One that is
 * not there is no failure.
 */
int inputs_note(struct inputs *inputs, const char *path,
                struct wattle_error *error);

/* See report.h. */
int inputs_add_path(struct inputs *inputs, const char *path,
                    struct wattle_error *error);
int inputs_device(struct inputs *inputs, const char *id, size_t len,
                  uint32_t *number, struct wattle_error *error);
int inputs_add_batch(struct inputs *inputs, const struct wattle_batch *batch,
                     struct wattle_error *error);

/* Opens the file of rejects, if one is wanted. */
int inputs_open_rejects(struct inputs *inputs, struct wattle_error *error);

/*
 * A scan_reject_visit; the context is a struct inputs. Always 0: what cannot
 * be written is a failure of inputs_close_rejects.
 */
int inputs_write_reject(void *context, const struct scan_reject *reject,
                        const char *raw, size_t raw_len,
                        struct wattle_error *error);

/* What results say about files and lines, with their paths. */
struct inputs_lists {
    struct wattle_reject *rejects; /* the first ones */
    struct wattle_skipped_file *skipped;
    const struct wattle_reject **reject_list; /* pointers to them */
    const struct wattle_skipped_file **skipped_list;
    size_t n_files, n_skipped, n_assumed;
    const char *first_assumed; /* of the files whose value was assumed */
};

/*
 * Makes the lists after a run. 0 or WATTLE_ERR_MEMORY; release them in any
 * case.
 */
int inputs_list(const struct inputs *inputs, const struct scan_rejects *rejects,
                struct inputs_lists *lists);
void inputs_lists_release(struct inputs_lists *lists);

/* Writes the rest of the rejects, if there are any, and closes their file. */
int inputs_close_rejects(struct inputs *inputs, struct wattle_error *error);

#endif
