/*
 * salvage.h - what is whole of a damaged database, into a new one.
 */
#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include "store/database.h"
#include "store/verify.h"
#include "wattle/error.h"

/*
 * Copies rows whose checksums hold; sums of days are computed anew. A device
 * whose row is lost is called damaged-NUMBER. 0 or a status.
 */
int salvage_database(struct database *from, struct database *to,
                     struct verify_result *result, struct wattle_error *error);

#endif
