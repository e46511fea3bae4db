/*
 * catalog.h - the devices and files that a database knows.
 *
 * All functions that return int give 0, or a status with the error set.
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
#include "wattle/result.h"
#include "wattle/error.h"

/*
 * Reads ids: device n of the registry is number n of the database. With a
 * table, names, locations and ratings go there.
 */
int catalog_read_devices(struct database *db, struct registry *devices,
                         struct device_table *table,
                         struct wattle_error *error);

/*
 * Numbers of devices begin at 0 and have no gaps: how many rows are missing,
 * up to the greatest number that any row, chunk or late reading has.
 */
#define CATALOG_MISSING_DEVICES                                                \
    "SELECT 1 + max((SELECT ifnull(max(number), -1) FROM device), "            \
    "(SELECT ifnull(max(device), -1) FROM chunk), "                            \
    "(SELECT ifnull(max(device), -1) FROM delta)) - "                          \
    "(SELECT count(*) FROM device)"

/* How many devices have readings. */
int catalog_count_read_devices(struct database *db, int64_t *n,
                               struct wattle_error *error);

/* How many devices there are. */
int catalog_count_devices(struct database *db, int64_t *n,
                          struct wattle_error *error);

/* The id of a device; to be freed. NULL = there is none, or no memory. */
char *catalog_device_id(struct database *db, int64_t number);

/* How many files were imported, and lines of them rejected. */
int catalog_count_files(struct database *db, int64_t *n_files,
                        int64_t *n_rejects, struct wattle_error *error);

/* WATTLE_ERR_FORMAT when devices are missing. */
int catalog_check_devices(struct database *db, struct wattle_error *error);

/*
 * Writes devices from number `first` on, and whatever the table says of any
 * device; the table's devices are added to the registry.
 */
int catalog_write_devices(struct database *db, struct registry *devices,
                          uint32_t first, const struct device_table *table,
                          struct wattle_error *error);

/* How the part of a file that was read ends. */
enum {
    CATALOG_ENDS_INSIDE, /* inside quotes: what follows goes on there */
    CATALOG_ENDS_LF,     /* at the end of a record */
    CATALOG_ENDS_CR      /* the same, where CR alone ends lines */
};

/* Whether a file gave readings. */
enum {
    CATALOG_UNUSABLE,
    CATALOG_USABLE,
    CATALOG_ASSUMED /* usable, and nothing said that `value` is power in W */
};

/* A file that was imported. */
struct catalog_file {
    int64_t number;        /* 0 = not in the database */
    const char *path;      /* as it was given */
    const char *real_path; /* NULL when it is not a file */
    bool is_usable;
    bool is_value_assumed; /* see struct recognition */
    const char *problem;   /* NULL = none */
    bool has_problem;      /* when it was found: the text is not kept */
    int ends_record;       /* CATALOG_ENDS_...: where what follows begins */
    int value_kind; /* as csv_schema_value_kind says; 0 also: not known */
    uint64_t size_bytes;
    int64_t modified_ns;
    uint64_t n_lines, n_rejects;
    uint64_t file_lines;   /* LF bytes in all of it */
    const uint64_t *parts; /* hashes, see fingerprint.h; NULL = none */
    size_t n_parts;
};

/* Statements on files that were imported. */
struct catalog_files {
    struct database *db;
    struct checksum *checksum;
    bool has_old; /* files of which no place is known */
    sqlite3_stmt *by_path, *by_path_old, *by_content, *by_content_old, *by_size;
    sqlite3_stmt *forget, *put, *put_place, *drop_place;
};

/* For a database that is written to. */
int catalog_files_open(struct catalog_files *files, struct database *db,
                       struct wattle_error *error);
void catalog_files_close(struct catalog_files *files);

/*
 * Find a file that was imported: by its real path (with_void: also one that has
 * given no line yet, such as the begin of a header), or the path that was given
 * when only that is known, the latest of them; or by its content. found->number
 * is 0 when there is none. Only number, size, is_value_assumed, modified_ns,
 * n_lines, n_rejects, file_lines, has_problem, ends_record, value_kind and
 * parts are set; the parts are heap memory.
 */
int catalog_files_find_path(struct catalog_files *files, const char *real_path,
                            const char *path, bool with_void,
                            struct catalog_file *found,
                            struct wattle_error *error);
int catalog_files_find_content(struct catalog_files *files, uint64_t size_bytes,
                               const uint64_t *parts, size_t n_parts,
                               struct catalog_file *found,
                               struct wattle_error *error);

/* Whether any file has that size: only then its content is worth hashing. */
int catalog_files_has_size(struct catalog_files *files, uint64_t size_bytes,
                           bool *has, struct wattle_error *error);

/*
 * Writes a file under its number, in place of what is there. What is noted of
 * an unusable file of the same path is forgotten.
 */
int catalog_files_write(struct catalog_files *files,
                        const struct catalog_file *file,
                        const char *imported_at, struct wattle_error *error);

/* Drops all that is noted of a file, with its rejects. */
int catalog_files_drop(struct catalog_files *files, int64_t number,
                       struct wattle_error *error);

/* Writes rejected lines, and how many of a file name a device. */
struct catalog_rejects {
    struct database *db;
    sqlite3_stmt *row;
    sqlite3_stmt *of_device, *put_device;
    struct checksum *checksum;
};

int catalog_rejects_open(struct catalog_rejects *rejects, struct database *db,
                         struct wattle_error *error);
void catalog_rejects_close(struct catalog_rejects *rejects);
int catalog_rejects_put(struct catalog_rejects *rejects, int64_t file,
                        uint64_t line, int reason, const void *raw,
                        size_t raw_len, struct wattle_error *error);

/* Adds to what is noted of the file and the device already. */
int catalog_rejects_add_device(struct catalog_rejects *rejects, int64_t file,
                               uint32_t device, uint64_t n,
                               struct wattle_error *error);

/* How many rejects of a file are kept, and their bytes. */
int catalog_rejects_count(struct database *db, int64_t file, uint64_t *n_lines,
                          uint64_t *n_bytes, struct wattle_error *error);

/* Adds to a file's count of rejects for a reason. */
int catalog_count_rejects(struct database *db, int64_t file, int reason,
                          uint64_t n, struct wattle_error *error);

/* The number that the next new file gets. */
int catalog_next_file(struct database *db, int64_t *number,
                      struct wattle_error *error);

#endif
