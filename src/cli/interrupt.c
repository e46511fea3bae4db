/*
 * interrupt.c - one flag for all signals, which lives as long as the program.
 *
 * The handler only notes the signal and sets the flag; the command then ends
 * its work and calls interrupt_end. A second signal of the same kind has its
 * default action, so a program that hangs can still be ended.
 */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static struct wattle_cancel *cancel;
static volatile sig_atomic_t came;

static void
on_signal(int number)
{
    came = number;
    wattle_cancel(cancel);
}

struct wattle_cancel *
interrupt_cancel(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    /* the second one has its usual effect */
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND};
    struct sigaction present;
    if (cancel == NULL)
        cancel = wattle_cancel_new();
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (cancel != NULL && sigaction(numbers[i], NULL, &present) == 0 &&
            present.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
    }
    return cancel;
}

void
interrupt_end(void)
{
    int number = came;
    if (number == 0)
        return;
    signal(number, SIG_DFL);
    raise(number);
}
