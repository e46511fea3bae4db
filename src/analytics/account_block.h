/*
 * account_block.h - what the account_*.c files share.
 */
#ifndef ANALYTICS_ACCOUNT_BLOCK_H
#define ANALYTICS_ACCOUNT_BLOCK_H

#include "analytics/account.h"
#include "analytics/energy_split.h"
#include "analytics/power.h"
#include "analytics/reading_block.h"

/*
 * The quick way: adds a whole block of ordinary readings. False when the
 * block is not of that kind; nothing has been added then.
 */
bool account_block_add(struct account_set *set, const struct batch_view *batch,
                       int *status);

/* Blocks of fewer rows are no stretch worth the trouble. */
#define ACCOUNT_STRETCH_ROWS 16

/*
 * The quick way for a block of one device, in order of time: false when it is
 * not, and nothing has been added then.
 */
bool account_stretch_add(struct account_set *set,
                         const struct batch_view *batch,
                         const struct reading_block *readings);

/* The general way for one row; defines what is right. */
int account_add_row(struct account_set *set, const struct batch_view *batch,
                    size_t row);

/* Moves what runs for the devices [from, to) into their accounts. */
void account_settle(struct account_set *set, size_t from, size_t to);

/* Lets the quick way go on from what the general way has made of a device. */
void account_resume(struct account_set *set, size_t device);

/* Adds the energy of a step to the profile; see energy_split for `hour`. */
void account_split_step(struct account_set *set, const struct power_point *from,
                        const struct power_point *to, struct time_cell *hour);

/* The step from an account's last reading to a later point. */
int account_add_step(struct account_set *set, struct account *account,
                     const struct power_point *to);

/* The account's extra part, made if need be; NULL = no memory. */
struct account_extra *account_extra_of(struct account *account);

#endif
