/*
 * json_report.c - the report as one JSON object, numbers unrounded.
 */
#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/stage_clock.h"
#include "report/text_out.h"
#include "wattle/report.h"

/* A JSON text being written; `first` = no comma is due. */
struct json {
    struct text_out out;
    bool first;
};

static void
put_string(struct json *j, const char *text)
{
    if (text == NULL)
        text_out_text(&j->out, "null");
    else
        text_out_json(&j->out, text);
}

static void
put_comma(struct json *j)
{
    if (!j->first)
        text_out_byte(&j->out, ',');
    j->first = false;
}

static void
put_key(struct json *j, const char *key)
{
    put_comma(j);
    text_out_byte(&j->out, '"');
    text_out_text(&j->out, key);
    text_out_bytes(&j->out, "\":", 2);
}

static void
open_scope(struct json *j, const char *key, char bracket)
{
    if (key != NULL)
        put_key(j, key);
    else
        put_comma(j);
    text_out_byte(&j->out, bracket);
    j->first = true;
}

static void
close_scope(struct json *j, char bracket)
{
    text_out_byte(&j->out, bracket);
    j->first = false;
}

static void
put_count(struct json *j, const char *key, uint64_t value)
{
    put_key(j, key);
    text_out_count(&j->out, value);
}

static void
put_number(struct json *j, const char *key, double value)
{
    put_key(j, key);
    text_out_number(&j->out, value);
}

static void
put_text(struct json *j, const char *key, const char *text)
{
    put_key(j, key);
    put_string(j, text);
}

static void
put_time(struct json *j, const char *key, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    if (time_ms != WATTLE_NO_TIME)
        civil_format(time_ms, text);
    put_text(j, key, time_ms != WATTLE_NO_TIME ? text : NULL);
}

static void
put_powers(struct json *j, const struct wattle_figures *f)
{
    put_number(j, "mean_power_w", f->mean_power_w);
    put_number(j, "min_power_w", f->min_power_w);
    put_number(j, "max_power_w", f->max_power_w);
    put_number(j, "efficiency", f->efficiency);
    put_number(j, "energy_kwh", f->energy_kwh);
    put_number(j, "monthly_cost", f->monthly_cost);
}

static void
put_gaps(struct json *j, const struct wattle_figures *f)
{
    put_count(j, "gaps", f->n_gaps);
    put_number(j, "gap_hours", f->gap_hours);
}

static void
put_rejects(struct json *j, const struct wattle_report_result *a)
{
    open_scope(j, "rejects", '{');
    put_count(j, "total", a->n_rejects);
    open_scope(j, "by_reason", '{');
    for (int r = 0; r < WATTLE_N_REASONS; r++) {
        if (a->rejects_by_reason[r] != 0)
            put_count(j, wattle_reason_text(r), a->rejects_by_reason[r]);
    }
    close_scope(j, '}');
    open_scope(j, "first", '[');
    for (size_t i = 0; i < a->n_first_rejects; i++) {
        const struct wattle_reject *reject = a->first_rejects[i];
        open_scope(j, NULL, '{');
        put_text(j, "file", reject->path);
        put_count(j, "line", reject->line);
        put_text(j, "reason", wattle_reason_text(reject->reason));
        close_scope(j, '}');
    }
    close_scope(j, ']');
    close_scope(j, '}');
}

static void
put_budget(struct json *j, const struct wattle_report_result *a)
{
    if (isnan(a->budget)) {
        put_text(j, "budget", NULL);
        return;
    }
    open_scope(j, "budget", '{');
    put_number(j, "limit", a->budget);
    put_key(j, "exceeded");
    text_out_text(&j->out, a->is_over_budget ? "true" : "false");
    close_scope(j, '}');
}

static void
put_device(struct json *j, const struct wattle_device_result *d)
{
    open_scope(j, NULL, '{');
    put_text(j, "device", d->id);
    put_text(j, "name", d->name);
    put_text(j, "location", d->location);
    put_count(j, "readings", d->figures->n_readings);
    put_powers(j, d->figures);
    put_time(j, "first", d->figures->first_ms);
    put_time(j, "last", d->figures->last_ms);
    put_gaps(j, d->figures);
    put_number(j, "rated_w", d->rated_w);
    put_number(j, "peak_over_rating", d->peak_over_rating);
    close_scope(j, '}');
}

static void
put_locations(struct json *j, const struct wattle_report_result *a)
{
    open_scope(j, "by_location", '[');
    for (size_t i = 0; i < a->n_locations; i++) {
        const struct wattle_location_result *l = a->locations[i];
        open_scope(j, NULL, '{');
        put_text(j, "location", l->location);
        put_count(j, "devices", l->n_devices);
        put_count(j, "readings", l->figures->n_readings);
        put_powers(j, l->figures);
        put_gaps(j, l->figures);
        close_scope(j, '}');
    }
    close_scope(j, ']');
}

static void
put_profile(struct json *j, const struct wattle_report_result *a)
{
    char day[CIVIL_TEXT_SIZE];
    open_scope(j, "by_hour", '[');
    for (uint64_t hour = 0; hour < 24; hour++) {
        open_scope(j, NULL, '{');
        put_count(j, "hour", hour);
        put_number(j, "mean_power_w", a->hours[hour]->mean_power_w);
        put_number(j, "energy_kwh", a->hours[hour]->energy_kwh);
        close_scope(j, '}');
    }
    close_scope(j, ']');
    open_scope(j, "by_day", '[');
    for (size_t i = 0; i < a->n_days; i++) {
        civil_format_day(a->days[i]->day, day);
        open_scope(j, NULL, '{');
        put_text(j, "day", day);
        put_number(j, "energy_kwh", a->days[i]->energy_kwh);
        close_scope(j, '}');
    }
    close_scope(j, ']');
}

static void
put_skipped(struct json *j, const struct wattle_report_result *a)
{
    open_scope(j, "skipped_files", '[');
    for (size_t i = 0; i < a->n_skipped_files; i++) {
        open_scope(j, NULL, '{');
        put_text(j, "file", a->skipped_files[i]->path);
        put_text(j, "reason", a->skipped_files[i]->reason);
        close_scope(j, '}');
    }
    close_scope(j, ']');
}

static void
put_timings(struct json *j, const struct wattle_report_result *a,
            double print_s)
{
    const struct wattle_timings *t = a->timings;
    uint64_t n_rows = t->n_fast_rows + t->n_slow_rows;
    open_scope(j, "timings", '{');
    put_number(j, "wall_s", t->wall_s);
    put_number(j, "open_s", t->open_s);
    put_number(j, "read_s", t->read_s);
    put_number(j, "split_s", t->split_s);
    put_number(j, "decode_s", t->decode_s);
    put_number(j, "lookup_s", t->lookup_s);
    put_number(j, "account_s", t->account_s);
    put_number(j, "merge_s", t->merge_s);
    put_number(j, "print_s", print_s);
    put_count(j, "bytes", t->n_bytes);
    put_number(j, "bytes_per_s", (double)t->n_bytes / t->wall_s);
    put_number(j, "readings_per_s", (double)a->figures->n_readings / t->wall_s);
    put_number(j, "memo_hit_rate", (double)t->n_fast_rows / (double)n_rows);
    put_count(j, "passes", t->n_passes);
    put_count(j, "peak_memory_bytes", t->peak_memory_bytes);
    put_count(j, "threads", (uint64_t)t->n_threads);
    put_text(j, "simd", t->simd);
    put_text(j, "reader", t->reader);
    close_scope(j, '}');
}

int
wattle_report_write_json(const struct wattle_report_result *a,
                         bool with_timings, const struct wattle_writer *to)
{
    struct json j;
    if (to == NULL)
        return WATTLE_ERR_USAGE;
    text_out_init(&j.out, to);
    j.first = true;
    int64_t began_ns = stage_clock_now_ns();
    open_scope(&j, NULL, '{');
    put_count(&j, "lines", a->n_lines);
    put_count(&j, "readings", a->figures->n_readings);
    put_count(&j, "duplicates", a->n_duplicates);
    put_rejects(&j, a);
    put_count(&j, "filtered", a->n_filtered);
    put_count(&j, "rounded", a->n_rounded);
    put_count(&j, "devices", a->n_devices);
    put_time(&j, "first", a->figures->first_ms);
    put_time(&j, "last", a->figures->last_ms);
    put_powers(&j, a->figures);
    put_number(&j, "pooled_monthly_cost", a->pooled_monthly_cost);
    put_number(&j, "rate", a->rate_per_kwh);
    put_budget(&j, a);
    put_gaps(&j, a->figures);
    put_number(&j, "max_gap_hours", a->max_gap_hours);
    open_scope(&j, "per_device", '[');
    for (size_t i = 0; i < a->n_devices; i++)
        put_device(&j, a->devices[i]);
    close_scope(&j, ']');
    put_locations(&j, a);
    put_profile(&j, a);
    put_skipped(&j, a);
    if (with_timings)
        put_timings(&j, a, (double)(stage_clock_now_ns() - began_ns) / 1e9);
    close_scope(&j, '}');
    text_out_byte(&j.out, '\n');
    return text_out_finish(&j.out);
}
