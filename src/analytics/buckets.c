/*
 * buckets.c - the general way: one reading and the step that leads to it.
 *
 * It defines what is right; buckets_block.c is the quick way, and must leave
 * the same sums. A step is cut where a bucket or the range ends.
 */
#include "analytics/buckets.h"

#include "analytics/totals.h"
#include "analytics/buckets_block.h"
#include "analytics/energy_split.h"
#include "analytics/reading.h"
#include "wattle/error.h"

void
buckets_init(struct buckets *buckets, const struct buckets_options *options)
{
    *buckets = (struct buckets){.options = *options};
    bucket_list_init(&buckets->list);
}

void
buckets_release(struct buckets *buckets)
{
    bucket_list_release(&buckets->list);
}

void
buckets_begin(struct buckets *buckets)
{
    bucket_list_drop(&buckets->list, buckets->list.n);
    buckets->has_last = false;
}

struct bucket *
buckets_append(struct buckets *buckets, int64_t time_ms)
{
    struct bucket_list *list = &buckets->list;
    const struct bucket_rule *rule = &buckets->options.rule;
    if (list->n > 0) { /* mostly the next one: no division */
        int64_t end_ms = list->items[list->n - 1].range.end_ms;
        if (bucket_rule_is_next(rule, end_ms, time_ms))
            return bucket_list_append(
                list, (struct bucket_range){end_ms, end_ms + rule->size});
    }
    return bucket_list_append(list, bucket_rule_range(rule, time_ms));
}

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct bucket *bucket = buckets_at(context, cell->start_ms);
    if (bucket == NULL)
        return WATTLE_ERR_MEMORY;
    bucket->covered_ms += part->end_ms - part->begin_ms;
    return bucket_add_part(bucket, part);
}

int
buckets_add_step(struct buckets *buckets, const struct power_point *to)
{
    const struct power_point *from = &buckets->last;
    const struct buckets_options *o = &buckets->options;
    if (!buckets_have_steps(o) || !buckets->has_last ||
        from->nw == TOTALS_NO_POWER || to->nw == TOTALS_NO_POWER)
        return WATTLE_OK;
    if (to->time_ms - from->time_ms > o->max_gap_ms) {
        buckets->n_gaps++;
        return WATTLE_OK;
    }
    int64_t begin_ms = from->time_ms, end_ms = to->time_ms;
    begin_ms = begin_ms > o->since_ms ? begin_ms : o->since_ms;
    end_ms = end_ms < o->until_ms ? end_ms : o->until_ms;
    if (begin_ms >= end_ms)
        return WATTLE_OK;
    struct bucket *bucket = buckets_at(buckets, begin_ms);
    if (bucket == NULL)
        return WATTLE_ERR_MEMORY;
    bool is_plain = from->nw >= 0 && to->nw >= 0; /* nor wide */
    if (is_plain && begin_ms == from->time_ms && end_ms == to->time_ms &&
        end_ms <= bucket->range.end_ms) { /* mostly: nothing to split */
        bucket->energy += (int128)(from->nw + to->nw) * (end_ms - begin_ms);
        bucket->covered_ms += end_ms - begin_ms;
        return WATTLE_OK;
    }
    const struct time_partition partition = bucket_rule_partition(&o->rule);
    const struct energy_step step = {.from = from,
                                     .to = to,
                                     .begin_ms = begin_ms,
                                     .end_ms = end_ms,
                                     .partition = &partition};
    struct time_cell cell = TIME_CELL_NONE;
    return energy_split(&step, &cell, add_part, buckets);
}

int
buckets_add_row(struct buckets *buckets, const struct batch_view *batch,
                size_t row)
{
    const struct buckets_options *o = &buckets->options;
    struct reading reading;
    if ((o->fields & WATTLE_QUERY_EFFICIENCY) != 0)
        reading_from_row(&reading, batch, row,
                         (struct rating){o->no_cache, true});
    else
        reading_power_from_row(&reading, batch, row);
    int64_t time_ms = reading.point.time_ms;
    int status = buckets_add_step(buckets, &reading.point);
    if (status == WATTLE_OK && buckets_covers(buckets, time_ms)) {
        struct bucket *bucket = buckets_at(buckets, time_ms);
        if (bucket == NULL)
            return WATTLE_ERR_MEMORY;
        status = bucket_add_reading(bucket, &reading);
        bucket_add_values(bucket, batch, row, o->fields);
    }
    buckets->last = reading.point;
    buckets->has_last = true;
    return status;
}
