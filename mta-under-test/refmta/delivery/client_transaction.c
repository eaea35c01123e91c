#include <assert.h>

#include "mta-under-test/refmta/delivery/client_private.h"

#include "mta-under-test/base/poison.h"

static bool offers(const struct client_session *session, enum client_extension extension)
{
    return (session->extensions & (unsigned)extension) != 0;
}

static void settle(struct client_recipient *recipient, enum client_verdict verdict, int code,
                   const struct reason *reason)
{
    recipient->verdict = verdict;
    recipient->code = code;
    recipient->reason = *reason;
}

/* Gives all that have no result yet, or all that were accepted at RCPT, this one. */
static void settle_rest(struct client_session *session, enum client_verdict verdict,
                        const struct reason *reason)
{
    for (size_t i = 0; i < session->transaction->recipient_count; i++) {
        struct client_recipient *recipient = &session->transaction->recipients[i];
        if (recipient->verdict == CLIENT_NONE)
            settle(recipient, verdict, session->reply.code, reason);
    }
}

static enum client_event finish(struct client_session *session)
{
    client_set_state(session, CLIENT_STATE_READY);
    session->transaction = NULL;
    return CLIENT_EVENT_DONE;
}

void client_session_abort(struct client_session *session, enum client_verdict verdict,
                          const struct reason *reason)
{
    if (session->transaction == NULL)
        return;
    for (size_t i = 0; i < session->transaction->recipient_count; i++) {
        struct client_recipient *recipient = &session->transaction->recipients[i];
        if (recipient->verdict == CLIENT_NONE)
            settle(recipient, verdict, 0, reason);
    }
    session->transaction = NULL;
    session->closing = true;
}

static void say_mail(struct client_session *session)
{
    const struct client_transaction *transaction = session->transaction;
    buf_format(&session->out, "MAIL FROM:<%s>", transaction->sender);
    if (offers(session, CLIENT_SIZE))
        buf_format(&session->out, " SIZE=%llu", (unsigned long long)transaction->bytes);
    if (transaction->body == ENVELOPE_BODY_8BITMIME && offers(session, CLIENT_8BITMIME))
        buf_add_text(&session->out, " BODY=8BITMIME");
    if (transaction->body == ENVELOPE_BODY_BINARYMIME)
        buf_add_text(&session->out, " BODY=BINARYMIME");
    if (transaction->smtputf8)
        buf_add_text(&session->out, " SMTPUTF8");
    if (session->setup.needs_requiretls ||
        (transaction->require_tls && session->is_tls && offers(session, CLIENT_REQUIRETLS)))
        buf_add_text(&session->out, " REQUIRETLS");
    if (transaction->priority != 0 && offers(session, CLIENT_MT_PRIORITY))
        buf_format(&session->out, " MT-PRIORITY=%d", transaction->priority);
    if (offers(session, CLIENT_DSN)) {
        if (transaction->ret != ENVELOPE_RET_UNSET)
            buf_format(&session->out, " RET=%s",
                       transaction->ret == ENVELOPE_RET_FULL ? "FULL" : "HDRS");
        if (transaction->envid != NULL)
            buf_format(&session->out, " ENVID=%s", transaction->envid);
    }
    buf_add_text(&session->out, "\r\n");
}

static void say_rcpt(struct client_session *session, size_t index)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } NOTIFY[] = {{"NEVER", ENVELOPE_NOTIFY_NEVER},
                  {"SUCCESS", ENVELOPE_NOTIFY_SUCCESS},
                  {"FAILURE", ENVELOPE_NOTIFY_FAILURE},
                  {"DELAY", ENVELOPE_NOTIFY_DELAY}};
    const struct client_recipient *recipient = &session->transaction->recipients[index];
    buf_format(&session->out, "RCPT TO:<%s>", recipient->address);
    if (offers(session, CLIENT_DSN)) {
        const char *separator = " NOTIFY=";
        for (size_t i = 0; i < sizeof NOTIFY / sizeof NOTIFY[0]; i++) {
            if ((recipient->notify & NOTIFY[i].bit) == 0)
                continue;
            buf_format(&session->out, "%s%s", separator, NOTIFY[i].name);
            separator = ",";
        }
        if (recipient->orcpt != NULL)
            buf_format(&session->out, " ORCPT=%s", recipient->orcpt);
    }
    buf_add_text(&session->out, "\r\n");
}

static void say_obstacle(const struct client_session *session, const char *status, const char *what,
                         const char *extension, struct reason *reason)
{
    const char *obstacle = session->transaction->obstacle;
    const char *peer = session->setup.peer;
    reason_set(reason, status, false, peer, "the message %s, and %s does not offer %s%s%s", what,
               peer, extension, obstacle != NULL ? "; it cannot be converted: " : "",
               obstacle != NULL ? obstacle : "");
}

/* What the server cannot take at all, found before anything is sent. */
static bool is_impossible(struct client_session *session, struct reason *reason)
{
    const struct client_transaction *transaction = session->transaction;
    const char *peer = session->setup.peer;
    if (session->size_limit > 0 && transaction->bytes > session->size_limit) {
        reason_set(
            reason, "5.3.4", false, peer, "the message has %llu bytes, and %s takes at most %llu",
            (unsigned long long)transaction->bytes, peer, (unsigned long long)session->size_limit);
        return true;
    }
    if (transaction->smtputf8 && !offers(session, CLIENT_SMTPUTF8)) {
        say_obstacle(session, "5.6.7", "has UTF-8 in an address or a header field", "SMTPUTF8",
                     reason);
        return true;
    }
    if (transaction->body == ENVELOPE_BODY_8BITMIME && !offers(session, CLIENT_8BITMIME)) {
        say_obstacle(session, "5.6.3", "has 8-bit content", "8BITMIME", reason);
        return true;
    }
    if (transaction->body == ENVELOPE_BODY_BINARYMIME &&
        !(offers(session, CLIENT_CHUNKING) && offers(session, CLIENT_BINARYMIME))) {
        say_obstacle(session, "5.6.1", "is binary", "BINARYMIME", reason);
        return true;
    }
    return false;
}

enum client_event client_session_begin(struct client_session *session,
                                       struct client_transaction *transaction)
{
    struct reason reason;
    assert(session->state == CLIENT_STATE_READY && transaction->recipient_count > 0);
    session->transaction = transaction;
    session->index = 0;
    session->mail_refused = false;
    session->at_line_start = true;
    session->chunked = transaction->body == ENVELOPE_BODY_BINARYMIME ||
                       (session->setup.chunks && offers(session, CLIENT_CHUNKING));
    session->pipelined = offers(session, CLIENT_PIPELINING);
    for (size_t i = 0; i < transaction->recipient_count; i++)
        transaction->recipients[i].verdict = CLIENT_NONE;
    session->reply.code = 0;
    if (is_impossible(session, &reason)) {
        settle_rest(session, CLIENT_REFUSED, &reason);
        return finish(session);
    }
    bool reset = session->needs_rset;
    if (reset)
        buf_add_text(&session->out, "RSET\r\n");
    client_set_state(session, reset ? CLIENT_STATE_RSET : CLIENT_STATE_MAIL);
    if (!reset || session->pipelined)
        say_mail(session);
    if (session->pipelined) {
        for (size_t i = 0; i < transaction->recipient_count; i++)
            say_rcpt(session, i);
        if (!session->chunked)
            buf_add_text(&session->out, "DATA\r\n");
    }
    session->needs_rset = true;
    return CLIENT_EVENT_NONE;
}

static enum client_event on_rset(struct client_session *session)
{
    if (session->reply.code / 100 != 2)
        return client_fail(session, CLIENT_DEFERRED);
    if (!session->pipelined)
        say_mail(session);
    client_set_state(session, CLIENT_STATE_MAIL);
    return CLIENT_EVENT_NONE;
}

static enum client_event on_mail(struct client_session *session)
{
    enum client_verdict verdict = client_verdict_of(session);
    if (verdict != CLIENT_ACCEPTED) {
        struct reason reason;
        client_reason_of(session, &reason);
        settle_rest(session, verdict, &reason);
        session->mail_refused = true;
        if (!session->pipelined)
            return finish(session);
    } else if (!session->pipelined) {
        say_rcpt(session, 0);
    }
    client_set_state(session, CLIENT_STATE_RCPT);
    return CLIENT_EVENT_NONE;
}

static bool any_open(const struct client_session *session)
{
    for (size_t i = 0; i < session->transaction->recipient_count; i++)
        if (session->transaction->recipients[i].verdict == CLIENT_NONE)
            return true;
    return false;
}

/* RFC 3030 2: BDAT has no reply to wait for before the content, so it goes behind those to RCPT. */
static enum client_event say_bdat(struct client_session *session)
{
    buf_format(&session->out, "BDAT %llu LAST\r\n",
               (unsigned long long)session->transaction->bytes);
    client_set_state(session, CLIENT_STATE_CONTENT);
    return CLIENT_EVENT_CONTENT;
}

static enum client_event on_rcpt(struct client_session *session)
{
    struct client_recipient *recipient = &session->transaction->recipients[session->index];
    enum client_verdict verdict = client_verdict_of(session);
    if (!session->mail_refused && verdict != CLIENT_ACCEPTED) {
        struct reason reason;
        client_reason_of(session, &reason);
        settle(recipient, verdict, session->reply.code, &reason);
        recipient->at_rcpt = true;
    }
    session->index++;
    if (session->index < session->transaction->recipient_count) {
        if (!session->pipelined)
            say_rcpt(session, session->index);
        return CLIENT_EVENT_NONE;
    }
    if ((session->chunked || !session->pipelined) && !any_open(session))
        return finish(session);
    if (session->chunked)
        return say_bdat(session);
    if (!session->pipelined)
        buf_add_text(&session->out, "DATA\r\n");
    client_set_state(session, CLIENT_STATE_DATA);
    return CLIENT_EVENT_NONE;
}

static enum client_event on_data(struct client_session *session)
{
    if (session->reply.code == 354) {
        if (any_open(session)) {
            client_set_state(session, CLIENT_STATE_CONTENT);
            return CLIENT_EVENT_CONTENT;
        }
        /* RFC 2920 3.1: all were refused, and yet it wants the content: an empty one. */
        buf_add_text(&session->out, ".\r\n");
        client_set_state(session, CLIENT_STATE_FINAL);
        return CLIENT_EVENT_NONE;
    }
    struct reason reason;
    enum client_verdict verdict = client_verdict_of(session);
    client_reason_of(session, &reason);
    settle_rest(session, verdict == CLIENT_REFUSED ? CLIENT_REFUSED : CLIENT_DEFERRED, &reason);
    return finish(session);
}

/* RFC 2033 4.2: the replies come in the order of the recipients that were accepted. */
static void settle_next(struct client_session *session, const struct reason *reason)
{
    for (size_t i = 0; i < session->transaction->recipient_count; i++) {
        struct client_recipient *recipient = &session->transaction->recipients[i];
        if (recipient->verdict != CLIENT_NONE)
            continue;
        settle(recipient, client_verdict_of(session), session->reply.code, reason);
        return;
    }
}

static enum client_event on_final(struct client_session *session)
{
    struct reason reason;
    client_reason_of(session, &reason);
    if (session->setup.is_lmtp) {
        settle_next(session, &reason);
        if (any_open(session))
            return CLIENT_EVENT_NONE;
    } else {
        settle_rest(session, client_verdict_of(session), &reason);
    }
    /* RFC 3030 2: behind a refused BDAT nobody knows the state. */
    session->needs_rset = session->chunked && session->reply.code / 100 != 2;
    return finish(session);
}

enum client_event client_transaction_reply(struct client_session *session)
{
    /* 421 ends the session at any point (RFC 5321 3.8): what has no result waits. */
    if (session->reply.code == 421) {
        struct reason reason;
        client_reason_of(session, &reason);
        settle_rest(session, CLIENT_DEFERRED, &reason);
        session->closing = true;
        return finish(session);
    }
    switch (session->state) {
    case CLIENT_STATE_RSET:
        return on_rset(session);
    case CLIENT_STATE_MAIL:
        return on_mail(session);
    case CLIENT_STATE_RCPT:
        return on_rcpt(session);
    case CLIENT_STATE_DATA:
        return on_data(session);
    case CLIENT_STATE_FINAL:
        return on_final(session);
    case CLIENT_STATE_GREETING:
    case CLIENT_STATE_EHLO:
    case CLIENT_STATE_HELO:
    case CLIENT_STATE_STARTTLS:
    case CLIENT_STATE_AUTH_USER:
    case CLIENT_STATE_AUTH_PASSWORD:
    case CLIENT_STATE_AUTH:
    case CLIENT_STATE_SECURING:
    case CLIENT_STATE_READY:
    case CLIENT_STATE_CONTENT:
    case CLIENT_STATE_QUIT:
    case CLIENT_STATE_CLOSED:
        break;
    }
    assert(false);
    return CLIENT_EVENT_NONE;
}

bool client_session_chunk_unknown(const struct client_session *session)
{
    int code = session->reply.code;
    return session->chunked && (code == 500 || code == 502 || code == 503 || code == 504);
}

void client_session_content(struct client_session *session, struct slice part)
{
    assert(session->state == CLIENT_STATE_CONTENT);
    if (session->chunked) {
        buf_add_slice(&session->out, part);
        return;
    }
    while (part.len > 0) {
        if (session->at_line_start && part.data[0] == '.')
            buf_add_char(&session->out, '.');
        const char *newline = memchr(part.data, '\n', part.len);
        size_t len = newline != NULL ? (size_t)(newline - part.data) + 1 : part.len;
        buf_add(&session->out, part.data, len);
        session->at_line_start = newline != NULL;
        part = slice_skip(part, len);
    }
}

void client_session_content_end(struct client_session *session)
{
    assert(session->state == CLIENT_STATE_CONTENT);
    if (!session->chunked)
        buf_add_text(&session->out, session->at_line_start ? ".\r\n" : "\r\n.\r\n");
    client_set_state(session, CLIENT_STATE_FINAL);
}
