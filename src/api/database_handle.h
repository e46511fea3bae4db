/*
 * database_handle.h - what struct wattle_database is.
 */
#ifndef API_DATABASE_HANDLE_H
#define API_DATABASE_HANDLE_H

#include <stdbool.h>

#include "store/database.h"

struct wattle_database {
    struct database db;
    bool has_sql; /* the tables of SQL are registered */
};

#endif
