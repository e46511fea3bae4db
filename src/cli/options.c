/*
 * options.c - arguments of the commands, by their option tables.
 *
 * cli_read goes through the arguments and hands each option and operand to the
 * command. Numbers, spans, times and words are read here, alike for all
 * commands. Messages on standard error and the help are made here, too.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "wattle/measure.h"
#include "wattle/report.h"
#include "wattle/text.h"

void
cli_complain(const struct command *command, const char *format, ...)
{
    char text[2048], shown[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    wattle_text_visible(text, shown, sizeof(shown));
    fprintf(stderr, "wattle %s: %s\n", command->name, shown);
}

void
cli_print_visible(const char *text)
{
    char shown[4096];
    wattle_text_visible(text, shown, sizeof(shown));
    fputs(shown, stdout);
}

void
cli_complain_error(const struct command *command,
                   const struct wattle_error *error)
{
    if (error->path[0] != '\0' && error->line != 0)
        cli_complain(command, "%s:%llu: %s", error->path,
                     (unsigned long long)error->line, error->message);
    else if (error->path[0] != '\0')
        cli_complain(command, "%s: %s", error->path, error->message);
    else
        cli_complain(command, "%s", error->message);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, remove, replace) from a to b; names are below 32 bytes. */
static size_t
distance(const char *a, size_t len, const char *b)
{
    size_t row[33];
    size_t n = strlen(b);
    if (len > 32 || n > 32)
        return SIZE_MAX;
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 0; i < len; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < n; k++) {
            size_t replace = corner + (a[i] == b[k] ? 0 : 1);
            corner = row[k + 1];
            row[k + 1] = least(replace, least(row[k], corner) + 1);
        }
    }
    return row[n];
}

const char *
cli_nearest(const char *word, size_t len, const char *(*name_of)(size_t i))
{
    const char *nearest = NULL;
    size_t best = 3; /* that many edits make another word */
    for (size_t i = 0; name_of(i) != NULL; i++) {
        if (len >= 2 && strncmp(name_of(i), word, len) == 0)
            return name_of(i); /* its beginning was typed */
    }
    for (size_t i = 0; name_of(i) != NULL; i++) {
        size_t edits = distance(word, len, name_of(i));
        if (edits < best) {
            best = edits;
            nearest = name_of(i);
        }
    }
    return nearest;
}

/* The command whose options are being compared; commands run one at a time. */
static const struct command *compared;

static const char *
option_name(size_t i)
{
    return compared->options[i].name;
}

static int
complain_unknown(const struct command *command, const char *name, size_t len)
{
    compared = command;
    const char *nearest = cli_nearest(name, len, option_name);
    if (nearest != NULL)
        cli_complain(command, "unknown option --%.*s; did you mean --%s?",
                     (int)len, name, nearest);
    else
        cli_complain(command, "unknown option --%.*s; see 'wattle help %s'",
                     (int)len, name, command->name);
    return CLI_BAD;
}

static const struct cli_option *
find_option(const struct command *command, const char *name, size_t len)
{
    for (const struct cli_option *o = command->options; o->id != 0; o++) {
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

static int
take_option(struct cli_parser *parser, const char *name)
{
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *o = find_option(parser->command, name, len);
    if (o == NULL)
        return complain_unknown(parser->command, name, len);
    parser->name = o->name;
    parser->value = equals != NULL ? equals + 1 : NULL;
    if (o->argument == NULL && equals != NULL) {
        cli_complain(parser->command, "--%s takes no value", o->name);
        return CLI_BAD;
    }
    if (o->argument != NULL && equals == NULL) {
        if (parser->at == parser->argc) {
            cli_complain(parser->command, "--%s needs a value (%s)", o->name,
                         o->argument);
            return CLI_BAD;
        }
        parser->value = parser->argv[parser->at++];
    }
    return o->id;
}

/*
 * The next item: an option's id, CLI_OPERAND, CLI_HELP after --help, CLI_END,
 * or CLI_BAD after one line on stderr that says what is wrong, with the nearest
 * known option for a typing error.
 */
static int
next(struct cli_parser *parser)
{
    if (parser->at == parser->argc)
        return CLI_END;
    const char *arg = parser->argv[parser->at++];
    /* a comment of SQL is no option */
    bool is_comment = strncmp(arg, "--", 2) == 0 && arg[2] == ' ';
    if (parser->only_operands || arg[0] != '-' || arg[1] == '\0' ||
        is_comment) {
        parser->value = arg;
        return CLI_OPERAND;
    }
    if (strcmp(arg, "--") == 0) {
        parser->only_operands = true;
        return next(parser);
    }
    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
        return CLI_HELP;
    if (arg[1] != '-') {
        cli_complain(parser->command,
                     "unknown option %s; options have long names, see "
                     "'wattle help %s'",
                     arg, parser->command->name);
        return CLI_BAD;
    }
    return take_option(parser, arg + 2);
}

bool
cli_read(const struct command *command, int argc, char **argv, cli_take take,
         void *request, int *code)
{
    struct cli_parser parser = {.command = command, .argc = argc, .argv = argv};
    int option = next(&parser);
    while (option != CLI_END && option != CLI_BAD && option != CLI_HELP)
        option = take(request, &parser, option) ? next(&parser) : CLI_BAD;
    if (option == CLI_HELP)
        cli_print_help(command);
    *code = option == CLI_HELP ? EXIT_DONE : EXIT_USAGE;
    return option == CLI_END;
}

bool
cli_count(const struct cli_parser *parser, uint64_t min, uint64_t max,
          uint64_t *out)
{
    const char *text = parser->value;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value < min || value > max) {
        cli_complain(parser->command,
                     "--%s needs a whole number from %llu to %llu, not '%s'",
                     parser->name, (unsigned long long)min,
                     (unsigned long long)max, text);
        return false;
    }
    *out = value;
    return true;
}

bool
cli_number(const struct cli_parser *parser, double min, double max, double *out)
{
    const char *text = parser->value;
    char *end;
    double value = strtod(text, &end);
    bool plain =
        text[0] != '\0' && strspn(text, "+-.0123456789eE") == strlen(text);
    if (!plain || *end != '\0' || !isfinite(value) || value < min ||
        value > max) {
        if (strchr(text, ',') != NULL)
            cli_complain(parser->command,
                         "--%s needs a number with a point, such as 0.30, not "
                         "'%s'",
                         parser->name, text);
        else
            cli_complain(parser->command,
                         "--%s needs a number from %.16g to %.16g, not '%s'",
                         parser->name, min, max, text);
        return false;
    }
    *out = value;
    return true;
}

bool
cli_small_count(const struct cli_parser *parser, int min, int max, int *out)
{
    uint64_t n;
    if (!cli_count(parser, (uint64_t)min, (uint64_t)max, &n))
        return false;
    *out = (int)n;
    return true;
}

/* The milliseconds of a unit of time; 0 for another word. */
static int64_t
unit_ms(const char *word)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1},          {"s", 1000},       {"sec", 1000},
                 {"second", 1000},   {"m", 60000},      {"min", 60000},
                 {"minute", 60000},  {"h", 3600000},    {"hour", 3600000},
                 {"d", 86400000},    {"day", 86400000}, {"w", 604800000},
                 {"week", 604800000}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (cli_is_unit(word, units[i].name))
            return units[i].ms;
    }
    return 0;
}

bool
cli_is_unit(const char *word, const char *unit)
{
    const size_t len = strlen(unit);
    const bool may_have_s = len > 2;
    return strncmp(word, unit, len) == 0 &&
           (word[len] == '\0' ||
            (may_have_s && word[len] == 's' && word[len + 1] == '\0'));
}

bool
cli_read_count(const char *text, const char **unit, int64_t *count)
{
    char *end;
    errno = 0;
    *count = 1; /* "day" is "1 day" */
    *unit = text;
    if (text[0] < '0' || text[0] > '9')
        return strlen(text) > 2;
    *count = strtoll(text, &end, 10);
    *unit = end + (*end == ' ');
    return errno == 0;
}

bool
cli_read_months(const char *text, int *months)
{
    const char *unit;
    int64_t count;
    if (!cli_read_count(text, &unit, &count) || count < 1 || count > 1200)
        return false;
    bool is_years = cli_is_unit(unit, "y") || cli_is_unit(unit, "year");
    bool is_months = cli_is_unit(unit, "mo") || cli_is_unit(unit, "month");
    if ((!is_years && !is_months) || (is_years && count > 100))
        return false;
    *months = (int)(is_years ? 12 * count : count);
    return true;
}

bool
cli_read_span(const char *text, int64_t min_ms, int64_t max_ms, int64_t *out)
{
    const char *unit;
    int64_t count;
    if (!cli_read_count(text, &unit, &count))
        return false;
    int64_t ms = unit_ms(unit);
    if (ms == 0 || count > max_ms / ms || count * ms < min_ms)
        return false;
    *out = count * ms;
    return true;
}

bool
cli_span_ms(const struct cli_parser *parser, int64_t min_ms, int64_t max_ms,
            int64_t *out)
{
    if (cli_read_span(parser->value, min_ms, max_ms, out))
        return true;
    cli_complain(parser->command,
                 "--%s needs a span such as 15m, 1h or 2d, not '%s'",
                 parser->name, parser->value);
    return false;
}

bool
cli_time_ms(const struct cli_parser *parser, int64_t *out)
{
    if (wattle_parse_time(parser->value, out) == WATTLE_OK)
        return true;
    cli_complain(parser->command,
                 "--%s needs a time such as 2023-10-01 or 2023-10-01T08:00Z, "
                 "not '%s'",
                 parser->name, parser->value);
    return false;
}

int
cli_choice(const struct cli_parser *parser, const char *const *words)
{
    char shown[256];
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], parser->value) == 0)
            return i;
    }
    fprintf(stderr, "wattle %s: --%s must be one of", parser->command->name,
            parser->name);
    for (int i = 0; words[i] != NULL; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", words[i]);
    wattle_text_visible(parser->value, shown, sizeof(shown));
    fprintf(stderr, "; not '%s'\n", shown);
    return -1;
}

bool
cli_take_format(const struct cli_parser *parser, enum cli_format wanted,
                enum cli_format *format)
{
    if (*format != CLI_TEXT && *format != wanted) {
        cli_complain(parser->command, "choose one of --json and --csv");
        return false;
    }
    *format = wanted;
    return true;
}

bool
cli_one_path(const struct cli_parser *parser, const char **path)
{
    if (*path != NULL) {
        cli_complain(parser->command, "one database at a time, not also '%s'",
                     parser->value);
        return false;
    }
    *path = parser->value;
    return true;
}

bool
cli_has_path(const struct command *command, const char *path)
{
    if (path == NULL)
        cli_complain(command, "say which database");
    return path != NULL;
}

void
cli_format_time(int64_t time_ms, char *out)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    if (time_ms % 1000 < 0)
        seconds--;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static bool
choose(const struct cli_parser *parser, const char *const *words, int *out)
{
    int choice = cli_choice(parser, words);
    if (choice >= 0)
        *out = choice;
    return choice >= 0;
}

static const char *const value_kinds[] = {
    "power-w",    "power-kw",    "energy-wh", "energy-kwh",
    "counter-wh", "counter-kwh", NULL};

bool
cli_value_kind(const struct cli_parser *parser, int *out)
{
    bool is_known = choose(parser, value_kinds, out);
    *out += is_known ? WATTLE_VALUE_POWER_W : 0;
    return is_known;
}

void
cli_warn_assumed(const struct command *self, size_t n_files, const char *first)
{
    static const char cure[] = "confirm or correct that with --value (of "
                               "'wattle import' for a database)";
    if (n_files == 1)
        cli_complain(self, "%s: its column value was taken as power in W; %s",
                     first, cure);
    else if (n_files > 1)
        cli_complain(self,
                     "the column value of %zu files, such as %s, was taken as "
                     "power in W; %s",
                     n_files, first, cure);
}

void
cli_complain_gaps(const struct command *self, const char *device, size_t n,
                  bool holds)
{
    const char *others = n > 1 ? " and other devices" : "";
    if (holds)
        cli_complain(self,
                     "%s%s: most of the time is longer than a power holds "
                     "after a reading, and adds no energy; a larger --max-gap "
                     "lets it hold longer",
                     device, others);
    else
        cli_complain(self,
                     "%s%s: most of the time is in gaps longer than --max-gap, "
                     "and adds no energy; a device that logs power only when "
                     "it changes needs --interpolation hold",
                     device, others);
}

const char *
cli_value_kind_word(int kind)
{
    return kind >= WATTLE_VALUE_POWER_W && kind <= WATTLE_VALUE_COUNTER_KWH
               ? value_kinds[kind - WATTLE_VALUE_POWER_W]
               : "no value";
}

bool
cli_sort(const struct cli_parser *parser, bool has_gaps, int *out)
{
    const char *const words[] = {"energy", "cost",     "power",
                                 "peak",   "readings", has_gaps ? "gaps" : NULL,
                                 NULL};
    bool is_known = choose(parser, words, out);
    *out += is_known ? WATTLE_SORT_ENERGY : 0;
    return is_known;
}

bool
cli_interpolation(const struct cli_parser *parser, int *out)
{
    static const char *const words[] = {"linear", "hold", NULL};
    return choose(parser, words, out);
}

bool
cli_simd(const struct cli_parser *parser, int *out)
{
    static const char *const levels[] = {"auto",   "scalar", "avx2",
                                         "avx512", "neon",   NULL};
    return choose(parser, levels, out);
}

bool
cli_reader(const struct cli_parser *parser, int *out)
{
    static const char *const readers[] = {"auto", "mmap", "pread", "uring",
                                          NULL};
    return choose(parser, readers, out);
}

void
cli_print_grouped(uint64_t n)
{
    if (n >= 1000) {
        cli_print_grouped(n / 1000);
        printf(",%03u", (unsigned)(n % 1000));
    } else {
        printf("%u", (unsigned)n);
    }
}

/* A help line beside its option, broken between words at 80 columns. */
static void
print_wrapped(const char *left, const char *text)
{
    enum { INDENT = 24, WIDTH = 80 };
    int column = printf("  %-20s  ", left);
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        if (column + len > WIDTH && column > INDENT) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        }
        printf("%.*s", len, text);
        column += len;
        text += len;
        if (*text == ' ') {
            bool fits = column + 1 + (int)strcspn(text + 1, " ") <= WIDTH;
            if (fits)
                putchar(' ');
            column += fits ? 1 : WIDTH;
            text++;
        }
    }
    putchar('\n');
}

void
cli_print_help(const struct command *command)
{
    printf("wattle %s - %s\n\nUsage: wattle %s %s\n\n%s\n", command->name,
           command->summary, command->name, command->arguments,
           command->description);
    for (const struct cli_option *o = command->options; o->id != 0; o++) {
        char left[40];
        if (o->section != NULL)
            printf("\n%s:\n", o->section);
        snprintf(left, sizeof(left), "--%s%s%s", o->name,
                 o->argument != NULL ? " " : "",
                 o->argument != NULL ? o->argument : "");
        print_wrapped(left, o->help);
    }
    printf("\nOther:\n  %-20s  %s\n", "--help", "show this help");
}
