/*
 * readings_plan.c - a table of conditions, and estimates.
 *
 * It promises to SQLite only what holds for every value of SQL; other
 * conditions narrow the range and are checked again.
 */
#include "sqlext/readings_plan.h"

#include <stdio.h>
#include <string.h>

#include "sqlext/readings_bounds.h"

/* A condition that is understood; its name shows in EXPLAIN QUERY PLAN. */
struct constraint {
    enum readings_column column;
    unsigned char op; /* SQLITE_INDEX_CONSTRAINT_... */
    const char *name;
};

static const struct constraint constraints[] = {
    {READINGS_DEVICE, SQLITE_INDEX_CONSTRAINT_EQ, "device="},
    {READINGS_DEVICE, SQLITE_INDEX_CONSTRAINT_GLOB, "device-glob"},
    {READINGS_DEVICE, SQLITE_INDEX_CONSTRAINT_LIKE, "device-like"},
    {READINGS_TIME, SQLITE_INDEX_CONSTRAINT_EQ, "time="},
    {READINGS_TIME, SQLITE_INDEX_CONSTRAINT_LT, "time<"},
    {READINGS_TIME, SQLITE_INDEX_CONSTRAINT_LE, "time<="},
    {READINGS_TIME, SQLITE_INDEX_CONSTRAINT_GT, "time>"},
    {READINGS_TIME, SQLITE_INDEX_CONSTRAINT_GE, "time>="},
    {READINGS_TIMESTAMP, SQLITE_INDEX_CONSTRAINT_EQ, "timestamp="},
    {READINGS_TIMESTAMP, SQLITE_INDEX_CONSTRAINT_LT, "timestamp<"},
    {READINGS_TIMESTAMP, SQLITE_INDEX_CONSTRAINT_LE, "timestamp<="},
    {READINGS_TIMESTAMP, SQLITE_INDEX_CONSTRAINT_GT, "timestamp>"},
    {READINGS_TIMESTAMP, SQLITE_INDEX_CONSTRAINT_GE, "timestamp>="},
};

#define N_TERMS (sizeof(constraints) / sizeof(constraints[0]))

static const char device_in[] = "device-in";

/* Guesses of how much a condition leaves. */
#define PATTERN_SHARE 0.25
#define BOUND_SHARE   0.25
#define IN_DEVICES    10.0
#define DEVICE_COST   20.0 /* to begin with one, in readings */

/* What is being chosen. */
struct choice {
    sqlite3_index_info *info;
    sqlite3_str *names;
    int n_arguments;
    bool has_device, is_single, has_pattern, is_in;
    bool has_time, has_low, has_high;
};

static const struct constraint *
find_constraint(int column, unsigned char op)
{
    for (size_t i = 0; i < N_TERMS; i++) {
        if ((int)constraints[i].column == column && constraints[i].op == op)
            return &constraints[i];
    }
    return NULL;
}

static void
take(struct choice *choice, int number, const char *name, bool is_exact)
{
    struct sqlite3_index_constraint_usage *usage =
        &choice->info->aConstraintUsage[number];
    usage->argvIndex = ++choice->n_arguments;
    usage->omit = is_exact;
    sqlite3_str_appendf(choice->names, "%s%s",
                        choice->n_arguments > 1 ? " " : "", name);
}

/* A text that is in the query is compared as text, whatever follows. */
static bool
is_text_literal(sqlite3_index_info *info, int number)
{
    sqlite3_value *value = NULL;
    return sqlite3_vtab_rhs_value(info, number, &value) == SQLITE_OK &&
           value != NULL && sqlite3_value_type(value) == SQLITE_TEXT;
}

static bool
is_bytewise(sqlite3_index_info *info, int number)
{
    const char *collation = sqlite3_vtab_collation(info, number);
    return collation != NULL && sqlite3_stricmp(collation, "BINARY") == 0;
}

/* Takes one condition on the device, the first one of the kind asked for. */
static void
choose_device(struct choice *choice, bool wants_in, unsigned char op)
{
    sqlite3_index_info *info = choice->info;
    for (int i = 0; i < info->nConstraint && !choice->has_device; i++) {
        const struct sqlite3_index_constraint *c = &info->aConstraint[i];
        if (!c->usable || c->iColumn != READINGS_DEVICE || c->op != op)
            continue;
        bool is_equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
        bool is_in = is_equal && sqlite3_vtab_in(info, i, -1) != 0;
        if (is_in != wants_in || (is_equal && !is_bytewise(info, i)))
            continue;
        if (is_in)
            sqlite3_vtab_in(info, i, 1);
        bool is_literal = is_equal && !is_in && is_text_literal(info, i);
        const char *name =
            is_in ? device_in : find_constraint(READINGS_DEVICE, op)->name;
        take(choice, i, name, is_literal);
        choice->has_device = true;
        choice->is_in = is_in;
        choice->is_single = is_equal && !is_in;
        choice->has_pattern = !is_equal;
    }
}

static void
choose_times(struct choice *choice)
{
    sqlite3_index_info *info = choice->info;
    for (int i = 0; i < info->nConstraint; i++) {
        const struct sqlite3_index_constraint *c = &info->aConstraint[i];
        const struct constraint *constraint =
            find_constraint(c->iColumn, c->op);
        if (!c->usable || constraint == NULL ||
            constraint->column == READINGS_DEVICE)
            continue;
        bool is_number = constraint->column == READINGS_TIME;
        if (!is_number && !is_bytewise(info, i))
            continue;
        take(choice, i, constraint->name, is_number);
        bool is_low = c->op == SQLITE_INDEX_CONSTRAINT_GT ||
                      c->op == SQLITE_INDEX_CONSTRAINT_GE;
        if (c->op == SQLITE_INDEX_CONSTRAINT_EQ)
            choice->has_time = true;
        else if (is_low)
            choice->has_low = true;
        else
            choice->has_high = true;
    }
}

/*
 * Readings come by device, and of a device by time; no two have both equal.
 * is_single: there is one device only.
 */
static bool
is_in_order(const sqlite3_index_info *info, bool is_single)
{
    bool has_device = is_single;
    for (int i = 0; i < info->nOrderBy; i++) {
        int column = info->aOrderBy[i].iColumn;
        bool is_down = info->aOrderBy[i].desc != 0;
        if (column == READINGS_DEVICE && is_single)
            continue;
        if (column == READINGS_DEVICE && !is_down && i == 0)
            has_device = true;
        else
            return column == READINGS_TIME && has_device && !is_down;
    }
    return true;
}

static void
choose_order(const struct choice *choice)
{
    sqlite3_index_info *info = choice->info;
    if (info->nOrderBy == 0)
        return;
    if (is_in_order(info, false)) {
        info->orderByConsumed = 1;
    } else if (choice->is_single && is_in_order(info, true)) {
        info->orderByConsumed = 1;
        info->idxNum |= READINGS_PLAN_BY_TIME;
    }
}

static void
estimate(const struct choice *choice, const struct readings_sizes *sizes)
{
    sqlite3_index_info *info = choice->info;
    double n_devices = sizes->n_devices;
    double by_device = sizes->n_readings / sizes->n_devices;
    if (choice->is_single)
        n_devices = 1;
    else if (choice->is_in)
        n_devices = n_devices < IN_DEVICES ? n_devices : IN_DEVICES;
    else if (choice->has_pattern)
        n_devices *= PATTERN_SHARE;
    if (choice->has_time)
        by_device = 1;
    by_device *= choice->has_low ? BOUND_SHARE : 1;
    by_device *= choice->has_high ? BOUND_SHARE : 1;
    double n = n_devices * (by_device > 1 ? by_device : 1);
    info->estimatedCost = n + n_devices * DEVICE_COST;
    info->estimatedRows = n < 1 ? 1 : (sqlite3_int64)n;
}

int
readings_plan_choose(sqlite3_index_info *info,
                     const struct readings_sizes *sizes)
{
    struct choice choice = {.info = info, .names = sqlite3_str_new(NULL)};
    const sqlite3_uint64 all = (1 << READINGS_N_COLUMNS) - 1;
    choose_device(&choice, false, SQLITE_INDEX_CONSTRAINT_EQ);
    choose_device(&choice, true, SQLITE_INDEX_CONSTRAINT_EQ);
    choose_device(&choice, false, SQLITE_INDEX_CONSTRAINT_GLOB);
    choose_device(&choice, false, SQLITE_INDEX_CONSTRAINT_LIKE);
    choose_times(&choice);
    estimate(&choice, sizes);
    info->idxNum = (int)(info->colUsed & all);
    choose_order(&choice);
    int result = sqlite3_str_errcode(choice.names);
    info->idxStr = sqlite3_str_finish(choice.names);
    info->needToFreeIdxStr = info->idxStr != NULL;
    return result;
}

static void
read_device(const char *name, size_t len, sqlite3_value *value,
            struct readings_request *request)
{
    static const struct {
        const char *name;
        enum device_select_by by;
    } ways[] = {{"device=", DEVICE_SELECT_IS},
                {device_in, DEVICE_SELECT_IN},
                {"device-glob", DEVICE_SELECT_GLOB},
                {"device-like", DEVICE_SELECT_LIKE}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strlen(ways[i].name) == len &&
            memcmp(ways[i].name, name, len) == 0) {
            request->devices_by = ways[i].by;
            request->devices = value;
        }
    }
}

void
readings_plan_read(const char *names, sqlite3_value **values,
                   struct readings_request *request)
{
    *request =
        (struct readings_request){.since_ms = INT64_MIN, .until_ms = INT64_MAX};
    for (; names != NULL && *names != '\0'; values++) {
        size_t len = strcspn(names, " ");
        const struct constraint *constraint = NULL;
        for (size_t i = 0; i < N_TERMS; i++) {
            if (strlen(constraints[i].name) == len &&
                memcmp(constraints[i].name, names, len) == 0)
                constraint = &constraints[i];
        }
        if (constraint == NULL || constraint->column == READINGS_DEVICE)
            read_device(names, len, *values, request);
        else if (constraint->column == READINGS_TIME)
            readings_bounds_time(constraint->op, *values, &request->since_ms,
                                 &request->until_ms);
        else
            readings_bounds_timestamp(constraint->op, *values,
                                      &request->since_ms, &request->until_ms);
        names += len;
        names += *names == ' ' ? 1 : 0;
    }
}
