/*
 * The events of a provider (docs/events.md, source provider).
 */
#include "mta-under-test/base/time_text.h"
#include "sim/provider/provider_state.h"

#include "mta-under-test/base/poison.h"

static void provider_report_score(struct json_out *event, const char *key, int64_t score)
{
    json_out_int(event, key, score / PROVIDER_SCORE_UNIT);
}

void provider_report_verdict(const struct provider *provider, const struct provider_mail *mail,
                             const struct provider_verdict *verdict, struct event_log *log)
{
    if (log == NULL)
        return;
    struct json_out *event = event_begin(log, "provider", "verdict", mail->session);
    json_out_text(event, "provider", provider->name);
    json_out_text(event, "message", mail->message);
    json_out_text(event, "stage", mail->whole ? "data-end" : "mail");
    json_out_int(event, "recipients", (int64_t)mail->recipient_count);
    json_out_text(event, "placement", PROVIDER_PLACEMENT_WORDS[verdict->placement]);
    json_out_text(event, "reason", verdict->reason);
    provider_report_score(event, "score", verdict->score);
    event_end(log);
}

static void provider_report_record(const struct provider *provider, const char *name,
                                   struct provider_record *record, struct event_log *log)
{
    struct provider_day week = provider_record_week(record);
    const struct provider_day *yesterday = &record->days[record->today % PROVIDER_DAYS];
    int64_t allowance = provider_record_allowance(record, &provider->settings);
    const char *space = strchr(name, ' ');
    struct json_out *event = event_begin(log, "provider", "reputation", NULL);
    json_out_text(event, "provider", provider->name);
    json_out_text(event, "of", PROVIDER_KEY_WORDS[record->kind]);
    json_out_text(event, "key", space != NULL ? space + 1 : name);
    json_out_int(event, "day", record->today - record->first_day);
    provider_report_score(event, "score", record->score);
    if (allowance != INT64_MAX)
        json_out_int(event, "allowance", allowance);
    json_out_int(event, "accepted", yesterday->accepted);
    json_out_int(event, "inbox", yesterday->inboxed);
    json_out_int(event, "deferred", yesterday->deferred);
    json_out_int(event, "rejected", yesterday->rejected);
    json_out_int(event, "complaints", yesterday->complaints);
    json_out_int(event, "complaint-rate", provider_day_complaint_rate(&week));
    event_end(log);
}

void provider_report_day(struct provider *provider, int64_t now_us, struct event_log *log)
{
    int64_t day = now_us / TIME_DAY;
    if (provider->reported_day == day)
        return;
    bool first = provider->reported_day == 0;
    provider->reported_day = day;
    if (first || log == NULL)
        return;
    for (struct map_entry *at = map_first(&provider->records); at != NULL; at = map_next(at)) {
        struct provider_record *record = map_value(at);
        /* As the last day with mail left it; the new one begins when the key is next asked for. */
        if (record->today < day)
            provider_report_record(provider, map_key(at), record, log);
    }
}
