/*
 * command.h - what a command of the program is: one constant descriptor.
 *
 * Each cmd_*.c exports one `const struct command`; main.c lists them. The
 * option table drives parsing, `wattle help COMMAND`, and the tests that
 * compare help, man page and shell completion.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

/* Exit codes of the program. */
enum { EXIT_DONE = 0, EXIT_FOUND = 1, EXIT_USAGE = 2 };

struct cli_option {
    int id;               /* what cli_take is given; > 0 */
    const char *name;     /* long name without "--" */
    const char *argument; /* its argument's name in the help, NULL = a flag */
    const char *help;     /* one line, no full stop */
    const char *section;  /* heading in the help before this option or NULL */
};

struct command {
    const char *name;
    const char *arguments;            /* such as "PATH... [options]" */
    const char *summary;              /* one line, no full stop */
    const char *description;          /* a paragraph or two for the help */
    const struct cli_option *options; /* ends with id 0 */
    /* Returns the exit code. */
    int (*run)(const struct command *self, int argc, char **argv);
};

/* Walks the arguments. Positional arguments may stand anywhere. */
struct cli_parser {
    const struct command *command;
    int argc;
    char **argv;        /* arguments after the command's name */
    int at;             /* next argument to look at */
    bool only_operands; /* "--" was seen */
    const char *value;  /* argument of the option returned last, or NULL */
    const char *name;   /* name of the option returned last */
};

enum { CLI_END = 0, CLI_OPERAND = -1, CLI_BAD = -2, CLI_HELP = -3 };

/*
 * Hands each option (its id, with its argument in parser->value) and operand
 * (CLI_OPERAND, the same) to `take`, which says false after a line on stderr.
 * False when something is wrong or --help was all that was wanted. *code is
 * what to exit with then, and EXIT_USAGE otherwise.
 */
typedef bool (*cli_take)(void *request, const struct cli_parser *parser,
                         int option);
bool cli_read(const struct command *command, int argc, char **argv,
              cli_take take, void *request, int *code);

/*
 * The name that begins with a word of at least two letters, or else is nearest
 * to it by edits; NULL when none is near. name_of(i) ends with NULL.
 */
const char *cli_nearest(const char *word, size_t len,
                        const char *(*name_of)(size_t i));

/* Reads a whole number in [min, max]; false after one line on stderr. */
bool cli_count(const struct cli_parser *parser, uint64_t min, uint64_t max,
               uint64_t *out);

/* The same for an int; 0 <= min. */
bool cli_small_count(const struct cli_parser *parser, int min, int max,
                     int *out);

/* Reads a finite decimal number in [min, max]; false after one line. */
bool cli_number(const struct cli_parser *parser, double min, double max,
                double *out);

/* Reads a span such as 15m, 1h, 90s, 2d, 500ms; false after one line. */
bool cli_span_ms(const struct cli_parser *parser, int64_t min_ms,
                 int64_t max_ms, int64_t *out);

/*
 * The same of a text, without a word. Its parts: a count, 1 when there is none,
 * and a unit, which may be a whole word, such as "day" or "days".
 */
bool cli_read_months(const char *text, int *months);
bool cli_read_span(const char *text, int64_t min_ms, int64_t max_ms,
                   int64_t *out);
bool cli_read_count(const char *text, const char **unit, int64_t *count);
bool cli_is_unit(const char *word, const char *unit);

/* Reads a point in time, UTC unless it says otherwise; false after a line. */
bool cli_time_ms(const struct cli_parser *parser, int64_t *out);

/* Takes the operand as the one path there may be; false after one line. */
bool cli_one_path(const struct cli_parser *parser, const char **path);

/* Whether a database was named; false after one line. */
bool cli_has_path(const struct command *command, const char *path);

/* Writes a time as 2023-10-01T08:00:00Z; room for 32 bytes. */
void cli_format_time(int64_t time_ms, char *out);

/* Words of enum wattle_value_kind, wattle_simd, wattle_reader; the same. */
bool cli_value_kind(const struct cli_parser *parser, int *out);
bool cli_simd(const struct cli_parser *parser, int *out);
bool cli_reader(const struct cli_parser *parser, int *out);

/* Warns when the values of files were taken as power; n may be 0. */
void cli_warn_assumed(const struct command *self, size_t n_files,
                      const char *first);

/* Words of enum wattle_sort; the same. has_gaps: gaps, too. */
bool cli_sort(const struct cli_parser *parser, bool has_gaps, int *out);

/* Words of enum wattle_interpolation; the same. */
bool cli_interpolation(const struct cli_parser *parser, int *out);

/*
 * Warns of n > 0 devices, of which one is named, that are read too seldom for
 * the largest gap.
 */
void cli_complain_gaps(const struct command *self, const char *device, size_t n,
                       bool holds);

/* The word for one of enum wattle_value_kind. */
const char *cli_value_kind_word(int kind);

/* The value's place in a NULL-terminated list of words; -1 after one line. */
int cli_choice(const struct cli_parser *parser, const char *const *words);

/* What a command prints its data as. */
enum cli_format { CLI_TEXT, CLI_JSON, CLI_CSV };

/* Takes one of --json and --csv; false after one line when both are there. */
bool cli_take_format(const struct cli_parser *parser, enum cli_format wanted,
                     enum cli_format *format);

/* Text from outside on stdout, as wattle_text_visible makes it. */
void cli_print_visible(const char *text);

/* One line on stderr: "wattle COMMAND: message", made visible as well. */
void cli_complain(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an error of the library: with file and line. */
void cli_complain_error(const struct command *command,
                        const struct wattle_error *error);

/* Prints a count with commas between thousands to stdout. */
void cli_print_grouped(uint64_t n);

/* Prints the help of one command to stdout. */
void cli_print_help(const struct command *command);

#endif
