/*
 * info_json.c - what is in a database, as one JSON object: its figures, then
 * its devices as a table.
 *
 * A figure is one line of a table here. Names are part of the interface: new
 * ones may be added, none is changed or removed. All devices are listed, in
 * the order of ids.
 */
#include "output/info_output.h"
#include "output/result_table.h"

#define INFO(type, name, member)                                               \
    {                                                                          \
        name, name, type, 0, 0, offsetof(struct wattle_info, member)           \
    }
#define DEVICE(type, name, member)                                             \
    {                                                                          \
        name, name, type, 0, 0, offsetof(struct wattle_info_device, member)    \
    }

static const struct result_column figures[] = {
    INFO(VALUE_COUNT, "file_bytes", file_bytes),
    INFO(VALUE_COUNT, "data_bytes", data_bytes),
    INFO(VALUE_COUNT, "summary_bytes", summary_bytes),
    INFO(VALUE_COUNT, "rollup_bytes", rollup_bytes),
    INFO(VALUE_COUNT, "free_bytes", free_bytes),
    INFO(VALUE_COUNT, "readings", n_readings),
    INFO(VALUE_COUNT, "duplicates", n_duplicates),
    INFO(VALUE_COUNT, "lines", n_lines),
    INFO(VALUE_COUNT, "rejects", n_rejects),
    INFO(VALUE_COUNT, "lost", n_lost),
    INFO(VALUE_COUNT, "corrections", n_corrections),
    INFO(VALUE_COUNT, "chunks", n_chunks),
    INFO(VALUE_COUNT, "late_readings", n_late),
    INFO(VALUE_COUNT, "files", n_files),
    INFO(VALUE_TIME, "first", first_ms),
    INFO(VALUE_TIME, "last", last_ms),
};

static const struct result_column device_columns[] = {
    DEVICE(VALUE_TEXT, "device_id", id),
    DEVICE(VALUE_TEXT, "name", name),
    DEVICE(VALUE_TEXT, "location", location),
    DEVICE(VALUE_COUNT, "readings", n_readings),
    DEVICE(VALUE_COUNT, "chunks", n_chunks),
    DEVICE(VALUE_COUNT, "bytes", n_bytes),
    DEVICE(VALUE_TIME, "first", first_ms),
    DEVICE(VALUE_TIME, "last", last_ms),
};

enum {
    N_FIGURES = sizeof(figures) / sizeof(figures[0]),
    N_DEVICE_COLUMNS = sizeof(device_columns) / sizeof(device_columns[0])
};

struct device_array {
    const struct wattle_info *info;
    size_t next;
    struct result_value row[N_DEVICE_COLUMNS];
};

static int
next_device(void *self, const struct result_value **row,
            struct wattle_error *error)
{
    struct device_array *d = self;
    (void)error;
    *row = NULL;
    if (d->next == d->info->n_devices)
        return WATTLE_OK;
    const void *const parts[] = {d->info->devices[d->next++]};
    for (size_t i = 0; i < N_DEVICE_COLUMNS; i++)
        d->row[i] = result_value_of(&device_columns[i], parts);
    *row = d->row;
    return WATTLE_OK;
}

int
info_json_write(const struct wattle_info *info, const struct wattle_writer *to)
{
    struct device_array rows = {.info = info};
    const struct result_table devices = {device_columns, N_DEVICE_COLUMNS,
                                         next_device, &rows};
    const void *const parts[] = {info};
    struct text_out out;
    text_out_init(&out, to);
    out.zone = info->zone;
    text_out_text(&out, "{\"format\":");
    text_out_integer(&out, info->version);
    text_out_text(&out, ",\"zone\":");
    text_out_json(&out, wattle_zone_name(info->zone));
    for (size_t i = 0; i < N_FIGURES; i++) {
        const struct result_value value = result_value_of(&figures[i], parts);
        text_out_byte(&out, ',');
        text_out_json(&out, figures[i].name);
        text_out_byte(&out, ':');
        table_json_value(&out, &value);
    }
    text_out_text(&out, ",\"devices\":");
    table_json_write(&out, &devices, true, NULL, NULL);
    text_out_text(&out, "}\n");
    return text_out_finish(&out);
}
