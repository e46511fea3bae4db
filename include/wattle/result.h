/*
 * result.h - what a finished report says.
 *
 * Plain structures, owned by the report and valid until it is closed. A
 * double that has no answer is NaN (JSON: null); a time that has none is
 * WATTLE_NO_TIME; a text that has none is NULL. Means and sums are the
 * doubles nearest to the exact result.
 *
 * Later versions may append members to these structures. They are therefore
 * reached by pointers only: do not copy them, embed them, or take their size.
 */
#ifndef WATTLE_RESULT_H
#define WATTLE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WATTLE_NO_TIME INT64_MIN

/* What lists of devices, and rows of a query, are sorted by: most first. */
enum wattle_sort {
    WATTLE_SORT_NONE, /* by id; rows by id and time */
    WATTLE_SORT_ENERGY,
    WATTLE_SORT_COST,
    WATTLE_SORT_MEAN_POWER,
    WATTLE_SORT_MAX_POWER,
    WATTLE_SORT_READINGS,
    WATTLE_SORT_GAPS /* of devices only: their hours */
};

/* Why a data line was not a reading. */
enum wattle_reason {
    WATTLE_REJECT_QUOTE,     /* the file ends inside a quoted field */
    WATTLE_REJECT_FIELDS,    /* more or fewer fields than the header */
    WATTLE_REJECT_TIMESTAMP, /* not a valid time */
    WATTLE_REJECT_DEVICE,    /* empty, over 255 bytes, or with a zero byte */
    WATTLE_REJECT_MISSING,   /* no value where one is needed */
    WATTLE_REJECT_NUMBER,    /* not a decimal number */
    WATTLE_REJECT_RANGE,     /* outside what is physically possible */
    WATTLE_N_REASONS
};

/* "quote", "fields", ... - the words of the JSON output; static text. */
const char *wattle_reason_text(int reason);

/* The answer for one set of readings: a device, a location, all. */
struct wattle_figures {
    uint64_t n_readings;
    double energy_kwh;   /* imported - returned */
    double imported_kwh; /* where the power is not below zero */
    double returned_kwh; /* fed back: where it is; >= 0 */
    double cost; /* of what is imported, less that of what is returned */
    double monthly_cost;   /* the same of the mean power, in 30 days */
    double mean_power_w;   /* over the time covered; of devices, their sum */
    double reading_mean_w; /* over the readings */
    double min_power_w;    /* of a reading */
    double max_power_w;
    double efficiency; /* see docs/formulas.md; no unit */
    int64_t first_ms;  /* ms since 1970 UTC */
    int64_t last_ms;
    uint64_t n_gaps;
    double gap_hours;
    double covered_hours; /* that energy and mean power are of: all time
                             between readings but gaps; of devices the sum */
    double estimated_kwh; /* imported and returned: of counters that were not
                             read for longer than the largest gap; >= 0 */
};

/* What is strange about a reading of a counter; docs/formulas.md has more. */
enum wattle_counter_event {
    WATTLE_COUNTER_SPIKE,        /* a rise that falls back: counts nothing */
    WATTLE_COUNTER_GLITCH,       /* a fall that recovers: counts nothing */
    WATTLE_COUNTER_DIP,          /* a small fall: nothing until it is made up */
    WATTLE_COUNTER_RESET,        /* begins again near zero */
    WATTLE_COUNTER_METER_CHANGE, /* another meter: the step counts nothing */
    WATTLE_N_COUNTER_EVENTS
};

struct wattle_device_result {
    const char *id; /* UTF-8, ends with a zero byte */
    const char *name;
    const char *location;
    double rated_w;          /* from the device table */
    double peak_over_rating; /* max_power_w / rated_w */
    const struct wattle_figures *figures;
    const uint64_t *counter_events; /* [WATTLE_N_COUNTER_EVENTS] how often */
    bool has_energies; /* of intervals or counters, beside or for powers */
    bool is_rising;    /* energies of intervals that only rise: a counter? */
};

struct wattle_location_result {
    const char *location; /* NULL: devices without one */
    uint64_t n_devices;
    const struct wattle_figures *figures;
};

/* What is strange about a device; docs/formulas.md has the rules. */
enum wattle_finding_kind {
    WATTLE_FINDING_SILENT, /* no reading for long, though others have some */
    WATTLE_FINDING_NEVER_SEEN,  /* in the device table, and no reading at all */
    WATTLE_FINDING_STUCK,       /* a day or more of one power */
    WATTLE_FINDING_OVER_RATING, /* a power far above the rating */
    WATTLE_FINDING_MOSTLY_GAPS, /* most of its steps are: little energy */
    WATTLE_FINDING_RISING, /* energies of intervals that only rise: a counter?
                            */
    WATTLE_FINDING_COUNTER_SPIKE, /* and the other counter events, in order */
    WATTLE_FINDING_COUNTER_GLITCH,
    WATTLE_FINDING_COUNTER_DIP,
    WATTLE_FINDING_COUNTER_RESET,
    WATTLE_FINDING_METER_CHANGE,
    WATTLE_FINDING_AHEAD,  /* its last reading is days later than all others */
    WATTLE_FINDING_REJECTS /* many lines that name it were rejected */
};

/* "silent", "never_seen", ... - the words of the JSON output; static text. */
const char *wattle_finding_text(int kind);

struct wattle_finding {
    int kind; /* enum wattle_finding_kind */
    const char *device_id;
    const char *name;     /* NULL = not known */
    const char *location; /* NULL = not known */
    int64_t since_ms;     /* the last reading (silent) or the first (stuck) */
    double value;         /* power in W (stuck), times the rating (over), how
                             often (gaps, counter events, rejected lines) */
};

struct wattle_hour_result {
    double reading_mean_w; /* of all readings in this hour of the day */
    double energy_kwh;
};

struct wattle_day_result {
    int64_t day; /* days since 1970-01-01 */
    double energy_kwh;
};

struct wattle_reject {
    const char *path;
    uint64_t line; /* counted from 1 */
    int reason;    /* enum wattle_reason */
};

struct wattle_skipped_file {
    const char *path;
    const char *reason;
};

/* Where the time went, summed over threads; all zero unless asked for. */
struct wattle_timings {
    double wall_s, open_s, read_s, split_s, decode_s, lookup_s, totals_s;
    double merge_s;
    uint64_t n_bytes;     /* of text, after unpacking */
    uint64_t n_fast_rows; /* decoded by a remembered row template */
    uint64_t n_slow_rows; /* read by the reference parser */
    uint64_t n_scans;     /* 1, or 2 and more for unsorted input */
    uint64_t peak_memory_bytes;
    int n_threads;
    const char *simd;
    const char *reader;
};

struct wattle_report_result {
    /* lines = figures->n_readings + n_duplicates + n_rejects, always */
    uint64_t n_lines;
    uint64_t n_duplicates;
    uint64_t n_filtered; /* lines that since, until or device left out */
    uint64_t n_rounded;  /* values with more than nine decimal places */
    uint64_t n_rejects;
    uint64_t n_rejects_written; /* to rejects_path: a database keeps at most
                                   100,000 lines or 16 MiB of a file's */
    const uint64_t *rejects_by_reason; /* [n_reasons], by enum wattle_reason */
    size_t n_reasons;
    const struct wattle_reject *const *first_rejects; /* in input order */
    size_t n_first_rejects;
    const struct wattle_figures *figures; /* of all devices */
    double pooled_monthly_cost;
    double rate_per_kwh;
    double return_rate_per_kwh;
    double budget; /* NaN = not asked */
    bool is_over_budget;
    double max_gap_hours;
    const struct wattle_device_result *const *devices; /* by id, bytewise, or
                                                          as the option says */
    size_t n_devices;
    const struct wattle_location_result *const *locations;
    size_t n_locations;
    const struct wattle_hour_result *const *hours; /* of the day */
    size_t n_hours;                                /* 24 */
    const struct wattle_day_result *const *days;   /* ascending */
    size_t n_days;
    const struct wattle_finding *const *findings; /* by kind, worst first */
    size_t n_findings;
    const struct wattle_skipped_file *const *skipped_files;
    size_t n_skipped_files;
    size_t n_files; /* files read */
    const struct wattle_timings *timings;
    /* Files whose column `value` was taken as power in W, though neither the
     * caller nor the file says so; and the path of the first, or NULL. */
    size_t n_assumed_files;
    const char *first_assumed_file;
    int interpolation; /* enum wattle_interpolation */
    int sort;          /* enum wattle_sort */
    size_t n_listed;   /* devices that are written; n_devices or fewer */
    const struct wattle_zone *zone; /* of hours and days; NULL = UTC. Valid as
                                       long as the report */
    bool is_zone_assumed; /* it was a guess, and times without an offset were
                             taken to be of it */
};

#ifdef __cplusplus
}
#endif

#endif
