#include "sim/submit/submit_session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <unistd.h>

#include "sim/submit/submit_reply.h"
#include "sim/submit/submit_transaction.h"

#include "mta-under-test/base/poison.h"

enum { SUBMIT_REPLY_TIMEOUT_S = 600, SUBMIT_LINE_BYTES_MAX = 4096 };

enum submit_state {
    SUBMIT_CLOSED,
    SUBMIT_CONNECT, /* the greeting is waited for; the others wait for the reply to their command */
    SUBMIT_EHLO,
    SUBMIT_STARTTLS,
    SUBMIT_HANDSHAKE,
    SUBMIT_AUTH,
    SUBMIT_IDLE,
    SUBMIT_TRANSACTION, /* which knows what it waits for */
    SUBMIT_RSET,
};

struct submit_session {
    struct submit_session_options options;
    struct bufferevent *stream;
    struct evbuffer *saying; /* what goes into the stream next */
    enum submit_state state;
    struct submit_reply reply;
    struct submit_transaction transaction; /* of the message at hand */
    struct submit_offers offers;
    bool in_tls;
};

struct submit_session *submit_session_new(const struct submit_session_options *options)
{
    struct submit_session *session = mem_alloc(sizeof *session);
    session->options = *options;
    session->saying = evbuffer_new();
    submit_reply_init(&session->reply);
    submit_transaction_init(&session->transaction, options->log);
    return session;
}

static void submit_session_drop(struct submit_session *session)
{
    if (session->stream != NULL)
        bufferevent_free(session->stream);
    session->stream = NULL;
    session->in_tls = false;
    session->state = SUBMIT_CLOSED;
}

void submit_session_close(struct submit_session **session_at)
{
    struct submit_session *session = *session_at;
    if (session == NULL)
        return;
    *session_at = NULL;
    if (session->stream != NULL && session->state == SUBMIT_IDLE && !session->in_tls) {
        /* Straight to the socket: the stream ends before the loop could write it. */
        evutil_socket_t fd = bufferevent_getfd(session->stream);
        ssize_t ignored = send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)ignored;
    }
    submit_session_drop(session);
    evbuffer_free(session->saying);
    submit_reply_deinit(&session->reply);
    submit_transaction_deinit(&session->transaction);
    free(session);
}

static void submit_session_finish(struct submit_session *session, enum submit_result result,
                                  const char *reason)
{
    submit_transaction_end(&session->transaction);
    session->options.done(session->options.context, session, result, reason);
}

/* As events name it. */
static const char *submit_session_stage(const struct submit_session *session)
{
    static const char *const STAGES[] = {
        [SUBMIT_CLOSED] = "closed",     [SUBMIT_CONNECT] = "connect",     [SUBMIT_EHLO] = "ehlo",
        [SUBMIT_STARTTLS] = "starttls", [SUBMIT_HANDSHAKE] = "handshake", [SUBMIT_AUTH] = "auth",
        [SUBMIT_IDLE] = "idle",         [SUBMIT_RSET] = "rset",
    };
    return session->state == SUBMIT_TRANSACTION ? submit_transaction_stage(&session->transaction)
                                                : STAGES[session->state];
}

static void submit_session_break(struct submit_session *session, const char *reason)
{
    if (session->transaction.message == NULL) {
        submit_session_drop(session);
        return;
    }
    bool is_decided =
        submit_transaction_break(&session->transaction, submit_session_stage(session), reason);
    submit_session_drop(session);
    submit_session_finish(session, is_decided ? SUBMIT_DONE : SUBMIT_UNREACHABLE, reason);
}

void submit_session_cut(struct submit_session *session, const char *reason)
{
    submit_session_break(session, reason);
}

static void submit_session_listen(struct submit_session *session);
static void submit_session_write(struct submit_session *session, enum submit_state state,
                                 const char *format, ...) PRINTF_LIKE(3, 4);

/* Straight to the socket where that takes it: the stream would first ask the loop whether it does,
 * which costs three system calls for each line. */
static void submit_session_push(struct submit_session *session)
{
    struct evbuffer *output = bufferevent_get_output(session->stream);
    if (!session->in_tls && evbuffer_get_length(output) == 0)
        (void)evbuffer_write(session->saying, bufferevent_getfd(session->stream));
    evbuffer_add_buffer(output, session->saying);
}

/* Sends one command and waits in `state` for its reply. */
static void submit_session_write(struct submit_session *session, enum submit_state state,
                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    evbuffer_add_vprintf(session->saying, format, args);
    va_end(args);
    submit_session_push(session);
    session->state = state;
}

/* Goes on with the transaction. */
static void submit_session_say(struct submit_session *session)
{
    submit_transaction_say(&session->transaction, &session->offers, session->saying);
    submit_session_push(session);
    session->state = SUBMIT_TRANSACTION;
}

static void submit_log_reply(const struct submit_session *session)
{
    const struct submit_message *message = session->transaction.message;
    const char *recipient = session->state == SUBMIT_TRANSACTION
                                ? submit_transaction_recipient(&session->transaction)
                                : NULL;
    struct json_out *event = event_begin(session->options.log, "submitter", "reply", NULL);
    json_out_text(event, "message", message != NULL ? message->id : "");
    json_out_text(event, "stage", submit_session_stage(session));
    if (recipient != NULL)
        json_out_text(event, "recipient", recipient);
    submit_reply_tell(&session->reply, event);
    event_end(session->options.log);
}

/* Nothing is left of the message: clear the transaction, then it has its fate. */
static void submit_session_abandon(struct submit_session *session)
{
    if (session->reply.code == 421 || session->state == SUBMIT_CONNECT)
        submit_session_drop(session);
    else
        submit_session_write(session, SUBMIT_RSET, "RSET\r\n");
    submit_session_finish(session, SUBMIT_DONE, "");
}

static void submit_session_refuse(struct submit_session *session)
{
    submit_transaction_refuse(&session->transaction, submit_session_stage(session),
                              &session->reply);
    submit_session_abandon(session);
}

static bool submit_reply_offers(const struct submit_reply *reply, const char *keyword)
{
    struct slice rest = buf_slice(&reply->text);
    struct slice line;
    while (slice_split(&rest, '\n', &line)) {
        struct slice word;
        if (slice_split(&line, ' ', &word) && slice_is_nocase(word, keyword))
            return true;
    }
    return false;
}

/* The next transaction; behind a handshake where the message asks for one (RFC 8689 4.3). */
static void submit_session_begin(struct submit_session *session)
{
    session->state = SUBMIT_IDLE;
    if (session->transaction.message == NULL)
        return;
    if (session->transaction.message->entry->require_tls && !session->in_tls)
        submit_session_write(session, SUBMIT_STARTTLS, "STARTTLS\r\n");
    else
        submit_session_say(session);
}

/* ---- the way to the first MAIL */

static void submit_session_ehlo(struct submit_session *session)
{
    submit_session_write(session, SUBMIT_EHLO, "EHLO %s\r\n", session->options.helo);
}

static void submit_session_on_ehlo(struct submit_session *session)
{
    session->offers = (struct submit_offers){
        .size = submit_reply_offers(&session->reply, "SIZE"),
        .eight_bit_mime = submit_reply_offers(&session->reply, "8BITMIME"),
        .pipelining = submit_reply_offers(&session->reply, "PIPELINING"),
    };
    if (session->options.login == NULL) {
        submit_session_begin(session);
    } else if (!session->in_tls) {
        submit_session_write(session, SUBMIT_STARTTLS, "STARTTLS\r\n");
    } else {
        struct buf line;
        buf_init(&line, SUBMIT_LINE_BYTES_MAX);
        submit_login_command(session->options.login, &line);
        submit_session_write(session, SUBMIT_AUTH, "%s\r\n", buf_text(&line));
        buf_deinit(&line);
    }
}

static void submit_session_handshake(struct submit_session *session)
{
    struct bufferevent *wrapped = submit_login_wrap(session->stream, NULL);
    if (wrapped == NULL) {
        submit_session_break(session, "TLS cannot be begun");
        return;
    }
    session->stream = wrapped;
    session->in_tls = true;
    session->state = SUBMIT_HANDSHAKE;
    submit_session_listen(session);
}

static void submit_session_on_transaction(struct submit_session *session)
{
    switch (submit_transaction_hear(&session->transaction, &session->reply)) {
    case SUBMIT_STEP_HEAR:
        return;
    case SUBMIT_STEP_SAY:
        submit_session_say(session);
        return;
    case SUBMIT_STEP_TAKEN:
        session->state = SUBMIT_IDLE;
        submit_session_finish(session, SUBMIT_DONE, "");
        return;
    case SUBMIT_STEP_REFUSED:
        submit_session_abandon(session);
        return;
    }
}

static void submit_session_on_reply(struct submit_session *session)
{
    submit_log_reply(session);
    if (session->transaction.message == NULL && session->state != SUBMIT_RSET) {
        submit_session_drop(session); /* a 421 while nothing was asked */
        return;
    }
    if (session->state < SUBMIT_IDLE && session->reply.code / 100 != 2) {
        submit_session_refuse(session);
        return;
    }
    switch (session->state) {
    case SUBMIT_CONNECT:
        submit_session_ehlo(session);
        return;
    case SUBMIT_EHLO:
        submit_session_on_ehlo(session);
        return;
    case SUBMIT_STARTTLS:
        submit_session_handshake(session);
        return;
    case SUBMIT_AUTH:
    case SUBMIT_RSET:
        submit_session_begin(session);
        return;
    case SUBMIT_TRANSACTION:
        submit_session_on_transaction(session);
        return;
    case SUBMIT_CLOSED:
    case SUBMIT_HANDSHAKE:
    case SUBMIT_IDLE:
        return;
    }
}

static void submit_session_on_read(struct bufferevent *stream, void *context)
{
    struct submit_session *session = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    while (session->stream == stream) {
        size_t len = evbuffer_get_length(input);
        const char *bytes = len > 0 ? (const char *)evbuffer_pullup(input, -1) : NULL;
        size_t used = 0;
        int found =
            bytes == NULL ? 0 : submit_reply_parse(&session->reply, slice_from(bytes, len), &used);
        if (found == 0)
            return;
        if (found < 0) {
            submit_session_break(session, "what the server says is no SMTP reply");
            return;
        }
        evbuffer_drain(input, used);
        submit_session_on_reply(session);
    }
}

static void submit_session_on_event(struct bufferevent *stream, short what, void *context)
{
    struct submit_session *session = context;
    (void)stream;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        if (session->state == SUBMIT_HANDSHAKE)
            submit_session_ehlo(session);
        return;
    }
    if ((what & BEV_EVENT_TIMEOUT) != 0)
        submit_session_break(session, "no reply for ten minutes");
    else if ((what & BEV_EVENT_EOF) != 0)
        submit_session_break(session, "the server closed the connection");
    else
        submit_session_break(session, "the connection was refused or broke");
}

static void submit_session_listen(struct submit_session *session)
{
    const struct timeval timeout = {SUBMIT_REPLY_TIMEOUT_S, 0};
    bufferevent_setcb(session->stream, submit_session_on_read, NULL, submit_session_on_event,
                      session);
    bufferevent_set_timeouts(session->stream, &timeout, NULL);
    bufferevent_enable(session->stream, EV_READ | EV_WRITE);
}

static void submit_session_connect(struct submit_session *session)
{
    const struct submit_session_options *options = &session->options;
    int fd = address_connect(&options->server, options->port,
                             options->has_source ? &options->source : NULL);
    if (fd < 0) {
        submit_session_break(session, strerrordesc_np(errno));
        return;
    }
    session->stream = bufferevent_socket_new(session->options.base, fd, BEV_OPT_CLOSE_ON_FREE);
    session->state = SUBMIT_CONNECT;
    submit_session_listen(session);
}

void submit_session_send(struct submit_session *session, const struct submit_message *message,
                         struct buf *content)
{
    submit_transaction_begin(&session->transaction, message, content);
    if (session->state == SUBMIT_CLOSED)
        submit_session_connect(session);
    else if (session->state == SUBMIT_IDLE)
        submit_session_begin(session);
    /* else RSET is under way: its reply begins the transaction */
}
