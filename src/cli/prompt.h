/*
 * prompt.h - lines that somebody types at a terminal, with a line editor where
 * there is one.
 *
 * The editor is libedit. It is loaded when a prompt is opened, not linked, so
 * other commands do not pay for it, and a machine without it can still read
 * lines.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

/* Loads the editor, if there is one: before sandbox_enter. */
void prompt_open(void);

/* The next line without its end, to be freed; NULL at the end of the input. */
char *prompt_read(const char *prompt);

/* Keeps a line to be recalled with the arrow keys. */
void prompt_remember(const char *line);

#endif
