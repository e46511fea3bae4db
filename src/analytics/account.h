/*
 * account.h - the running answer for each device.
 *
 * An account covers one stretch of a device's readings in ascending time.
 * Accounts form a monoid: two stretches that do not overlap join into one,
 * in whatever order they were read. Sums are integers, so nothing depends on
 * how the readings were cut into batches, threads or files.
 *
 * Two representations of power, chosen by the value alone:
 *   narrow: a whole number of nW below 2^53 (9 MW) - nearly all there is;
 *   fine:   a 256-bit count of 1e-27 W, for anything else.
 * Energy is the trapezoid without its halving: (p0 + p1) * dt, in units of
 * half a nW ms (see profile.h).
 *
 * Ordinary readings first go into 64-bit sums, eight devices side by side
 * (struct running in kernels.h), where kernels add many at a time; settling
 * moves them into the account. In between, a device's account and its running
 * part belong together.
 *
 * What an account cannot take - a reading that is not later than the last
 * one - starts a new stretch, or marks the device as disordered: its readings
 * must then be sorted first, and sums taken meanwhile are void.
 */
#ifndef ANALYTICS_ACCOUNT_H
#define ANALYTICS_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/profile.h"
#include "base/time_partition.h"
#include "base/wide_int.h"
#include "simd/kernels.h"
#include "model/batch_view.h"

/* power_nw of a reading whose power is fine, or that has none. */
#define ACCOUNT_FINE     (INT64_MIN + 1)
#define ACCOUNT_NO_POWER INT64_MIN

/* What only few devices have. */
struct account_extra {
    uint64_t n_fine;   /* readings with a fine power */
    uint64_t n_energy; /* readings that gave energy instead of power */
    struct int256 sum, min, max; /* of the fine powers */
    struct int256 first, last;   /* fine power of the first, last reading */
    struct int256 energy;        /* of steps with a fine end */
    int128 efficiency;           /* of other factors, 1e-9 * 2^-60 */
};

/* One stretch; two cache lines. n_readings == 0 means empty. */
struct account {
    int64_t last_ms;
    int64_t last_nw; /* or ACCOUNT_FINE, ACCOUNT_NO_POWER */
    uint64_t n_readings;
    int64_t min_nw, max_nw; /* of the narrow powers */
    uint64_t n_efficiency;
    int128 sum_nw;
    int128 energy;
    int128 efficiency; /* of factors in thousandths, 2^-56 */
    uint64_t n_gaps;
    int64_t gap_ms;
    struct account_extra *extra; /* NULL for most; owned */
    uint32_t n_stretches;        /* earlier stretches of this device */
    bool is_disordered;
    bool needs_care; /* disordered or with an extra part: general way only */
};

/* What only joining needs. */
struct account_first {
    int64_t first_ms;
    int64_t first_nw;
};

/* A finished stretch beside the current ones. */
struct account_stretch {
    uint32_t device;
    struct account account;
    struct account_first first;
};

/* The accounts of all devices of one worker. */
struct account_set {
    int64_t max_gap_ms;
    bool no_memo;
    /* of the profile: the key of a cell is day * 24 + hour of the day */
    const struct time_partition *hours;
    const struct kernels *kernels; /* the scalar ones unless set otherwise */
    struct account *accounts;      /* [n_devices], without what is running */
    struct account_first *firsts;
    struct running *running; /* [cap / RUNNING_LANES] */
    bool is_rated;           /* what is running has efficiencies */
    size_t n_devices, cap;
    struct account_stretch *stretches;
    size_t n_stretches, stretch_cap;
    size_t n_disordered;
    struct profile profile;
};

void account_set_init(struct account_set *set, int64_t max_gap_ms,
                      bool no_memo);
void account_set_release(struct account_set *set);

/* Makes room for device numbers below n_devices; 0 or WATTLE_ERR_MEMORY. */
int account_set_reserve(struct account_set *set, size_t n_devices);

/*
 * Adds the rows of a batch in their order. Device numbers must be below the
 * number reserved. 0 or WATTLE_ERR_MEMORY.
 */
int account_set_add(struct account_set *set, const struct batch_view *batch);

/* Moves all that is running into the accounts; then they can be read. */
void account_set_settle(struct account_set *set);

/* Marks a device whose readings will be sorted and added elsewhere. */
void account_set_disorder(struct account_set *set, uint32_t device);

/*
 * Appends a later stretch to a device's account, with the step between. Takes
 * the stretch's extra part. What runs for the device is settled then. 0 or
 * WATTLE_ERR_MEMORY.
 */
int account_set_append(struct account_set *set, uint32_t device,
                       struct account *later,
                       const struct account_first *first);

/* Forgets a device's account, and returns it: the next one begins afresh. */
struct account account_set_take(struct account_set *set, uint32_t device);

/*
 * Joins the stretches of several sets into `total`, which is empty and has
 * room for all devices. device_of[k][i] is the number in `total` of device i
 * of sets[k]; NULL = the same number. A device with overlapping stretches is
 * marked as disordered in `total`. Takes what it needs out of `sets`. All
 * are settled then.
 */
int account_set_join(struct account_set *total, struct account_set **sets,
                     const uint32_t *const *device_of, size_t n_sets);

#endif
