/*
 * importer.h - files and batches into a database, in one transaction.
 *
 * Looks which files are new or have grown, scans them into a shuffle by device,
 * merges that with what is stored, notes the files, and commits.
 */
#ifndef RUN_IMPORTER_H
#define RUN_IMPORTER_H

#include "formats/local_clock.h"
#include "model/device_table.h"
#include "model/reject_room.h"
#include "run/scan.h"
#include "store/catalog.h"
#include "store/database.h"
#include "store/local_file.h"
#include "sort/device_merge.h"
#include "store/write_lock.h"

/* What becomes of one source. */
struct importer_file {
    int64_t number;
    char *real_path;
    bool is_file;                   /* with a size and a time */
    struct catalog_file known;      /* as imported before; number 0 = new */
    struct fingerprint fingerprint; /* of the whole file; no hashes = of none */
    uint64_t n_lines, file_lines, n_rejects;
    uint64_t end_bytes; /* of the records that were read */
    bool has_rest;      /* a last line without its end is behind that */
    bool is_open;       /* it was final, and ended inside quotes */
    bool is_again; /* it was imported before, and all of it is read again */
    /* whose its times without an offset are, and where they have come to */
    struct local_file local;
    struct local_history history; /* of that, of a file that has grown */
    /* the zone of before, when it is read again in another one; and what was
     * noted of it then (take_back.h) */
    const struct wattle_zone *moves_from;
    struct catalog_file taken_back;
    /* the same of a file whose readings are replaced, as it is read again */
    struct catalog_file replaced;
    bool has_local_times;  /* among those that were read */
    int value_kind_before; /* as then: see struct recognition */
    uint64_t by_reason[WATTLE_N_REASONS];
    struct reject_room room; /* what the database keeps of its rejects */
};

struct importer {
    /* given; borrowed */
    const char *database;
    const struct scan_options *options;
    /* options->zone is a guess: only a new database takes it */
    bool is_zone_assumed;
    bool is_zone_default; /* known files keep theirs */
    bool is_dry_run;      /* all is undone at the end */
    bool is_final;        /* a last line without its end is taken */
    bool is_again;        /* known files are read, too */
    const struct write_lock_wait *wait;
    struct source_list *sources; /* known files are taken out */
    struct device_table *table;
    const struct registry *caller_devices;
    /* what rows are noted under, once for all imports; NULL = each anew */
    const char *rows_name;
    scan_reject_visit visit_reject; /* NULL = not wanted */
    void *visit_context;
    /* results */
    struct registry devices; /* of the database */
    struct tally tally;
    struct scan_rejects scan_rejects;
    struct scan_progress progress;
    int n_threads;
    const char *simd;
    int64_t spent_ns[N_STAGES];
    struct merge_counts counts;
    size_t n_known_files, n_grown_files, n_new_devices;
    bool has_assumed_times; /* read as of a zone that is a guess */
    /* meanwhile */
    struct database db;
    struct scan_options scan;   /* the options, with the zone of times */
    bool is_new;                /* nothing was imported before */
    bool is_zone_said;          /* of all times, by the caller */
    bool has_taken_back;        /* the transaction has changed readings */
    struct wattle_zone **zones; /* of known files */
    size_t n_zones, zone_cap;
    bool had_readings;                /* the database, before */
    struct importer_file *files;      /* beside the sources */
    struct fingerprint *fingerprints; /* the same: for the scan */
    struct catalog_files catalog;
    struct catalog_rejects rejects;
    uint64_t *sizes; /* of the files given, in order */
    size_t n_sizes;
    size_t *slots; /* numbers of hashed files + 1, by hash */
    size_t n_slots;
    uint32_t n_old_devices;
    char imported_at[32];
    _Atomic uint64_t n_merged; /* readings */
    _Atomic uint64_t n_to_merge;
};

/* Rows that go on with what was noted under their name. */
static inline bool
importer_has_rows_name(const struct importer *im, const struct source *source)
{
    return source->kind == SOURCE_ROWS && im->rows_name != NULL;
}

/* Zeroed but for what is given; 0, or the status of the first failure. */
int importer_run(struct importer *importer, struct wattle_error *error);

void importer_release(struct importer *importer);

#endif
