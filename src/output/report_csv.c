/*
 * report_csv.c - the devices of a report as CSV.
 *
 * One row for each device, in the order of ids, with the columns of
 * report_tables.c. A report without devices is the header line alone.
 */
#include "output/report_output.h"
#include "output/report_tables.h"

int
report_csv_write(const struct wattle_report_result *result,
                 const struct wattle_writer *to)
{
    struct report_table devices;
    struct text_out out;
    text_out_init(&out, to);
    out.zone = result->zone;
    report_table_init(&devices, REPORT_DEVICES, result);
    table_csv_write(&out, &devices.base, NULL, NULL);
    return text_out_finish(&out);
}
