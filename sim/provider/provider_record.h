/*
 * What a provider remembers of one key (an address, a network, a domain): counts by day, and the
 * score that they have led to. Days are those of UTC.
 */
#pragma once

#include "sim/provider/provider_settings.h"

enum { PROVIDER_DAYS = 32 };

struct provider_day {
    int64_t accepted; /* taken, wherever it was put */
    int64_t inboxed;  /* of these, into the inbox: the base of the complaint rate */
    int64_t deferred; /* refused for now */
    int64_t rejected;
    int64_t complaints;
    int64_t recipients; /* asked for, taken or not */
    int64_t unknown;    /* of these, nobody */
};

struct provider_record {
    enum provider_key_kind kind;
    int64_t first_day; /* since 1970 */
    int64_t today;     /* the day that `score` is about */
    int64_t score;
    int64_t blocked_until_us;
    struct provider_day days[PROVIDER_DAYS]; /* by day modulo PROVIDER_DAYS */
};

struct provider_record *provider_record_new(enum provider_key_kind kind,
                                            const struct provider_settings *settings, int64_t day);
/* Lets the days pass up to `day`: the score goes its way for each of them. */
void provider_record_advance(struct provider_record *record,
                             const struct provider_settings *settings, int64_t day);
/* The counts of the present day. */
struct provider_day *provider_record_today(struct provider_record *record);
/* The sum of the last seven days, with the present one. */
struct provider_day provider_record_week(const struct provider_record *record);
/* Complaints in a million of what came into the inbox in these days. */
int64_t provider_day_complaint_rate(const struct provider_day *day);
/* How many messages are let in on the present day; INT64_MAX without a limit. */
int64_t provider_record_allowance(const struct provider_record *record,
                                  const struct provider_settings *settings);
