/*
 * tables_format.c - the format of this program, and the ways to it from earlier
 * ones.
 *
 * A new format is a new number in database.h, its tables in tables.c, and one
 * line here; format_version.c takes the steps in one transaction.
 */
#include "store/local_file.h"
#include "store/tables.h"
#include "store/upgrade_format1.h"

static const struct tables_step upgrades[DATABASE_VERSION + 1] = {
    [2] = {.convert = upgrade_format1},
    [3] = {.sql = tables_new_in_3, .convert = local_file_upgrade},
};

static const struct tables_format format_2 = {
    .is_strict = true,
    .version = 2,
    .tables = {tables_all},
    .views = {tables_views, tables_days_2},
};

const struct tables_format tables_format = {
    .is_strict = true,
    .version = DATABASE_VERSION,
    .tables = {tables_all, tables_new_in_3},
    .views = {tables_views, tables_days},
    .drop_views = tables_drop_views,
    .upgrades = upgrades,
    .readable = &format_2,
};
