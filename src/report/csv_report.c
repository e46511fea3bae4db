/*
 * csv_report.c - the table of devices as CSV, numbers unrounded.
 */
#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "report/text_out.h"
#include "wattle/report.h"

static void
put_text(struct text_out *out, const char *text)
{
    if (text != NULL)
        text_out_csv(out, text, strlen(text));
}

/* A value that is not known is an empty field. */
static void
put_number(struct text_out *out, double value)
{
    text_out_byte(out, ',');
    if (isfinite(value))
        text_out_number(out, value);
}

static void
put_time(struct text_out *out, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    civil_format(time_ms, text);
    text_out_byte(out, ',');
    text_out_text(out, text);
}

static void
put_device(struct text_out *out, const struct wattle_device_result *d)
{
    const struct wattle_figures *f = d->figures;
    put_text(out, d->id);
    text_out_byte(out, ',');
    put_text(out, d->name);
    text_out_byte(out, ',');
    put_text(out, d->location);
    text_out_byte(out, ',');
    text_out_count(out, f->n_readings);
    put_number(out, f->mean_power_w);
    put_number(out, f->min_power_w);
    put_number(out, f->max_power_w);
    put_number(out, f->efficiency);
    put_number(out, f->energy_kwh);
    put_number(out, f->monthly_cost);
    put_time(out, f->first_ms);
    put_time(out, f->last_ms);
    text_out_byte(out, ',');
    text_out_count(out, f->n_gaps);
    put_number(out, f->gap_hours);
    put_number(out, d->rated_w);
    put_number(out, d->peak_over_rating);
    text_out_byte(out, '\n');
}

int
wattle_report_write_csv(const struct wattle_report_result *a,
                        const struct wattle_writer *to)
{
    struct text_out text;
    if (to == NULL)
        return WATTLE_ERR_USAGE;
    text_out_init(&text, to);
    text_out_text(
        &text, "device,name,location,readings,mean_power_w,min_power_w,"
               "max_power_w,efficiency,energy_kwh,monthly_cost,first,last,gaps,"
               "gap_hours,rated_w,peak_over_rating\n");
    for (size_t i = 0; i < a->n_devices; i++)
        put_device(&text, a->devices[i]);
    return text_out_finish(&text);
}
