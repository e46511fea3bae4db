/*
 * readings_csv.c - one line a reading.
 *
 * With the decimals that a reading came with, so that an export imported again
 * gives the same readings.
 */
#include "output/readings_csv.h"

#include "base/civil_time.h"
#include "base/decimal.h"

/* Columns that are written. */
static unsigned
written(unsigned columns, bool has_gaps)
{
    return columns | (has_gaps ? 1u << WATTLE_ENERGY : 0);
}

void
readings_csv_header(struct text_out *out, unsigned columns, bool has_gaps)
{
    columns = written(columns, has_gaps);
    text_out_text(out, "timestamp,device_id");
    for (int c = 0; c < MEASURE_N; c++) {
        if ((columns & 1u << c) == 0)
            continue;
        text_out_byte(out, ',');
        text_out_text(out, measure_table[c].name);
    }
    text_out_byte(out, '\n');
}

/* 2023-10-01T08:00:00Z, with milliseconds when there are some. */
static void
put_time(struct text_out *out, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    civil_format(time_ms, text);
    text_out_text(out, text);
}

void
readings_csv_rows(struct text_out *out, unsigned columns, bool has_gaps,
                  const char *id, const struct batch_view *batch)
{
    const size_t id_len = strlen(id);
    columns = written(columns, has_gaps);
    for (size_t i = 0; i < batch->n_rows; i++) {
        unsigned has =
            batch->presence != NULL ? batch->presence[i] : UINT32_MAX;
        put_time(out, batch->time_ms[i]);
        text_out_byte(out, ',');
        text_out_csv(out, id, id_len);
        for (int c = 0; c < MEASURE_N; c++) {
            char text[DECIMAL_TEXT_SIZE];
            if ((columns & 1u << c) == 0)
                continue;
            text_out_byte(out, ',');
            if (batch->columns[c] == NULL || (has & 1u << c) == 0)
                continue;
            decimal_format(batch->columns[c][i], batch->decimals[c], text);
            text_out_text(out, text);
        }
        text_out_byte(out, '\n');
    }
}
