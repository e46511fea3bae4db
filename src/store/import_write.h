/*
 * import_write.h - the result of one device's merge, and who writes it.
 */
#ifndef STORE_IMPORT_WRITE_H
#define STORE_IMPORT_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/checksum.h"
#include "sort/chunk_builder.h"
#include "store/database.h"
#include "store/metered.h"
#include "store/delta_row.h"
#include "sort/device_merge.h"
#include "store/rollup.h"
#include "store/chunk_reader.h"

/* Days to compute from what is stored then. */
struct import_days {
    int64_t first, last;
};

/* What becomes of a device; the queue is guarded by its owner. */
struct import_device {
    uint32_t number;
    struct built_chunk *chunks; /* a queue */
    size_t n_chunks, chunk_cap, n_taken;
    size_t n_queued;   /* bytes of all this */
    int64_t *replaced; /* numbers of chunks that are read again */
    size_t n_replaced, replaced_cap;
    bool has_neighbours; /* chunks that stay */
    bool clears_delta;
    struct delta_row *delta;
    size_t n_delta, delta_cap;
    struct day_sums days; /* those that end behind the last chunk */
    struct import_days recompute[2];
    size_t n_recompute;
    struct merge_counts counts;
    uint64_t n_rows;
    bool is_published; /* the writer may see it: import_merge.c */
    /* once it is done */
    bool is_done;
    int status;
    struct wattle_error *error; /* when status is not 0; or NULL */
};

struct import_device *import_device_new(uint32_t number); /* NULL = memory */
void import_device_free(struct import_device *device);

/* Each 0 or WATTLE_ERR_MEMORY. */
int import_device_push(struct import_device *device, struct built_chunk *chunk);
int import_device_push_delta(struct import_device *device,
                             const struct merge_segment *segment);
int import_device_replace(struct import_device *device, int64_t number);

/* Memory that a chunk in the queue takes, with what belongs to it. */
size_t import_device_size(const struct built_chunk *chunk);

/* Takes the oldest chunk; false when there is none. */
bool import_device_pop(struct import_device *device, struct built_chunk *chunk);

/* Statements of the writing connection. */
struct import_writer {
    struct database *db;
    const struct kernels *kernels;
    const char *imported_at;
    uint32_t measures; /* of all that was written */
    struct metered metered;
    struct chunk_reader chunk_reader;
    struct checksum *checksum;
    sqlite3_stmt *put_chunk, *put_data, *drop_chunk, *drop_data;
    sqlite3_stmt *put_delta, *drop_delta, *put_rollup, *put_correction;
};

/*
 * Prepares the statements; close it in any case. All functions of a writer
 * that return int give 0, or a status with the error set.
 */
int import_writer_open(struct import_writer *writer, struct database *db,
                       const struct kernels *kernels, const char *imported_at,
                       struct wattle_error *error);
void import_writer_close(struct import_writer *writer);

/* Takes away what a device's chunks will replace. */
int import_writer_begin(struct import_writer *writer,
                        const struct import_device *device,
                        struct wattle_error *error);
/* Writes a chunk, and the days that have ended with it. */
int import_writer_chunk(struct import_writer *writer, uint32_t device,
                        const struct built_chunk *chunk,
                        struct wattle_error *error);
/* Writes the rest of a device: delta, days, corrections. */
int import_writer_end(struct import_writer *writer,
                      const struct import_device *device,
                      struct wattle_error *error);

/* After the last device: notes what measures there are. */
int import_writer_finish(struct import_writer *writer,
                         struct wattle_error *error);

#endif
