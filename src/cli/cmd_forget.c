/*
 * cmd_forget.c - wattle forget: takes readings back, and brings them back.
 *
 * One of three things is asked for: to remove files or devices, to undo
 * that, or to list what was removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/time_range.h"
#include "cli/zone_choice.h"
#include "wattle/database.h"
#include "wattle/forget.h"

enum { OPT_DEVICE = 1, OPT_LIST, OPT_UNDO, OPT_DRY_RUN, OPT_WAIT, OPT_QUIET };

static const struct cli_option forget_options[] = {
    {OPT_DEVICE, "device", "GLOB",
     "remove readings of these devices, such as 'DEV00*'; may be repeated",
     "What to remove"},
    TIME_RANGE_OPTIONS(NULL),
    ZONE_OPTION("the database's"),
    {OPT_LIST, "list", NULL, "list what was removed", "Journal"},
    {OPT_UNDO, "undo", "N", "restore entry N of the list, or 'last'", NULL},
    {OPT_DRY_RUN, "dry-run", NULL, "do everything but write", "How"},
    {OPT_WAIT, "wait", "SPAN",
     "how long to wait for an import to end (default 1m)", NULL},
    {OPT_QUIET, "quiet", NULL, "print errors only", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const struct command *self;
    struct wattle_forget_options options;
    const char **paths, **globs; /* room for every argument */
    const char *database;
    struct time_range range;
    struct zone_choice zone;
    bool is_list, is_undo, is_quiet;
    int64_t entry; /* 0 = the latest */
};

static bool
read_entry(struct request *request, const struct cli_parser *parser)
{
    int n;
    request->is_undo = true;
    if (strcmp(parser->value, "last") == 0)
        return true;
    if (!cli_small_count(parser, 1, 1 << 30, &n))
        return false;
    request->entry = n;
    return true;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    struct wattle_forget_options *o = &request->options;
    if (time_range_owns(option))
        return time_range_take(&request->range, parser, option);
    switch (option) {
    case CLI_OPERAND:
        if (request->database == NULL)
            request->database = parser->value;
        else
            request->paths[o->n_paths++] = parser->value;
        return true;
    case OPT_DEVICE:
        request->globs[o->n_device_globs++] = parser->value;
        return true;
    case OPT_TZ:
        request->zone.name = parser->value;
        return true;
    case OPT_LIST:
        request->is_list = true;
        return true;
    case OPT_UNDO:
        return read_entry(request, parser);
    case OPT_DRY_RUN:
        o->is_dry_run = true;
        return true;
    case OPT_WAIT:
        return cli_span_ms(parser, 0, INT64_C(366) * 86400000, &o->wait_ms);
    default:
        request->is_quiet = true;
        return true;
    }
}

/* One thing is asked for, and all of it is there. */
static bool
check_request(const struct request *request)
{
    const struct wattle_forget_options *o = &request->options;
    const bool has_what = o->n_paths > 0 || o->n_device_globs > 0;
    const int n = (request->is_list ? 1 : 0) + (request->is_undo ? 1 : 0) +
                  (has_what ? 1 : 0);
    if (n > 1)
        cli_complain(request->self, "give one of: files, --device, --list, "
                                    "--undo");
    else if (n == 0)
        cli_complain(request->self, "say what to remove: files that were "
                                    "imported, or --device");
    else if (o->n_paths > 0 && o->n_device_globs > 0)
        cli_complain(request->self, "give files or --device, not both");
    else if (o->n_device_globs == 0 && time_range_is_given(&request->range))
        cli_complain(request->self,
                     "a range of time is for --device; a file is "
                     "removed as a whole");
    else
        return true;
    return false;
}

static void
print_entry(void *context, const struct wattle_forgotten *entry)
{
    (void)context;
    printf("%lld  %s  ", (long long)entry->number, entry->when);
    cli_print_grouped(entry->n_readings);
    printf(" readings of ");
    cli_print_visible(entry->what);
    putchar('\n');
}

static int
print_result(const struct request *request, uint64_t n, uint64_t n_left)
{
    if (request->is_quiet)
        return EXIT_DONE;
    cli_print_visible(request->database);
    printf(": ");
    cli_print_grouped(n);
    printf(" reading%s %s%s\n", n == 1 ? "" : "s",
           request->is_undo ? "restored" : "removed",
           request->options.is_dry_run ? " (dry run)" : "");
    if (n_left > 0) {
        printf("  ");
        cli_print_grouped(n_left);
        printf(" stay in the journal, because there are other readings of the "
               "same time now\n");
    }
    return EXIT_DONE;
}

static int
run(struct request *request)
{
    struct wattle_error error = {0};
    uint64_t n = 0, n_left = 0;
    int status;
    request->options.cancel = interrupt_cancel();
    if (request->is_list)
        status = wattle_database_list_forgotten(request->database, print_entry,
                                                NULL, &error);
    else if (request->is_undo)
        status =
            wattle_database_unforget(request->database, request->entry,
                                     &request->options, &n, &n_left, &error);
    else
        status = wattle_database_forget(request->database, &request->options,
                                        &n, &error);
    if (status != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        interrupt_end();
        return EXIT_USAGE;
    }
    return request->is_list ? EXIT_DONE : print_result(request, n, n_left);
}

static bool
resolve(struct request *request)
{
    struct wattle_forget_options *o = &request->options;
    if (!time_range_is_given(&request->range))
        return true;
    return zone_choice_complete(&request->zone, request->self,
                                request->database) &&
           time_range_resolve(&request->range, request->self,
                              request->zone.zone, &o->since_ms, &o->until_ms);
}

static int
run_forget(const struct command *self, int argc, char **argv)
{
    struct request request = {.self = self};
    int code = EXIT_USAGE;
    wattle_forget_options_init(&request.options);
    request.paths = calloc((size_t)argc + 1, sizeof(char *));
    request.globs = calloc((size_t)argc + 1, sizeof(char *));
    request.options.paths = request.paths;
    request.options.device_globs = request.globs;
    if (request.paths != NULL && request.globs != NULL &&
        cli_read(self, argc, argv, read_option, &request, &code)) {
        code = EXIT_USAGE;
        if (cli_has_path(self, request.database) && check_request(&request) &&
            resolve(&request))
            code = run(&request);
    }
    zone_choice_close(&request.zone);
    free(request.paths);
    free(request.globs);
    return code;
}

const struct command command_forget = {
    .name = "forget",
    .arguments = "DATABASE FILE... | --device GLOB [options]",
    .summary = "Remove imported readings",
    .description =
        "Removes what files have given, or the readings of devices. A file\n"
        "must be as it was when it was imported, or have grown; the next\n"
        "import takes it for a new one. Removed readings are kept in a "
        "journal\n"
        "inside the database, from where --undo restores them. Readings that "
        "a\n"
        "file had replaced come back by 'wattle import --again' of the file\n"
        "that gave them. Exit status: 0 done, 2 error.",
    .options = forget_options,
    .run = run_forget,
};
