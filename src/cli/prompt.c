/*
 * prompt.c - libedit by its readline functions, or getline.
 *
 * What was typed is kept in memory only.
 */
#include "cli/prompt.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static struct {
    char *(*readline)(const char *prompt);
    int (*add_history)(const char *line);
} editor;

/* A function of a library; NULL = there is none. */
static void
find(void *library, const char *name, void *function, size_t size)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, size); /* ISO C has no cast for this */
}

void
prompt_open(void)
{
    int (*initialize)(void) = NULL;
    void *library = dlopen("libedit.so.2", RTLD_NOW);
    if (library == NULL)
        return;
    find(library, "readline", &editor.readline, sizeof(editor.readline));
    find(library, "add_history", &editor.add_history,
         sizeof(editor.add_history));
    find(library, "rl_initialize", &initialize, sizeof(initialize));
    int *catches = dlsym(library, "rl_catch_signals");
    if (catches != NULL)
        *catches = 0;        /* the command has its own handler */
    setlocale(LC_CTYPE, ""); /* it counts the columns of characters */
    if (initialize != NULL)
        initialize(); /* it reads files, which a sandbox keeps from it */
}

char *
prompt_read(const char *prompt)
{
    char *line = NULL;
    size_t cap = 0;
    if (editor.readline != NULL)
        return editor.readline(prompt);
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t len = getline(&line, &cap, stdin);
    if (len < 0) {
        free(line);
        return NULL;
    }
    if (len > 0 && line[len - 1] == '\n')
        line[len - 1] = '\0';
    return line;
}

void
prompt_remember(const char *line)
{
    if (editor.add_history != NULL && line[0] != '\0')
        editor.add_history(line);
}
