/*
 * csv_schema.c - header names to roles, by the rules of a dialect.
 *
 * A column has at most one role. What is missing for a reading is said in one
 * message, with the names that would do.
 */
#include "formats/csv_schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/decimal.h"
#include "base/error.h"
#include "wattle/measure.h"

#define BIT(role) (UINT32_C(1) << (role))

void
csv_schema_builder_init(struct csv_schema_builder *builder, char delimiter)
{
    *builder = (struct csv_schema_builder){.delimiter = delimiter};
}

void
csv_schema_builder_add(struct csv_schema_builder *builder, const char *name,
                       size_t len)
{
    len = decimal_trim(&name, len);
    if (buffer_append(&builder->names, &len, sizeof(len)) != WATTLE_OK ||
        buffer_append(&builder->names, name, len) != WATTLE_OK)
        builder->failed = true;
    builder->n_columns++;
}

/* The rule for a name; of role ROLE_NONE when there is none. */
static struct csv_rule
rule_of_name(const struct csv_dialect *dialect, const char *name, size_t len)
{
    const struct csv_rule *rule = dialect->rules;
    for (; rule->column != NULL; rule++) {
        if (ascii_is_word(name, len, rule->column))
            return *rule;
    }
    for (unsigned m = 0; dialect->has_measures && m < MEASURE_N; m++) {
        if (ascii_is_word(name, len, measure_table[m].name))
            return (struct csv_rule){NULL, (uint8_t)(ROLE_MEASURES + m), 0};
    }
    return (struct csv_rule){NULL, ROLE_NONE, 0};
}

/* Gives each column its role; 0 or WATTLE_ERR_MEMORY. */
static int
apply_dialect(const struct csv_schema_builder *builder,
              const struct csv_dialect *dialect, struct csv_schema *schema)
{
    const char *at = builder->names.data;
    *schema = (struct csv_schema){.dialect = dialect,
                                  .n_columns = builder->n_columns,
                                  .unit_column = SIZE_MAX};
    schema->role_of = malloc(builder->n_columns + 1);
    if (schema->role_of == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < builder->n_columns; i++) {
        size_t len;
        memcpy(&len, at, sizeof(len));
        struct csv_rule rule = rule_of_name(dialect, at + sizeof(len), len);
        at += sizeof(len) + len;
        schema->role_of[i] = ROLE_NONE;
        if (rule.role == ROLE_UNIT) {
            if (schema->unit_column == SIZE_MAX)
                schema->unit_column = i;
            continue;
        }
        /* the first column of a role counts */
        bool is_used =
            rule.role != ROLE_NONE && (schema->roles & BIT(rule.role)) == 0;
        if (!is_used)
            continue;
        schema->role_of[i] = rule.role;
        schema->roles |= BIT(rule.role);
        schema->n_known++;
        if (rule.role == ROLE_DEVICE)
            schema->device_column = i;
        if (rule.role == ROLE_VALUE)
            schema->value_column = i;
        if (rule.role >= ROLE_MEASURES)
            schema->kilo[rule.role - ROLE_MEASURES] = rule.kilo;
    }
    return WATTLE_OK;
}

static const uint32_t product_roles =
    BIT(ROLE_VOLTAGE) | BIT(ROLE_CURRENT) | BIT(ROLE_POWER_FACTOR);

/* Each of them is enough. */
static const uint32_t single_roles =
    BIT(ROLE_POWER) | BIT(ROLE_VALUE) | ROLES_ENERGIES;

/* What a reading needs and no column has. */
static void
put_missing(const struct csv_schema *schema, struct buffer *text)
{
    const bool measures = (schema->roles & product_roles) != 0;
    const bool has_all = (schema->roles & product_roles) == product_roles ||
                         (schema->roles & single_roles) != 0;
    const char *between = "";
    static const struct {
        uint8_t role;
        const char *words;
    } single[] = {{ROLE_TIME, "a time (such as timestamp)"},
                  {ROLE_DEVICE, "a device (such as device_id)"},
                  {ROLE_VOLTAGE, "voltage"},
                  {ROLE_CURRENT, "current"},
                  {ROLE_POWER_FACTOR, "power_factor"}};
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        bool wanted = single[i].role <= ROLE_DEVICE || (measures && !has_all);
        if (wanted && (schema->roles & BIT(single[i].role)) == 0) {
            buffer_printf(text, "%s%s", between, single[i].words);
            between = ", ";
        }
    }
    if (!measures && !has_all)
        buffer_printf(text, "%sa power (such as power or watts) or energy",
                      between);
}

/* The names of the header, as many as a line has room for. */
static void
put_found(const struct csv_schema_builder *builder, struct buffer *text)
{
    enum { MOST_NAMES = 6, MOST_BYTES = 24 };
    const char *at = builder->names.data;
    for (size_t i = 0; i < builder->n_columns; i++) {
        size_t len;
        memcpy(&len, at, sizeof(len));
        at += sizeof(len);
        if (i == MOST_NAMES) {
            buffer_printf(text, ", ...");
            return;
        }
        buffer_printf(text, "%s%.*s%s", i > 0 ? ", " : "",
                      len > MOST_BYTES ? MOST_BYTES : (int)len, at,
                      len > MOST_BYTES ? "..." : "");
        at += len;
    }
}

static int
explain_missing(const struct csv_schema_builder *builder,
                const struct csv_schema *schema, struct wattle_error *error)
{
    struct buffer missing = {0}, found = {0};
    put_missing(schema, &missing);
    put_found(builder, &found);
    int status =
        error_set(error, WATTLE_ERR_FORMAT,
                  "no usable header line: it lacks %.*s; its columns "
                  "are %.*s",
                  (int)missing.len, missing.data != NULL ? missing.data : "",
                  (int)found.len, found.data != NULL ? found.data : "");
    buffer_release(&missing);
    buffer_release(&found);
    return status;
}

static uint8_t
measure_of_kind(int value_kind)
{
    switch (value_kind) {
    case WATTLE_VALUE_ENERGY_WH:
    case WATTLE_VALUE_ENERGY_KWH:
        return WATTLE_ENERGY;
    case WATTLE_VALUE_COUNTER_WH:
    case WATTLE_VALUE_COUNTER_KWH:
        return WATTLE_ENERGY_TOTAL;
    default:
        return WATTLE_POWER;
    }
}

static uint8_t
kilo_of_kind(int value_kind)
{
    bool is_kilo = value_kind == WATTLE_VALUE_POWER_KW ||
                   value_kind == WATTLE_VALUE_ENERGY_KWH ||
                   value_kind == WATTLE_VALUE_COUNTER_KWH;
    return is_kilo ? 3 : 0;
}

/* Decides which number columns are used and what a full row has. */
static void
choose_columns(struct csv_schema *schema, int value_kind)
{
    bool power = (schema->roles & BIT(ROLE_POWER)) != 0;
    bool product = (schema->roles & product_roles) == product_roles;
    uint32_t unused = 0;
    schema->value_measure = measure_of_kind(value_kind);
    if (power || product || (schema->roles & ROLES_ENERGIES) != 0) {
        unused = BIT(ROLE_VALUE);
    } else {
        unused = product_roles;
        schema->kilo[schema->value_measure] = kilo_of_kind(value_kind);
    }
    schema->roles &= ~unused;
    for (size_t i = 0; i < schema->n_columns; i++) {
        uint8_t role = schema->role_of[i];
        if (role == ROLE_NONE)
            continue;
        if ((unused & BIT(role)) != 0)
            schema->role_of[i] = ROLE_NONE;
        else if (role >= ROLE_VALUE)
            schema->columns |= MEASURE_BIT(csv_schema_measure(schema, role));
    }
}

/* Whether readings can be made of the columns. */
static bool
is_sufficient(const struct csv_schema *schema)
{
    const uint32_t must = BIT(ROLE_TIME) | BIT(ROLE_DEVICE);
    bool measured = (schema->roles & single_roles) != 0 ||
                    (schema->roles & product_roles) == product_roles;
    return (schema->roles & must) == must && measured;
}

/*
 * The dialect that knows most of the columns, of those that suffice; else what
 * the last one lacks.
 */
static int
choose_dialect(const struct csv_schema_builder *builder, int value_kind,
               struct csv_schema *schema, struct wattle_error *error)
{
    struct csv_schema best = {0}, other = {0};
    int status = WATTLE_OK;
    for (size_t i = 0; i < csv_n_dialects && status == WATTLE_OK; i++) {
        if (csv_dialects[i].delimiter != builder->delimiter)
            continue;
        csv_schema_release(&other);
        status = apply_dialect(builder, &csv_dialects[i], &other);
        if (status == WATTLE_OK && is_sufficient(&other) &&
            (best.dialect == NULL || other.n_known > best.n_known)) {
            csv_schema_release(&best);
            best = other;
            other = (struct csv_schema){0};
        }
    }
    if (status != WATTLE_OK) {
        csv_schema_release(&best);
        status = error_memory(error);
    } else if (best.dialect == NULL) {
        status = explain_missing(builder, &other, error);
    } else {
        choose_columns(&best, value_kind);
        *schema = best;
    }
    csv_schema_release(&other);
    return status;
}

int
csv_schema_builder_finish(struct csv_schema_builder *builder, int value_kind,
                          struct csv_schema *schema, struct wattle_error *error)
{
    *schema = (struct csv_schema){0};
    int status = builder->failed
                     ? error_memory(error)
                     : choose_dialect(builder, value_kind, schema, error);
    if (status != WATTLE_OK)
        csv_schema_release(schema);
    buffer_release(&builder->names);
    csv_schema_builder_init(builder, builder->delimiter);
    return status;
}

int
csv_schema_value_kind(const struct csv_schema *schema)
{
    const bool is_kilo = schema->kilo[schema->value_measure] != 0;
    if ((schema->roles & BIT(ROLE_VALUE)) == 0)
        return 0;
    switch (schema->value_measure) {
    case WATTLE_ENERGY:
        return is_kilo ? WATTLE_VALUE_ENERGY_KWH : WATTLE_VALUE_ENERGY_WH;
    case WATTLE_ENERGY_TOTAL:
        return is_kilo ? WATTLE_VALUE_COUNTER_KWH : WATTLE_VALUE_COUNTER_WH;
    default:
        return is_kilo ? WATTLE_VALUE_POWER_KW : WATTLE_VALUE_POWER_W;
    }
}

void
csv_schema_set_value_kind(struct csv_schema *schema, int value_kind)
{
    assert((schema->roles & BIT(ROLE_VALUE)) != 0);
    schema->columns &= ~MEASURE_BIT(schema->value_measure);
    schema->kilo[schema->value_measure] = 0;
    schema->value_measure = measure_of_kind(value_kind);
    schema->columns |= MEASURE_BIT(schema->value_measure);
    schema->kilo[schema->value_measure] = kilo_of_kind(value_kind);
}

void
csv_schema_release(struct csv_schema *schema)
{
    free(schema->role_of);
    *schema = (struct csv_schema){0};
}

bool
csv_schema_equal(const struct csv_schema *a, const struct csv_schema *b)
{
    return a->n_columns == b->n_columns && a->columns == b->columns &&
           a->dialect->delimiter == b->dialect->delimiter &&
           a->dialect->decimal == b->dialect->decimal &&
           a->value_measure == b->value_measure &&
           memcmp(a->kilo, b->kilo, sizeof(a->kilo)) == 0 &&
           memcmp(a->role_of, b->role_of, a->n_columns) == 0;
}
