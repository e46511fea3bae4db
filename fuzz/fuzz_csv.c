/*
 * fuzz_csv.c - libFuzzer target: the two paths of CSV ingest must agree.
 *
 * The first bytes of the input choose how it is read (piece size, kernels, time
 * zone); the rest is a CSV file. It is decoded with remembered templates in
 * pieces, and by the reference parser alone in one piece; rows, rejects and
 * counts must be the same. Then the readings go into totals by blocks and row
 * by row, and the sums must be the same. Before that the text is recognised,
 * with and without what a column `value` holds being said.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/totals.h"
#include "analytics/totals_parts.h"
#include "formats/csv_format.h"
#include "formats/csv_schema.h"
#include "formats/record_parser.h"
#include "wattle/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that must not depend on how the text was read. */
struct outcome {
    struct buffer rows;
    uint64_t n_lines;
    bool has_local_times;
    struct reject_log rejects;
    struct registry registry;
    struct totals_set totals;
};

static void
must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_csv: %s\n", what);
    abort();
}

static void
add_name(void *names, const char *text, size_t len)
{
    csv_schema_builder_add(names, text, len);
}

static bool
read_header(const uint8_t *text, size_t len, struct csv_schema *schema,
            size_t *header_len)
{
    struct record_parser *parser = calloc(1, sizeof(*parser));
    struct csv_schema_builder names;
    bool done;
    csv_schema_builder_init(&names, ',');
    must(parser != NULL, "no memory");
    record_parser_init_visit(parser, ',', add_name, &names);
    *header_len = record_parser_feed(parser, text, len, &done);
    free(parser);
    return csv_schema_builder_finish(&names, WATTLE_VALUE_POWER_W, schema,
                                     NULL) == WATTLE_OK;
}

/* Whether the text is taken for CSV; no byte behind it may be read. */
static bool
is_recognised(const uint8_t *text, size_t len, int value_kind)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    must(copy != NULL, "no memory");
    memcpy(copy, text, len);
    const struct format_sample sample = {copy, len, true, false};
    const struct format_options options = {value_kind};
    struct recognition found = {.format = &csv_format};
    struct wattle_error error;
    int status = csv_format.probe(&sample, &options, &found, &error);
    must(status == WATTLE_OK || error.message[0] != '\0', "no message");
    must(status != WATTLE_OK || !found.is_value_assumed ||
             (value_kind == WATTLE_VALUE_AUTO &&
              found.value_kind == WATTLE_VALUE_POWER_W),
         "assumed, though it is not");
    format_recognition_release(&found);
    free(copy);
    return status == WATTLE_OK;
}

/*
 * What the file itself says of its values is one of the kinds that a caller may
 * name; another kind may contradict it.
 */
static void
check_value_kinds(const uint8_t *text, size_t len)
{
    bool is_some = !is_recognised(text, len, WATTLE_VALUE_AUTO);
    for (int kind = WATTLE_VALUE_POWER_W;
         kind <= WATTLE_VALUE_COUNTER_KWH && !is_some; kind++)
        is_some = is_recognised(text, len, kind);
    must(is_some, "no kind of value will do, though none need be named");
}

/* A decoder of CSV, by the interface that all formats have. */
static struct decoder *
open_csv(const struct kernels *kernels, bool no_cache,
         struct registry *registry, struct reject_log *rejects)
{
    const struct decoder_setup setup = {.kernels = kernels,
                                        .no_cache = no_cache,
                                        .registry = registry,
                                        .rejects = rejects};
    return csv_format.open(&setup);
}

/* A zone, opened once; NULL = UTC. */
static const struct wattle_zone *
zone_of(unsigned number)
{
    static const char *const names[] = {
        NULL,           "Europe/Brussels", "Australia/Lord_Howe",
        "Pacific/Apia", "Asia/Kathmandu",  "America/Sao_Paulo",
        NULL,           "Africa/Monrovia"};
    enum { N = sizeof(names) / sizeof(names[0]) };
    static struct wattle_zone *zones[N];
    number %= N;
    if (zones[number] == NULL && names[number] != NULL)
        must(wattle_zone_open(&zones[number], names[number], NULL) == WATTLE_OK,
             "no tzdata");
    return zones[number];
}

static void
begin(struct decoder *d, const struct csv_schema *schema, uint32_t source,
      uint64_t line, const struct wattle_zone *zone)
{
    const struct recognition recognition = {.format = &csv_format,
                                            .dialect = (void *)schema};
    const struct decoder_place place = {
        .source = source, .line = line, .is_start = true, .zone = zone};
    d->ops->begin(d, &recognition, &place);
}

static void
note_rows(struct outcome *o, const struct batch *batch, bool by_row)
{
    for (size_t i = 0; i < batch->n_rows; i++) {
        struct batch_row row;
        memset(&row, 0, sizeof(row));
        batch_get(batch, i, &row);
        const char *id = registry_id(&o->registry, row.device);
        row.device = 0;
        must(buffer_append(&o->rows, &row, sizeof(row)) == WATTLE_OK &&
                 buffer_append_text(&o->rows, id) == WATTLE_OK,
             "no memory");
    }
    struct batch_view view = batch_view(batch);
    must(totals_set_reserve(&o->totals, o->registry.n_devices) == WATTLE_OK,
         "no memory");
    for (size_t i = 0; by_row && i < view.n_rows; i++)
        must(totals_add_row(&o->totals, &view, i) == WATTLE_OK, "no memory");
    if (!by_row)
        must(totals_set_add(&o->totals, &view) == WATTLE_OK, "no memory");
}

/* Reads the text in pieces as a reader would. */
static void
decode(struct outcome *o, const struct csv_schema *schema, const uint8_t *text,
       size_t len, size_t piece, const struct kernels *kernels, bool no_cache,
       const struct wattle_zone *zone)
{
    struct decoder *d = open_csv(kernels, no_cache, &o->registry, &o->rejects);
    uint8_t *view = malloc(len + KERNEL_SLACK);
    must(d != NULL && view != NULL, "no memory");
    size_t at = 0, end = piece < len ? piece : len;
    begin(d, schema, 0, 0, zone);
    for (;;) {
        memset(view, 0xee, len + KERNEL_SLACK);
        memcpy(view, text + at, end - at);
        struct block_text part = {view, end - at, SIZE_MAX, end == len};
        size_t used = 0;
        if (part.len > 0 || (part.is_at_end && d->is_inside)) {
            must(d->ops->next(d, &part, &used) == WATTLE_OK, "decoding fails");
            note_rows(o, &d->batch, no_cache);
        }
        at += used;
        if (used == 0 && end == len)
            break;
        if (used == 0)
            end = end + piece < len ? end + piece : len;
    }
    o->n_lines = d->n_lines;
    o->has_local_times = d->has_local_times;
    totals_set_flush(&o->totals);
    free(view);
    d->ops->close(d);
}

static void
compare_totals(const struct outcome *a, const struct outcome *b)
{
    must(a->totals.n_disordered == b->totals.n_disordered &&
             a->totals.n_segments == b->totals.n_segments,
         "disorder differs");
    for (uint32_t i = 0; i < a->totals.n_devices; i++) {
        const char *id = registry_id(&a->registry, i);
        uint32_t k = registry_find(&b->registry, id, strlen(id));
        must(k != REGISTRY_NO_DEVICE, "devices differ");
        const struct device_totals *x = &a->totals.totals[i];
        const struct device_totals *y = &b->totals.totals[k];
        must(x->n_readings == y->n_readings && x->sum_nw == y->sum_nw &&
                 x->min_nw == y->min_nw && x->max_nw == y->max_nw &&
                 x->energy == y->energy && x->efficiency == y->efficiency &&
                 x->n_gaps == y->n_gaps && x->gap_ms == y->gap_ms &&
                 x->last_ms == y->last_ms && x->last_nw == y->last_nw,
             "totals differ");
    }
}

/* How many rejects name a device. */
static uint64_t
rejects_of(const struct outcome *o, const char *id)
{
    const uint32_t device = registry_find(&o->registry, id, strlen(id));
    uint64_t n = 0;
    for (size_t i = 0; i < o->rejects.n_of_devices; i++) {
        if (o->rejects.of_devices[i].device == device)
            n += o->rejects.of_devices[i].n;
    }
    return n;
}

static void
compare_device_rejects(const struct outcome *a, const struct outcome *b)
{
    for (uint32_t i = 0; i < a->registry.n_devices; i++) {
        const char *id = registry_id(&a->registry, i);
        must(rejects_of(a, id) == rejects_of(b, id),
             "rejects of a device differ");
    }
}

static void
compare(const struct outcome *a, const struct outcome *b)
{
    must(a->n_lines == b->n_lines, "lines differ");
    must(a->has_local_times == b->has_local_times, "local times differ");
    must(a->rows.len == b->rows.len &&
             (a->rows.len == 0 ||
              memcmp(a->rows.data, b->rows.data, a->rows.len) == 0),
         "rows differ");
    must(memcmp(a->rejects.by_reason, b->rejects.by_reason,
                sizeof(a->rejects.by_reason)) == 0,
         "rejects differ");
    must(a->rejects.raw.len == b->rejects.raw.len &&
             (a->rejects.raw.len == 0 ||
              memcmp(a->rejects.raw.data, b->rejects.raw.data,
                     a->rejects.raw.len) == 0),
         "rejected lines differ");
    compare_device_rejects(a, b);
    compare_totals(a, b);
}

static void
begin_outcome(struct outcome *o, const struct wattle_zone *zone)
{
    memset(o, 0, sizeof(*o));
    registry_init(&o->registry);
    reject_log_init(&o->rejects, REJECT_KEEP_ALL);
    totals_set_init(&o->totals, 3600000, false);
    totals_set_zone(&o->totals, zone);
}

static void
end_outcome(struct outcome *o)
{
    buffer_release(&o->rows);
    registry_release(&o->registry);
    reject_log_release(&o->rejects);
    totals_set_release(&o->totals);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_schema schema;
    size_t header_len;
    if (size < 2 || size > 20000)
        return 0;
    size_t piece = (size_t)data[0] * 3 + 1;
    const struct kernels *kernels = kernels_for(data[1] % 4);
    if (kernels == NULL)
        kernels = &kernels_scalar;
    const struct wattle_zone *zone = zone_of(data[1] / 4);
    data += 2;
    size -= 2;
    check_value_kinds(data, size);
    if (!read_header(data, size, &schema, &header_len))
        return 0;
    data += header_len;
    size -= header_len;
    struct outcome fast, plain;
    begin_outcome(&fast, zone);
    begin_outcome(&plain, zone);
    decode(&fast, &schema, data, size, piece, kernels, false, zone);
    decode(&plain, &schema, data, size, size + 1, &kernels_scalar, true, zone);
    compare(&fast, &plain);
    end_outcome(&fast);
    end_outcome(&plain);
    csv_schema_release(&schema);
    return 0;
}
