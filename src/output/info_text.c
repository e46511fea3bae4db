/*
 * info_text.c - what is in a database, for people.
 *
 * The period and counts, then sizes in bytes, then the first devices in the
 * order of ids as a table. Ids are padded by the columns that they take on a
 * terminal, so that wide characters keep the table aligned.
 */
#include <stdio.h>
#include <string.h>

#include "base/number_text.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "output/info_output.h"
#include "output/text_canvas.h"

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
    char from[ZONE_TEXT_SIZE], to[ZONE_TEXT_SIZE], line[160];
    if (first_ms == WATTLE_NO_TIME)
        return;
    zone_format(out->zone, first_ms, from);
    zone_format(out->zone, last_ms, to);
    snprintf(line, sizeof(line), "  from %s to %s\n", from, to);
    text_out_text(out, line);
}

/* That a time takes: with its offset more. */
static int
time_columns(const struct text_out *out)
{
    return zone_unless_utc(out->zone) == NULL ? 20 : 25;
}

static void
put_device(struct text_out *out, const struct wattle_info_device *d)
{
    char count[NUMBER_TEXT_SIZE], from[ZONE_TEXT_SIZE] = "-";
    char to[ZONE_TEXT_SIZE] = "-", id[1024], line[1280];
    number_text_count(d->n_readings, count);
    if (d->first_ms != WATTLE_NO_TIME) {
        zone_format(out->zone, d->first_ms, from);
        zone_format(out->zone, d->last_ms, to);
    }
    utf8_visible(d->id, id, sizeof(id));
    int pad = DEVICE_COLUMNS - text_canvas_columns(id);
    snprintf(line, sizeof(line), "  %s%*s %14s  %-*s  %-*s  %6.3f\n", id,
             pad > 0 ? pad : 0, "", count, time_columns(out), from,
             time_columns(out), to,
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
    snprintf(line, sizeof(line), "\n  %-24s %14s  %-*s  %-*s  %s\n", "device",
             "readings", time_columns(out), "first", time_columns(out), "last",
             "bytes each");
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
info_text_write(const struct wattle_info *info, int top,
                const struct wattle_writer *to)
{
    struct text_out out;
    char head[64];
    text_out_init(&out, to);
    out.zone = info->zone;
    snprintf(head, sizeof(head), "wattle database, format %d\n", info->version);
    text_out_text(&out, head);
    put_period(&out, info->first_ms, info->last_ms);
    put_line(&out, "time zone", wattle_zone_name(info->zone), "");
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
