/*
 * reason.c - the words for reasons of rejects.
 */
#include "wattle/result.h"

const char *
wattle_reason_text(int reason)
{
    static const char *const texts[WATTLE_N_REASONS] = {
        "quote", "fields", "timestamp", "device", "missing", "number", "range"};
    return reason >= 0 && reason < WATTLE_N_REASONS ? texts[reason] : "unknown";
}
