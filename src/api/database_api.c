/*
 * database_api.c - opening and closing a database that is only read.
 *
 * The handle owns one connection, which queries and SQL take turns to use, on
 * one thread at a time. A file that is not a database of wattle's, or has lost
 * devices, is refused when it is opened.
 */
#include <stdlib.h>

#include "api/database_handle.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "store/catalog.h"
#include "store/database_open.h"
#include "wattle/database.h"

int
wattle_database_open(struct wattle_database **out, const char *path,
                     const struct wattle_database_options *given,
                     struct wattle_error *error)
{
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    *out = NULL;
    if (path == NULL)
        return error_null(error, "path");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_database *database = calloc(1, sizeof(*database));
    if (database == NULL)
        return error_memory(error);
    status = database_open(&database->db, path, DATABASE_READ, error);
    if (status == WATTLE_OK)
        database_set_cancel(&database->db, options.cancel);
    if (status == WATTLE_OK)
        status = catalog_check_devices(&database->db, error);
    if (status != WATTLE_OK) {
        database_close(&database->db);
        free(database);
        return status;
    }
    *out = database;
    return error_end(error, WATTLE_OK);
}

const struct wattle_zone *
wattle_database_zone(const struct wattle_database *database)
{
    return database->db.zone;
}

int
wattle_zone_of_database(struct wattle_zone **zone, const char *path,
                        struct wattle_error *error)
{
    struct database db;
    *zone = NULL;
    if (path == NULL)
        return error_null(error, "path");
    int status = database_open(&db, path, DATABASE_READ, error);
    if (status != WATTLE_OK)
        return status;
    *zone = db.zone;
    db.zone = NULL;
    if (*zone == NULL)
        status = error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                              "is of a time zone that this machine does not "
                              "know; install tzdata, or name another zone");
    database_close(&db);
    return error_end(error, status);
}

void
wattle_database_close(struct wattle_database *database)
{
    if (database == NULL)
        return;
    database_close(&database->db);
    free(database);
}
