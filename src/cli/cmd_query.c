/*
 * cmd_query.c - wattle query: readings of a database, by time.
 *
 * Options are checked and become a struct wattle_query_options. The library
 * finds the rows and writes them as text, CSV or JSON. The sandbox is entered
 * before the database is opened.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/sandbox.h"
#include "cli/terminal.h"
#include "cli/time_range.h"
#include "cli/zone_choice.h"
#include "wattle/database.h"
#include "wattle/query.h"

enum {
    OPT_DEVICE = 1,
    OPT_LOCATION,
    OPT_EVERY,
    OPT_RAW,
    OPT_TOTAL,
    OPT_FILL,
    OPT_WHAT,
    OPT_SORT,
    OPT_LIMIT,
    OPT_RATE,
    OPT_RETURN_RATE,
    OPT_MAX_GAP,
    OPT_INTERPOLATION,
    OPT_WIDE,
    OPT_JSON,
    OPT_CSV
};

static const struct cli_option query_options[] = {
    {OPT_DEVICE, "device", "GLOB",
     "only these devices, such as 'DEV00*'; may be repeated", "Which readings"},
    {OPT_LOCATION, "location", "GLOB", "only devices at this location", NULL},
    TIME_RANGE_OPTIONS(NULL),
    ZONE_OPTION("the database's"),
    {OPT_EVERY, "every", "SPAN",
     "a row for each span, such as 15m, 1h, 1d, 1w, 1mo, 1y (default: one for "
     "the whole range)",
     "Which rows"},
    {OPT_TOTAL, "total", NULL, "all devices together", NULL},
    {OPT_RAW, "raw", NULL, "a row for each reading", NULL},
    {OPT_FILL, "fill", "KIND",
     "rows for spans without readings: none (default), null, zero", NULL},
    {OPT_SORT, "sort", "FIGURE",
     "order of the rows, most first: energy, cost, power (mean), peak, "
     "readings (default: by device and time)",
     NULL},
    {OPT_LIMIT, "limit", "N", "at most this many rows", NULL},
    {OPT_WHAT, "what", "LIST",
     "any of power, energy, imported, returned, voltage, current, "
     "power_factor, efficiency, reading_mean, all (default: power,energy; with "
     "--total energy, with --raw all)",
     "Which columns"},
    {OPT_RATE, "rate", "PRICE", "price of a kWh: adds the cost", NULL},
    {OPT_RETURN_RATE, "return-rate", "PRICE",
     "what a kWh fed back earns (default 0)", NULL},
    {OPT_MAX_GAP, "max-gap", "SPAN",
     "a longer step between readings adds no energy (default 1h)", NULL},
    {OPT_INTERPOLATION, "interpolation", "KIND",
     "power between two readings: linear (default), or hold for devices that "
     "log a power only when it changes: it lasts until the next, 24h at most",
     NULL},
    {OPT_JSON, "json", NULL, "one JSON object, a line for each row", "Output"},
    {OPT_CSV, "csv", NULL, "the rows as CSV", NULL},
    {OPT_WIDE, "wide", NULL, "200 columns, whatever the terminal has", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    struct wattle_query_options options;
    struct time_range range;
    struct zone_choice zone;
    const char *path;
    const char **globs; /* room for every argument */
    enum cli_format format;
    bool is_wide;
};

static bool
read_every(const struct cli_parser *parser,
           struct wattle_query_options *options)
{
    options->bucket_ms = 0;
    options->bucket_months = 0;
    if (cli_read_months(parser->value, &options->bucket_months))
        return true;
    if (cli_read_span(parser->value, 1, INT64_C(36600) * 86400000,
                      &options->bucket_ms))
        return true;
    cli_complain(parser->command,
                 "--%s needs a span such as 15m, 1h, 1d, 1w, 1mo or 1y, not "
                 "'%s'",
                 parser->name, parser->value);
    return false;
}

static const struct {
    const char *name;
    unsigned fields;
} words[] = {
    {"power", WATTLE_QUERY_POWER},
    {"energy", WATTLE_QUERY_ENERGY},
    {"voltage", WATTLE_QUERY_VOLTAGE},
    {"current", WATTLE_QUERY_CURRENT},
    {"power_factor", WATTLE_QUERY_POWER_FACTOR},
    {"efficiency", WATTLE_QUERY_EFFICIENCY},
    {"reading_mean", WATTLE_QUERY_READING_MEAN},
    {"imported", WATTLE_QUERY_IMPORTED},
    {"returned", WATTLE_QUERY_RETURNED},
    {"all", WATTLE_QUERY_ALL},
};

static unsigned
what_of(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].name) == len &&
            strncmp(words[i].name, word, len) == 0)
            return words[i].fields;
    }
    return 0;
}

static bool
read_what(const struct cli_parser *parser, unsigned *what)
{
    const char *text = parser->value;
    for (;;) {
        size_t len = strcspn(text, ",");
        unsigned found = what_of(text, len);
        if (found == 0) {
            cli_complain(parser->command,
                         "--what takes a list of power, energy, imported, "
                         "returned, voltage, current, power_factor, "
                         "efficiency, reading_mean, all; not '%.*s'",
                         (int)len, text);
            return false;
        }
        *what |= found;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

static bool
read_fill(const struct cli_parser *parser, int *fill)
{
    static const char *const kinds[] = {"none", "null", "zero", NULL};
    int choice = cli_choice(parser, kinds);
    *fill = choice;
    return choice >= 0;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    struct wattle_query_options *o = &request->options;
    if (time_range_owns(option))
        return time_range_take(&request->range, parser, option);
    switch (option) {
    case OPT_TZ:
        request->zone.name = parser->value;
        return true;
    case CLI_OPERAND:
        return cli_one_path(parser, &request->path);
    case OPT_DEVICE:
        request->globs[o->n_device_globs++] = parser->value;
        return true;
    case OPT_LOCATION:
        o->location_glob = parser->value;
        return true;
    case OPT_EVERY:
        return read_every(parser, o);
    case OPT_TOTAL:
        o->is_total = true;
        return true;
    case OPT_RAW:
        o->is_raw = true;
        return true;
    case OPT_SORT:
        return cli_sort(parser, false, &o->sort);
    case OPT_LIMIT:
        return cli_count(parser, 1, UINT64_MAX, &o->limit);
    case OPT_FILL:
        return read_fill(parser, &o->fill);
    case OPT_WHAT:
        return read_what(parser, &o->fields);
    case OPT_RATE:
        return cli_number(parser, -1e6, 1e6, &o->rate_per_kwh);
    case OPT_RETURN_RATE:
        return cli_number(parser, -1e6, 1e6, &o->return_rate_per_kwh);
    case OPT_MAX_GAP:
        return cli_span_ms(parser, 1, INT64_C(366) * 86400000, &o->max_gap_ms);
    case OPT_INTERPOLATION:
        return cli_interpolation(parser, &o->interpolation);
    case OPT_WIDE:
        request->is_wide = true;
        return true;
    case OPT_JSON:
        return cli_take_format(parser, CLI_JSON, &request->format);
    default:
        return cli_take_format(parser, CLI_CSV, &request->format);
    }
}

/* Options that do not go together, by the names they have here. */
static bool
check_request(const struct command *self, struct request *request)
{
    struct wattle_query_options *o = &request->options;
    const char *other = o->bucket_ms != 0 || o->bucket_months != 0 ? "every"
                        : o->is_total                              ? "total"
                        : o->fill != WATTLE_FILL_NONE              ? "fill"
                                                                   : NULL;
    if (!cli_has_path(self, request->path))
        return false;
    if (o->is_raw && other != NULL)
        cli_complain(self, "--raw and --%s cannot be combined", other);
    else if (o->sort == WATTLE_SORT_COST && isnan(o->rate_per_kwh))
        cli_complain(self, "--sort cost needs a price: --rate");
    else
        return zone_choice_open(&request->zone, self);
    return false;
}

static int
write_rows(struct wattle_query *query, const struct request *request,
           uint64_t *n_rows, struct wattle_error *error)
{
    const struct wattle_writer out = terminal_stdout();
    struct wattle_text_style style;
    if (request->format == CLI_JSON)
        return wattle_query_write_json(query, &out, n_rows, error);
    if (request->format == CLI_CSV)
        return wattle_query_write_csv(query, &out, n_rows, error);
    terminal_style(&style, request->is_wide);
    return wattle_query_write_text(query, &style, &out, n_rows, error);
}

/* Energy is never quietly near zero. */
static void
warn_of_gaps(const struct command *self, const struct wattle_query *query)
{
    const char *first;
    const size_t n = wattle_query_n_sparse(query, &first);
    const int how = wattle_query_options_of(query)->interpolation;
    if (n > 0)
        cli_complain_gaps(self, first, n, how == WATTLE_HOLD);
}

static int
print_rows(const struct command *self, struct wattle_database *database,
           struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_query *query = NULL;
    uint64_t n_rows = 0;
    struct wattle_query_options *o = &request->options;
    o->zone = request->zone.zone != NULL ? request->zone.zone
                                         : wattle_database_zone(database);
    if (!time_range_resolve(&request->range, self, o->zone, &o->since_ms,
                            &o->until_ms))
        return EXIT_USAGE;
    int status = wattle_query_open(&query, database, &request->options, &error);
    if (status == WATTLE_OK)
        status = write_rows(query, request, &n_rows, &error);
    if (status == WATTLE_OK)
        warn_of_gaps(self, query);
    wattle_query_close(query);
    if (status != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    if (fflush(stdout) != 0) {
        cli_complain(self, "cannot write the rows");
        return EXIT_USAGE;
    }
    if (n_rows == 0)
        cli_complain(self, "there are no such readings");
    return EXIT_DONE;
}

static int
run_query(const struct command *self, int argc, char **argv)
{
    struct request request = {0};
    struct wattle_error error = {0};
    struct wattle_database *database = NULL;
    int code = EXIT_USAGE;
    wattle_query_options_init(&request.options);
    request.globs = calloc((size_t)argc + 1, sizeof(char *));
    if (request.globs == NULL)
        return code;
    request.options.device_globs = request.globs;
    if (cli_read(self, argc, argv, read_option, &request, &code) &&
        check_request(self, &request) &&
        sandbox_enter(self, &(struct sandbox){.database = request.path})) {
        if (wattle_database_open(&database, request.path, NULL, &error) !=
            WATTLE_OK)
            cli_complain_error(self, &error);
        else
            code = print_rows(self, database, &request);
        wattle_database_close(database);
    }
    zone_choice_close(&request.zone);
    free(request.globs);
    return code;
}

const struct command command_query = {
    .name = "query",
    .arguments = "DATABASE [options]",
    .summary = "Readings of a database by time: hours, days, months, or raw",
    .description =
        "Prints what each device used in every span of time, from a database\n"
        "made by 'wattle import'. A row is labelled by the start of its span;\n"
        "days begin at midnight, weeks on Monday. Energy of a\n"
        "step between two readings is split where a span ends. Exit status:\n"
        "0 done, 2 error.",
    .options = query_options,
    .run = run_query,
};
