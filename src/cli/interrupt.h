/*
 * interrupt.h - signals that end a command after it has tidied up.
 *
 * For commands that write a new file or to a database, and wait for nobody's
 * input. A second signal ends the program at once.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "wattle/cancel.h"

/*
 * What SIGINT, SIGTERM and SIGHUP cancel from now on; a signal that is ignored,
 * as in a job in the background, stays so. NULL when out of memory.
 */
struct wattle_cancel *interrupt_cancel(void);

/* Ends the program by the signal that came; returns when there was none. */
void interrupt_end(void);

#endif
