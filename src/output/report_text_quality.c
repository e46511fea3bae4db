/*
 * report_text_quality.c - the end of the text report: devices to look at, lines
 * that were rejected, gaps.
 *
 * A few of each kind are shown; the data formats have all.
 */
#include <math.h>
#include <stdio.h>

#include "output/report_text_parts.h"

/* Where a rejected line stands; of a long path the end is what matters. */
static void
put_reject_line(const struct text_canvas *c, const struct wattle_reject *r)
{
    char place[64];
    int len =
        snprintf(place, sizeof(place), ":%llu: %s", (unsigned long long)r->line,
                 wattle_reason_text(r->reason));
    int room = c->style.width - 2 - REPORT_TEXT_LABEL - len;
    int columns = text_canvas_columns(r->path);
    const char *path = r->path;
    text_out_printf(c->out, "  %*s", REPORT_TEXT_LABEL, "");
    if (columns > room && room > 4) {
        path += columns - room + 3;
        while (((unsigned char)*path & 0xc0) == 0x80)
            path++;
        text_out_text(c->out, "...");
    }
    text_canvas_field(c, path, text_canvas_columns(path));
    text_out_printf(c->out, "%s\n", place);
}

static void
put_rejects(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char n[NUMBER_TEXT_SIZE], all[NUMBER_TEXT_SIZE], text[512];
    size_t len = 0;
    report_text_line(c, "Rejected", TEXT_PLAIN, "%s of %s lines",
                     report_text_count(a->n_rejects, n),
                     report_text_count(a->n_lines, all));
    for (size_t r = 0; r < a->n_reasons; r++) {
        if (a->rejects_by_reason[r] != 0)
            len += (size_t)snprintf(
                text + len, sizeof(text) - len, "%s%s %s", len > 0 ? ", " : "",
                wattle_reason_text((int)r),
                report_text_count(a->rejects_by_reason[r], n));
    }
    if (len > 0)
        report_text_line(c, "", TEXT_PLAIN, "%s", text);
    for (size_t i = 0; i < a->n_first_rejects; i++)
        put_reject_line(c, a->first_rejects[i]);
    if (a->n_rejects > a->n_first_rejects)
        report_text_line(c, "", TEXT_PLAIN,
                         "... (--rejects FILE writes them all)");
}

/* A span in the largest unit that keeps it whole. */
static const char *
span_of_hours(double hours, char *text, size_t size)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    char number[NUMBER_TEXT_SIZE];
    double ms = nearbyint(hours * 3600000);
    size_t i = 0;
    while (i < 3 && fmod(ms, units[i].ms) != 0)
        i++;
    snprintf(text, size, "%s %s", report_text_exactly(ms / units[i].ms, number),
             units[i].unit);
    return text;
}

/* Id and name as far as there is room, then what is said; else below. */
static void
put_finding(const struct text_canvas *c, const struct wattle_finding *f,
            const char *words)
{
    const int width = c->style.width - 2;
    int n_words = text_canvas_columns(words);
    int n_id = text_canvas_columns(f->device_id);
    int n_name = f->name != NULL ? text_canvas_columns(f->name) : 0;
    n_id = n_id < width ? n_id : width;
    text_out_text(c->out, "  ");
    text_canvas_field(c, f->device_id, n_id);
    if (n_name > 0 && n_id + 2 + n_name + 2 + n_words <= width) {
        text_out_text(c->out, "  ");
        text_canvas_field(c, f->name, n_name);
    }
    if (n_id + 2 + n_words <= width)
        text_out_text(c->out, "  ");
    else
        text_out_text(c->out, "\n    ");
    text_canvas_wrap(c, words, 4);
}

/* What its counter has shown. */
static void
describe_event(const struct wattle_finding *f, char *text, size_t size)
{
    static const char *const events[WATTLE_N_COUNTER_EVENTS] = {
        "counter jumps up and back %s time%s",
        "counter drops and recovers %s time%s",
        "counter falls a little %s time%s",
        "counter begins again near zero %s time%s",
        "counter falls as if the meter was changed %s time%s"};
    char number[NUMBER_TEXT_SIZE];
    const uint64_t n = (uint64_t)f->value;
    snprintf(text, size, events[f->kind - WATTLE_FINDING_COUNTER_SPIKE],
             report_text_count(n, number), report_text_plural(n));
}

/* What is said of a finding, behind its device. */
static void
describe_finding(const struct text_canvas *c, const struct wattle_finding *f,
                 int64_t newest_ms, char *text, size_t size)
{
    char number[NUMBER_TEXT_SIZE], time[ZONE_TEXT_SIZE];
    switch (f->kind) {
    case WATTLE_FINDING_SILENT:
        text_canvas_number((double)(newest_ms - f->since_ms) / CIVIL_MS_PER_DAY,
                           1, number);
        snprintf(text, size, "silent since %s (%s days)",
                 report_text_minute(c, f->since_ms, time), number);
        break;
    case WATTLE_FINDING_NEVER_SEEN:
        snprintf(text, size, "no readings");
        break;
    case WATTLE_FINDING_STUCK:
        snprintf(text, size, "always %s W",
                 text_canvas_number(f->value, 1, number));
        break;
    case WATTLE_FINDING_OVER_RATING:
        snprintf(text, size, "up to %s times its rating",
                 text_canvas_number(f->value, 1, number));
        break;
    case WATTLE_FINDING_MOSTLY_GAPS:
        snprintf(text, size,
                 "mostly gaps: does it log only changes? (--interpolation "
                 "hold)");
        break;
    case WATTLE_FINDING_AHEAD:
        text_canvas_number(f->value, 0, number);
        snprintf(text, size,
                 "%s day%s ahead of all others: is its clock right?", number,
                 strcmp(number, "1") == 0 ? "" : "s");
        break;
    case WATTLE_FINDING_REJECTS:
        snprintf(text, size, "%s lines rejected",
                 report_text_count((uint64_t)f->value, number));
        break;
    case WATTLE_FINDING_RISING:
        snprintf(text, size, "its energies only rise: is it a counter?");
        break;
    default:
        describe_event(f, text, size);
    }
}

/* The worst of each kind are first: a few of each are shown. */
void
report_text_findings(const struct text_canvas *c,
                     const struct wattle_report_result *a)
{
    const int most_of_a_kind =
        a->n_listed < a->n_devices && c->style.top > 5 ? c->style.top : 5;
    char line[160], number[NUMBER_TEXT_SIZE];
    size_t n_left = 0;
    int kind = -1, n_of_kind = 0;
    if (a->n_findings == 0)
        return;
    text_canvas_heading(c, "Devices to look at");
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct wattle_finding *f = a->findings[i];
        n_of_kind = f->kind == kind ? n_of_kind + 1 : 1;
        kind = f->kind;
        if (n_of_kind > most_of_a_kind) {
            n_left++;
            continue;
        }
        describe_finding(c, f, a->figures->last_ms, line, sizeof(line));
        put_finding(c, f, line);
    }
    if (n_left == 0)
        return;
    snprintf(line, sizeof(line), "... and %s more (--json)",
             report_text_count(n_left, number));
    text_out_text(c->out, "  ");
    text_canvas_wrap(c, line, 2);
}

static void
put_gaps(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char n[NUMBER_TEXT_SIZE], hours[NUMBER_TEXT_SIZE], span[64];
    text_canvas_number(a->figures->gap_hours, 1, hours);
    report_text_count(a->figures->n_gaps, n);
    if (a->interpolation == WATTLE_HOLD)
        report_text_line(
            c, "Gaps", TEXT_PLAIN,
            "%s where no power held, %s h in all; they add no energy", n,
            hours);
    else
        report_text_line(c, "Gaps", TEXT_PLAIN,
                         "%s longer than %s, %s h in all; they add no energy",
                         n, span_of_hours(a->max_gap_hours, span, sizeof(span)),
                         hours);
}

void
report_text_quality(const struct text_canvas *c,
                    const struct wattle_report_result *a)
{
    char n[NUMBER_TEXT_SIZE];
    text_canvas_heading(c, "Data quality");
    put_rejects(c, a);
    report_text_line(c, "Duplicates", TEXT_PLAIN,
                     "%s replaced by a later reading",
                     report_text_count(a->n_duplicates, n));
    put_gaps(c, a);
    if (a->figures->estimated_kwh > 0)
        report_text_line(c, "Estimated", TEXT_PLAIN,
                         "%s kWh, spread evenly where a counter was not read",
                         report_text_energy(a->figures->estimated_kwh, n));
    if (a->n_filtered > 0)
        report_text_line(c, "Left out", TEXT_PLAIN,
                         "%s line%s, of other times, devices or locations",
                         report_text_count(a->n_filtered, n),
                         report_text_plural(a->n_filtered));
    if (a->n_rounded > 0)
        report_text_line(c, "Rounded", TEXT_PLAIN,
                         "%s value%s with more than nine decimals",
                         report_text_count(a->n_rounded, n),
                         report_text_plural(a->n_rounded));
    if (a->n_skipped_files > 0)
        report_text_line(c, "Skipped", TEXT_PLAIN, "%s file%s",
                         report_text_count(a->n_skipped_files, n),
                         report_text_plural(a->n_skipped_files));
    if (a->n_assumed_files > 0)
        report_text_line(c, "Assumed", TEXT_PLAIN,
                         "that the column value of %s file%s is power in W",
                         report_text_count(a->n_assumed_files, n),
                         report_text_plural(a->n_assumed_files));
    if (!isnan(a->figures->efficiency))
        report_text_line(c, "Efficiency", TEXT_PLAIN,
                         "%s, mean of the readings",
                         text_canvas_number(a->figures->efficiency, 4, n));
}
