/*
 * ladder_answer.c - sums to means and costs, devices sorted by id.
 */
#include "ladder_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOURS_PER_MONTH 720
#define PRICE_PER_KWH   0.15

/* A sum as a double; `unit` is what 1 is in whole numbers. */
static double
value_of(const struct ladder_tally *tally, union ladder_sum sum, double unit)
{
    switch (tally->options.sums) {
    case LADDER_SUMS_INTEGER:
        return (double)sum.whole / unit;
    case LADDER_SUMS_COMPENSATED:
        return sum.real + sum.lost;
    default:
        return sum.real;
    }
}

static double
monthly_cost(double mean_power_w)
{
    return mean_power_w / 1000 * HOURS_PER_MONTH * PRICE_PER_KWH;
}

static double
energy_kwh(const struct ladder_tally *tally, const struct ladder_account *one)
{
    return value_of(tally, one->energy, LADDER_NANO) / 2 / LADDER_JOULES;
}

static void
print_time(const char *name, int64_t time_s)
{
    char text[32];
    struct tm parts;
    time_t time = time_s;
    gmtime_r(&time, &parts);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    printf(",\"%s\":\"%s\"", name, text);
}

static void
print_device(const struct ladder_tally *tally, size_t number)
{
    const struct ladder_account *one = &tally->accounts[number];
    double n = (double)one->n;
    double power_w = value_of(tally, one->power, LADDER_NANO) / n;
    double rate = value_of(tally, one->efficiency, LADDER_RATE_ONE) / n;
    printf("\"%s\":{\"readings\":%llu,\"mean_power_w\":%.17g,"
           "\"efficiency\":%.17g,\"monthly_cost\":%.17g,"
           "\"energy_kwh\":%.17g",
           tally->devices.ids[number], (unsigned long long)one->n, power_w,
           rate, monthly_cost(power_w), energy_kwh(tally, one));
    print_time("first", one->first_s);
    print_time("last", one->last_s);
    putchar('}');
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void
print_devices(const struct ladder_tally *tally)
{
    struct entry {
        char id[LADDER_ID_BYTES];
        size_t number;
    };
    size_t n = tally->n_accounts;
    struct entry *order = calloc(n + 1, sizeof(*order));
    if (order == NULL)
        ladder_options_fail("out of memory");
    for (size_t i = 0; i < n; i++) {
        memcpy(order[i].id, tally->devices.ids[i], LADDER_ID_BYTES);
        order[i].number = i;
    }
    qsort(order, n, sizeof(*order), by_text);
    printf(",\"per_device\":{");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            putchar(',');
        print_device(tally, order[i].number);
    }
    putchar('}');
    free(order);
}

/* A memo that was asked n times; nothing when it is switched off. */
static void
print_memo(const char *name, uint64_t n, uint64_t hits, bool *is_first)
{
    if (n == 0)
        return;
    printf("%s\"%s\":{\"n\":%llu,\"hits\":%llu}", *is_first ? "" : ",", name,
           (unsigned long long)n, (unsigned long long)hits);
    *is_first = false;
}

static void
print_memos(const struct ladder_tally *tally,
            const struct ladder_row_parser *parser)
{
    const struct ladder_devices *devices = &tally->devices;
    const struct ladder_rates *rates = &tally->rates;
    bool is_first = true;
    printf(",\"memos\":{");
    if (tally->options.lookup == LADDER_LOOKUP_GUESS)
        print_memo("next_device", devices->n_lookups, devices->n_right_guesses,
                   &is_first);
    print_memo("date", parser->n_dates, parser->n_known_dates, &is_first);
    print_memo("efficiency_by_current", rates->n_products,
               rates->n_products - rates->n_load_misses, &is_first);
    print_memo("efficiency_by_factor", rates->n_products,
               rates->n_products - rates->n_shape_misses, &is_first);
    putchar('}');
}

void
ladder_answer_print(const struct ladder_tally *tally,
                    const struct ladder_row_parser *parser, double load_s,
                    double analytics_s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < tally->n_accounts; i++)
        n += tally->accounts[i].n;
    double mean_w = value_of(tally, tally->power, LADDER_NANO);
    mean_w = n > 0 ? mean_w / (double)n : 0;
    printf("{\"readings\":%llu,\"mean_power_w\":%.17g,"
           "\"pooled_monthly_cost\":%.17g",
           (unsigned long long)n, mean_w, monthly_cost(mean_w));
    print_devices(tally);
    print_memos(tally, parser);
    if (load_s >= 0)
        printf(",\"load_s\":%.9f,\"analytics_s\":%.9f", load_s, analytics_s);
    puts("}");
}
