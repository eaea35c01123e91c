#include "sim/check/check_list.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_model.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_zone.h"

#include "mta-under-test/base/poison.h"

enum { TEXT_COLUMNS = 92 };

/* A long text in lines, each behind `indent` spaces. */
static void explain_wrapped(struct buf *out, const char *text, int indent)
{
    size_t column = 0;
    struct slice rest = slice_of(text);
    struct slice word;
    while (rest.len > 0 && slice_split(&rest, ' ', &word)) {
        if (column > 0 && column + word.len >= TEXT_COLUMNS) {
            buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0)
            buf_format(out, "%*s", indent, "");
        buf_format(out, "%s%.*s", column > 0 ? " " : "", SLICE_ARG(word));
        column += word.len + 1;
    }
    buf_add_char(out, '\n');
}

static void explain_list(struct buf *out, const char *heading, const char *const *texts,
                         size_t count)
{
    if (count == 0)
        return;
    buf_format(out, "%s: ", heading);
    for (size_t i = 0; i < count; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : "", texts[i]);
    buf_add_char(out, '\n');
}

static void explain_head(const struct scenario *s, struct buf *out)
{
    char start[TIME_TEXT_BYTES];
    char limit[TIME_TEXT_BYTES];
    char settle[TIME_TEXT_BYTES];
    buf_format(out, "%s\n", s->name);
    if (s->cell[0] != '\0')
        buf_format(out, "with %s\n", s->cell);
    if (s->about[0] != '\0')
        explain_wrapped(out, s->about, 2);
    explain_list(out, "Tags", s->tags, s->tag_count);
    explain_list(out, "See", s->references, s->reference_count);
    buf_format(
        out,
        "\nThe clock starts at %s. The run ends %s after the last message has its end, or at "
        "%s at the latest. Seed %llu.\n",
        time_to_rfc3339(s->start_us, start), time_span_to_text(s->settle_us, settle),
        time_span_to_text(s->limit_us, limit), (unsigned long long)s->seed);
}

static void explain_hosts(const struct scenario *s, struct buf *out)
{
    buf_add_text(out, "\nSimulated hosts\n");
    for (size_t i = 0; i < mx_model_host_count(s->mx); i++)
        mx_host_explain(mx_model_host(s->mx, i), out);
}

static void explain_message(const struct scenario_message *message, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    buf_format(out, "  %s: from %s to ", message->id,
               message->from[0] != '\0' ? message->from : "<> (the null reverse-path)");
    for (size_t i = 0; i < message->to_count; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : "", message->to[i]);
    if (message->instances > 1)
        buf_format(out, ", %zu messages", message->instances);
    if (message->file != NULL)
        buf_format(out, ", from the file %s", message->file);
    if (message->size_bytes > 0)
        buf_format(out, ", of %lld bytes", (long long)message->size_bytes);
    if (message->rate.count > 0)
        buf_format(out, ", %lld in %s", (long long)message->rate.count,
                   time_span_to_text(message->rate.window_us, text));
    buf_format(out, ", handed in at port %d after %s\n", message->port,
               time_span_to_text(message->at_us, text));
}

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

static void explain_event(const struct scenario_event *event, struct buf *out)
{
    static void (*const EXPLAIN[SCENARIO_ACTION_COUNT])(const struct scenario_event *event,
                                                        struct buf *out) = {
        [SCENARIO_DNS_SET] = explain_dns_set,
        [SCENARIO_DNS_REMOVE] = explain_dns_remove,
        [SCENARIO_MTA_KILL] = explain_mta_kill,
        [SCENARIO_MTA_RESTART] = explain_mta_restart,
        [SCENARIO_MTA_PAUSE] = explain_mta_pause,
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
    };
    char at[TIME_TEXT_BYTES];
    buf_format(out, "  after %s: ", time_span_to_text(event->at_us, at));
    EXPLAIN[event->action](event, out);
    buf_add_char(out, '\n');
}

static void explain_expectations(const struct scenario *s, struct buf *out)
{
    struct arena arena = {0};
    buf_add_text(out, "\nExpected\n");
    for (size_t i = 0; i < s->checks->count; i++) {
        const struct check_expectation *e = &s->checks->items[i];
        const char *level = e->level == CHECK_MUST ? "" : CHECK_LEVEL_WORDS[e->level];
        buf_format(out, "  %s%s%s\n", level, *level != '\0' ? ": " : "",
                   check_expectation_text(e, &arena));
        if (e->about != NULL)
            explain_wrapped(out, e->about, 4);
    }
    if (s->checks->count == 0)
        buf_add_text(out, "  nothing but the invariants that hold for every run\n");
    arena_deinit(&arena);
}

void scenario_explain(const struct scenario *s, struct buf *out)
{
    explain_head(s, out);
    buf_add_char(out, '\n');
    mta_settings_explain(s->mta, out);
    buf_add_text(out, "\nDNS\n");
    dns_model_explain(s->dns, false, out);
    explain_hosts(s, out);
    policy_model_explain(s->policy, out);
    if (mx_providers_count(mx_model_providers(s->mx)) > 0) {
        buf_add_text(out, "\nProviders\n");
        mx_providers_explain(mx_model_providers(s->mx), out);
    }
    buf_add_text(out, "\nMessages\n");
    for (size_t i = 0; i < s->message_count; i++)
        explain_message(&s->messages[i], out);
    if (s->event_count > 0)
        buf_add_text(out, "\nWhat happens\n");
    for (size_t i = 0; i < s->event_count; i++)
        explain_event(&s->timeline[i], out);
    explain_expectations(s, out);
    if (s->finding_count > 0)
        buf_add_text(out, "\nWorth a look\n");
    for (size_t i = 0; i < s->finding_count; i++)
        buf_format(out, "  %s: %s\n", s->findings[i].place, s->findings[i].text);
}
