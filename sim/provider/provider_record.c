#include "sim/provider/provider_record.h"

#include "mta-under-test/base/mem.h"

#include "mta-under-test/base/poison.h"

enum { PROVIDER_WEEK = 7, PROVIDER_MILLION = 1000000, PROVIDER_PERCENT = 100 };

struct provider_record *provider_record_new(enum provider_key_kind kind,
                                            const struct provider_settings *settings, int64_t day)
{
    struct provider_record *record = mem_alloc(sizeof *record);
    record->kind = kind;
    record->first_day = day;
    record->today = day;
    record->score = settings->start;
    return record;
}

struct provider_day *provider_record_today(struct provider_record *record)
{
    return &record->days[record->today % PROVIDER_DAYS];
}

struct provider_day provider_record_week(const struct provider_record *record)
{
    struct provider_day sum = {0};
    for (int64_t day = record->today; day > record->today - PROVIDER_WEEK && day >= 0; day--) {
        const struct provider_day *one = &record->days[day % PROVIDER_DAYS];
        sum.accepted += one->accepted;
        sum.inboxed += one->inboxed;
        sum.deferred += one->deferred;
        sum.rejected += one->rejected;
        sum.complaints += one->complaints;
        sum.recipients += one->recipients;
        sum.unknown += one->unknown;
    }
    return sum;
}

static int64_t provider_rate(int64_t part, int64_t whole)
{
    return whole > 0 ? part * PROVIDER_MILLION / whole : 0;
}

int64_t provider_day_complaint_rate(const struct provider_day *day)
{
    return provider_rate(day->complaints, day->inboxed);
}

static int64_t provider_slope_cost(const struct provider_slope *slope, int64_t rate)
{
    if (rate <= slope->free)
        return 0;
    if (rate >= slope->worst)
        return slope->cost;
    return slope->cost * (rate - slope->free) / (slope->worst - slope->free);
}

/* Where the last seven days point. */
static int64_t provider_record_aim(const struct provider_record *record,
                                   const struct provider_settings *settings)
{
    struct provider_day week = provider_record_week(record);
    int64_t aim = settings->clean;
    aim -= provider_slope_cost(&settings->complaints, provider_day_complaint_rate(&week));
    aim -=
        provider_slope_cost(&settings->unknown_users, provider_rate(week.unknown, week.recipients));
    return aim < 0 ? 0 : aim;
}

/* The end of a day: the score goes part of the way. A day without mail says nothing. */
static void provider_record_close_day(struct provider_record *record,
                                      const struct provider_settings *settings)
{
    const struct provider_day *today = provider_record_today(record);
    if (today->recipients > 0 || today->accepted > 0 || today->complaints > 0) {
        int64_t way = provider_record_aim(record, settings) - record->score;
        record->score += way * (way > 0 ? settings->rise : settings->fall) / PROVIDER_MILLION;
    }
    record->today++;
    record->days[record->today % PROVIDER_DAYS] = (struct provider_day){0};
}

static int64_t provider_record_peak(const struct provider_record *record, int64_t memory_days)
{
    int64_t peak = 0;
    for (int64_t back = 1; back <= memory_days && back <= record->today; back++) {
        int64_t accepted = record->days[(record->today - back) % PROVIDER_DAYS].accepted;
        peak = accepted > peak ? accepted : peak;
    }
    return peak;
}

void provider_record_advance(struct provider_record *record,
                             const struct provider_settings *settings, int64_t day)
{
    /* Who was silent for longer than anything is remembered comes as a stranger. */
    if (day - record->today > settings->memory_days) {
        enum provider_key_kind kind = record->kind;
        *record = (struct provider_record){
            .kind = kind, .first_day = day, .today = day, .score = settings->start};
    }
    while (record->today < day)
        provider_record_close_day(record, settings);
}

int64_t provider_record_allowance(const struct provider_record *record,
                                  const struct provider_settings *settings)
{
    if (!settings->warm_up[record->kind])
        return INT64_MAX;
    int64_t grown = provider_record_peak(record, settings->memory_days) *
                    settings->allowance_growth / PROVIDER_PERCENT;
    int64_t allowance = grown > settings->allowance_start ? grown : settings->allowance_start;
    /* Who is not trusted is let grow less: half where mail goes to junk, a tenth below. */
    if (record->score < settings->junk_from)
        return allowance / 10;
    return record->score < settings->inbox_from ? allowance / 2 : allowance;
}
