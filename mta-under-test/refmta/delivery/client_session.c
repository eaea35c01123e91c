#include "mta-under-test/refmta/delivery/client_session.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/delivery/client_private.h"

#include "mta-under-test/base/poison.h"

enum { OUT_BYTES_MAX = 1 << 25 };

const char *client_state_name(enum client_state state)
{
    static const char *const NAMES[] = {
#define X(name, text) text,
        CLIENT_STATES(X)
#undef X
    };
    return NAMES[state];
}

void client_set_state(struct client_session *session, enum client_state state)
{
    session->state = state;
}

void client_session_init(struct client_session *session, const struct client_setup *setup)
{
    *session = (struct client_session){
        .setup = *setup, .state = CLIENT_STATE_GREETING, .is_tls = setup->is_tls};
    buf_init(&session->out, OUT_BYTES_MAX);
    client_reply_init(&session->reply);
}

void client_session_deinit(struct client_session *session)
{
    buf_deinit(&session->out);
    client_reply_deinit(&session->reply);
}

void client_reason_of(const struct client_session *session, struct reason *reason)
{
    struct buf text;
    char status[] = "x.0.0";
    buf_init(&text, CLIENT_REPLY_BYTES_MAX + 16);
    client_reply_text(&session->reply, &text);
    status[0] = (char)('0' + session->reply.code / 100);
    reason_set(reason, session->reply.status[0] != '\0' ? session->reply.status : status, true,
               session->setup.peer, "%s", buf_text(&text));
    buf_deinit(&text);
}

enum client_verdict client_verdict_of(const struct client_session *session)
{
    switch (session->reply.code / 100) {
    case 2:
        return CLIENT_ACCEPTED;
    case 5:
        return CLIENT_REFUSED;
    default:
        return CLIENT_DEFERRED;
    }
}

enum client_event client_fail(struct client_session *session, enum client_verdict verdict)
{
    session->failure_verdict = verdict;
    client_reason_of(session, &session->failure);
    session->closing = true;
    return CLIENT_EVENT_FAILED;
}

static void say_ehlo(struct client_session *session, bool is_ehlo)
{
    const char *verb = session->setup.is_lmtp ? "LHLO" : is_ehlo ? "EHLO" : "HELO";
    buf_format(&session->out, "%s %s\r\n", verb, session->setup.hostname);
    client_set_state(session, is_ehlo ? CLIENT_STATE_EHLO : CLIENT_STATE_HELO);
}

static enum client_event on_greeting(struct client_session *session)
{
    if (session->reply.code / 100 != 2)
        return client_fail(session, client_verdict_of(session));
    say_ehlo(session, true);
    return CLIENT_EVENT_NONE;
}

static void take_mechanisms(struct client_session *session, struct slice rest)
{
    struct slice name;
    while (rest.len > 0 && slice_split(&rest, ' ', &name)) {
        if (slice_is_nocase(name, "PLAIN"))
            session->extensions |= CLIENT_AUTH_PLAIN;
        else if (slice_is_nocase(name, "LOGIN"))
            session->extensions |= CLIENT_AUTH_LOGIN;
    }
}

static void take_extension(struct client_session *session, struct slice line)
{
    static const struct {
        const char *name;
        enum client_extension bit;
    } KNOWN[] = {
        {"PIPELINING", CLIENT_PIPELINING},
        {"SIZE", CLIENT_SIZE},
        {"8BITMIME", CLIENT_8BITMIME},
        {"STARTTLS", CLIENT_STARTTLS},
        {"DSN", CLIENT_DSN},
        {"SMTPUTF8", CLIENT_SMTPUTF8},
        {"REQUIRETLS", CLIENT_REQUIRETLS},
        {"CHUNKING", CLIENT_CHUNKING},
        {"BINARYMIME", CLIENT_BINARYMIME},
        {"MT-PRIORITY", CLIENT_MT_PRIORITY},
    };
    struct slice rest = line;
    struct slice name;
    if (!slice_split(&rest, ' ', &name))
        return;
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
        if (slice_is_nocase(name, KNOWN[i].name))
            session->extensions |= (unsigned)KNOWN[i].bit;
    if (slice_is_nocase(name, "AUTH"))
        take_mechanisms(session, rest);
    if (slice_is_nocase(name, "SIZE") && text_to_u64(slice_trim(rest), &session->size_limit) != 0)
        session->size_limit = 0;
}

static void take_extensions(struct client_session *session)
{
    struct slice rest = buf_slice(&session->reply.lines);
    struct slice line;
    session->extensions = 0;
    session->size_limit = 0;
    for (bool first = true; rest.len > 0 && slice_split(&rest, '\n', &line); first = false)
        if (!first)
            take_extension(session, line);
}

/* What a policy asks for may be there again tomorrow; what the sender asks for comes back at once,
 * unless another host has it (RFC 8689 4.2.1). */
static enum client_event tls_missing(struct client_session *session)
{
    bool by_sender = session->setup.needs_requiretls;
    reason_set(&session->failure, by_sender ? "5.7.10" : "4.7.10", false, session->setup.peer,
               "%s does not offer STARTTLS, and TLS is required%s", session->setup.peer,
               by_sender ? " by the sender" : "");
    session->failure_verdict = by_sender ? CLIENT_REFUSED : CLIENT_DEFERRED;
    session->closing = true;
    return CLIENT_EVENT_FAILED;
}

/* RFC 8689 4.2.1: who cannot promise to go on in TLS does not get such a message. */
static enum client_event requiretls_missing(struct client_session *session)
{
    reason_set(&session->failure, "5.7.30", false, session->setup.peer,
               "the sender requires TLS all the way, and %s does not offer REQUIRETLS",
               session->setup.peer);
    session->failure_verdict = CLIENT_REFUSED;
    session->closing = true;
    return CLIENT_EVENT_FAILED;
}

/* The hello is done: STARTTLS first, or ready for mail. */
static enum client_event after_hello(struct client_session *session)
{
    bool offered = (session->extensions & CLIENT_STARTTLS) != 0 && !session->tls_refused;
    if (session->is_tls || session->setup.tls == TLS_USE_NEVER ||
        (!offered && session->setup.tls == TLS_USE_IF_OFFERED)) {
        if (session->setup.needs_requiretls && (session->extensions & CLIENT_REQUIRETLS) == 0)
            return requiretls_missing(session);
        if (session->setup.user != NULL)
            return client_auth_begin(session);
        client_set_state(session, CLIENT_STATE_READY);
        return CLIENT_EVENT_READY;
    }
    if (!offered)
        return tls_missing(session);
    buf_add_text(&session->out, "STARTTLS\r\n");
    client_set_state(session, CLIENT_STATE_STARTTLS);
    return CLIENT_EVENT_NONE;
}

static enum client_event on_ehlo(struct client_session *session)
{
    int class = session->reply.code / 100;
    if (class == 2) {
        take_extensions(session);
        return after_hello(session);
    }
    /* RFC 5321 3.2: a server that does not know EHLO gets HELO. */
    if (class == 5 && session->reply.code != 521 && session->reply.code != 554 &&
        !session->setup.is_lmtp) {
        say_ehlo(session, false);
        return CLIENT_EVENT_NONE;
    }
    return client_fail(session, client_verdict_of(session));
}

static enum client_event on_helo(struct client_session *session)
{
    if (session->reply.code / 100 != 2)
        return client_fail(session, client_verdict_of(session));
    session->extensions = 0;
    return after_hello(session);
}

static enum client_event on_starttls(struct client_session *session)
{
    if (session->reply.code == 220) {
        client_set_state(session, CLIENT_STATE_SECURING);
        return CLIENT_EVENT_STARTTLS;
    }
    session->tls_refused = true;
    if (session->setup.tls == TLS_USE_REQUIRED || session->reply.code == 421)
        return client_fail(session, CLIENT_DEFERRED);
    return after_hello(session);
}

static enum client_event on_reply(struct client_session *session)
{
    switch (session->state) {
    case CLIENT_STATE_GREETING:
        return on_greeting(session);
    case CLIENT_STATE_EHLO:
        return on_ehlo(session);
    case CLIENT_STATE_HELO:
        return on_helo(session);
    case CLIENT_STATE_STARTTLS:
        return on_starttls(session);
    case CLIENT_STATE_AUTH_USER:
    case CLIENT_STATE_AUTH_PASSWORD:
    case CLIENT_STATE_AUTH:
        return client_auth_reply(session);
    case CLIENT_STATE_RSET:
    case CLIENT_STATE_MAIL:
    case CLIENT_STATE_RCPT:
    case CLIENT_STATE_DATA:
    case CLIENT_STATE_FINAL:
        return client_transaction_reply(session);
    case CLIENT_STATE_QUIT:
        client_set_state(session, CLIENT_STATE_CLOSED);
        return CLIENT_EVENT_CLOSED;
    case CLIENT_STATE_READY:
    case CLIENT_STATE_SECURING:
    case CLIENT_STATE_CONTENT:
    case CLIENT_STATE_CLOSED:
        break;
    }
    /* Nobody asked: 421 before a shutdown is right (RFC 5321 3.8), the rest is confusion. */
    return client_fail(session, CLIENT_DEFERRED);
}

enum client_event client_session_feed(struct client_session *session, struct buf *in)
{
    while (in->len > 0 && session->state != CLIENT_STATE_CLOSED) {
        int result = client_reply_feed(&session->reply, in);
        if (result == 0)
            return CLIENT_EVENT_NONE;
        if (result < 0) {
            reason_set(&session->failure, "4.5.0", false, session->setup.peer,
                       "%s sent something that is no SMTP reply, at %s", session->setup.peer,
                       client_state_name(session->state));
            session->failure_verdict = CLIENT_DEFERRED;
            session->closing = true;
            return CLIENT_EVENT_FAILED;
        }
        enum client_event event = on_reply(session);
        if (event != CLIENT_EVENT_NONE)
            return event;
    }
    return CLIENT_EVENT_NONE;
}

void client_session_secured(struct client_session *session)
{
    session->is_tls = true;
    session->extensions = 0;
    say_ehlo(session, true);
}

void client_session_quit(struct client_session *session)
{
    buf_add_text(&session->out, "QUIT\r\n");
    client_set_state(session, CLIENT_STATE_QUIT);
}
