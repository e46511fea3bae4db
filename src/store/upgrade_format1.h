/*
 * upgrade_format1.h - a database of format 1 becomes one of format 2.
 */
#ifndef STORE_UPGRADE_FORMAT1_H
#define STORE_UPGRADE_FORMAT1_H

#include "store/database.h"

/*
 * In the transaction that is open: what fails has changed nothing once that is
 * rolled back. 0, WATTLE_ERR_FORMAT when something in the file is damaged, or
 * as a database fails.
 */
int upgrade_format1(struct database *db, struct wattle_error *error);

#endif
