#include "sim/submit/submit_session.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"
#include "sim/submit/submit_reply.h"

#include "mta-under-test/base/poison.h"

enum { SUBMIT_REPLY_TIMEOUT_S = 600, SUBMIT_LINE_BYTES_MAX = 4096, SUBMIT_TEXT_LOGGED = 1000 };

enum submit_state {
    SUBMIT_CLOSED,
    SUBMIT_CONNECT, /* the greeting is waited for; the others wait for the reply to their command */
    SUBMIT_EHLO,
    SUBMIT_STARTTLS,
    SUBMIT_HANDSHAKE,
    SUBMIT_AUTH,
    SUBMIT_IDLE,
    SUBMIT_MAIL,
    SUBMIT_RCPT,
    SUBMIT_DATA,
    SUBMIT_DATA_END,
    SUBMIT_RSET,
};

static const char *const SUBMIT_STAGE[] = {"closed",    "connect", "ehlo",     "starttls",
                                           "handshake", "auth",    "idle",     "mail",
                                           "rcpt",      "data",    "data-end", "rset"};

enum submit_fate { SUBMIT_NOT_ASKED, SUBMIT_TAKEN, SUBMIT_TURNED_DOWN };

struct submit_session {
    struct submit_session_options options;
    struct bufferevent *stream;
    struct evbuffer *saying; /* what goes into the stream next */
    enum submit_state state;
    struct submit_reply reply;
    const struct submit_message *message; /* at hand, or NULL */
    struct buf content;
    size_t next_recipient;
    enum submit_fate *fates; /* of each recipient of the message */
    size_t taken_count;
    bool in_tls;
    bool wants_size; /* SIZE was offered (RFC 1870) */
    bool wants_8bit; /* 8BITMIME was offered (RFC 6152) */
};

struct submit_session *submit_session_new(const struct submit_session_options *options)
{
    struct submit_session *session = mem_alloc(sizeof *session);
    session->options = *options;
    session->saying = evbuffer_new();
    submit_reply_init(&session->reply);
    buf_init(&session->content, SUBMIT_CONTENT_BYTES_MAX);
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
    buf_deinit(&session->content);
    free(session->fates);
    free(session);
}

static void submit_session_finish(struct submit_session *session, enum submit_result result,
                                  const char *reason)
{
    session->message = NULL;
    buf_reset(&session->content);
    session->options.done(session->options.context, session, result, reason);
}

/* Behind the final dot the server may have taken the message all the same. */
static void submit_log_broken(const struct submit_session *session, const char *reason)
{
    struct event_log *log = session->options.log;
    struct json_out *event = event_begin(log, "submitter", "broken", NULL);
    json_out_text(event, "message", session->message->id);
    json_out_array(event, "to");
    for (size_t i = 0; i < session->message->to_count; i++)
        json_out_text(event, NULL, session->message->to[i]);
    json_out_end(event);
    json_out_text(event, "stage", SUBMIT_STAGE[session->state]);
    json_out_text(event, "text", reason);
    event_end(log);
}

static void submit_session_break(struct submit_session *session, const char *reason)
{
    if (session->message != NULL)
        submit_log_broken(session, reason);
    submit_session_drop(session);
    if (session->message != NULL)
        submit_session_finish(session, SUBMIT_UNREACHABLE, reason);
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

static bool submit_content_is_8bit(const struct buf *content)
{
    for (size_t i = 0; i < content->len; i++) {
        if ((unsigned char)content->data[i] >= 0x80)
            return true;
    }
    return false;
}

/* Addresses or header fields with UTF-8 in them can only travel with SMTPUTF8 (RFC 6531 3.4). */
static bool submit_needs_utf8(const struct submit_session *session)
{
    struct slice content = buf_slice(&session->content);
    size_t header = slice_find_slice(content, SLICE("\r\n\r\n"));
    bool needs = !text_is_ascii(slice_of(session->message->entry->from)) ||
                 !text_is_ascii(slice_first(content, header));
    for (size_t i = 0; i < session->message->to_count; i++)
        needs = needs || !text_is_ascii(slice_of(session->message->to[i]));
    return needs;
}

static void submit_session_mail(struct submit_session *session)
{
    struct buf line;
    buf_init(&line, SUBMIT_LINE_BYTES_MAX);
    buf_format(&line, "MAIL FROM:<%s>", session->message->entry->from);
    if (session->wants_size)
        buf_format(&line, " SIZE=%zu", session->content.len);
    if (session->wants_8bit && submit_content_is_8bit(&session->content))
        buf_add_text(&line, " BODY=8BITMIME");
    if (submit_needs_utf8(session))
        buf_add_text(&line, " SMTPUTF8");
    buf_add_text(&line, session->message->entry->mail_parameters);
    submit_session_write(session, SUBMIT_MAIL, "%s\r\n", buf_text(&line));
    buf_deinit(&line);
}

static void submit_session_rcpt(struct submit_session *session)
{
    submit_session_write(session, SUBMIT_RCPT, "RCPT TO:<%s>%s\r\n",
                         session->message->to[session->next_recipient],
                         session->message->entry->rcpt_parameters);
}

/* The content with dots doubled at the start of lines (RFC 5321 section 4.5.2), and the end. */
static void submit_session_content(struct submit_session *session)
{
    struct slice rest = buf_slice(&session->content);
    while (rest.len > 0) {
        size_t end = slice_find(rest, '\n');
        size_t len = end == SIZE_MAX ? rest.len : end + 1;
        if (rest.data[0] == '.')
            evbuffer_add(session->saying, ".", 1);
        evbuffer_add(session->saying, rest.data, len);
        rest = slice_skip(rest, len);
    }
    submit_session_write(session, SUBMIT_DATA_END, ".\r\n");
}

/* The reply at hand turns down this recipient, or, with the message's to_count, all that were taken
 * or not asked for yet. */
static void submit_log_refused(const struct submit_session *session, size_t only)
{
    struct json_out *event = event_begin(session->options.log, "submitter", "refused", NULL);
    json_out_text(event, "message", session->message->id);
    json_out_array(event, "to");
    for (size_t i = 0; i < session->message->to_count; i++) {
        if (only == session->message->to_count ? session->fates[i] != SUBMIT_TURNED_DOWN
                                               : i == only)
            json_out_text(event, NULL, session->message->to[i]);
    }
    json_out_end(event);
    json_out_text(event, "stage", SUBMIT_STAGE[session->state]);
    json_out_int(event, "code", session->reply.code);
    json_out_text(event, "enhanced", session->reply.enhanced);
    json_out_slice(event, "text", slice_first(buf_slice(&session->reply.text), SUBMIT_TEXT_LOGGED));
    event_end(session->options.log);
}

static void submit_log_accepted(struct submit_session *session)
{
    struct json_out *event = event_begin(session->options.log, "submitter", "accepted", NULL);
    json_out_text(event, "message", session->message->id);
    json_out_text(event, "from", session->message->entry->from);
    json_out_array(event, "to");
    for (size_t i = 0; i < session->message->to_count; i++) {
        if (session->fates[i] == SUBMIT_TAKEN)
            json_out_text(event, NULL, session->message->to[i]);
    }
    json_out_end(event);
    json_out_int(event, "bytes", (int64_t)session->content.len);
    event_end(session->options.log);
}

static void submit_log_reply(struct submit_session *session)
{
    struct json_out *event = event_begin(session->options.log, "submitter", "reply", NULL);
    json_out_text(event, "message", session->message != NULL ? session->message->id : "");
    json_out_text(event, "stage", SUBMIT_STAGE[session->state]);
    if (session->state == SUBMIT_RCPT)
        json_out_text(event, "recipient", session->message->to[session->next_recipient]);
    json_out_int(event, "code", session->reply.code);
    json_out_text(event, "enhanced", session->reply.enhanced);
    json_out_slice(event, "text", slice_first(buf_slice(&session->reply.text), SUBMIT_TEXT_LOGGED));
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

/* All recipients that are not refused yet are, by this reply. */
static void submit_session_refuse(struct submit_session *session)
{
    submit_log_refused(session, session->message->to_count);
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

static void submit_session_on_rcpt(struct submit_session *session, bool good)
{
    if (good) {
        session->fates[session->next_recipient] = SUBMIT_TAKEN;
        session->taken_count++;
    } else {
        session->fates[session->next_recipient] = SUBMIT_TURNED_DOWN;
        submit_log_refused(session, session->next_recipient);
    }
    session->next_recipient++;
    if (session->next_recipient < session->message->to_count) {
        submit_session_rcpt(session);
    } else if (session->taken_count == 0) {
        submit_session_abandon(session);
    } else {
        submit_session_write(session, SUBMIT_DATA, "DATA\r\n");
    }
}

static void submit_session_on_data_end(struct submit_session *session, bool good)
{
    if (!good) {
        submit_session_refuse(session);
        return;
    }
    submit_log_accepted(session);
    session->state = SUBMIT_IDLE;
    submit_session_finish(session, SUBMIT_DONE, "");
}

/* The next transaction; behind a handshake where the message asks for one (RFC 8689 4.3). */
static void submit_session_begin(struct submit_session *session)
{
    session->state = SUBMIT_IDLE;
    if (session->message == NULL)
        return;
    if (session->message->entry->require_tls && !session->in_tls)
        submit_session_write(session, SUBMIT_STARTTLS, "STARTTLS\r\n");
    else
        submit_session_mail(session);
}

/* ---- the way to the first MAIL */

static void submit_session_ehlo(struct submit_session *session)
{
    submit_session_write(session, SUBMIT_EHLO, "EHLO %s\r\n", session->options.helo);
}

static void submit_session_on_ehlo(struct submit_session *session)
{
    session->wants_size = submit_reply_offers(&session->reply, "SIZE");
    session->wants_8bit = submit_reply_offers(&session->reply, "8BITMIME");
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

static void submit_session_on_reply(struct submit_session *session)
{
    int class = session->reply.code / 100;
    submit_log_reply(session);
    if (session->message == NULL && session->state != SUBMIT_RSET) {
        submit_session_drop(session); /* a 421 while nothing was asked */
        return;
    }
    switch (session->state) {
    case SUBMIT_CONNECT:
        if (class != 2)
            submit_session_refuse(session);
        else
            submit_session_ehlo(session);
        return;
    case SUBMIT_EHLO:
        if (class != 2)
            submit_session_refuse(session);
        else
            submit_session_on_ehlo(session);
        return;
    case SUBMIT_STARTTLS:
        if (class != 2)
            submit_session_refuse(session);
        else
            submit_session_handshake(session);
        return;
    case SUBMIT_AUTH:
        if (class != 2)
            submit_session_refuse(session);
        else
            submit_session_begin(session);
        return;
    case SUBMIT_MAIL:
        if (class != 2)
            submit_session_refuse(session);
        else
            submit_session_rcpt(session);
        return;
    case SUBMIT_RCPT:
        submit_session_on_rcpt(session, class == 2);
        return;
    case SUBMIT_DATA:
        if (class != 3)
            submit_session_refuse(session);
        else
            submit_session_content(session);
        return;
    case SUBMIT_DATA_END:
        submit_session_on_data_end(session, class == 2);
        return;
    case SUBMIT_RSET:
        submit_session_begin(session);
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
    assert(session->message == NULL);
    session->message = message;
    struct buf old = session->content;
    session->content = *content;
    *content = old;
    buf_reset(content);
    free(session->fates);
    session->fates = mem_alloc_array(message->to_count, sizeof *session->fates);
    session->taken_count = 0;
    session->next_recipient = 0;
    if (session->state == SUBMIT_CLOSED)
        submit_session_connect(session);
    else if (session->state == SUBMIT_IDLE)
        submit_session_begin(session);
    /* else RSET is under way: its reply begins the transaction */
}
