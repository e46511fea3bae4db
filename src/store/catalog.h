/*
 * catalog.h - the devices and files that a database knows.
 */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/device_table.h"
#include "model/registry.h"
#include "store/checksum.h"
#include "store/database.h"
#include "wattle/answers.h"
#include "wattle/error.h"

/*
 * Reads ids: device n of the registry is number n of the database. With a
 * table, names, locations and ratings go there.
 */
int catalog_read_devices(struct database *db, struct registry *devices,
                         struct device_table *table,
                         struct wattle_error *error);

/*
 * Writes devices from number `first` on, and whatever the table says of any
 * device; the table's devices are added to the registry.
 */
int catalog_write_devices(struct database *db, struct registry *devices,
                          uint32_t first, const struct device_table *table,
                          struct wattle_error *error);

/* A file that was imported. */
struct catalog_file {
    int64_t number; /* 0 = not in the database */
    const char *path;
    bool is_usable;
    const char *problem; /* NULL = none */
    uint64_t size_bytes;
    int64_t modified_ns;
    uint64_t n_lines, n_rejects;
    uint64_t file_lines;   /* LF bytes in all of it */
    const uint64_t *parts; /* hashes, see content.h; NULL = none */
    size_t n_parts;
};

/*
 * Find a file that was imported: by its path, the latest of them, or by its
 * content. found->number is 0 when there is none. Only number, size,
 * modified_ns, n_lines, n_rejects, file_lines and parts are set; the parts
 * are heap memory.
 */
int catalog_find_path(struct database *db, const char *path,
                      struct catalog_file *found, struct wattle_error *error);
int catalog_find_content(struct database *db, uint64_t size_bytes,
                         const uint64_t *parts, size_t n_parts,
                         struct catalog_file *found,
                         struct wattle_error *error);

/* Whether any file has that size: only then its content is worth hashing. */
int catalog_has_size(struct database *db, uint64_t size_bytes, bool *has,
                     struct wattle_error *error);

/*
 * Writes a file under its number, in place of what is there. What is noted of
 * an unusable file of the same path is forgotten.
 */
int catalog_write_file(struct database *db, const struct catalog_file *file,
                       const char *imported_at, struct wattle_error *error);

/* Writes rejected lines. */
struct catalog_rejects {
    struct database *db;
    sqlite3_stmt *row;
    struct checksum *checksum;
};

int catalog_rejects_open(struct catalog_rejects *rejects, struct database *db,
                         struct wattle_error *error);
void catalog_rejects_close(struct catalog_rejects *rejects);
int catalog_rejects_put(struct catalog_rejects *rejects, int64_t file,
                        uint64_t line, int reason, const void *raw,
                        size_t raw_len, struct wattle_error *error);

/* Adds to a file's count of rejects for a reason. */
int catalog_count_rejects(struct database *db, int64_t file, int reason,
                          uint64_t n, struct wattle_error *error);

/* The number that the next new file gets. */
int catalog_next_file(struct database *db, int64_t *number,
                      struct wattle_error *error);

#endif
