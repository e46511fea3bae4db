/*
 * cmd_sql.c - wattle sql: any question to a database, in SQL.
 *
 * Statements come from the command line, from standard input, or from a prompt
 * at a terminal. Rows
 * are printed as text tables, CSV or JSON while they come; a text table waits
 * for its first rows, to know its widths. Nothing can be written to the
 * database.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/prompt.h"
#include "cli/sandbox.h"
#include "cli/terminal.h"
#include "wattle/cancel.h"
#include "wattle/database.h"
#include "wattle/sql.h"

enum { OPT_JSON = 1, OPT_CSV };

static const struct cli_option sql_options[] = {
    {OPT_JSON, "json", NULL, "a JSON array, an object for each row", "Output"},
    {OPT_CSV, "csv", NULL, "the rows as CSV, with a line of names", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const char *path, *statements;
    enum cli_format format;
};

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    if (option == OPT_JSON || option == OPT_CSV)
        return cli_take_format(parser, option == OPT_JSON ? CLI_JSON : CLI_CSV,
                               &request->format);
    if (request->path == NULL) {
        request->path = parser->value;
        return true;
    }
    if (request->statements != NULL) {
        cli_complain(parser->command,
                     "give all statements as one argument in quotes, "
                     "separated by semicolons");
        return false;
    }
    request->statements = parser->value;
    return true;
}

static bool
check_request(const struct command *self, const struct request *request)
{
    if (!cli_has_path(self, request->path))
        return false;
    return true;
}

/* All of standard input, ended by a zero byte; NULL after one line. */
static char *
read_input(const struct command *self)
{
    size_t len = 0, cap = 4096;
    char *text = malloc(cap);
    while (text != NULL) {
        len += fread(text + len, 1, cap - len - 1, stdin);
        if (len + 1 < cap)
            break;
        char *grown = realloc(text, cap *= 2);
        if (grown == NULL)
            free(text);
        text = grown;
    }
    if (text == NULL || ferror(stdin)) {
        cli_complain(self, "cannot read the statements: %s", strerror(errno));
        free(text);
        return NULL;
    }
    text[len] = '\0';
    if (strlen(text) == len)
        return text;
    cli_complain(self, "the statements are not text");
    free(text);
    return NULL;
}

static int
write_rows(struct wattle_sql *sql, enum cli_format format,
           struct wattle_error *error)
{
    const struct wattle_writer out = terminal_stdout();
    struct wattle_text_style style;
    if (format == CLI_JSON)
        return wattle_sql_write_json(sql, &out, error);
    if (format == CLI_CSV)
        return wattle_sql_write_csv(sql, &out, error);
    terminal_style(&style, false);
    return wattle_sql_write_text(sql, &style, &out, error);
}

static int
ask(const struct command *self, const struct request *request,
    const char *statements)
{
    struct wattle_error error = {0};
    struct wattle_database *database = NULL;
    struct wattle_sql *sql = NULL;
    const struct sandbox sandbox = {
        .database = request->path,
        .reads_anything = strcasestr(statements, "attach") != NULL,
    };
    if (!sandbox_enter(self, &sandbox))
        return EXIT_USAGE;
    int status = wattle_database_open(&database, request->path, NULL, &error);
    if (status == WATTLE_OK)
        status = wattle_sql_open(&sql, database, statements, &error);
    if (status == WATTLE_OK)
        status = write_rows(sql, request->format, &error);
    wattle_sql_close(sql);
    wattle_database_close(database);
    bool is_written = fflush(stdout) == 0;
    if (status != WATTLE_OK)
        cli_complain_error(self, &error);
    else if (!is_written)
        cli_complain(self, "cannot write the rows: %s", strerror(errno));
    return status == WATTLE_OK && is_written ? EXIT_DONE : EXIT_USAGE;
}

/* Runs statements and prints what they yield, or why they cannot be run. */
static bool
answer(const struct command *self, struct wattle_database *database,
       const char *statements, enum cli_format format)
{
    struct wattle_error error = {0};
    struct wattle_sql *sql = NULL;
    int status = wattle_sql_open(&sql, database, statements, &error);
    if (status == WATTLE_OK)
        status = write_rows(sql, format, &error);
    wattle_sql_close(sql);
    if (status != WATTLE_OK)
        cli_complain_error(self, &error);
    return fflush(stdout) == 0;
}

/* Words of the prompt itself; false ends it. */
static bool
obey(const struct command *self, struct wattle_database *database,
     const char *line)
{
    static const char tables[] =
        "SELECT name FROM sqlite_master WHERE type = 'view' UNION ALL "
        "VALUES('readings'), ('energy_buckets(device, since, until, every, "
        "interpolation, max_gap)');";
    if (strcmp(line, ".quit") == 0 || strcmp(line, ".exit") == 0)
        return false;
    if (strcmp(line, ".tables") == 0)
        return answer(self, database, tables, CLI_TEXT);
    if (strcmp(line, ".help") != 0)
        printf("There is no %s.\n", line);
    puts("A statement ends with a semicolon, and may take several lines.\n"
         ".tables  list tables and views\n"
         ".quit    ends this, as .exit and Ctrl-D do\n"
         "Ctrl-C   ends a statement that runs, or the line being typed");
    return true;
}

/* Words that people try first; NULL = none of them. */
static const char *
command_of(const char *line, bool is_first)
{
    static const char *const words[] = {"quit", "exit", "help", "\\q"};
    static const char *const meant[] = {".quit", ".exit", ".help", ".quit"};
    const size_t len = strcspn(line, " \t;");
    for (size_t i = 0; is_first && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i]) == len && strncmp(line, words[i], len) == 0)
            return meant[i];
    }
    return line[0] == '.' ? line : NULL;
}

/* Appends a line; false when memory is short. */
static bool
append(char **text, const char *line)
{
    const size_t len = *text != NULL ? strlen(*text) : 0;
    char *grown = realloc(*text, len + strlen(line) + 2);
    if (grown == NULL)
        return false;
    if (len > 0)
        grown[len] = '\n';
    strcpy(grown + len + (len > 0 ? 1 : 0), line);
    *text = grown;
    return true;
}

static bool
is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* What Ctrl-C ends: a statement that runs, or the line being typed. */
static struct wattle_cancel *running;
static volatile sig_atomic_t is_interrupted;

static void
on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
    wattle_cancel(running);
}

/* Opens the database, as often as a statement was interrupted in it. */
static struct wattle_database *
open_database(const struct command *self, const struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_database *database = NULL;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    struct wattle_cancel *old = running;
    is_interrupted = 0;
    running = options.cancel = wattle_cancel_new();
    wattle_cancel_free(old);
    if (wattle_database_open(&database, request->path, &options, &error) !=
        WATTLE_OK)
        cli_complain_error(self, &error);
    return database;
}

/* What has been typed so far, and where it goes. */
struct talk {
    const struct command *self;
    const struct request *request;
    struct wattle_database *database;
    char *text; /* of a statement that is not complete; or NULL */
};

static void
forget_text(struct talk *talk)
{
    free(talk->text);
    talk->text = NULL;
}

/* Takes a line; false ends the conversation. */
static bool
take_line(struct talk *talk, const char *line)
{
    const char *command = command_of(line, talk->text == NULL);
    bool goes_on = true;
    if (command != NULL)
        return obey(talk->self, talk->database, command);
    if (talk->text != NULL || !is_blank(line))
        goes_on = append(&talk->text, line);
    if (talk->text == NULL || !wattle_sql_is_complete(talk->text))
        return goes_on;
    goes_on =
        answer(talk->self, talk->database, talk->text, talk->request->format);
    forget_text(talk);
    return goes_on;
}

/* Line by line, until the end of the input or .quit. */
static void
converse(struct talk *talk)
{
    bool goes_on = true;
    while (goes_on && talk->database != NULL) {
        char *line = prompt_read(talk->text != NULL ? "   ...> " : "wattle> ");
        if (line != NULL && !is_interrupted) {
            prompt_remember(line);
            goes_on = take_line(talk, line);
        } else if (!is_interrupted) {
            goes_on = false;
            puts(""); /* Ctrl-D leaves the cursor where it is */
        }
        free(line);
        if (is_interrupted) {
            clearerr(stdin);
            puts("");
            forget_text(talk);
            wattle_database_close(talk->database);
            talk->database = open_database(talk->self, talk->request);
        }
    }
    forget_text(talk);
}

/* A prompt at a terminal. */
static int
ask_at_prompt(const struct command *self, const struct request *request)
{
    /* a person may attach other databases */
    const struct sandbox sandbox = {.database = request->path,
                                    .reads_anything = true};
    /* without SA_RESTART, so that a line being read ends */
    const struct sigaction action = {.sa_handler = on_interrupt};
    struct talk talk = {.self = self, .request = request};
    prompt_open();
    if (!sandbox_enter(self, &sandbox))
        return EXIT_USAGE;
    talk.database = open_database(self, request);
    if (talk.database == NULL)
        return EXIT_USAGE;
    sigaction(SIGINT, &action, NULL);
    printf("%s (read-only). End a statement with a semicolon; type .help for "
           "help.\n",
           request->path);
    converse(&talk);
    wattle_database_close(talk.database);
    wattle_cancel_free(running);
    return EXIT_DONE;
}

static int
run_sql(const struct command *self, int argc, char **argv)
{
    struct request request = {0};
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    if (!check_request(self, &request))
        return EXIT_USAGE;
    if (request.statements != NULL && strcmp(request.statements, "-") != 0)
        return ask(self, &request, request.statements);
    if (request.statements == NULL && isatty(STDIN_FILENO))
        return ask_at_prompt(self, &request);
    char *statements = read_input(self);
    code = statements != NULL ? ask(self, &request, statements) : EXIT_USAGE;
    free(statements);
    return code;
}

const struct command command_sql = {
    .name = "sql",
    .arguments = "DATABASE [SQL] [options]",
    .summary = "Ask a database anything, in SQL",
    .description =
        "Runs statements, which are an argument or come from standard input,\n"
        "and prints their rows. At a terminal, without an argument, there is "
        "a\n"
        "prompt. Beside the views of the\n"
        "database (devices, daily, hourly, files, corrections) there are the\n"
        "table readings, every reading as a row, and the function\n"
        "energy_buckets(device, since, until, every, interpolation, max_gap),\n"
        "and the aggregates median(x) and percentile(x, p). Nothing can be\n"
        "written.\n"
        "Exit status: 0 done, 2 error.",
    .options = sql_options,
    .run = run_sql,
};
