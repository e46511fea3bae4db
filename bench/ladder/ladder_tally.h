/*
 * ladder_tally.h - blocks of readings in, one account for each device out.
 *
 * Five questions are asked: the power of all, the mean power of each device,
 * its efficiency, its first and last instant, its energy. A pass answers one
 * of them, or all. Readings of a device must come in ascending time.
 */
#ifndef LADDER_TALLY_H
#define LADDER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "ladder_devices.h"
#include "ladder_rates.h"
#include "ladder_row.h"

#define LADDER_BLOCK_ROWS 1024
#define LADDER_MAX_STEP_S 3600   /* a longer step adds no energy */
#define LADDER_RATE_ONE   0x1p60 /* efficiency 1 in whole numbers */
#define LADDER_NANO       1e9    /* nW in a W */
#define LADDER_JOULES     3600e3 /* in a kWh */

/* Columns of a block; values are doubles or thousandths as in a row. */
struct ladder_columns {
    uint32_t device[LADDER_BLOCK_ROWS];
    int64_t time_s[LADDER_BLOCK_ROWS];
    union ladder_value values[LADDER_VALUES][LADDER_BLOCK_ROWS];
};

struct ladder_block {
    size_t n;
    union {
        struct ladder_row rows[LADDER_BLOCK_ROWS];
        struct ladder_columns columns;
    };
};

__extension__ typedef __int128 ladder_wide;

/* A sum, with what rounding has lost when it is a compensated one. */
union ladder_sum {
    struct {
        double real, lost;
    };
    ladder_wide whole;
};

/* Power in W or nW, efficiency in 1 or 2^-60, energy in 2 W s or 2 nW s. */
struct ladder_account {
    uint64_t n;
    int64_t first_s, last_s, before_s;
    union ladder_value power_before;
    union ladder_sum power, efficiency, energy;
};

struct ladder_tally {
    struct ladder_options options;
    struct ladder_devices devices;
    struct ladder_rates rates;
    struct ladder_account *accounts; /* [devices.n] */
    size_t n_accounts, cap;
    union ladder_sum power; /* of all readings */
    uint64_t n_disordered;
};

void ladder_tally_init(struct ladder_tally *tally,
                       const struct ladder_options *options);
void ladder_tally_release(struct ladder_tally *tally);

/* Puts a row into place `at` of a block, as rows or into the columns. */
void ladder_tally_place(struct ladder_tally *tally, struct ladder_block *block,
                        size_t at, const struct ladder_row *row);

/* Answers all questions from some blocks, one after the other or at once. */
void ladder_tally_add(struct ladder_tally *tally, struct ladder_block **blocks,
                      size_t n_blocks);

#endif
