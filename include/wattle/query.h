/*
 * query.h - readings of a database by time: in buckets, or one by one.
 *
 *     struct wattle_query_options options;
 *     const struct wattle_query_row *row;
 *     struct wattle_query *query;
 *     wattle_query_options_init(&options);
 *     options.bucket_ms = 3600000;
 *     if (wattle_query_open(&query, database, &options, &error) == WATTLE_OK) {
 *         while (wattle_query_next(query, &row, &error) == WATTLE_OK &&
 *                row != NULL)
 *             printf("%s %g kWh\n", row->device_id, row->figures->energy_kwh);
 *         wattle_query_close(query);
 *     }
 *
 * A query belongs to the thread of its database. Its readings are walked
 * through as rows are asked for: memory does not grow with readings, only, for
 * a total, with rows. It sees the database as it is when it begins, whatever is
 * imported meanwhile.
 */
#ifndef WATTLE_QUERY_H
#define WATTLE_QUERY_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/database.h"
#include "wattle/error.h"
#include "wattle/measure.h"
#include "wattle/report.h"
#include "wattle/writer.h"
#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The figures of a row, as bits. */
enum wattle_query_field {
    WATTLE_QUERY_POWER = 1,
    WATTLE_QUERY_ENERGY = 2,
    WATTLE_QUERY_VOLTAGE = 4,
    WATTLE_QUERY_CURRENT = 8,
    WATTLE_QUERY_POWER_FACTOR = 16,
    WATTLE_QUERY_EFFICIENCY = 32,
    WATTLE_QUERY_READING_MEAN = 64,
    WATTLE_QUERY_IMPORTED = 128,
    WATTLE_QUERY_RETURNED = 256,
    WATTLE_QUERY_ALL = 511,
    /* of raw rows: returned energy and counters. Added to the energy when the
     * database has some. */
    WATTLE_QUERY_METERS = 512
};

/* What stands for a bucket without readings and without energy. */
enum wattle_query_fill {
    WATTLE_FILL_NONE, /* no row */
    WATTLE_FILL_NULL, /* a row whose figures are NaN */
    WATTLE_FILL_ZERO  /* a row whose figures are 0 */
};

/*
 * Begin with the macro or the function below, which set every member. Strings
 * and arrays are borrowed until the query is closed.
 */
struct wattle_query_options {
    size_t size; /* of this structure, as the caller knows it */
    const char *const *device_globs; /* any may match; see fnmatch(3) */
    size_t n_device_globs;           /* 0 = all devices */
    const char *location_glob;       /* NULL (default) = any or none */
    int64_t since_ms; /* inclusive; default WATTLE_NO_TIME = no limit */
    int64_t until_ms; /* exclusive; default WATTLE_NO_TIME = no limit */
    /*
     * The size of a bucket: one of these, or neither for a single bucket over
     * the whole range. By the clocks of the zone: spans are aligned to
     * 1970-01-01, those of whole weeks to Mondays, months to years (3 =
     * quarters, 12 = years). So days have 23 to 25 hours; an hour that clocks
     * show twice is two buckets.
     */
    int64_t bucket_ms;
    int bucket_months; /* 1 .. 1200 */
    bool is_raw;       /* each reading is a row; no buckets, no total */
    bool is_total;     /* the devices together instead of one by one */
    /*
     * Bits of enum wattle_query_field; 0 (default) = power and energy, for a
     * total energy, for raw readings all. The least and the greatest power of a
     * total are those of a reading of any device, as in a report.
     */
    unsigned fields;
    int fill;            /* enum wattle_query_fill; default none */
    double rate_per_kwh; /* for cost; NaN (default) = no cost */
    int64_t max_gap_ms;  /* as in a report; default one hour */
    const struct wattle_tuning *tuning; /* or NULL; experimental/tuning.h */
    double return_rate_per_kwh; /* what a returned kWh earns; default 0 */
    int interpolation; /* enum wattle_interpolation, measure.h; default linear
                        */
    int sort;          /* enum wattle_sort; the cost needs a rate. Sorted rows
                          are all held in memory */
    uint64_t limit;    /* the most rows; 0 (default) = all */
    /* Whose hours, days and months; borrowed. NULL (default) = the database's
     * own. */
    const struct wattle_zone *zone;
};

/*
 * Means over the readings of a bucket, the doubles nearest to the exact ones;
 * NaN where nothing is known or it was not asked for. In a raw row the values
 * of the reading, and the energy of its interval if it gives one.
 */
struct wattle_query_figures {
    uint64_t n_readings;
    double mean_power_w; /* over the time covered; of a total the sum over
                            devices, of a raw row the reading's power */
    double min_power_w, max_power_w;   /* of a reading */
    double reading_mean_w;             /* over the readings */
    double energy_kwh;                 /* between the bucket's start and end */
    double imported_kwh, returned_kwh; /* of it; see result.h */
    double voltage_v, current_a, power_factor;
    double efficiency; /* see docs/formulas.md */
    double cost;       /* of that energy */
    double energy_wh;  /* of a raw row alone: the same energy in Wh */
    /* the same: energy of the interval that was fed back, and counters */
    double energy_returned_wh, energy_total_wh, energy_returned_total_wh;
};

/*
 * One bucket [start_ms, end_ms) of a device or of all together, or one
 * reading at start_ms. A bucket that since or until cuts keeps its start. The
 * single bucket of a whole range starts at since, or with its first reading,
 * and ends at until, or with its last; WATTLE_NO_TIME when there is neither.
 * Valid until the next row is asked for, the texts until the query is closed;
 * reached by pointers only, as what is in result.h.
 */
struct wattle_query_row {
    const char *device_id; /* NULL for a total */
    const char *name;      /* NULL = not known */
    const char *location;  /* NULL = not known */
    int64_t start_ms, end_ms;
    const struct wattle_query_figures *figures;
};

#define WATTLE_QUERY_OPTIONS_INIT                                              \
    {                                                                          \
        .size = sizeof(struct wattle_query_options),                           \
        .since_ms = WATTLE_NO_TIME, .until_ms = WATTLE_NO_TIME,                \
        .rate_per_kwh = NAN, .max_gap_ms = 3600000                             \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_query_options_init(struct wattle_query_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->since_ms = WATTLE_NO_TIME;
    options->until_ms = WATTLE_NO_TIME;
    options->rate_per_kwh = NAN;
    options->max_gap_ms = 3600000;
}

struct wattle_query;

/*
 * Begins a query. The options are copied, the database is borrowed. Returns
 * WATTLE_OK, WATTLE_ERR_USAGE (an option out of range, options that exclude
 * each other, or a pattern that no device matches), WATTLE_ERR_CPU,
 * WATTLE_ERR_IO, _BUSY or _FORMAT (the database) or WATTLE_ERR_MEMORY; *query
 * is NULL on failure.
 */
int wattle_query_open(struct wattle_query **query,
                      struct wattle_database *database,
                      const struct wattle_query_options *options,
                      struct wattle_error *error);

/*
 * The next row: device by device in the bytewise order of their ids, in
 * ascending time, unless they are sorted; *row is NULL when there are no
 * more. WATTLE_ERR_FORMAT when
 * the database is damaged, WATTLE_ERR_IO, _BUSY or WATTLE_ERR_MEMORY.
 */
int wattle_query_next(struct wattle_query *query,
                      const struct wattle_query_row **row,
                      struct wattle_error *error);

/* The options of the query, with what follows from others filled in. */
const struct wattle_query_options *wattle_query_options_of(
    const struct wattle_query *query);

/* Devices that the patterns match. */
size_t wattle_query_n_devices(const struct wattle_query *query);

/*
 * After the last row: devices of which less than half of the time between their
 * readings is covered, so that most of their energy is missing, when energy or
 * mean power was asked for. *first (or NULL) becomes the id of one, or NULL; it
 * is valid until the query is closed.
 */
size_t wattle_query_n_sparse(const struct wattle_query *query,
                             const char **first);

/* Frees the query; NULL is harmless. */
void wattle_query_close(struct wattle_query *query);

/*
 * Write all rows that are left to a writer, as a table for people, as CSV or
 * as one JSON object. Fail as wattle_query_next does, and with WATTLE_ERR_IO
 * when the writer fails. JSON and CSV numbers are unrounded. *n_rows
 * (may be NULL) becomes the number of rows written.
 */
int wattle_query_write_text(struct wattle_query *query,
                            const struct wattle_text_style *style,
                            const struct wattle_writer *out, uint64_t *n_rows,
                            struct wattle_error *error);
int wattle_query_write_csv(struct wattle_query *query,
                           const struct wattle_writer *out, uint64_t *n_rows,
                           struct wattle_error *error);
int wattle_query_write_json(struct wattle_query *query,
                            const struct wattle_writer *out, uint64_t *n_rows,
                            struct wattle_error *error);

#ifdef __cplusplus
}
#endif

#endif
