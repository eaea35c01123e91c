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

static void explain_change(const struct scenario_event *event, struct buf *out)
{
    buf_add_text(out, "the server under test is told a new configuration:");
    for (size_t i = 0; i < spec_count(event->settings->given); i++) {
        char *value = cJSON_PrintUnformatted(spec_at(event->settings->given, i).json);
        buf_format(out, "%s %s %s", i > 0 ? "," : "", spec_key_at(event->settings->given, i),
                   value);
        cJSON_free(value);
    }
}

/* What happens to the server under test and around it. False: the entry is of another kind. */
static bool explain_server(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    switch ((int)event->action) {
    case SCENARIO_MTA_KILL:
        buf_add_text(out, "the server under test is killed");
        if (event->for_us >= 0)
            buf_format(out, ", and started again %s later", time_span_to_text(event->for_us, span));
        break;
    case SCENARIO_MTA_RESTART:
        buf_add_text(out, "the server under test is stopped and started again");
        break;
    case SCENARIO_MTA_PAUSE:
        buf_add_text(out, "the server under test stands still");
        explain_for(event, out);
        break;
    case SCENARIO_MTA_RELOAD:
        explain_change(event, out);
        break;
    case SCENARIO_MTA_SKEW:
        buf_format(out, "the clock of the server under test is %s %s",
                   time_span_to_text(event->skew_us < 0 ? -event->skew_us : event->skew_us, span),
                   event->skew_us < 0 ? "slow" : "fast");
        explain_for(event, out);
        break;
    case SCENARIO_DISK_FULL:
        buf_format(out, "the disk of the queue (/var/spool) is full but for %lld bytes",
                   (long long)event->leaves_bytes);
        explain_for(event, out);
        break;
    case SCENARIO_DISK_SLOW:
        buf_format(out, "each flush to the disk of the queue (/var/spool) takes %s",
                   time_span_to_text(event->takes_us, span));
        explain_for(event, out);
        break;
    case SCENARIO_DISK_FAILING:
        buf_add_text(out, "each flush to the disk of the queue (/var/spool) fails");
        explain_for(event, out);
        break;
    case SCENARIO_NETWORK_DOWN:
        buf_add_text(out, event->as == SCENARIO_SILENT
                              ? "the server's network is away: what it sends and what is sent to "
                                "it vanishes,"
                              : "the server's network is away: it is told that there is no route "
                                "to any host,");
        explain_for(event, out);
        break;
    case SCENARIO_DNS_DOWN:
        buf_add_text(out, "no name server answers the server under test");
        explain_for(event, out);
        break;
    default:
        return false;
    }
    return true;
}

static void explain_internet(const struct scenario_event *event, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    time_span_to_text(event->for_us > 0 ? event->for_us : 0, span);
    switch ((int)event->action) {
    case SCENARIO_DNS_SET:
        buf_format(out, "zone %s gets", event->zone);
        for (size_t i = 0; i < event->record_count; i++)
            buf_format(out, "%s %s", i > 0 ? ";" : "", event->records[i]);
        break;
    case SCENARIO_DNS_REMOVE:
        buf_format(out, "zone %s loses %s", event->zone, event->name);
        break;
    case SCENARIO_HOST_DOWN:
        buf_format(out, "%s refuses connections", event->host);
        explain_for(event, out);
        break;
    case SCENARIO_ROTATE_KEY:
        buf_format(out, "%s shows a new key and certificate%s", event->host,
                   event->keeps_dane ? "; its TLSA records stay" : "");
        break;
    case SCENARIO_PUBLISH_DANE:
        buf_format(out, "the TLSA records of %s are brought up to date", event->host);
        break;
    case SCENARIO_STS_SET:
        buf_format(out, "the MTA-STS policy of %s changes", event->domain);
        break;
    case SCENARIO_LIST_IP:
    case SCENARIO_DELIST_IP:
        buf_format(out, "%s %s %s", event->blocklist,
                   event->action == SCENARIO_LIST_IP ? "lists" : "delists", event->ip);
        if (event->for_us >= 0)
            buf_format(out, " for %s", span);
        break;
    default: /* told by explain_server() */
        break;
    }
}

void scenario_explain_event(const struct scenario_event *event, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    buf_format(out, "  after %s: ", time_span_to_text(event->at_us, at));
    if (!explain_server(event, out))
        explain_internet(event, out);
    buf_add_char(out, '\n');
}
