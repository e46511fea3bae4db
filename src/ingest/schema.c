/*
 * schema.c - header names to roles.
 */
#include "ingest/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/decimal.h"
#include "base/error.h"
#include "wattle/report.h"

#define BIT(role) ((uint8_t)(1u << (role)))

/* Every name a column may have, in any case. */
static const struct {
    const char *name;
    uint8_t role;
} aliases[] = {
    {"timestamp", ROLE_TIME},
    {"time", ROLE_TIME},
    {"datetime", ROLE_TIME},
    {"date", ROLE_TIME},
    {"device_id", ROLE_DEVICE},
    {"device", ROLE_DEVICE},
    {"id", ROLE_DEVICE},
    {"entity_id", ROLE_DEVICE},
    {"meter", ROLE_DEVICE},
    {"voltage", ROLE_VOLTAGE},
    {"volts", ROLE_VOLTAGE},
    {"current", ROLE_CURRENT},
    {"amps", ROLE_CURRENT},
    {"current_a", ROLE_CURRENT},
    {"power_factor", ROLE_POWER_FACTOR},
    {"pf", ROLE_POWER_FACTOR},
    {"powerfactor", ROLE_POWER_FACTOR},
    {"power", ROLE_POWER},
    {"power_w", ROLE_POWER},
    {"watts", ROLE_POWER},
    {"energy_wh", ROLE_ENERGY},
    {"value", ROLE_VALUE},
};

void
schema_builder_init(struct schema_builder *builder)
{
    *builder = (struct schema_builder){.failed = false};
}

static uint8_t
role_of_name(const char *name, size_t len)
{
    len = decimal_trim(&name, len);
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (ascii_is_word(name, len, aliases[i].name))
            return aliases[i].role;
    }
    return ROLE_NONE;
}

void
schema_builder_add(struct schema_builder *builder, const char *name, size_t len)
{
    struct schema *schema = &builder->schema;
    uint8_t *grown = buffer_grow_array(schema->role_of, &builder->column_cap,
                                       schema->n_columns + 1, sizeof(*grown));
    if (grown == NULL) {
        builder->failed = true;
        return;
    }
    uint8_t role = role_of_name(name, len);
    if (role != ROLE_NONE && (schema->roles & BIT(role)) != 0)
        role = ROLE_NONE; /* the first column of a name counts */
    if (role != ROLE_NONE)
        schema->roles |= BIT(role);
    schema->role_of = grown;
    schema->role_of[schema->n_columns++] = role;
}

static const uint8_t product_roles =
    BIT(ROLE_VOLTAGE) | BIT(ROLE_CURRENT) | BIT(ROLE_POWER_FACTOR);

/* Each of them is enough. */
static const uint8_t single_roles =
    BIT(ROLE_POWER) | BIT(ROLE_ENERGY) | BIT(ROLE_VALUE);

static int
explain_missing(const struct schema *schema, struct wattle_error *error)
{
    bool measures = (schema->roles & product_roles) != 0;
    bool has_all = (schema->roles & product_roles) == product_roles ||
                   (schema->roles & single_roles) != 0;
    struct buffer text = {0};
    const char *between = "";
    static const struct {
        uint8_t role;
        const char *name;
    } single[] = {{ROLE_TIME, "timestamp"},
                  {ROLE_DEVICE, "device_id"},
                  {ROLE_VOLTAGE, "voltage"},
                  {ROLE_CURRENT, "current"},
                  {ROLE_POWER_FACTOR, "power_factor"}};
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        bool wanted = single[i].role <= ROLE_DEVICE || (measures && !has_all);
        if (wanted && (schema->roles & BIT(single[i].role)) == 0) {
            buffer_printf(&text, "%s%s", between, single[i].name);
            between = ", ";
        }
    }
    if (!measures && !has_all)
        buffer_printf(&text, "%svoltage + current + power_factor (or power)",
                      between);
    int status = error_set(error, WATTLE_ERR_FORMAT,
                           "no usable header line; missing columns: %.*s",
                           (int)text.len, text.data != NULL ? text.data : "");
    buffer_release(&text);
    return status;
}

/* Decides which number columns are used and what a full row has. */
static void
choose_columns(struct schema *schema, int value_kind)
{
    bool power = (schema->roles & BIT(ROLE_POWER)) != 0;
    bool product = (schema->roles & product_roles) == product_roles;
    bool energy = value_kind == WATTLE_VALUE_ENERGY_WH ||
                  value_kind == WATTLE_VALUE_ENERGY_KWH;
    bool kilo = value_kind == WATTLE_VALUE_POWER_KW ||
                value_kind == WATTLE_VALUE_ENERGY_KWH;
    uint8_t unused = 0;
    if (power || product || (schema->roles & BIT(ROLE_ENERGY)) != 0) {
        unused = BIT(ROLE_VALUE);
    } else {
        unused = product_roles;
        schema->power_shift = kilo ? 3 : 0;
    }
    schema->value_column = energy ? WATTLE_ENERGY : WATTLE_POWER;
    schema->roles &= (uint8_t)~unused;
    for (size_t i = 0; i < schema->n_columns; i++) {
        uint8_t role = schema->role_of[i];
        if (role == ROLE_NONE)
            continue;
        if ((unused & BIT(role)) != 0)
            schema->role_of[i] = ROLE_NONE;
        else if (role >= ROLE_VOLTAGE)
            schema->columns |= MEASURE_BIT(schema_column(schema, role));
    }
}

int
schema_builder_finish(struct schema_builder *builder, int value_kind,
                      struct schema *schema, struct wattle_error *error)
{
    int status = WATTLE_OK;
    *schema = builder->schema;
    if (builder->failed) {
        status = error_memory(error);
    } else {
        const uint8_t must = BIT(ROLE_TIME) | BIT(ROLE_DEVICE);
        bool measured = (schema->roles & single_roles) != 0 ||
                        (schema->roles & product_roles) == product_roles;
        if ((schema->roles & must) != must || !measured)
            status = explain_missing(schema, error);
        else
            choose_columns(schema, value_kind);
    }
    if (status != WATTLE_OK)
        schema_release(schema);
    schema_builder_init(builder);
    return status;
}

int
schema_value_kind(const struct schema *schema)
{
    bool is_energy = schema->value_column == WATTLE_ENERGY;
    bool is_kilo = schema->power_shift != 0;
    if ((schema->roles & BIT(ROLE_VALUE)) == 0)
        return 0;
    if (is_energy)
        return 1 + (is_kilo ? WATTLE_VALUE_ENERGY_KWH : WATTLE_VALUE_ENERGY_WH);
    return 1 + (is_kilo ? WATTLE_VALUE_POWER_KW : WATTLE_VALUE_POWER_W);
}

void
schema_release(struct schema *schema)
{
    free(schema->role_of);
    *schema = (struct schema){0};
}

int
schema_column(const struct schema *schema, int role)
{
    switch (role) {
    case ROLE_VOLTAGE:
        return WATTLE_VOLTAGE;
    case ROLE_CURRENT:
        return WATTLE_CURRENT;
    case ROLE_POWER_FACTOR:
        return WATTLE_POWER_FACTOR;
    case ROLE_POWER:
        return WATTLE_POWER;
    case ROLE_ENERGY:
        return WATTLE_ENERGY;
    default:
        return schema->value_column;
    }
}

bool
schema_equal(const struct schema *a, const struct schema *b)
{
    return a->n_columns == b->n_columns && a->columns == b->columns &&
           a->power_shift == b->power_shift &&
           a->value_column == b->value_column &&
           memcmp(a->role_of, b->role_of, a->n_columns) == 0;
}
