/*
 * database_handle.h - what struct wattle_database is.
 */
#ifndef API_DATABASE_HANDLE_H
#define API_DATABASE_HANDLE_H

#include "store/database.h"

struct wattle_database {
    struct database db;
};

#endif
