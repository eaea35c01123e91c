#include "sim/check/check_judge.h"
#include "sim/scenario/model/scenario_model.h"

#include "mta-under-test/base/poison.h"

/* A server that is killed so soon after a host took a message could not note it any more. */
#define KILL_WINDOW_US (10 * TIME_SECOND)

struct invariant {
    const char *name;
    const char *text;
    const char *rfc;
    void (*judge)(struct check_report *report, struct check_result *result);
};

static void violated(struct check_result *result, const struct check_delivery *delivery,
                     const struct check_moment *moment, const char *actual)
{
    if (result->count++ > 0)
        return;
    result->verdict = CHECK_FAILED;
    result->actual = actual;
    result->at_us = moment->at_us;
    result->seq = moment->seq;
    result->session = moment->session;
    if (delivery != NULL) {
        result->message = delivery->message;
        result->recipient = delivery->to;
    }
}

static bool killed_between(const struct check_history *h, int64_t from_us, int64_t to_us)
{
    for (size_t i = 0; i < h->kills.count; i++) {
        int64_t at_us = h->kills.items[i].at_us;
        if (at_us >= from_us && at_us <= to_us && at_us - from_us <= KILL_WINDOW_US)
            return true;
    }
    return false;
}

/* A reply that was under way when the network went never came. */
static bool network_was_away(const struct check_history *h, int64_t at_us)
{
    for (size_t i = 0; i < h->outage_count; i++) {
        if (at_us >= h->outages[i].from_us - KILL_WINDOW_US && at_us <= h->outages[i].to_us)
            return true;
    }
    return false;
}

/* Why the copy that `next_us` came after may have been sent again; NULL if nothing explains it. */
static const char *why_sent_again(const struct check_history *h, const struct check_copy *copy,
                                  int64_t next_us)
{
    if (!copy->reply_sent)
        return "the final reply of the first delivery was lost, so the server could not know";
    if (network_was_away(h, copy->at_us))
        return "the network went away with the final reply of the first delivery under way";
    if (killed_between(h, copy->at_us, next_us))
        return "the server was killed right after the first delivery";
    return NULL;
}

const char *check_copy_explanation(const struct check_history *history,
                                   const struct check_delivery *delivery, size_t copy)
{
    if (delivery->sent_again)
        return "it was handed in twice, since the server's reply to the first time never came";
    for (size_t i = copy; i-- > 0;) {
        int64_t until_us =
            copy < delivery->copy_count ? delivery->copies[copy].at_us : history->end_us;
        const char *why = why_sent_again(history, &delivery->copies[i], until_us);
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* ---- every accepted recipient has exactly one end */

static size_t count_bounces(const struct check_delivery *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->notice_count; i++)
        count += d->notices[i].failed ? 1 : 0;
    return count;
}

static const char *domain_of(const char *mailbox)
{
    const char *at = strrchr(mailbox, '@');
    return at != NULL ? at + 1 : "";
}

/* Does one of the scenario's hosts stand in this domain? */
static bool has_host(const struct scenario *scenario, const char *domain)
{
    size_t len = strlen(domain);
    for (size_t i = 0; i < scenario->host_count; i++) {
        const char *name = scenario->host_names[i];
        size_t name_len = strlen(name);
        if (name_len >= len && strcasecmp(name + name_len - len, domain) == 0 &&
            (name_len == len || name[name_len - len - 1] == '.'))
            return true;
    }
    return false;
}

static bool is_nowhere(const struct check_history *h, const char *domain)
{
    for (size_t i = 0; i < h->query_count; i++) {
        if (h->queries[i].nowhere && strcasecmp(h->queries[i].name, domain) == 0)
            return true;
    }
    return false;
}

/* The server's queue is empty at the end, so what has no end is nowhere. Left out is what may have
 * ended unseen: mail for the server itself or that it forwards, of which no host ever hears; a
 * notification that nobody took, or that there is nobody to get. */
static bool is_lost(const struct check_report *report, const struct check_delivery *d)
{
    const struct check_history *h = report->history;
    if (!h->queue_is_empty || !check_delivery_is_waiting(d) || d->from[0] == '\0' ||
        h->notice_failed)
        return false;
    const struct check_attempt *last =
        d->attempt_count > 0 ? &d->attempts[d->attempt_count - 1] : NULL;
    const struct check_notice *told = d->notice_count > 0 ? &d->notices[d->notice_count - 1] : NULL;
    /* A server may tell of the end in words alone ("Action: delayed"). */
    if (told != NULL && (last == NULL || told->at_us >= last->at_us))
        return false;
    if (last == NULL)
        return h->kills.count > 0 && !d->by_client && has_host(report->scenario, domain_of(d->to));
    return last->outcome != CHECK_ATTEMPT_REJECTED && !is_nowhere(h, domain_of(d->from));
}

static void judge_delivery_ends(struct check_report *report, const struct check_delivery *d,
                                struct check_result *result)
{
    const struct check_history *h = report->history;
    const struct check_notice *bounce = check_delivery_bounce(d);
    size_t bounces = count_bounces(d);
    result->judged++;
    if (d->copy_count > 0 && bounces > 0 && check_copy_explanation(h, d, d->copy_count) == NULL) {
        struct check_moment moment = {bounce->at_us, bounce->seq, bounce->session};
        violated(result, d, &moment,
                 arena_format(&report->arena, "delivered at %s and returned as failed as well",
                              d->copies[0].host));
    }
    if (bounces > 1 && h->kills.count == 0) {
        const struct check_notice *last = &d->notices[d->notice_count - 1];
        struct check_moment moment = {last->at_us, last->seq, last->session};
        violated(result, d, &moment,
                 arena_format(&report->arena, "returned as failed %zu times", bounces));
    }
    if (is_lost(report, d)) {
        struct check_moment moment = {h->end_us, h->end_seq, ""};
        violated(result, d, &moment,
                 arena_format(&report->arena,
                              "neither delivered nor returned, and the server's queue is empty "
                              "(%u attempt%s)",
                              d->round_count, d->round_count == 1 ? "" : "s"));
    }
}

static void judge_ends(struct check_report *report, struct check_result *result)
{
    const struct check_history *h = report->history;
    for (size_t i = 0; i < h->delivery_count; i++) {
        if (h->deliveries[i]->accepted_us >= 0)
            judge_delivery_ends(report, h->deliveries[i], result);
    }
}

/* ---- no duplicates */

static void judge_duplicates(struct check_report *report, struct check_result *result)
{
    const struct check_history *h = report->history;
    for (size_t i = 0; i < h->delivery_count; i++) {
        const struct check_delivery *d = h->deliveries[i];
        result->judged += d->copy_count > 0 ? 1 : 0;
        for (size_t k = 1; k < d->copy_count; k++) {
            const struct check_copy *copy = &d->copies[k];
            if (check_copy_explanation(h, d, k) != NULL)
                continue;
            char text[TIME_TEXT_BYTES];
            struct check_moment moment = {copy->at_us, copy->seq, copy->session};
            violated(result, d, &moment,
                     arena_format(&report->arena, "%s took it again, %s after %s had confirmed it",
                                  copy->host,
                                  time_span_to_text(copy->at_us - d->copies[k - 1].at_us, text),
                                  d->copies[k - 1].host));
        }
    }
}

/* ---- what the log tells by itself */

static void judge_incidents(struct check_report *report, const struct check_incidents *incidents,
                            struct check_result *result)
{
    for (size_t i = 0; i < incidents->count; i++) {
        const struct check_incident *incident = &incidents->items[i];
        if (strcmp(incident->level, "must") != 0)
            continue;
        const char *text =
            incident->what[0] != '\0' && incidents == &report->history->protocol
                ? arena_format(&report->arena, "%s: %s", incident->what, incident->text)
                : incident->text;
        violated(result, NULL, &incident->moment, text);
        if (result->count > 1)
            continue;
        result->message = incident->message;
        result->recipient = incident->recipient;
        if (incident->rfc[0] != '\0')
            result->rfc = incident->rfc;
    }
}

static void judge_wrong_hosts(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->wrong_hosts, result);
    if (report->scenario->smart_host)
        result->actual = "not judged: all mail goes to a relay";
}

/* A letter that was handed in with REQUIRETLS goes in TLS or not at all (RFC 8689 section 4.2.1).
 */
static void judge_require_tls(struct check_report *report, const struct scenario_message *message,
                              struct check_result *result)
{
    const struct check_history *h = report->history;
    size_t len = strlen(message->id);
    for (size_t i = 0; i < h->delivery_count; i++) {
        const struct check_delivery *d = h->deliveries[i];
        if (strncmp(d->message, message->id, len) != 0 ||
            (d->message[len] != '\0' && d->message[len] != '/'))
            continue;
        for (size_t k = 0; k < d->copy_count; k++) {
            const struct check_copy *copy = &d->copies[k];
            if (copy->tls[0] != '\0')
                continue;
            const struct check_moment moment = {copy->at_us, copy->seq, copy->session};
            violated(result, d, &moment,
                     arena_format(&report->arena,
                                  "%s took it in clear, although it was handed in with REQUIRETLS",
                                  copy->host));
            if (result->count == 1)
                result->rfc = "RFC 8689 4.2.1";
        }
    }
}

static void judge_clear_text(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->in_clear, result);
    for (size_t i = 0; i < report->scenario->message_count; i++) {
        if (report->scenario->messages[i].require_tls)
            judge_require_tls(report, &report->scenario->messages[i], result);
    }
}

static void judge_bounces(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->wrong_bounces, result);
}

static void judge_protocol(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->protocol, result);
}

static void judge_crashes(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->crashes, result);
}

static void judge_answers(struct check_report *report, struct check_result *result)
{
    judge_incidents(report, &report->history->answers, result);
}

static const struct invariant INVARIANTS[] = {
    {"one-end", "every accepted recipient ends exactly once: delivered, returned, or still queued",
     "RFC 5321 6.1", judge_ends},
    {"no-duplicate", "no message is delivered twice, unless a final reply was lost", "RFC 5321 6.1",
     judge_duplicates},
    {"right-host", "mail goes only to hosts that the DNS names for the recipient's domain",
     "RFC 5321 5.1", judge_wrong_hosts},
    {"no-clear-text",
     "no mail goes in clear where TLSA records or an MTA-STS policy that the server has read, or "
     "REQUIRETLS, forbid it",
     "RFC 7672 2.2", judge_clear_text},
    {"bounce",
     "notifications go to the sender, with the null reverse-path, and none answers another",
     "RFC 5321 6.1", judge_bounces},
    {"protocol", "as a client, the server keeps to the protocol", "RFC 5321", judge_protocol},
    {"dialogue", "the server answers the scenario's clients as their dialogues say", "",
     judge_answers},
    {"alive", "the server under test stays alive", "", judge_crashes},
};

enum { INVARIANT_COUNT = sizeof INVARIANTS / sizeof INVARIANTS[0] };

void check_judge_invariants(struct check_report *report)
{
    report->invariants =
        arena_alloc_array(&report->arena, INVARIANT_COUNT, sizeof report->invariants[0]);
    report->invariant_count = INVARIANT_COUNT;
    for (size_t i = 0; i < INVARIANT_COUNT; i++) {
        struct check_result *result = &report->invariants[i];
        *result = (struct check_result){
            .name = INVARIANTS[i].name,
            .text = INVARIANTS[i].text,
            .place = "",
            .level = CHECK_MUST,
            .verdict = CHECK_PASSED,
            .expected = INVARIANTS[i].text,
            .actual = "",
            .message = "",
            .recipient = "",
            .session = "",
            .rfc = INVARIANTS[i].rfc,
            .at_us = -1,
            .seq = -1,
            .within_us = -1,
        };
        INVARIANTS[i].judge(report, result);
    }
}
