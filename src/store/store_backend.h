/*
 * store_backend.h - an SQLite file as a back end.
 */
#ifndef STORE_STORE_BACKEND_H
#define STORE_STORE_BACKEND_H

#include "backend/backend.h"
#include "store/database.h"

struct store_backend {
    struct backend base; /* first */
    struct database *db; /* borrowed */
    /*
     * An SQL statement of the connection is running, whose view of the database
     * is used: no transaction is begun.
     */
    bool is_inside;
};

void store_backend_init(struct store_backend *backend, struct database *db);

#endif
