/*
 * database_api.c - a database for readers.
 */
#include <stdlib.h>

#include "api/database_handle.h"
#include "base/error.h"
#include "store/catalog.h"
#include "wattle/database.h"

int
wattle_database_open(struct wattle_database **out, const char *path,
                     struct wattle_error *error)
{
    *out = NULL;
    if (path == NULL)
        return error_null(error, "path");
    struct wattle_database *database = calloc(1, sizeof(*database));
    if (database == NULL)
        return error_memory(error);
    int status = database_open(&database->db, path, DATABASE_READ, error);
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

void
wattle_database_close(struct wattle_database *database)
{
    if (database == NULL)
        return;
    database_close(&database->db);
    free(database);
}
