/*
 * defects.c - the choice of defects, and the truth about them.
 *
 * Which defect a row has depends on the seed, the share and the row alone, so
 * files may be made by any number of threads. What a reader of all files must
 * find (truth.json) is computed from the tally of all rows.
 */
#include "generate/defects.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "generate/counter_hash.h"
#include "wattle/error.h"

/* Purposes of the keys drawn from the seed. */
enum { KEY_ROWS = 31, KEY_STRETCHES = 32 };

/* Of 16 rows with a defect, one is out of order. */
#define STRETCH_PART 16

/* What changes places: one step in time order, 16 in device order. */
#define TIME_SWAP    1
#define DEVICE_SWAP  16
#define STRETCH_ROWS 32

static const struct {
    const char *name;
    const char *reason; /* of the reject, NULL = none */
} kinds[N_DEFECTS] = {
    [DEFECT_NONE] = {NULL, NULL},
    [DEFECT_MISSING_FIELDS] = {"missing_fields", "fields"},
    [DEFECT_EXTRA_FIELDS] = {"extra_fields", "fields"},
    [DEFECT_MISSING_VALUE] = {"missing_values", "missing"},
    [DEFECT_MISSING_DEVICE] = {"missing_devices", "device"},
    [DEFECT_BAD_NUMBER] = {"bad_numbers", "number"},
    [DEFECT_BAD_DATE] = {"bad_dates", "timestamp"},
    [DEFECT_BAD_POWER_FACTOR] = {"bad_power_factors", "range"},
    [DEFECT_NEGATIVE_CURRENT] = {"negative_currents", "range"},
    [DEFECT_DUPLICATE] = {"duplicates", NULL},
    [DEFECT_QUOTED_FIELDS] = {"quoted_fields", NULL},
    [DEFECT_QUOTED_NEWLINE] = {"quoted_newlines", NULL},
    [DEFECT_PADDED_FIELDS] = {"padded_fields", NULL},
    [DEFECT_CRLF_LINE] = {"crlf_lines", NULL},
    [DEFECT_BLANK_LINE] = {"blank_lines", NULL},
    [DEFECT_OUT_OF_ORDER] = {"out_of_order_rows", NULL},
    [DEFECT_BYTE_ORDER_MARK] = {"byte_order_marks", NULL},
    [DEFECT_NO_LAST_NEWLINE] = {"no_last_newline", NULL},
};

static const char *const reasons[] = {"fields",  "timestamp", "device",
                                      "missing", "number",    "range"};

enum { N_REASONS = sizeof(reasons) / sizeof(reasons[0]) };

void
defects_init(struct defects *defects, uint64_t seed, double share)
{
    defects->key = seed;
    /* Exact: scaling by a power of two. The rest is whole numbers. */
    uint64_t limit = (uint64_t)(share * 4294967296.0);
    uint64_t stretches = limit / STRETCH_PART;
    defects->stretch_limit = (uint32_t)stretches;
    /* Rows out of order get no other defect: ask more of the others. */
    defects->row_limit = (uint32_t)(((limit - stretches) << 31) /
                                    ((UINT64_C(1) << 31) - stretches / 2));
}

uint64_t
defects_step(const struct defects *defects, const struct row_plan *plan,
             const struct row_place *place)
{
    uint64_t swap = plan->by_device ? DEVICE_SWAP : TIME_SWAP;
    uint64_t group = place->device;
    uint64_t n_groups = plan->n_devices;
    if (!plan->by_device) {
        group /= STRETCH_ROWS;
        n_groups = n_groups / STRETCH_ROWS + 1;
    }
    uint64_t stretch = place->step / (2 * swap) * n_groups + group;
    uint64_t key = counter_hash(defects->key, KEY_STRETCHES);
    if ((uint32_t)counter_hash(key, stretch) >= defects->stretch_limit)
        return place->step;
    uint64_t step = place->step ^ swap;
    return step < row_plan_steps(plan, place->device) ? step : place->step;
}

enum defect
defects_of_row(const struct defects *defects, uint64_t row, uint32_t *variant)
{
    uint64_t bits = counter_hash(counter_hash(defects->key, KEY_ROWS), row);
    *variant = (uint32_t)(bits >> 48);
    if ((uint32_t)bits >= defects->row_limit)
        return DEFECT_NONE;
    return (enum defect)counter_between(bits >> 32, 1, N_ROW_DEFECTS - 1);
}

void
defects_add_tally(struct defect_tally *to, const struct defect_tally *from)
{
    to->n_rows += from->n_rows;
    for (unsigned i = 0; i < N_DEFECTS; i++)
        to->counts[i] += from->counts[i];
}

static uint64_t
count_rejects(const struct defect_tally *tally, const char *reason)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < N_DEFECTS; i++) {
        const char *its = kinds[i].reason;
        if (its != NULL && (reason == NULL || strcmp(reason, its) == 0))
            n += tally->counts[i];
    }
    return n;
}

static int
put_rejects(const struct defect_tally *tally, struct buffer *out)
{
    int status = buffer_printf(out,
                               "  \"rejects\": {\n    \"total\": %" PRIu64
                               ",\n    \"by_reason\": {",
                               count_rejects(tally, NULL));
    const char *comma = "";
    for (unsigned i = 0; i < N_REASONS && status == WATTLE_OK; i++) {
        uint64_t n = count_rejects(tally, reasons[i]);
        if (n == 0)
            continue;
        status = buffer_printf(out, "%s\n      \"%s\": %" PRIu64, comma,
                               reasons[i], n);
        comma = ",";
    }
    if (status == WATTLE_OK)
        status = buffer_append_text(out, "\n    }\n  },\n");
    return status;
}

static int
put_counts(const struct defect_tally *tally, struct buffer *out)
{
    int status = buffer_append_text(out, "  \"defects\": {\n");
    for (unsigned i = 1; i < N_DEFECTS && status == WATTLE_OK; i++)
        status =
            buffer_printf(out, "    \"%s\": %" PRIu64 "%s\n", kinds[i].name,
                          tally->counts[i], i + 1 < N_DEFECTS ? "," : "");
    if (status == WATTLE_OK)
        status = buffer_append_text(out, "  }\n}\n");
    return status;
}

int
defects_put_truth(const struct defect_tally *tally, uint64_t seed,
                  struct buffer *out)
{
    uint64_t n_clean = tally->n_rows - tally->counts[DEFECT_OUT_OF_ORDER];
    for (unsigned i = 1; i < N_ROW_DEFECTS; i++)
        n_clean -= tally->counts[i];
    uint64_t n_duplicates = tally->counts[DEFECT_DUPLICATE];
    uint64_t n_readings = tally->n_rows - count_rejects(tally, NULL);

    int status = buffer_printf(
        out,
        "{\n  \"seed\": %" PRIu64 ",\n  \"lines\": %" PRIu64
        ",\n  \"clean_readings\": %" PRIu64 ",\n  \"readings\": %" PRIu64
        ",\n  \"duplicates\": %" PRIu64 ",\n",
        seed, tally->n_rows + n_duplicates, n_clean, n_readings, n_duplicates);
    if (status == WATTLE_OK)
        status = put_rejects(tally, out);
    if (status == WATTLE_OK)
        status = put_counts(tally, out);
    return status;
}
