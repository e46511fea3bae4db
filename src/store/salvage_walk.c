/*
 * salvage_walk.c - asking for the next key, and finding one behind damage.
 *
 * Each step asks for a greater key than the last, so it ends whatever the file
 * claims.
 */
#include "store/salvage_walk.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "store/tables.h"

/* Keys that are tried one by one behind a damaged page. */
#define CLOSE_KEYS 4096

struct key {
    int64_t part[2];
};

struct walk {
    struct database *db;
    const struct salvage_table *table;
    sqlite3_stmt *next;
    int n_parts;
};

bool
salvage_has_table(struct database *db, const char *name)
{
    bool is_found = false;
    sqlite3_stmt *row = database_prepare(
        db,
        "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND "
        "name = ?1 AND rootpage > 0",
        NULL);
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW)
        is_found = tables_compare(&tables_format, name,
                                  (const char *)sqlite3_column_text(row, 0)) ==
                   TABLES_OURS;
    sqlite3_finalize(row);
    return is_found;
}

/* Asks for the first row behind a key: SQLITE_ROW, SQLITE_DONE, or damage. */
static int
ask(struct walk *w, const struct key *key)
{
    sqlite3_reset(w->next);
    for (int i = 0; i < w->n_parts; i++)
        sqlite3_bind_int64(w->next, i + 1, key->part[i]);
    return sqlite3_step(w->next);
}

static bool
can_ask(struct walk *w, const struct key *key)
{
    int result = ask(w, key);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

/*
 * Finds the least value of a part of the key, behind what it is, from which on
 * rows can be read again. False when there is none.
 */
static bool
skip_part(struct walk *w, struct key *key, int part)
{
    const int64_t from = key->part[part];
    struct key tried = *key;
    int64_t failed = from, found = from;
    for (int64_t step = 1; found == from;
         step += step < CLOSE_KEYS ? 1 : step) {
        if (__builtin_add_overflow(from, step, &tried.part[part]))
            return false;
        if (can_ask(w, &tried))
            found = tried.part[part];
        else
            failed = tried.part[part];
        if (step > INT64_MAX / 4)
            break;
    }
    if (found == from)
        return false;
    while (found - failed > 1) {
        tried.part[part] = failed + (found - failed) / 2;
        if (can_ask(w, &tried))
            found = tried.part[part];
        else
            failed = tried.part[part];
    }
    key->part[part] = found;
    return true;
}

static bool
skip_damage(struct walk *w, struct key *key)
{
    if (w->n_parts == 1)
        return skip_part(w, key, 0);
    if (skip_part(w, key, 1))
        return true;
    key->part[1] = INT64_MAX; /* behind all of this first part */
    return can_ask(w, key) || skip_part(w, key, 0);
}

/* Moves on to the row's key; false when it is none, or not behind the last. */
static bool
move_to(struct walk *w, struct key *key)
{
    struct key now = *key;
    for (int i = 0; i < w->n_parts; i++) {
        if (sqlite3_column_type(w->next, i) != SQLITE_INTEGER)
            return false;
        now.part[i] = sqlite3_column_int64(w->next, i);
    }
    bool is_behind = now.part[0] > key->part[0] ||
                     (w->n_parts == 2 && now.part[0] == key->part[0] &&
                      now.part[1] > key->part[1]);
    *key = now;
    return is_behind;
}

static int
prepare(struct walk *w, struct wattle_error *error)
{
    const struct salvage_table *t = w->table;
    char sql[512];
    if (w->n_parts == 1)
        snprintf(sql, sizeof(sql),
                 "SELECT %s FROM main.%s WHERE %s > ?1 ORDER BY %s LIMIT 1",
                 t->columns, t->name, t->keys[0], t->keys[0]);
    else
        snprintf(sql, sizeof(sql),
                 "SELECT %s FROM main.%s WHERE (%s, %s) > (?1, ?2) ORDER BY "
                 "%s, %s LIMIT 1",
                 t->columns, t->name, t->keys[0], t->keys[1], t->keys[0],
                 t->keys[1]);
    w->next = database_prepare(w->db, sql, error);
    return w->next != NULL ? WATTLE_OK : database_fail(w->db, error);
}

int
salvage_walk(struct database *db, const struct salvage_table *table,
             salvage_take take, void *context, uint64_t *n_damaged,
             struct wattle_error *error)
{
    struct walk w = {
        .db = db, .table = table, .n_parts = table->keys[1] != NULL ? 2 : 1};
    /* numbers are from 0 on, and times from the calendar's begin */
    struct key key = {{-1, CIVIL_MIN_MS - 1}};
    int status = WATTLE_OK;
    if (!salvage_has_table(db, table->name)) {
        ++*n_damaged;
        return WATTLE_OK;
    }
    status = prepare(&w, error);
    while (status == WATTLE_OK) {
        int result = ask(&w, &key);
        if (result == SQLITE_DONE)
            break;
        if (result == SQLITE_NOMEM) {
            status = error_memory(error);
        } else if (cancel_flag_is_set(db->cancel)) {
            status = cancel_flag_check(db->cancel, error);
        } else if (result != SQLITE_ROW) {
            ++*n_damaged;
            if (!skip_damage(&w, &key))
                break;
        } else if (!move_to(&w, &key)) {
            ++*n_damaged;
            break;
        } else {
            status = take(context, w.next);
        }
    }
    sqlite3_finalize(w.next);
    return status;
}
