/*
 * account.c - the general way into an account, and joining.
 *
 * account_block.c has the quick way for blocks of ordinary readings; both
 * must leave the same sums.
 */
#include "analytics/account.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/account_block.h"
#include "analytics/power.h"
#include "analytics/reading.h"
#include "base/buffer.h"
#include "wattle/error.h"

/* More stretches than this mean "unsorted"; sorting is then cheaper. */
#define MAX_STRETCHES_PER_DEVICE 64
#define MAX_STRETCHES            100000

void
account_set_init(struct account_set *set, int64_t max_gap_ms, bool no_memo)
{
    *set = (struct account_set){.max_gap_ms = max_gap_ms,
                                .no_memo = no_memo,
                                .hours = &time_partition_hours,
                                .kernels = &kernels_scalar};
    profile_init(&set->profile);
}

void
account_set_release(struct account_set *set)
{
    for (size_t i = 0; i < set->n_devices; i++)
        free(set->accounts[i].extra);
    for (size_t i = 0; i < set->n_stretches; i++)
        free(set->stretches[i].account.extra);
    free(set->accounts);
    free(set->firsts);
    free(set->running);
    free(set->stretches);
    profile_release(&set->profile);
    *set = (struct account_set){0};
}

static void
clear(struct account *account)
{
    *account = (struct account){
        .last_ms = INT64_MIN,
        .last_nw = ACCOUNT_NO_POWER,
        .min_nw = INT64_MAX,
        .max_nw = INT64_MIN,
        .n_stretches = account->n_stretches,
        .is_disordered = account->is_disordered,
        .needs_care = account->is_disordered,
    };
}

static bool
grow_running(struct account_set *set, size_t cap)
{
    struct running *running =
        aligned_alloc(64, cap / RUNNING_LANES * sizeof(*running));
    if (running == NULL)
        return false;
    if (set->cap > 0)
        memcpy(running, set->running,
               set->cap / RUNNING_LANES * sizeof(*running));
    free(set->running);
    set->running = running;
    return true;
}

static int
grow_accounts(struct account_set *set, size_t wanted)
{
    size_t cap = set->cap < 1024 ? 1024 : set->cap;
    while (cap < wanted)
        cap *= 2;
    struct account *accounts = aligned_alloc(64, cap * sizeof(struct account));
    struct account_first *firsts =
        realloc(set->firsts, cap * sizeof(struct account_first));
    if (firsts != NULL)
        set->firsts = firsts;
    if (accounts == NULL || firsts == NULL || !grow_running(set, cap)) {
        free(accounts);
        return WATTLE_ERR_MEMORY;
    }
    if (set->n_devices > 0)
        memcpy(accounts, set->accounts,
               set->n_devices * sizeof(struct account));
    free(set->accounts);
    set->accounts = accounts;
    set->cap = cap;
    return WATTLE_OK;
}

/* Empties the sums that run for a device. */
static void
clear_running(struct account_set *set, size_t device)
{
    struct running *running = &set->running[device / RUNNING_LANES];
    size_t lane = device % RUNNING_LANES;
    running->n_readings[lane] = 0;
    running->sum_nw[lane] = 0;
    running->energy_low[lane] = 0;
    running->energy_high[lane] = 0;
    running->efficiency[lane] = 0;
}

int
account_set_reserve(struct account_set *set, size_t n_devices)
{
    if (n_devices > set->cap && grow_accounts(set, n_devices) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    for (; set->n_devices < n_devices; set->n_devices++) {
        struct account *account = &set->accounts[set->n_devices];
        account->n_stretches = 0;
        account->is_disordered = false;
        clear(account);
        clear_running(set, set->n_devices);
        account_resume(set, set->n_devices);
    }
    return WATTLE_OK;
}

static void
settle_device(struct account_set *set, size_t device)
{
    const struct running *running = &set->running[device / RUNNING_LANES];
    size_t lane = device % RUNNING_LANES;
    struct account *account = &set->accounts[device];
    uint64_t n = (uint64_t)running->n_readings[lane];
    if (n == 0)
        return;
    account->last_ms = running->last_ms[lane];
    account->last_nw = running->last_nw[lane];
    account->min_nw = running->min_nw[lane];
    account->max_nw = running->max_nw[lane];
    account->n_readings += n;
    account->n_efficiency += set->is_rated ? n : 0;
    account->sum_nw += running->sum_nw[lane];
    account->energy += running->energy_low[lane];
    account->energy += (int128)running->energy_high[lane] * (INT64_C(1) << 32);
    account->efficiency += running->efficiency[lane];
    clear_running(set, device);
}

void
account_settle(struct account_set *set, size_t from, size_t to)
{
    for (size_t device = from; device < to; device++)
        settle_device(set, device);
}

void
account_set_settle(struct account_set *set)
{
    account_settle(set, 0, set->n_devices);
}

void
account_resume(struct account_set *set, size_t device)
{
    struct running *running = &set->running[device / RUNNING_LANES];
    size_t lane = device % RUNNING_LANES;
    const struct account *account = &set->accounts[device];
    running->last_ms[lane] = account->needs_care ? INT64_MIN : account->last_ms;
    running->last_nw[lane] = account->last_nw;
    running->min_nw[lane] = account->min_nw;
    running->max_nw[lane] = account->max_nw;
}

void
account_set_disorder(struct account_set *set, uint32_t device)
{
    struct account *account = &set->accounts[device];
    settle_device(set, device);
    if (!account->is_disordered)
        set->n_disordered++;
    account->is_disordered = account->needs_care = true;
    account_resume(set, device);
}

struct account
account_set_take(struct account_set *set, uint32_t device)
{
    struct account *account = &set->accounts[device];
    settle_device(set, device);
    struct account taken = *account;
    account->n_stretches = 0;
    account->is_disordered = false;
    clear(account);
    account_resume(set, device);
    return taken;
}

struct account_extra *
account_extra_of(struct account *account)
{
    if (account->extra == NULL)
        account->extra = calloc(1, sizeof(*account->extra));
    account->needs_care = true;
    return account->extra;
}

static void
count_gap(struct account *account, int64_t dt)
{
    account->n_gaps++;
    account->gap_ms += dt;
}

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct profile *profile = context;
    if (part->is_fine)
        profile_add_energy_fine(profile, cell->key, part->fine);
    else
        profile_add_part(profile, cell->key, part->units, part->rest);
    return WATTLE_OK;
}

void
account_split_step(struct account_set *set, const struct power_point *from,
                   const struct power_point *to, struct time_cell *hour)
{
    const struct energy_step step = {.from = from,
                                     .to = to,
                                     .begin_ms = from->time_ms,
                                     .end_ms = to->time_ms,
                                     .partition = set->hours};
    energy_split(&step, hour, add_part, &set->profile);
}

int
account_add_step(struct account_set *set, struct account *account,
                 const struct power_point *to)
{
    int64_t dt = to->time_ms - account->last_ms;
    if (dt > set->max_gap_ms) {
        count_gap(account, dt);
        return WATTLE_OK;
    }
    if (account->last_nw == ACCOUNT_NO_POWER || to->nw == ACCOUNT_NO_POWER)
        return WATTLE_OK;
    struct power_point from = {account->last_ms, account->last_nw, {{0}}};
    struct account_extra *extra = NULL;
    if (from.nw == ACCOUNT_FINE || to->nw == ACCOUNT_FINE) {
        extra = account_extra_of(account);
        if (extra == NULL)
            return WATTLE_ERR_MEMORY;
        from.fine = extra->last;
    }
    struct time_cell hour = TIME_CELL_NONE;
    account_split_step(set, &from, to, &hour);
    if (extra != NULL)
        extra->energy =
            int256_add(extra->energy, energy_of_fine_step(&from, to));
    else
        account->energy += energy_of_narrow_step(&from, to);
    return WATTLE_OK;
}

static void
add_fine_power(struct account_extra *extra, struct int256 power)
{
    bool first = extra->n_fine++ == 0;
    extra->sum = int256_add(extra->sum, power);
    if (first || int256_compare(power, extra->min) < 0)
        extra->min = power;
    if (first || int256_compare(power, extra->max) > 0)
        extra->max = power;
    extra->last = power;
}

/* Adds power or energy of a reading to its account and the profile. */
static int
add_amount(struct account_set *set, struct account *account,
           const struct reading *reading)
{
    const struct power_point *point = &reading->point;
    struct time_cell cell = TIME_CELL_NONE;
    time_partition_find(set->hours, point->time_ms, &cell);
    const int64_t hour = cell.key;
    if (point->nw != ACCOUNT_FINE && point->nw != ACCOUNT_NO_POWER) {
        account->sum_nw += point->nw;
        if (point->nw < account->min_nw)
            account->min_nw = point->nw;
        if (point->nw > account->max_nw)
            account->max_nw = point->nw;
        profile_add_power(&set->profile, hour, 1, point->nw);
        return WATTLE_OK;
    }
    struct account_extra *extra = account_extra_of(account);
    if (extra == NULL)
        return WATTLE_ERR_MEMORY;
    if (point->nw == ACCOUNT_FINE) {
        add_fine_power(extra, point->fine);
        profile_add_power_fine(&set->profile, hour, point->fine);
    } else {
        extra->n_energy++;
        account->energy += reading->energy;
        profile_add_energy(&set->profile, hour, reading->energy);
        profile_add_day(&set->profile, hour);
    }
    return WATTLE_OK;
}

/*
 * A reading not later than the last one: inside the stretch it needs sorting;
 * before it, it may begin another stretch.
 */
static int
turn_back(struct account_set *set, uint32_t device, int64_t time_ms)
{
    struct account *account = &set->accounts[device];
    if (time_ms >= set->firsts[device].first_ms ||
        account->n_stretches >= MAX_STRETCHES_PER_DEVICE ||
        set->n_stretches >= MAX_STRETCHES) {
        account_set_disorder(set, device);
        return WATTLE_OK;
    }
    struct account_stretch *grown =
        buffer_grow_array(set->stretches, &set->stretch_cap,
                          set->n_stretches + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    set->stretches = grown;
    set->stretches[set->n_stretches++] =
        (struct account_stretch){device, *account, set->firsts[device]};
    clear(account);
    account->n_stretches++;
    return WATTLE_OK;
}

static void
begin_stretch(struct account_set *set, uint32_t device,
              const struct reading *reading)
{
    set->firsts[device] =
        (struct account_first){reading->point.time_ms, reading->point.nw};
}

static int
add_efficiency(struct account *account, const struct reading *reading)
{
    if (!reading->has_efficiency)
        return WATTLE_OK;
    account->n_efficiency++;
    if (reading->is_milli) {
        account->efficiency += reading->efficiency;
        return WATTLE_OK;
    }
    struct account_extra *extra = account_extra_of(account);
    if (extra == NULL)
        return WATTLE_ERR_MEMORY;
    extra->efficiency += reading->efficiency;
    return WATTLE_OK;
}

static int
add_reading(struct account_set *set, uint32_t device,
            const struct reading *reading)
{
    struct account *account = &set->accounts[device];
    int64_t time_ms = reading->point.time_ms;
    int status = WATTLE_OK;
    if (account->n_readings > 0 && time_ms <= account->last_ms) {
        status = turn_back(set, device, time_ms);
        if (status != WATTLE_OK || account->is_disordered)
            return status;
    }
    bool is_first = account->n_readings == 0;
    if (is_first)
        begin_stretch(set, device, reading);
    else
        status = account_add_step(set, account, &reading->point);
    if (status == WATTLE_OK)
        status = add_amount(set, account, reading);
    if (status == WATTLE_OK)
        status = add_efficiency(account, reading);
    if (status != WATTLE_OK)
        return status;
    if (is_first && reading->point.nw == ACCOUNT_FINE)
        account->extra->first = reading->point.fine;
    account->n_readings++;
    account->last_ms = time_ms;
    account->last_nw = reading->point.nw;
    return WATTLE_OK;
}

int
account_add_row(struct account_set *set, const struct batch_view *batch,
                size_t row)
{
    uint32_t device = batch->device[row];
    if (set->accounts[device].is_disordered)
        return WATTLE_OK;
    struct reading reading;
    reading_from_row(&reading, batch, row, set->no_memo);
    settle_device(set, device);
    int status = add_reading(set, device, &reading);
    account_resume(set, device);
    return status;
}

int
account_set_add(struct account_set *set, const struct batch_view *batch)
{
    int status = WATTLE_OK;
    if (account_block_add(set, batch, &status))
        return status;
    for (size_t row = 0; row < batch->n_rows && status == WATTLE_OK; row++)
        status = account_add_row(set, batch, row);
    return status;
}
