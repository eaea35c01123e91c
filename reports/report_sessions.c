#include "reports/report_sessions.h"

#include "reports/report_auth.h"
#include "reports/report_dialogues.h"
#include "reports/report_gauges.h"
#include "reports/report_steps.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

/* How many of the newest queries are looked at for those that led to a connection. */
enum { QUERIES_BACK = 40 };

static struct report_session *session_of(struct report_book *book, const struct report_track *track)
{
    return &book->run->sessions[track->session];
}

static void attach_queries(struct report_book *book, const char *host, size_t session)
{
    struct report_run *run = book->run;
    for (size_t i = run->query_count; i > 0 && run->query_count - i < QUERIES_BACK; i--) {
        struct report_query *query = &run->queries[i - 1];
        if (query->session == 0 &&
            (slice_is_nocase(slice_of(query->name), host) || strstr(query->data, host) != NULL))
            query->session = session + 1;
    }
}

static struct report_session *add_session(struct report_book *book, const cJSON *event,
                                          const char *id)
{
    struct report_run *run = book->run;
    run->sessions = report_room(run->sessions, run->session_count, sizeof *run->sessions);
    struct report_session *session = &run->sessions[run->session_count];
    *session = (struct report_session){
        .id = report_book_text(book, id),
        .host = report_book_text(book, event_text(event, "host")),
        .client = report_book_text(book, event_text(event, "client")),
        .server = report_book_text(book, event_text(event, "server")),
        .client_name = report_book_text(book, event_text(event, "client-name")),
        .port = (int)event_int(event, "port", 25),
        .start_us = event_int(event, "at", 0),
        .end_us = -1,
        .ended_by = "",
        .last_text = "",
        .tls_version = "",
        .tls_cipher = "",
        .tls_sni = "",
        .tls_identity = "",
        .tls_error = "",
        .outcome = REPORT_BROKEN,
        .log_at = book->log_at,
        .steps_left_out = 1,
    };
    run->session_count++;
    return session;
}

static void on_connect(struct report_book *book, const cJSON *event, const char *id)
{
    struct report_run *run = book->run;
    struct report_session *session = add_session(book, event, id);
    struct report_track *track = mem_alloc(sizeof *track);
    track->session = run->session_count - 1;
    track->from = mem_text_copy("");
    track->last_text = mem_text_copy("");
    map_set_text(&book->tracks, id, track);
    report_book_change(&run->connections, session->start_us, 1);
    attach_queries(book, session->host, track->session);
}

static void set_last_text(struct report_track *track, const char *text)
{
    free(track->last_text);
    track->last_text = mem_text_copy_n(text, strnlen(text, REPORT_TEXT_MAX));
}

static struct report_attempt attempt_of(struct report_book *book, const struct report_track *track,
                                        const cJSON *event)
{
    int64_t code = event_int(event, "code", 0);
    return (struct report_attempt){
        .at_us = event_int(event, "at", 0),
        .session = (uint32_t)track->session + 1,
        .code = (int16_t)code,
        .outcome = code >= 500 ? REPORT_REJECTED : REPORT_DEFERRED,
        .text = report_steps_reply(event, &book->words),
    };
}

static void on_reply_rcpt(struct report_book *book, struct report_track *track, const cJSON *event,
                          const struct report_attempt *attempt)
{
    size_t found = report_book_find_open(book, track->from, event_text(event, "recipient"));
    /* Also where it is nobody's we know (a bounce): the connection was not for anybody else. */
    track->attempted = true;
    if (found == 0)
        return;
    if (attempt->code >= 400) {
        report_book_attempt(book, found - 1, attempt);
    } else if (track->recipient_count < REPORT_TRANSACTION_MAX) {
        track->recipients = report_room(track->recipients, track->recipient_count, sizeof(size_t));
        track->recipients[track->recipient_count++] = found - 1;
    }
}

/* The acceptance was logged before its reply; here are the words. */
static void set_words(struct report_delivery *delivery, const struct report_attempt *reply)
{
    for (size_t i = delivery->attempt_count; i > 0; i--) {
        struct report_attempt *attempt = &delivery->attempts[i - 1];
        if (attempt->session != reply->session)
            continue;
        attempt->code = reply->code;
        attempt->text = reply->text;
        return;
    }
}

/* The end of a transaction: every recipient that was accepted shares its reply. */
static void on_reply_data(struct report_book *book, struct report_track *track,
                          const struct report_attempt *attempt)
{
    for (size_t i = 0; attempt->code >= 400 && i < track->recipient_count; i++) {
        report_book_attempt(book, track->recipients[i], attempt);
        track->attempted = true;
    }
    struct report_attempt words = *attempt;
    words.text = attempt->code < 300 ? report_book_text(book, attempt->text) : "";
    for (size_t i = 0; attempt->code < 300 && i < track->recipient_count; i++)
        set_words(&book->run->deliveries[track->recipients[i]], &words);
    if (attempt->code >= 400 || attempt->code < 300)
        track->recipient_count = 0;
}

/* A reply of LMTP is for one recipient (RFC 2033 4.2). */
static void on_reply_lmtp(struct report_book *book, struct report_track *track, const cJSON *event,
                          const struct report_attempt *attempt)
{
    struct slice recipient = slice_of(event_text(event, "recipient"));
    for (size_t i = 0; attempt->code >= 400 && i < track->recipient_count; i++) {
        size_t at = track->recipients[i];
        if (!slice_equal_nocase(slice_of(book->run->deliveries[at].recipient), recipient))
            continue;
        report_book_attempt(book, at, attempt);
        track->attempted = true;
        track->recipients[i] = track->recipients[--track->recipient_count];
        return;
    }
}

static void on_reply(struct report_book *book, struct report_track *track, const cJSON *event)
{
    struct report_session *session = session_of(book, track);
    struct slice stage = slice_of(event_text(event, "stage"));
    struct report_attempt attempt = attempt_of(book, track, event);
    /* "No valid recipients" says nothing that the replies to RCPT did not say. */
    bool echo = slice_is(stage, "data") && track->recipient_count == 0 && session->last_code != 0;
    if (attempt.code >= 400 && !echo) {
        session->last_code = attempt.code;
        set_last_text(track, attempt.text);
    }
    if (slice_is(stage, "rcpt")) {
        on_reply_rcpt(book, track, event, &attempt);
    } else if (slice_is(stage, "mail") && attempt.code >= 400) {
        report_book_attempt_host(book, session->host, track->from, &attempt);
        track->attempted = true;
    } else if (event_text(event, "recipient")[0] != '\0') {
        on_reply_lmtp(book, track, event, &attempt);
    } else if (slice_starts_with(stage, SLICE("data")) || slice_is(stage, "bdat")) {
        on_reply_data(book, track, &attempt);
    }
}

static void on_command(struct report_track *track, const cJSON *event)
{
    if (!slice_is_nocase(slice_of(event_text(event, "verb")), "MAIL"))
        return;
    struct slice rest = slice_of(event_text(event, "line"));
    size_t open = slice_find(rest, '<');
    rest = slice_skip(rest, open == SIZE_MAX ? rest.len : open + 1);
    size_t close = slice_find(rest, '>');
    free(track->from);
    track->from = mem_text_copy_n(rest.data, close == SIZE_MAX ? 0 : close);
    track->recipient_count = 0;
}

static void on_tls(struct report_book *book, struct report_track *track, const cJSON *event)
{
    struct report_session *session = session_of(book, track);
    bool ok = event_bool(event, "ok");
    session->tls_tried = true;
    session->tls_ok = ok;
    session->tls_resumed = event_bool(event, "resumed");
    session->tls_version = report_book_text(book, event_text(event, "version"));
    session->tls_cipher = report_book_text(book, event_text(event, "cipher"));
    session->tls_sni = report_book_text(book, event_text(event, "sni"));
    session->tls_identity = report_book_text(book, event_text(event, "identity"));
    session->tls_error = report_book_text(book, event_text(event, "error"));
    if (!ok) {
        set_last_text(track, session->tls_error);
        session->special = true;
    }
}

static void take_acceptance(struct report_book *book, struct report_track *track,
                            const cJSON *event, const char *recipient)
{
    size_t found = report_book_find(book, event_text(event, "message"), recipient);
    if (found == 0)
        return;
    struct report_attempt attempt = attempt_of(book, track, event);
    const cJSON *sent = cJSON_GetObjectItemCaseSensitive(event, "reply-sent");
    attempt.code = 250;
    attempt.outcome = cJSON_IsFalse(sent) ? REPORT_LOST : REPORT_ACCEPTED;
    report_book_attempt(book, found - 1, &attempt);
    book->run->deliveries[found - 1].copies++;
    report_book_end(book, found - 1, REPORT_DELIVERED, attempt.at_us);
    track->attempted = true;
}

/* A bounce or a warning that came back to the sender's domain. */
static void take_dsn(struct report_book *book, struct report_track *track, const cJSON *event,
                     const cJSON *dsn)
{
    const cJSON *recipients = cJSON_GetObjectItemCaseSensitive(dsn, "recipients");
    const cJSON *one;
    cJSON_ArrayForEach(one, recipients)
    {
        const char *message = event_text(dsn, "message");
        size_t found = report_book_find(book, message, event_text(one, "recipient"));
        if (found == 0)
            found = report_book_find(book, message, event_text(one, "original-recipient"));
        if (found == 0)
            continue;
        struct slice action = slice_of(event_text(one, "action"));
        struct report_attempt attempt = attempt_of(book, track, event);
        char *text =
            mem_text_format("%s %s", event_text(one, "status"), event_text(one, "diagnostic"));
        attempt.text = text;
        if (slice_is(action, "failed") || slice_is(action, "delayed")) {
            bool failed = slice_is(action, "failed");
            attempt.outcome = failed ? REPORT_BOUNCED : REPORT_DELAYED;
            report_book_attempt(book, found - 1, &attempt);
            if (failed)
                report_book_end(book, found - 1, REPORT_RETURNED, attempt.at_us);
        }
        free(text);
    }
}

static void on_accepted(struct report_book *book, struct report_track *track, const cJSON *event)
{
    struct report_session *session = session_of(book, track);
    const cJSON *dsn = cJSON_GetObjectItemCaseSensitive(event, "dsn");
    book->run->accepted_seen++;
    track->attempted = true;
    session->accepted++;
    session->tls_verified = session->tls_verified || event_bool(event, "verified");
    if (cJSON_IsObject(dsn)) {
        take_dsn(book, track, event, dsn);
    } else {
        const cJSON *to;
        cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(event, "to"))
        {
            if (cJSON_IsString(to))
                take_acceptance(book, track, event, to->valuestring);
        }
    }
    track->taken = true;
    report_auth_event(book, event, track->session);
}

/* Violations of one kind are one finding. */
static void count_violation(struct report_book *book, const struct report_track *track,
                            const cJSON *event)
{
    const char *what = event_text(event, "what");
    char *key = mem_text_format("%s\n%s", what, event_text(event, "level"));
    size_t found = report_index_get(&book->rows, key);
    if (found == 0 && book->finding_count < REPORT_FINDINGS_MAX) {
        book->findings = report_room(book->findings, book->finding_count, sizeof *book->findings);
        book->findings[book->finding_count] = (struct report_finding){
            .level = report_book_text(book, event_text(event, "level")),
            .what = report_book_text(book, what),
            .text = report_book_text(book, event_text(event, "text")),
            .rfc = report_book_text(book, event_text(event, "rfc")),
            .session = session_of(book, track)->id,
            .at_us = event_int(event, "at", 0),
            .seq = event_int(event, "seq", -1),
        };
        found = ++book->finding_count;
        report_index_set(&book->rows, key, found);
    }
    if (found != 0)
        book->findings[found - 1].count++;
    free(key);
}

static void on_violation(struct report_book *book, const struct report_track *track,
                         const cJSON *event)
{
    count_violation(book, track, event);
    session_of(book, track)->special = true;
}

/* Recipients whose transaction was cut, or everybody that the connection may have been for. */
static void note_broken(struct report_book *book, const struct report_track *track,
                        const cJSON *event)
{
    const struct report_session *session = session_of(book, track);
    struct report_attempt attempt = attempt_of(book, track, event);
    attempt.code = (int16_t)session->last_code;
    attempt.text = *track->last_text != '\0' ? track->last_text : "the connection was closed";
    attempt.outcome = REPORT_BROKEN;
    if (attempt.code >= 400)
        attempt.outcome = attempt.code >= 500 ? REPORT_REJECTED : REPORT_DEFERRED;
    if (track->recipient_count > 0 && !track->taken) {
        for (size_t i = 0; i < track->recipient_count; i++)
            report_book_attempt(book, track->recipients[i], &attempt);
    } else if (!track->attempted && (!session->quit || session->last_code >= 400)) {
        report_book_attempt_host(book, session->host, NULL, &attempt);
    }
}

/* What a reply said last is mostly what it said in the session before. */
static const char *last_text(struct report_book *book, const struct report_track *track)
{
    const char *before =
        track->session > 0 ? book->run->sessions[track->session - 1].last_text : "";
    return strcmp(before, track->last_text) == 0 ? before
                                                 : report_book_text(book, track->last_text);
}

static void sum_up(struct report_book *book, const struct report_track *track)
{
    struct report_session *session = session_of(book, track);
    session->last_text = last_text(book, track);
    if (session->accepted > 0)
        session->outcome = REPORT_ACCEPTED;
    else if (session->last_code >= 500)
        session->outcome = REPORT_REJECTED;
    else if (session->last_code >= 400)
        session->outcome = REPORT_DEFERRED;
    if (session->tls_tried && !session->tls_ok && session->accepted == 0 && !track->attempted)
        session->outcome = REPORT_BROKEN;
}

const struct report_refusal *report_refusal_of(const cJSON *event)
{
    static const struct report_refusal REFUSALS[] = {
        {"reset", "refused", "connection refused", "a reset: nobody listens"},
        {"refused", "refused", "connection refused", "a reset in answer to the SYN"},
        {"unreachable", "unreachable", "the host is unreachable", "ICMP: the host is unreachable"},
        {"prohibited", "prohibited", "the network forbids connections", "ICMP: prohibited"},
        {"silent", "no answer", "no answer to the SYN", "no answer to the SYN"},
    };
    const char *how = event_text(event, "how");
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        if (slice_is(slice_of(how), REFUSALS[i].how))
            return &REFUSALS[i];
    }
    return &REFUSALS[0];
}

/* A connection to a host that does not listen: no session, but an attempt. */
static void on_refused(struct report_book *book, const cJSON *event)
{
    const char *host = event_text(event, "host");
    if (*host == '\0')
        host = event_text(event, "server");
    const struct report_refusal *refusal = report_refusal_of(event);
    char *id = mem_text_format("%s (%s)", host, refusal->word);
    struct report_session *session = add_session(book, event, id);
    struct report_attempt attempt = {
        .at_us = session->start_us,
        .session = (uint32_t)book->run->session_count,
        .outcome = REPORT_BROKEN,
        .text = refusal->attempt,
    };
    free(id);
    session->refused = true;
    session->end_us = session->start_us;
    session->ended = ++book->ended_count;
    session->last_text = attempt.text;
    report_book_attempt_host(book, session->host, NULL, &attempt);
}

static void on_disconnect(struct report_book *book, struct report_track *track, const cJSON *event,
                          const char *id)
{
    struct report_session *session = session_of(book, track);
    session->end_us = event_int(event, "at", 0);
    session->ended_by = report_book_text(book, event_text(event, "by"));
    session->quit = event_bool(event, "quit");
    session->ended = ++book->ended_count;
    report_book_change(&book->run->connections, session->end_us, -1);
    note_broken(book, track, event);
    sum_up(book, track);
    report_book_free_track(map_remove(&book->tracks, slice_of(id)));
}

void report_sessions_event(struct report_book *book, const cJSON *event)
{
    const char *id = event_text(event, "session");
    struct slice kind = slice_of(event_text(event, "kind"));
    struct report_track *track = map_get_text(&book->tracks, id);
    if (slice_is(kind, "connect") && track == NULL)
        on_connect(book, event, id);
    else if (slice_is(kind, "refused"))
        on_refused(book, event);
    else if (slice_is(kind, "gauge"))
        report_gauges_event(book, event);
    if (track == NULL)
        return;
    enum report_step_kind step;
    if (report_dialogues_step(event, &step))
        session_of(book, track)->steps_left_out++;
    if (slice_is(kind, "reply"))
        on_reply(book, track, event);
    else if (slice_is(kind, "command"))
        on_command(track, event);
    else if (slice_is(kind, "tls"))
        on_tls(book, track, event);
    else if (slice_is(kind, "accepted"))
        on_accepted(book, track, event);
    else if (slice_is(kind, "declined"))
        report_auth_event(book, event, track->session);
    else if (slice_is(kind, "violation"))
        on_violation(book, track, event);
    else if (slice_is(kind, "disconnect"))
        on_disconnect(book, track, event, id);
}

void report_sessions_finish(struct report_book *book)
{
    for (struct map_entry *entry = map_first(&book->tracks); entry != NULL; entry = map_next(entry))
        sum_up(book, map_value(entry));
}
