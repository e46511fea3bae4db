/*
 * ladder_options.c - one table of switches and their values.
 */
#include "ladder_options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 4

struct ladder_switch {
    const char *name;
    size_t offset; /* of its value in struct ladder_options */
    const char *values[MAX_VALUES];
};

#define SWITCH(name, ...)                                                      \
    {                                                                          \
        "--" #name, offsetof(struct ladder_options, name),                     \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

static const struct ladder_switch switches[] = {
    SWITCH(input, "lines", "blocks"),
    SWITCH(keep, "all", "batch"),
    SWITCH(time, "strptime", "hand", "memo"),
    SWITCH(number, "strtod", "hand"),
    SWITCH(lookup, "linear", "hash", "guess"),
    SWITCH(layout, "rows", "columns"),
    SWITCH(efficiency, "trigonometry", "identity", "table"),
    SWITCH(passes, "many", "one"),
    SWITCH(sums, "double", "compensated", "integer"),
};

#define N_SWITCHES (sizeof(switches) / sizeof(switches[0]))

void
ladder_options_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("ladder: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static _Noreturn void
show_usage(void)
{
    fputs("usage: ladder FOLDER [--SWITCH VALUE ...]\n"
          "The first value of each switch is the default.\n",
          stderr);
    for (size_t i = 0; i < N_SWITCHES; i++) {
        fprintf(stderr, "  %-14s", switches[i].name);
        for (size_t k = 0; switches[i].values[k] != NULL; k++)
            fprintf(stderr, " %s", switches[i].values[k]);
        fputc('\n', stderr);
    }
    exit(2);
}

static const struct ladder_switch *
find_switch(const char *name)
{
    for (size_t i = 0; i < N_SWITCHES; i++) {
        if (strcmp(switches[i].name, name) == 0)
            return &switches[i];
    }
    ladder_options_fail("no such switch: %s", name);
}

static int
find_value(const struct ladder_switch *one, const char *word)
{
    for (int i = 0; one->values[i] != NULL; i++) {
        if (strcmp(one->values[i], word) == 0)
            return i;
    }
    ladder_options_fail("%s does not take %s", one->name, word);
}

struct ladder_options
ladder_options_read(int argc, char **argv)
{
    struct ladder_options options = {0};
    if (argc < 2 || argc % 2 != 0 || argv[1][0] == '-')
        show_usage();
    options.folder = argv[1];
    for (int i = 2; i < argc; i += 2) {
        const struct ladder_switch *one = find_switch(argv[i]);
        int value = find_value(one, argv[i + 1]);
        memcpy((char *)&options + one->offset, &value, sizeof(value));
    }
    return options;
}
