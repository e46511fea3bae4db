/*
 * report_json.c - a report as one JSON object, numbers unrounded.
 *
 * Counts and settings are written here, member by member; figures and lists
 * come from the tables of report_tables.c.
 */
#include <math.h>

#include "base/stage.h"
#include "output/report_output.h"
#include "output/report_tables.h"

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
    const struct result_value value = {.type = VALUE_TIME, .integer = time_ms};
    put_key(j, key);
    table_json_value(&j->out, &value);
}

static void
put_figures(struct json *j, const struct wattle_figures *f)
{
    const void *const parts[] = {f};
    for (size_t i = 0; i < report_n_figures; i++) {
        const struct result_value value =
            result_value_of(&report_figures[i], parts);
        put_key(j, report_figures[i].name);
        table_json_value(&j->out, &value);
    }
}

static void
put_list(struct json *j, const char *key, enum report_list list,
         const struct wattle_report_result *a)
{
    struct report_table table;
    report_table_init(&table, list, a);
    put_key(j, key);
    table_json_write(&j->out, &table.base, false, NULL, NULL);
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
    put_list(j, "first", REPORT_FIRST_REJECTS, a);
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
    put_number(j, "totals_s", t->totals_s);
    put_number(j, "merge_s", t->merge_s);
    put_number(j, "print_s", print_s);
    put_count(j, "bytes", t->n_bytes);
    put_number(j, "bytes_per_s", (double)t->n_bytes / t->wall_s);
    put_number(j, "readings_per_s", (double)a->figures->n_readings / t->wall_s);
    put_number(j, "cache_hit_rate", (double)t->n_fast_rows / (double)n_rows);
    put_count(j, "scans", t->n_scans);
    put_count(j, "peak_memory_bytes", t->peak_memory_bytes);
    put_count(j, "threads", (uint64_t)t->n_threads);
    put_text(j, "simd", t->simd);
    put_text(j, "reader", t->reader);
    close_scope(j, '}');
}

int
report_json_write(const struct wattle_report_result *a, bool with_timings,
                  const struct wattle_writer *to)
{
    struct json j;
    text_out_init(&j.out, to);
    j.out.zone = a->zone;
    j.first = true;
    int64_t began_ns = stage_now_ns();
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
    put_text(&j, "zone", wattle_zone_name(a->zone));
    put_key(&j, "zone_assumed");
    text_out_text(&j.out, a->is_zone_assumed ? "true" : "false");
    put_figures(&j, a->figures);
    put_number(&j, "pooled_monthly_cost", a->pooled_monthly_cost);
    put_number(&j, "rate", a->rate_per_kwh);
    put_number(&j, "return_rate", a->return_rate_per_kwh);
    put_budget(&j, a);
    put_count(&j, "gaps", a->figures->n_gaps);
    put_number(&j, "gap_hours", a->figures->gap_hours);
    put_number(&j, "max_gap_hours", a->max_gap_hours);
    put_text(&j, "interpolation",
             a->interpolation == WATTLE_HOLD ? "hold" : "linear");
    put_list(&j, "per_device", REPORT_DEVICES, a);
    put_list(&j, "by_location", REPORT_LOCATIONS, a);
    put_list(&j, "by_hour", REPORT_HOURS, a);
    put_list(&j, "by_day", REPORT_DAYS, a);
    put_list(&j, "findings", REPORT_FINDINGS, a);
    put_list(&j, "skipped_files", REPORT_SKIPPED_FILES, a);
    put_count(&j, "assumed_value_files", a->n_assumed_files);
    if (with_timings)
        put_timings(&j, a, (double)(stage_now_ns() - began_ns) / 1e9);
    close_scope(&j, '}');
    text_out_byte(&j.out, '\n');
    return text_out_finish(&j.out);
}
