/*
 * reason.c - the words for the reasons of rejects, and for findings.
 *
 * Users see the words and databases hold the numbers (enum wattle_reason), so
 * neither is ever changed. Reports, imports and the file of rejects all take
 * the words from here.
 */
#include "wattle/result.h"

const char *
wattle_reason_text(int reason)
{
    static const char *const texts[WATTLE_N_REASONS] = {
        "quote", "fields", "timestamp", "device", "missing", "number", "range"};
    return reason >= 0 && reason < WATTLE_N_REASONS ? texts[reason] : "unknown";
}

const char *
wattle_finding_text(int kind)
{
    static const char *const texts[] = {
        "silent",      "never_seen",    "stuck",         "over_rating",
        "mostly_gaps", "rising_energy", "counter_spike", "counter_glitch",
        "counter_dip", "counter_reset", "meter_change",  "ahead",
        "rejects"};
    return kind >= 0 && kind <= WATTLE_FINDING_REJECTS ? texts[kind]
                                                       : "unknown";
}
