/*
 * buckets_meter.c - parts of steps into the buckets of their times, and the
 * time that the meter covers, which is known for a bucket once it is final.
 */
#include "analytics/buckets_meter.h"

#include "analytics/buckets_block.h"
#include "analytics/energy_split.h"
#include "analytics/reading.h"
#include "wattle/error.h"

/* The bucket of a time, wherever in the list it is; NULL = no memory. */
static struct bucket *
bucket_of(struct buckets *buckets, int64_t time_ms)
{
    struct bucket_list *list = &buckets->list;
    size_t low = 0, high = list->n; /* the first that ends later */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].range.end_ms > time_ms)
            high = middle;
        else
            low = middle + 1;
    }
    if (low < list->n && list->items[low].range.start_ms <= time_ms)
        return &list->items[low];
    return bucket_list_insert(
        list, low, bucket_rule_range(&buckets->options.rule, time_ms));
}

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct buckets_meter *m = context;
    (void)cell;
    struct bucket *bucket = bucket_of(m->buckets, part->begin_ms);
    return bucket != NULL ? bucket_add_part(bucket, part) : WATTLE_ERR_MEMORY;
}

static int
take_step(void *context, const struct energy_step *step, bool is_estimated)
{
    struct buckets_meter *m = context;
    const struct bucket_rule *rule = &m->buckets->options.rule;
    const struct time_partition partition = bucket_rule_partition(rule);
    (void)is_estimated;
    if (rule->kind == BUCKET_SPANS &&
        (step->end_ms - step->begin_ms) / rule->size > BUCKETS_METER_MOST)
        return WATTLE_ERR_USAGE;
    struct energy_step own = *step;
    own.partition = &partition;
    return energy_split(&own, &m->cell, add_part, m);
}

void
buckets_meter_begin(struct buckets_meter *m, struct buckets *buckets,
                    bool holds)
{
    const struct buckets_options *o = &buckets->options;
    const struct meter_options options = {.since_ms = o->since_ms,
                                          .until_ms = o->until_ms,
                                          .max_gap_ms = o->max_gap_ms,
                                          .holds = holds,
                                          .take = take_step,
                                          .context = m};
    m->buckets = buckets;
    m->cell = TIME_CELL_NONE;
    meter_begin(&m->meter, &options);
}

void
buckets_meter_release(struct buckets_meter *m)
{
    meter_release(&m->meter);
}

/* What the reading is by itself; its energy comes with the steps. */
static int
add_levels(struct buckets *buckets, const struct batch_view *batch, size_t row)
{
    const struct buckets_options *o = &buckets->options;
    struct reading reading;
    if (!buckets_covers(buckets, batch->time_ms[row]))
        return WATTLE_OK;
    if ((o->fields & WATTLE_QUERY_EFFICIENCY) != 0)
        reading_from_row(&reading, batch, row,
                         (struct rating){o->no_cache, true});
    else
        reading_power_from_row(&reading, batch, row);
    reading.has_energy = false;
    struct bucket *bucket = bucket_of(buckets, batch->time_ms[row]);
    if (bucket == NULL)
        return WATTLE_ERR_MEMORY;
    bucket_add_values(bucket, batch, row, o->fields);
    return bucket_add_reading(bucket, &reading);
}

/* A few rows: they may fill many buckets. */
static int
add_rows(struct buckets_meter *m, const struct batch_view *rows)
{
    int status = meter_take(&m->meter, rows);
    if (m->meter.phase != METER_ADD)
        return status;
    for (size_t row = 0; row < rows->n_rows && status == WATTLE_OK; row++)
        status = add_levels(m->buckets, rows, row);
    return status;
}

int
buckets_meter_add(struct buckets_meter *m, const struct batch_view *batch,
                  size_t *row)
{
    const size_t few = 16;
    int status = WATTLE_OK;
    while (*row < batch->n_rows && status == WATTLE_OK) {
        size_t n = batch->n_rows - *row;
        if (m->meter.phase == METER_ADD && n > few)
            n = few;
        const struct batch_view rows = batch_view_part(batch, *row, n);
        status = add_rows(m, &rows);
        *row += n;
        if (m->buckets->list.n >= BUCKETS_ENOUGH)
            break;
    }
    return status;
}

int
buckets_meter_end_phase(struct buckets_meter *m)
{
    return meter_end_phase(&m->meter);
}

size_t
buckets_meter_final(struct buckets_meter *m)
{
    struct bucket_list *list = &m->buckets->list;
    const int64_t safe_ms = meter_safe_ms(&m->meter);
    size_t n = 0;
    if (m->meter.phase < METER_ADD)
        return 0;
    for (; n < list->n && list->items[n].range.end_ms <= safe_ms; n++) {
        struct bucket *bucket = &list->items[n];
        bucket->covered_ms = stretches_within(
            &m->meter.covered, bucket->range.start_ms, bucket->range.end_ms);
    }
    return n;
}
