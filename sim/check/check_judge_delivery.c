#include "mta-under-test/base/text.h"
#include "sim/check/check_judge.h"
#include "sim/check/check_number.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_PARAMETERS_BYTES = 1000 };

/* What the conditions of one delivery share. */
struct delivery_judge {
    const struct check_wanted *wanted;
    const struct check_delivery *delivery;
    const struct check_history *history;
    struct arena *arena;
    struct check_fault *fault;
};

static const char *span(const struct delivery_judge *j, int64_t span_us)
{
    char text[TIME_TEXT_BYTES];
    return arena_text(j->arena, time_span_to_text(span_us, text));
}

/* Whole seconds are enough for people, but never round a span to nothing. */
static const char *about_span(const struct delivery_judge *j, int64_t span_us)
{
    int64_t rounded = span_us / TIME_SECOND * TIME_SECOND;
    return span(j, rounded > 0 ? rounded : span_us);
}

/* Sets the fault and returns false. */
static bool not_met(const struct delivery_judge *j, const char *expected, const char *actual)
{
    j->fault->expected = expected;
    j->fault->actual = actual;
    return false;
}

static void at_attempt(const struct delivery_judge *j, const struct check_attempt *attempt)
{
    j->fault->at_us = attempt->at_us;
    j->fault->seq = attempt->seq;
    j->fault->session = attempt->session;
}

static const struct check_attempt *last_attempt(const struct check_delivery *d)
{
    return d->attempt_count > 0 ? &d->attempts[d->attempt_count - 1] : NULL;
}

static int64_t since_handed_in(const struct check_delivery *d, int64_t at_us)
{
    int64_t from = d->accepted_us >= 0 ? d->accepted_us : d->submitted_us;
    return at_us > from ? at_us - from : 0;
}

/* A reply as people quote it: "451 4.7.1 Greylisted", on one line. */
static const char *reply_text(const struct delivery_judge *j, const struct check_attempt *attempt)
{
    char *text = attempt->code > 0 ? arena_format(j->arena, "%d %s", attempt->code, attempt->text)
                                   : arena_text(j->arena, attempt->text);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    }
    return text;
}

/* "delivered after 5m at mx.a.test", and the like. */
static const char *end_text(const struct delivery_judge *j)
{
    const struct check_delivery *d = j->delivery;
    const struct check_attempt *last = last_attempt(d);
    const struct check_notice *bounce = check_delivery_bounce(d);
    enum check_end end = check_delivery_end(d);
    if (end == CHECK_DELIVERED)
        return arena_format(j->arena, "delivered after %s at %s",
                            about_span(j, since_handed_in(d, d->copies[0].at_us)),
                            d->copies[0].host);
    if (end == CHECK_BOUNCED)
        return arena_format(j->arena, "bounced after %s (%s %s)",
                            about_span(j, since_handed_in(d, bounce->at_us)), bounce->status,
                            bounce->diagnostic);
    if (end == CHECK_REFUSED && d->refusal_code > 0)
        return arena_format(j->arena, "refused by the server under test: %d %s", d->refusal_code,
                            d->refusal);
    if (end == CHECK_REFUSED)
        return arena_format(j->arena, "never accepted by the server under test%s%s",
                            *d->refusal != '\0' ? ": " : "", d->refusal);
    if (end == CHECK_DISCARDED)
        return arena_format(j->arena, "refused for good at %s (%s), with nobody to be told",
                            last->host, reply_text(j, last));
    if (end == CHECK_DELETED)
        return arena_format(j->arena, "deleted by the operator after %s",
                            about_span(j, since_handed_in(d, d->deleted_us)));
    if (last == NULL)
        return arena_format(j->arena, "still queued after %s, never tried",
                            about_span(j, since_handed_in(d, j->history->end_us)));
    return arena_format(j->arena, "still queued after %s and %u attempt%s, the last at %s: %s",
                        about_span(j, since_handed_in(d, j->history->end_us)), d->round_count,
                        d->round_count == 1 ? "" : "s", last->host, reply_text(j, last));
}

static void at_end(const struct delivery_judge *j)
{
    const struct check_delivery *d = j->delivery;
    const struct check_notice *bounce = check_delivery_bounce(d);
    const struct check_attempt *last = last_attempt(d);
    if (d->copy_count > 0) {
        j->fault->at_us = d->copies[0].at_us;
        j->fault->seq = d->copies[0].seq;
        j->fault->session = d->copies[0].session;
    } else if (bounce != NULL) {
        j->fault->at_us = bounce->at_us;
        j->fault->seq = bounce->seq;
        j->fault->session = bounce->session;
    } else if (last != NULL) {
        at_attempt(j, last);
    } else {
        j->fault->at_us = d->submitted_us;
        j->fault->seq = d->submit_seq;
    }
}

/* ---- conditions, each true if it is met or not asked for */

static bool judge_ends(const struct delivery_judge *j)
{
    const struct check_wanted *w = j->wanted;
    enum check_end end = check_delivery_end(j->delivery);
    at_end(j);
    if (w->ends != 0 && (w->ends & 1U << end) == 0) {
        const char *words = "";
        for (size_t i = 0; i < CHECK_END_COUNT; i++) {
            if ((w->ends & 1U << i) != 0)
                words = arena_format(j->arena, "%s%s%s", words, *words != '\0' ? " or " : "",
                                     CHECK_END_WORDS[i]);
        }
        return not_met(j, words, end_text(j));
    }
    int64_t end_us = check_delivery_end_us(j->delivery);
    bool timed = w->within_us != INT64_MAX || w->not_before_us > 0;
    if (timed && end_us < 0 && w->ends == 0)
        return not_met(j, "an end", end_text(j));
    int64_t since = end_us >= 0 ? since_handed_in(j->delivery, end_us) : 0;
    if (end_us >= 0 && since > w->within_us)
        return not_met(j, arena_format(j->arena, "within %s", span(j, w->within_us)), end_text(j));
    if (end_us >= 0 && since < w->not_before_us)
        return not_met(j, arena_format(j->arena, "not before %s", span(j, w->not_before_us)),
                       end_text(j));
    return true;
}

static bool judge_number(const struct delivery_judge *j, struct range range, size_t number,
                         const char *noun)
{
    if (range_holds(range, (int64_t)number))
        return true;
    return not_met(j, check_range_of(range, noun, j->arena),
                   check_number_of((int64_t)number, noun, j->arena));
}

static bool judge_counts(const struct delivery_judge *j)
{
    const struct check_wanted *w = j->wanted;
    const struct check_delivery *d = j->delivery;
    return judge_number(j, w->attempts, d->round_count, "attempts") &&
           judge_number(j, w->tries, d->attempt_count, "tries") &&
           judge_number(j, w->copies, d->copy_count, "copies") &&
           judge_number(j, w->warnings, d->warning_count, "warnings to the sender");
}

/* From the last try of one round to the first of the next. */
static bool judge_spacing(const struct delivery_judge *j)
{
    const struct check_wanted *w = j->wanted;
    const struct check_delivery *d = j->delivery;
    if (w->spacing.min == INT64_MIN && w->spacing.max == INT64_MAX)
        return true;
    for (size_t i = 1; i < d->attempt_count; i++) {
        const struct check_attempt *before = &d->attempts[i - 1];
        const struct check_attempt *attempt = &d->attempts[i];
        char code[16];
        snprintf(code, sizeof code, "%d", before->code);
        if (!attempt->first_of_round || !pattern_matches(w->after, slice_of(code)))
            continue;
        int64_t gap = attempt->at_us - before->end_us;
        if (range_holds(w->spacing, gap))
            continue;
        at_attempt(j, attempt);
        return not_met(
            j,
            arena_format(j->arena, "%s between attempts", range_span_to_text(w->spacing, j->arena)),
            arena_format(j->arena, "%s after the attempt at %s (%s)", about_span(j, gap),
                         span(j, before->at_us), reply_text(j, before)));
    }
    return true;
}

static bool judge_pattern(const struct delivery_judge *j, const struct pattern *pattern,
                          const char *noun, const char *found)
{
    if (pattern == NULL || pattern_matches(pattern, slice_of(found)))
        return true;
    return not_met(j, arena_format(j->arena, "%s %s", noun, pattern_text(pattern)),
                   arena_format(j->arena, "%s %s", noun, *found != '\0' ? found : "(none)"));
}

/* The hosts that were tried, each once for as long as they follow each other. */
static const char *hosts_tried(const struct delivery_judge *j, const char *separator)
{
    const struct check_delivery *d = j->delivery;
    const char *list = "";
    for (size_t i = 0; i < d->attempt_count; i++) {
        if (i > 0 && strcmp(d->attempts[i].host, d->attempts[i - 1].host) == 0)
            continue;
        list = arena_format(j->arena, "%s%s%s", list, i > 0 ? separator : "", d->attempts[i].host);
    }
    return list;
}

static bool judge_hosts(const struct delivery_judge *j)
{
    const struct check_wanted *w = j->wanted;
    if (w->host_count == 0)
        return true;
    const char *wanted = w->hosts[0];
    for (size_t i = 1; i < w->host_count; i++)
        wanted = arena_format(j->arena, "%s, then %s", wanted, w->hosts[i]);
    const char *tried = hosts_tried(j, ", then ");
    return strcmp(wanted, tried) == 0 ||
           not_met(j, arena_format(j->arena, "tried at %s", wanted),
                   arena_format(j->arena, "tried at %s", *tried != '\0' ? tried : "none"));
}

static bool judge_reply(const struct delivery_judge *j)
{
    if (j->wanted->reply == NULL)
        return true;
    const struct check_attempt *last = last_attempt(j->delivery);
    if (last != NULL)
        at_attempt(j, last);
    return judge_pattern(j, j->wanted->reply, "last reply",
                         last != NULL ? reply_text(j, last) : "");
}

/* "TLSv1.2" as 12; 0 if it is none. */
static int64_t version_of(const char *tls)
{
    size_t len = strlen(tls);
    return len > 0 && strncmp(tls, "TLSv1", 5) == 0 ? 10 + (len == 7 ? tls[6] - '0' : 0) : 0;
}

static bool judge_tls(const struct delivery_judge *j)
{
    const struct check_wanted *w = j->wanted;
    const struct check_delivery *d = j->delivery;
    if (!w->tls_asked)
        return true;
    if (d->copy_count == 0)
        return not_met(j, w->tls_wanted ? "delivered over TLS" : "delivered in clear text",
                       end_text(j));
    const struct check_copy *copy = &d->copies[0];
    bool encrypted = copy->tls[0] != '\0';
    if (encrypted != w->tls_wanted)
        return not_met(j, w->tls_wanted ? "over TLS" : "in clear text",
                       encrypted ? arena_format(j->arena, "over %s", copy->tls) : "in clear text");
    if (encrypted && !range_holds(w->tls_version, version_of(copy->tls)))
        return not_met(j,
                       arena_format(j->arena, "TLS 1.%d to 1.%d", (int)(w->tls_version.min - 10),
                                    (int)(w->tls_version.max - 10)),
                       copy->tls);
    return judge_pattern(j, w->tls_cipher, "cipher", copy->cipher) &&
           judge_pattern(j, w->tls_identity, "certificate", copy->identity);
}

/* The receiver's results; what it found with it, so that a failure explains itself. */
static bool judge_auth(const struct delivery_judge *j)
{
    const struct check_delivery *d = j->delivery;
    for (unsigned i = 0; i < CHECK_AUTH_COUNT; i++) {
        const struct pattern *wanted = j->wanted->auth[i];
        const char *title = CHECK_AUTH_TITLES[i];
        if (wanted == NULL)
            continue;
        const char *expected = arena_format(j->arena, "%s %s", title, pattern_text(wanted));
        if (d->copy_count == 0)
            return not_met(j, expected, end_text(j));
        const struct check_copy *copy = &d->copies[0];
        const char *found = copy->auth->results[i];
        if (found[0] == '\0')
            return not_met(j, expected,
                           arena_format(j->arena, "%s was not looked at by %s", title, copy->host));
        if (!pattern_matches(wanted, slice_of(found)))
            return not_met(j, expected,
                           arena_format(j->arena, "%s %s at %s: %s", title, found, copy->host,
                                        copy->auth->reasons[i]));
    }
    return true;
}

static bool judge_parameters(const struct delivery_judge *j, const struct check_copy *copy)
{
    const struct parameters *wanted = &j->wanted->parameters;
    if (wanted->count == 0 ||
        (j->delivery->copy_count > 0 &&
         parameters_match(wanted, copy->mail_parameters, copy->rcpt_parameters)))
        return true;
    struct buf text;
    buf_init(&text, CHECK_PARAMETERS_BYTES);
    buf_add_text(&text, "sent with the parameters ");
    parameters_write(wanted, &text);
    const char *expected = arena_text(j->arena, buf_text(&text));
    buf_deinit(&text);
    if (j->delivery->copy_count == 0)
        return not_met(j, expected, end_text(j));
    return not_met(j, expected,
                   arena_format(j->arena, "MAIL with \"%s\", RCPT with \"%s\"",
                                copy->mail_parameters, copy->rcpt_parameters));
}

static bool judge_copy(const struct delivery_judge *j)
{
    static const struct check_copy NONE = {
        .host = "", .placement = "", .transfer = "", .mail_parameters = "", .rcpt_parameters = ""};
    const struct check_wanted *w = j->wanted;
    const struct check_copy *copy = j->delivery->copy_count > 0 ? &j->delivery->copies[0] : &NONE;
    return judge_pattern(j, w->via, "at host", copy->host) &&
           judge_pattern(j, w->placement, "placed in", copy->placement) &&
           judge_pattern(j, w->transfer, "sent with", copy->transfer) && judge_parameters(j, copy);
}

static bool judge_dsn(const struct delivery_judge *j)
{
    static const struct check_notice NONE = {
        .status = "", .diagnostic = "", .remote_mta = "", .reporting_mta = ""};
    const struct check_wanted *w = j->wanted;
    const struct check_notice *bounce = check_delivery_bounce(j->delivery);
    if (bounce == NULL)
        bounce = &NONE;
    return judge_pattern(j, w->dsn_status, "status", bounce->status) &&
           judge_pattern(j, w->dsn_diagnostic, "diagnostic", bounce->diagnostic) &&
           judge_pattern(j, w->dsn_remote_mta, "remote MTA", bounce->remote_mta) &&
           judge_pattern(j, w->dsn_reporting_mta, "reporting MTA", bounce->reporting_mta);
}

bool check_judge_delivery(const struct check_wanted *wanted, const struct check_target *target,
                          const struct check_history *history, struct arena *arena,
                          struct check_fault *fault)
{
    static bool (*const CONDITIONS[])(const struct delivery_judge *j) = {
        judge_ends, judge_counts, judge_spacing, judge_hosts, judge_copy,
        judge_auth, judge_tls,    judge_dsn,     judge_reply,
    };
    *fault = (struct check_fault){"", "", "", -1, -1};
    struct delivery_judge j = {wanted, target->delivery, history, arena, fault};
    if (target->delivery == NULL)
        return not_met(&j, "handed in", "never handed in to the server under test");
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof CONDITIONS[0]; i++) {
        at_end(&j);
        if (!CONDITIONS[i](&j))
            return false;
    }
    /* Nothing to complain about: what happened, for people who look at what held. */
    at_end(&j);
    fault->actual = end_text(&j);
    return true;
}
