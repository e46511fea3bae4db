/*
 * info_report.c - what is in a database, as text and as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/number_text.h"
#include "report/text_canvas.h"
#include "report/text_out.h"
#include "wattle/error.h"
#include "wattle/maintain.h"
#include "wattle/text.h"

#define DEVICE_COLUMNS 24 /* of the table */

static void
put_line(struct text_out *out, const char *name, const char *value,
         const char *note)
{
    char line[160];
    snprintf(line, sizeof(line), "  %-13s %14s%s%s\n", name, value,
             note[0] != '\0' ? "  " : "", note);
    text_out_text(out, line);
}

static void
put_count(struct text_out *out, const char *name, uint64_t n, const char *note)
{
    char text[NUMBER_TEXT_SIZE];
    number_text_count(n, text);
    put_line(out, name, text, note);
}

/* Bytes, and how many a reading. */
static void
put_bytes(struct text_out *out, const char *name, uint64_t n_bytes,
          uint64_t n_readings)
{
    char note[64] = "";
    if (n_readings > 0)
        snprintf(note, sizeof(note), "bytes  %8.3f a reading",
                 (double)n_bytes / (double)n_readings);
    put_count(out, name, n_bytes, note);
}

static void
put_period(struct text_out *out, int64_t first_ms, int64_t last_ms)
{
    char from[CIVIL_TEXT_SIZE], to[CIVIL_TEXT_SIZE], line[96];
    if (first_ms == WATTLE_NO_TIME)
        return;
    civil_format(first_ms, from);
    civil_format(last_ms, to);
    snprintf(line, sizeof(line), "  from %s to %s\n", from, to);
    text_out_text(out, line);
}

static void
put_device(struct text_out *out, const struct wattle_info_device *d)
{
    char count[NUMBER_TEXT_SIZE], from[CIVIL_TEXT_SIZE] = "-";
    char to[CIVIL_TEXT_SIZE] = "-", id[1024], line[1280];
    number_text_count(d->n_readings, count);
    if (d->first_ms != WATTLE_NO_TIME) {
        civil_format(d->first_ms, from);
        civil_format(d->last_ms, to);
    }
    wattle_text_visible(d->id, id, sizeof(id));
    int pad = DEVICE_COLUMNS - text_canvas_columns(id);
    snprintf(line, sizeof(line), "  %s%*s %14s  %-20s  %-20s  %6.3f\n", id,
             pad > 0 ? pad : 0, "", count, from, to,
             d->n_readings > 0 ? (double)d->n_bytes / (double)d->n_readings
                               : 0.0);
    text_out_text(out, line);
}

static void
put_devices(struct text_out *out, const struct wattle_info *info, int top)
{
    char line[128];
    size_t n = (size_t)top < info->n_devices ? (size_t)top : info->n_devices;
    if (n == 0)
        return;
    snprintf(line, sizeof(line), "\n  %-24s %14s  %-20s  %-20s  %s\n", "device",
             "readings", "first", "last", "bytes each");
    text_out_text(out, line);
    for (size_t i = 0; i < n; i++)
        put_device(out, info->devices[i]);
    if (n < info->n_devices) {
        snprintf(line, sizeof(line), "  and %zu more; --top N shows them\n",
                 info->n_devices - n);
        text_out_text(out, line);
    }
}

int
wattle_info_write_text(const struct wattle_info *info, int top,
                       const struct wattle_writer *to)
{
    struct text_out out;
    char head[64];
    if (to == NULL)
        return WATTLE_ERR_USAGE;
    text_out_init(&out, to);
    snprintf(head, sizeof(head), "wattle database, format %d\n", info->version);
    text_out_text(&out, head);
    put_period(&out, info->first_ms, info->last_ms);
    put_count(&out, "readings", info->n_readings, "");
    put_count(&out, "devices", info->n_devices, "");
    put_count(&out, "files", info->n_files, "");
    put_count(&out, "duplicates", info->n_duplicates, "");
    put_count(&out, "corrections", info->n_corrections, "");
    put_count(&out, "rejects", info->n_rejects, "");
    if (info->n_lost > 0)
        put_count(&out, "lost", info->n_lost, "to damage");
    put_count(&out, "chunks", info->n_chunks, "");
    put_count(&out, "late readings", info->n_late,
              info->n_late > 0 ? "not in chunks yet" : "");
    text_out_byte(&out, '\n');
    put_bytes(&out, "file", info->file_bytes, info->n_readings);
    put_bytes(&out, "readings", info->data_bytes, info->n_readings);
    put_bytes(&out, "summaries", info->summary_bytes, info->n_readings);
    put_bytes(&out, "days, hours", info->rollup_bytes, info->n_readings);
    put_bytes(&out, "free", info->free_bytes, 0);
    put_devices(&out, info, top);
    return text_out_finish(&out);
}

struct json_field {
    const char *name;
    uint64_t value;
};

static void
json_time(struct text_out *out, const char *name, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    text_out_text(out, name);
    if (time_ms == WATTLE_NO_TIME) {
        text_out_text(out, "null");
        return;
    }
    civil_format(time_ms, text);
    text_out_json(out, text);
}

static void
json_text(struct text_out *out, const char *name, const char *text)
{
    text_out_text(out, name);
    if (text != NULL)
        text_out_json(out, text);
    else
        text_out_text(out, "null");
}

static void
json_fields(struct text_out *out, const struct json_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        text_out_text(out, ", \"");
        text_out_text(out, fields[i].name);
        text_out_text(out, "\": ");
        text_out_count(out, fields[i].value);
    }
}

static void
json_device(struct text_out *out, const struct wattle_info_device *d)
{
    const struct json_field fields[] = {{"readings", d->n_readings},
                                        {"chunks", d->n_chunks},
                                        {"bytes", d->n_bytes}};
    json_text(out, "    {\"device_id\": ", d->id);
    json_text(out, ", \"name\": ", d->name);
    json_text(out, ", \"location\": ", d->location);
    json_fields(out, fields, sizeof(fields) / sizeof(fields[0]));
    json_time(out, ", \"first\": ", d->first_ms);
    json_time(out, ", \"last\": ", d->last_ms);
    text_out_byte(out, '}');
}

int
wattle_info_write_json(const struct wattle_info *info,
                       const struct wattle_writer *to)
{
    const struct json_field fields[] = {
        {"file_bytes", info->file_bytes},
        {"data_bytes", info->data_bytes},
        {"summary_bytes", info->summary_bytes},
        {"rollup_bytes", info->rollup_bytes},
        {"free_bytes", info->free_bytes},
        {"readings", info->n_readings},
        {"duplicates", info->n_duplicates},
        {"lines", info->n_lines},
        {"rejects", info->n_rejects},
        {"lost", info->n_lost},
        {"corrections", info->n_corrections},
        {"chunks", info->n_chunks},
        {"late_readings", info->n_late},
        {"files", info->n_files},
    };
    struct text_out out;
    if (to == NULL)
        return WATTLE_ERR_USAGE;
    text_out_init(&out, to);
    text_out_text(&out, "{\n  \"format\": ");
    text_out_count(&out, (uint64_t)info->version);
    json_fields(&out, fields, sizeof(fields) / sizeof(fields[0]));
    json_time(&out, ",\n  \"first\": ", info->first_ms);
    json_time(&out, ", \"last\": ", info->last_ms);
    text_out_text(&out, ",\n  \"devices\": [");
    for (size_t i = 0; i < info->n_devices; i++) {
        text_out_text(&out, i > 0 ? ",\n" : "\n");
        json_device(&out, info->devices[i]);
    }
    text_out_text(&out, "\n  ]\n}\n");
    return text_out_finish(&out);
}
