/*
 * csv_report.c - the table of devices as CSV, numbers unrounded.
 */
#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/number_text.h"
#include "report/csv_text.h"
#include "wattle/report.h"

void
csv_text_put(FILE *out, const char *text, size_t len)
{
    bool quoted =
        memchr(text, ',', len) != NULL || memchr(text, '"', len) != NULL ||
        memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL;
    if (!quoted) {
        fwrite(text, 1, len, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            fputc('"', out);
        fputc(text[i], out);
    }
    fputc('"', out);
}

static void
put_text(FILE *out, const char *text)
{
    if (text != NULL)
        csv_text_put(out, text, strlen(text));
}

/* A value that is not known is an empty field. */
static void
put_number(FILE *out, double value)
{
    char text[NUMBER_TEXT_SIZE];
    fputc(',', out);
    if (!isfinite(value))
        return;
    number_text_exact(value, text);
    fputs(text, out);
}

static void
put_time(FILE *out, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    civil_format(time_ms, text);
    fprintf(out, ",%s", text);
}

static void
put_device(FILE *out, const struct wattle_device_answer *d)
{
    const struct wattle_figures *f = &d->figures;
    put_text(out, d->id);
    fputc(',', out);
    put_text(out, d->name);
    fputc(',', out);
    put_text(out, d->location);
    fprintf(out, ",%llu", (unsigned long long)f->n_readings);
    put_number(out, f->mean_power_w);
    put_number(out, f->min_power_w);
    put_number(out, f->max_power_w);
    put_number(out, f->efficiency);
    put_number(out, f->energy_kwh);
    put_number(out, f->monthly_cost);
    put_time(out, f->first_ms);
    put_time(out, f->last_ms);
    fprintf(out, ",%llu", (unsigned long long)f->n_gaps);
    put_number(out, f->gap_hours);
    put_number(out, d->rated_w);
    put_number(out, d->peak_over_rating);
    fputc('\n', out);
}

int
wattle_answers_write_csv(const struct wattle_answers *a, FILE *out)
{
    fputs("device,name,location,readings,mean_power_w,min_power_w,"
          "max_power_w,efficiency,energy_kwh,monthly_cost,first,last,gaps,"
          "gap_hours,rated_w,peak_over_rating\n",
          out);
    for (size_t i = 0; i < a->n_devices; i++)
        put_device(out, &a->devices[i]);
    return ferror(out) ? WATTLE_ERR_IO : WATTLE_OK;
}
