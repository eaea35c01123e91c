/* The entries of a timeline in words. */
#include "sim/mta/mta_settings.h"
#include "sim/scenario/scenario_reader.h"

#include "mta-under-test/base/poison.h"

/* " for 5m", or that it stays so. */
static void explain_for(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    if (event->for_us >= 0)
        buf_format(out, " for %s", time_span_to_text(event->for_us, span));
    else
        buf_add_text(out, " from then on");
}

/* What each action does, in words; "for how long" where that is a part of it. */

static void explain_dns_set(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "zone %s gets", event->zone);
    for (size_t i = 0; i < event->record_count; i++)
        buf_format(out, "%s %s", i > 0 ? ";" : "", event->records[i]);
}

static void explain_dns_remove(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "zone %s loses %s", event->zone, event->name);
}

static void explain_mta_kill(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    buf_add_text(out, "the server under test is killed");
    if (event->for_us >= 0)
        buf_format(out, ", and started again %s later", time_span_to_text(event->for_us, span));
}

static void explain_mta_restart(const struct scenario_event *event, struct buf *out)
{
    (void)event;
    buf_add_text(out, "the server under test is stopped and started again");
}

static void explain_mta_pause(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    buf_format(out, "the server under test stands still for %s",
               time_span_to_text(event->for_us, span));
}

static void explain_mta_reload(const struct scenario_event *event, struct buf *out)
{
    buf_add_text(out, "the server under test is told a new configuration:");
    for (size_t i = 0; i < spec_count(event->settings->given); i++) {
        char *value = cJSON_PrintUnformatted(spec_at(event->settings->given, i).json);
        buf_format(out, "%s %s %s", i > 0 ? "," : "", spec_key_at(event->settings->given, i),
                   value);
        cJSON_free(value);
    }
}

static void explain_mta_skew(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    buf_format(out, "the clock of the server under test is %s %s",
               time_span_to_text(event->skew_us < 0 ? -event->skew_us : event->skew_us, span),
               event->skew_us < 0 ? "slow" : "fast");
    explain_for(event, out);
}

static void explain_host_down(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "%s refuses connections", event->host);
    explain_for(event, out);
}

static void explain_disk_full(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "the disk of the queue (/var/spool) is full but for %lld bytes",
               (long long)event->leaves_bytes);
    explain_for(event, out);
}

static void explain_disk_slow(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    buf_format(out, "each flush to the disk of the queue (/var/spool) takes %s",
               time_span_to_text(event->takes_us, span));
    explain_for(event, out);
}

static void explain_disk_failing(const struct scenario_event *event, struct buf *out)
{
    buf_add_text(out, "each flush to the disk of the queue (/var/spool) fails");
    explain_for(event, out);
}

static void explain_network_down(const struct scenario_event *event, struct buf *out)
{
    buf_add_text(out, event->as == SCENARIO_SILENT
                          ? "the server's network is away: what it sends and what is sent to it "
                            "vanishes,"
                          : "the server's network is away: it is told that there is no route to "
                            "any host,");
    explain_for(event, out);
}

static void explain_dns_down(const struct scenario_event *event, struct buf *out)
{
    buf_add_text(out, "no name server answers the server under test");
    explain_for(event, out);
}

static void explain_rotate_key(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "%s shows a new key and certificate%s", event->host,
               event->keeps_dane ? "; its TLSA records stay" : "");
}

static void explain_publish_dane(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "the TLSA records of %s are brought up to date", event->host);
}

static void explain_sts_set(const struct scenario_event *event, struct buf *out)
{
    buf_format(out, "the MTA-STS policy of %s changes", event->domain);
}

static void explain_list_ip(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    buf_format(out, "%s %s %s", event->blocklist,
               event->action == SCENARIO_LIST_IP ? "lists" : "delists", event->ip);
    if (event->for_us >= 0)
        buf_format(out, " for %s", time_span_to_text(event->for_us, span));
}

/* "the mail of news@sender.test to *@bigmail.test", or "all mail that waits". */
static void explain_choice(const struct scenario_event *event, struct buf *out)
{
    bool all = event->message == NULL && event->from == NULL && event->to == NULL;
    buf_add_text(out, all ? "all mail that waits" : "the mail that waits");
    if (event->message != NULL)
        buf_format(out, ", message %s", pattern_text(event->message));
    if (event->from != NULL)
        buf_format(out, ", from %s", pattern_text(event->from));
    if (event->to != NULL)
        buf_format(out, ", to %s", pattern_text(event->to));
}

static void explain_queue(const struct scenario_event *event, struct buf *out)
{
    static const char *const VERBS[] = {"holds",   "releases",   "tries at once",
                                        "deletes", "gives back", "asks the server about"};
    buf_format(out, "the operator %s ", VERBS[event->action - SCENARIO_QUEUE_HOLD]);
    explain_choice(event, out);
}

static void explain_queue_list(const struct scenario_event *event, struct buf *out)
{
    (void)event;
    buf_add_text(out, "the operator has the server list its queue");
}

void scenario_explain_event(const struct scenario_event *event, struct buf *out)
{
    static void (*const EXPLAIN[SCENARIO_ACTION_COUNT])(const struct scenario_event *event,
                                                        struct buf *out) = {
        [SCENARIO_DNS_SET] = explain_dns_set,
        [SCENARIO_DNS_REMOVE] = explain_dns_remove,
        [SCENARIO_MTA_KILL] = explain_mta_kill,
        [SCENARIO_MTA_RESTART] = explain_mta_restart,
        [SCENARIO_MTA_PAUSE] = explain_mta_pause,
        [SCENARIO_MTA_RELOAD] = explain_mta_reload,
        [SCENARIO_MTA_SKEW] = explain_mta_skew,
        [SCENARIO_HOST_DOWN] = explain_host_down,
        [SCENARIO_DISK_FULL] = explain_disk_full,
        [SCENARIO_DISK_SLOW] = explain_disk_slow,
        [SCENARIO_DISK_FAILING] = explain_disk_failing,
        [SCENARIO_NETWORK_DOWN] = explain_network_down,
        [SCENARIO_DNS_DOWN] = explain_dns_down,
        [SCENARIO_ROTATE_KEY] = explain_rotate_key,
        [SCENARIO_PUBLISH_DANE] = explain_publish_dane,
        [SCENARIO_STS_SET] = explain_sts_set,
        [SCENARIO_LIST_IP] = explain_list_ip,
        [SCENARIO_DELIST_IP] = explain_list_ip,
        [SCENARIO_QUEUE_HOLD] = explain_queue,
        [SCENARIO_QUEUE_RELEASE] = explain_queue,
        [SCENARIO_QUEUE_FLUSH] = explain_queue,
        [SCENARIO_QUEUE_DELETE] = explain_queue,
        [SCENARIO_QUEUE_BOUNCE] = explain_queue,
        [SCENARIO_QUEUE_EXPLAIN] = explain_queue,
        [SCENARIO_QUEUE_LIST] = explain_queue_list,
    };
    char at[TIME_TEXT_BYTES];
    char every[TIME_TEXT_BYTES];
    if (event->at_us > 0)
        buf_format(out, "  after %s", time_span_to_text(event->at_us, at));
    else
        buf_add_text(out, "  at the start");
    if (event->times > 1)
        buf_format(out, ", then every %s, %lld times in all",
                   time_span_to_text(event->every_us, every), (long long)event->times);
    buf_add_text(out, ": ");
    EXPLAIN[event->action](event, out);
    buf_add_char(out, '\n');
}
