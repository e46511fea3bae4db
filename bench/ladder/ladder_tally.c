/*
 * ladder_tally.c - the passes.
 *
 * Which questions a pass answers and how sums are kept is constant for the
 * compiler where it matters (ALWAYS below), so a loop has no branch on a
 * switch.
 */
#include "ladder_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

enum {
    ASK_TOTAL = 1,
    ASK_MEAN = 2,
    ASK_EFFICIENCY = 4,
    ASK_SPAN = 8,
    ASK_ENERGY = 16,
    ASK_ALL = 31,
    NEEDS_POWER = ASK_TOTAL | ASK_MEAN | ASK_ENERGY
};

static const unsigned questions[] = {ASK_TOTAL, ASK_MEAN, ASK_EFFICIENCY,
                                     ASK_SPAN, ASK_ENERGY};
#define N_QUESTIONS (sizeof(questions) / sizeof(questions[0]))

void
ladder_tally_init(struct ladder_tally *tally,
                  const struct ladder_options *options)
{
    memset(tally, 0, sizeof(*tally));
    tally->options = *options;
    ladder_devices_init(&tally->devices, options);
    ladder_rates_init(&tally->rates, options);
}

void
ladder_tally_release(struct ladder_tally *tally)
{
    ladder_devices_release(&tally->devices);
    free(tally->accounts);
}

static void
add_account(struct ladder_tally *tally)
{
    if (tally->n_accounts == tally->cap) {
        tally->cap = tally->cap > 0 ? 2 * tally->cap : 256;
        tally->accounts =
            realloc(tally->accounts, tally->cap * sizeof(*tally->accounts));
        if (tally->accounts == NULL)
            ladder_options_fail("out of memory");
    }
    struct ladder_account *account = &tally->accounts[tally->n_accounts++];
    memset(account, 0, sizeof(*account));
    account->first_s = INT64_MAX;
    account->last_s = INT64_MIN;
    account->before_s = INT64_MIN / 2;
}

static uint32_t
number_of(struct ladder_tally *tally, const char device[LADDER_ID_BYTES])
{
    uint32_t number = ladder_devices_number(&tally->devices, device);
    if (number == tally->n_accounts)
        add_account(tally);
    return number;
}

void
ladder_tally_place(struct ladder_tally *tally, struct ladder_block *block,
                   size_t at, const struct ladder_row *row)
{
    if (tally->options.layout == LADDER_LAYOUT_ROWS) {
        block->rows[at] = *row;
        return;
    }
    block->columns.device[at] = number_of(tally, row->device);
    block->columns.time_s[at] = row->time_s;
    for (int i = 0; i < LADDER_VALUES; i++)
        block->columns.values[i][at] = row->values[i];
}

/* Neumaier's sum: what a step loses is kept beside the sum. */
static void
add_compensated(union ladder_sum *sum, double value)
{
    double before = sum->real;
    double next = before + value;
    double lost = fabs(before) >= fabs(value) ? (before - next) + value
                                              : (value - next) + before;
    sum->real = next;
    sum->lost += lost;
}

ALWAYS void
add(union ladder_sum *sum, union ladder_value value, enum ladder_sums kind)
{
    if (kind == LADDER_SUMS_INTEGER)
        sum->whole += value.whole;
    else if (kind == LADDER_SUMS_COMPENSATED)
        add_compensated(sum, value.real);
    else
        sum->real += value.real;
}

/* The trapezoid between a device's reading and the one before it. */
ALWAYS void
add_energy(struct ladder_tally *tally, struct ladder_account *account,
           int64_t time_s, union ladder_value power, enum ladder_sums kind)
{
    int64_t step_s = time_s - account->before_s;
    if (step_s <= 0) {
        tally->n_disordered++;
    } else if (step_s <= LADDER_MAX_STEP_S) {
        if (kind == LADDER_SUMS_INTEGER) {
            int64_t both = account->power_before.whole + power.whole;
            account->energy.whole += (ladder_wide)both * step_s;
        } else {
            double both = account->power_before.real + power.real;
            add(&account->energy,
                (union ladder_value){.real = both * (double)step_s}, kind);
        }
    }
    account->before_s = time_s;
    account->power_before = power;
}

/* What a reading means for its account; NULL where only the total is asked. */
ALWAYS void
take(struct ladder_tally *tally, struct ladder_account *account, int64_t time_s,
     union ladder_value power, union ladder_value rate, unsigned asked,
     enum ladder_sums kind)
{
    if (asked & ASK_TOTAL)
        add(&tally->power, power, kind);
    if (asked & ASK_MEAN) {
        account->n++;
        add(&account->power, power, kind);
    }
    if (asked & ASK_EFFICIENCY)
        add(&account->efficiency, rate, kind);
    if (asked & ASK_SPAN) {
        if (time_s < account->first_s)
            account->first_s = time_s;
        if (time_s > account->last_s)
            account->last_s = time_s;
    }
    if (asked & ASK_ENERGY)
        add_energy(tally, account, time_s, power, kind);
}

ALWAYS union ladder_value
power_of(union ladder_value v, union ladder_value i, union ladder_value f,
         enum ladder_sums kind)
{
    union ladder_value power;
    if (kind == LADDER_SUMS_INTEGER)
        power.whole = v.whole * i.whole * f.whole;
    else
        power.real = v.real * i.real * f.real;
    return power;
}

/* The efficiency of a reading, by formula or table. */
ALWAYS union ladder_value
rate_of(struct ladder_tally *tally, union ladder_value current,
        union ladder_value factor, enum ladder_sums kind)
{
    struct ladder_rates *rates = &tally->rates;
    bool is_whole = kind == LADDER_SUMS_INTEGER;
    union ladder_value rate;
    double real;
    if (rates->kind == LADDER_EFFICIENCY_TABLE)
        real = ladder_rates_product(
            rates, is_whole ? current.whole : llrint(current.real * 1000),
            is_whole ? factor.whole : llrint(factor.real * 1000));
    else
        real = ladder_rates_formula(
            rates, is_whole ? (double)current.whole / 1000 : current.real,
            is_whole ? (double)factor.whole / 1000 : factor.real);
    if (is_whole)
        rate.whole = (int64_t)(real * LADDER_RATE_ONE);
    else
        rate.real = real;
    return rate;
}

/* One pass over a block of rows. Devices are looked up in every pass, as the
 * monitor does. */
ALWAYS void
pass_rows(struct ladder_tally *tally, const struct ladder_block *block,
          unsigned asked, enum ladder_sums kind)
{
    for (size_t i = 0; i < block->n; i++) {
        const struct ladder_row *row = &block->rows[i];
        const union ladder_value *x = row->values;
        struct ladder_account *account = NULL;
        union ladder_value power = {0}, rate = {0};
        if (asked & ~(unsigned)ASK_TOTAL) {
            uint32_t number = number_of(tally, row->device);
            account = &tally->accounts[number];
        }
        if (asked & NEEDS_POWER)
            power = power_of(x[LADDER_VOLTAGE], x[LADDER_CURRENT],
                             x[LADDER_FACTOR], kind);
        if (asked & ASK_EFFICIENCY)
            rate = rate_of(tally, x[LADDER_CURRENT], x[LADDER_FACTOR], kind);
        take(tally, account, row->time_s, power, rate, asked, kind);
    }
}

/* The same over columns: first each derived column, then the accounts. */
ALWAYS void
pass_columns(struct ladder_tally *tally, const struct ladder_block *block,
             unsigned asked, enum ladder_sums kind)
{
    const struct ladder_columns *c = &block->columns;
    const union ladder_value *current = c->values[LADDER_CURRENT];
    const union ladder_value *factor = c->values[LADDER_FACTOR];
    union ladder_value power[LADDER_BLOCK_ROWS];
    union ladder_value rate[LADDER_BLOCK_ROWS];
    if (asked & NEEDS_POWER) {
        for (size_t i = 0; i < block->n; i++)
            power[i] = power_of(c->values[LADDER_VOLTAGE][i], current[i],
                                factor[i], kind);
    }
    if (asked & ASK_EFFICIENCY) {
        for (size_t i = 0; i < block->n; i++)
            rate[i] = rate_of(tally, current[i], factor[i], kind);
    }
    for (size_t i = 0; i < block->n; i++)
        take(tally, &tally->accounts[c->device[i]], c->time_s[i], power[i],
             rate[i], asked, kind);
}

ALWAYS void
pass(struct ladder_tally *tally, const struct ladder_block *block,
     unsigned asked, enum ladder_sums kind)
{
    if (tally->options.layout == LADDER_LAYOUT_ROWS)
        pass_rows(tally, block, asked, kind);
    else
        pass_columns(tally, block, asked, kind);
}

/* One pass with all that may be constant made so. */
ALWAYS void
pass_asking(struct ladder_tally *tally, const struct ladder_block *block,
            unsigned asked)
{
    switch (tally->options.sums) {
    case LADDER_SUMS_DOUBLE:
        pass(tally, block, asked, LADDER_SUMS_DOUBLE);
        break;
    case LADDER_SUMS_COMPENSATED:
        pass(tally, block, asked, LADDER_SUMS_COMPENSATED);
        break;
    default:
        pass(tally, block, asked, LADDER_SUMS_INTEGER);
    }
}

static void
pass_for_one(struct ladder_tally *tally, const struct ladder_block *block,
             unsigned asked)
{
    switch (asked) {
    case ASK_TOTAL:
        pass_asking(tally, block, ASK_TOTAL);
        break;
    case ASK_MEAN:
        pass_asking(tally, block, ASK_MEAN);
        break;
    case ASK_EFFICIENCY:
        pass_asking(tally, block, ASK_EFFICIENCY);
        break;
    case ASK_SPAN:
        pass_asking(tally, block, ASK_SPAN);
        break;
    default:
        pass_asking(tally, block, ASK_ENERGY);
    }
}

void
ladder_tally_add(struct ladder_tally *tally, struct ladder_block **blocks,
                 size_t n_blocks)
{
    if (tally->options.passes == LADDER_PASSES_ONE) {
        for (size_t i = 0; i < n_blocks; i++)
            pass_asking(tally, blocks[i], ASK_ALL);
        return;
    }
    for (size_t k = 0; k < N_QUESTIONS; k++) {
        for (size_t i = 0; i < n_blocks; i++)
            pass_for_one(tally, blocks[i], questions[k]);
    }
}
