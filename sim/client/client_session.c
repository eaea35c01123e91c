#include "sim/client/client_session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <unistd.h>

#include <event2/bufferevent_ssl.h>

#include "mta-under-test/base/text.h"
#include "sim/client/client_answer.h"
#include "sim/submit/submit_login.h"
#include "sim/submit/submit_reply.h"
#include "sim/tls/tls_context.h"

#include "mta-under-test/base/poison.h"

enum {
    TEXT_LOGGED = 1000,
    SAID_LOGGED = 200,
    REPLY_BYTES_MAX = 64 * 1024,
    LOGIN_BYTES_MAX = 32 * 1024,
    CONTINUE = 334, /* of AUTH (RFC 4954 6) */
};

/* Longer than any limit of a server on a silent client. */
#define PATIENCE_US TIME_HOUR

enum client_state {
    CLIENT_WAITING, /* for the timer: of the step, or between two times of it */
    CLIENT_HEARING, /* for a reply */
    CLIENT_ENDING,  /* for the end of the connection */
    CLIENT_SECURING,
    CLIENT_OVER,
};

struct client_session {
    struct client_session_options options;
    struct bufferevent *stream;
    struct event *timer;
    enum client_state state;
    size_t step;
    int64_t said;  /* times, of the step */
    bool is_ended; /* by the server: only what came before is still to be heard */
    SSL_CTX *tls;  /* NULL before it is needed */
    struct client_login_course login; /* of the step; its login is NULL where there is none */
    char *nonce;
    struct submit_reply reply;
    struct client_mail *mail; /* what it hands in */
};

static bool has_step(const struct client_session *session)
{
    return session->step < session->options.script->step_count;
}

/* Before the first and behind the last there is one in which nothing is done. */
static const struct client_step *step_of(const struct client_session *session)
{
    static const struct client_step NOTHING = {.times = 1};
    return has_step(session) ? &session->options.script->steps[session->step] : &NOTHING;
}

static struct json_out *begin(struct client_session *session, const char *kind)
{
    struct json_out *event = event_begin(session->options.log, "client", kind, NULL);
    json_out_text(event, "client", session->options.script->id);
    json_out_int(event, "step", (int64_t)session->step + 1);
    return event;
}

/* ---- mail that it hands in */

static struct json_out *begin_letter(struct client_session *session, const char *kind,
                                     const struct client_letter *letter)
{
    const struct client_session_options *options = &session->options;
    struct json_out *event = event_begin(options->log, "submitter", kind, NULL);
    json_out_text(event, "message", letter->id);
    json_out_text(event, "from", letter->from);
    json_out_array(event, "to");
    for (size_t i = 0; i < letter->to_count; i++)
        if (options->leaves(options->leaves_context, letter->to[i]))
            json_out_text(event, NULL, letter->to[i]);
    json_out_end(event);
    json_out_text(event, "client", options->script->id);
    return event;
}

static void on_submitted(void *context, const struct client_letter *letter)
{
    struct client_session *session = context;
    struct json_out *event = begin_letter(session, "submit", letter);
    json_out_int(event, "port", session->options.script->port);
    event_end(session->options.log);
}

/* What the server said to all of it; it may have named the message. */
static void add_verdict(struct json_out *event, const struct submit_reply *reply)
{
    json_out_text(event, "stage", "data-end");
    json_out_int(event, "code", reply->code);
    json_out_text(event, "enhanced", reply->enhanced);
    json_out_slice(event, "text", slice_first(buf_slice(&reply->text), TEXT_LOGGED));
}

static void on_decided(void *context, const struct client_letter *letter, int code)
{
    struct client_session *session = context;
    struct event_log *log = session->options.log;
    struct json_out *event = event_begin(log, "submitter", "reply", NULL);
    json_out_text(event, "message", letter->id);
    add_verdict(event, &session->reply);
    event_end(log);
    if (code / 100 == 2) {
        event = begin_letter(session, "accepted", letter);
        json_out_int(event, "bytes", letter->bytes);
    } else {
        event = begin_letter(session, "refused", letter);
        add_verdict(event, &session->reply);
    }
    event_end(log);
}

/* ---- */

static void end_login(struct client_session *session)
{
    client_login_end(&session->login);
    free(session->nonce);
    session->nonce = NULL;
    session->login = (struct client_login_course){.login = NULL};
}

static void over(struct client_session *session)
{
    session->state = CLIENT_OVER;
    end_login(session);
    evtimer_del(session->timer);
    if (session->stream != NULL)
        bufferevent_free(session->stream);
    session->stream = NULL;
    session->options.done(session->options.context);
}

/* The dialogue ends; `unexpected` is what the script wanted instead, NULL if it wanted that. */
static void end(struct client_session *session, const char *text, const char *unexpected)
{
    struct json_out *event = begin(session, "end");
    json_out_text(event, "text", text);
    if (unexpected != NULL)
        json_out_text(event, "unexpected", unexpected);
    event_end(session->options.log);
    over(session);
}

static void set_timer(struct client_session *session, int64_t wait_us)
{
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    evtimer_add(session->timer, &wait);
}

static void await(struct client_session *session, enum client_state state)
{
    session->state = state;
    set_timer(session, PATIENCE_US);
}

static void hear(struct client_session *session);

static void begin_step(struct client_session *session)
{
    if (!has_step(session)) {
        end(session, "the client has said all", NULL);
        return;
    }
    session->said = 0;
    session->state = CLIENT_WAITING;
    set_timer(session, step_of(session)->wait_us);
}

static void log_said(struct client_session *session, const struct client_step *step)
{
    struct buf text;
    buf_init(&text, (size_t)4 * SAID_LOGGED + 8);
    text_to_printable(&text, slice_of(step->text), SAID_LOGGED);
    struct json_out *event = begin(session, "say");
    json_out_text(event, "text", buf_text(&text));
    json_out_int(event, "times", step->times);
    event_end(session->options.log);
    buf_deinit(&text);
}

static void note_said(struct client_session *session, struct slice bytes)
{
    if (!session->options.script->is_http)
        client_mail_say(session->mail, bytes);
}

/* Says the words once, or as often as is wanted without a pause. */
static void say(struct client_session *session, const struct client_step *step)
{
    struct evbuffer *output = bufferevent_get_output(session->stream);
    size_t len = strlen(step->text);
    if (session->said == 0)
        log_said(session, step);
    if (step->letter != NULL)
        on_submitted(session, step->letter);
    do {
        evbuffer_add(output, step->text, len);
        note_said(session, slice_from(step->text, len));
        if (step->is_line) {
            evbuffer_add(output, "\r\n", 2);
            note_said(session, SLICE("\r\n"));
        }
        session->said++;
    } while (session->said < step->times && step->every_us == 0);
}

static void say_line(struct client_session *session, const struct buf *line)
{
    struct evbuffer *output = bufferevent_get_output(session->stream);
    evbuffer_add(output, line->data, line->len);
    evbuffer_add(output, "\r\n", 2);
}

/* Starts the step's login. False when it cannot be, and the dialogue is over. */
static bool begin_login(struct client_session *session, const struct client_login *login)
{
    struct err err = {.text = ""};
    struct buf line;
    struct json_out *event = begin(session, "login");
    json_out_text(event, "mechanism", client_mechanism_name(login->mechanism));
    json_out_text(event, "user", login->user != NULL ? login->user : "");
    event_end(session->options.log);
    /* A nonce of its own for each login; that of the server is the one nobody can foresee. */
    session->nonce = mem_text_format("%s.%zu", session->options.script->id, session->step + 1);
    session->login = (struct client_login_course){
        .login = login,
        .nonce = session->nonce,
        .tls = session->tls != NULL ? bufferevent_openssl_get_ssl(session->stream) : NULL,
    };
    session->said = 1;
    buf_init(&line, LOGIN_BYTES_MAX);
    bool good = client_login_begin(&session->login, &line, &err) == 0;
    /* Its challenges and answers are one command with one reply. */
    note_said(session, SLICE("AUTH\r\n"));
    if (good)
        say_line(session, &line);
    else
        end(session, err.text, "a login");
    buf_deinit(&line);
    return good;
}

/* Goes on with the login, for which the server has sent a challenge. */
static void answer_challenge(struct client_session *session)
{
    struct err err = {.text = ""};
    struct buf line;
    buf_init(&line, LOGIN_BYTES_MAX);
    if (client_login_answer(&session->login, buf_slice(&session->reply.text), &line, &err) == 0) {
        say_line(session, &line);
        await(session, CLIENT_HEARING);
    } else {
        end(session, err.text, "a challenge");
    }
    buf_deinit(&line);
}

static void next_step(struct client_session *session)
{
    end_login(session);
    session->step++;
    begin_step(session);
}

static void secure(struct client_session *session);

/* What the step was for is done. */
static void finish_step(struct client_session *session)
{
    if (step_of(session)->begins_tls)
        secure(session);
    else
        next_step(session);
}

/* All is said, or nobody listens any more. */
static void attend(struct client_session *session)
{
    const struct client_step *step = step_of(session);
    if (step->hears) {
        await(session, CLIENT_HEARING);
        hear(session);
    } else if (step->closed) {
        await(session, CLIENT_ENDING);
        hear(session);
    } else {
        finish_step(session);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct client_session *session = context;
    const struct client_step *step = step_of(session);
    (void)fd;
    (void)what;
    if (session->state != CLIENT_WAITING) {
        end(session, "the server says nothing for an hour", "a reply");
        return;
    }
    if (step->login != NULL && !session->is_ended && !begin_login(session, step->login))
        return;
    if (step->text != NULL && !session->is_ended)
        say(session, step);
    if (step->text != NULL && !session->is_ended && session->said < step->times)
        set_timer(session, step->every_us);
    else
        attend(session);
}

static bool is_expected(const struct client_step *step, const struct submit_reply *reply,
                        struct slice whole)
{
    return step->reply != NULL ? pattern_matches(step->reply, whole)
                               : reply->code >= 200 && reply->code < 400;
}

static void on_reply(struct client_session *session)
{
    const struct client_step *step = step_of(session);
    struct submit_reply *reply = &session->reply;
    struct buf whole;
    buf_init(&whole, REPLY_BYTES_MAX + 64);
    buf_format(&whole, "%d %s%s%s", reply->code, reply->enhanced,
               reply->enhanced[0] != '\0' ? " " : "", buf_text(&reply->text));
    bool expected = session->state == CLIENT_HEARING && is_expected(step, reply, buf_slice(&whole));
    struct json_out *event = begin(session, "reply");
    json_out_int(event, "code", reply->code);
    json_out_text(event, "enhanced", reply->enhanced);
    json_out_slice(event, "text", slice_first(buf_slice(&reply->text), TEXT_LOGGED));
    if (!expected)
        json_out_text(event, "unexpected",
                      session->state != CLIENT_HEARING ? "the end of the connection"
                      : step->reply != NULL            ? pattern_text(step->reply)
                                                       : "2* or 3*");
    event_end(session->options.log);
    buf_deinit(&whole);
    if (step->letter != NULL && session->state == CLIENT_HEARING)
        on_decided(session, step->letter, reply->code);
    else
        client_mail_hear(session->mail, reply->code);
    if (!expected) {
        over(session);
    } else if (step->closed) {
        await(session, CLIENT_ENDING);
    } else {
        finish_step(session);
    }
}

static int parse_reply(struct client_session *session, struct slice input, size_t *used)
{
    return session->options.script->is_http
               ? client_answer_parse(&session->reply, input, session->is_ended, used)
               : submit_reply_parse(&session->reply, input, used);
}

/* Replies that come before they are waited for stay in the input. */
static void read_replies(struct client_session *session)
{
    while (session->state == CLIENT_HEARING || session->state == CLIENT_ENDING) {
        struct evbuffer *input = bufferevent_get_input(session->stream);
        size_t len = evbuffer_get_length(input);
        size_t used = 0;
        if (len == 0)
            return;
        const char *bytes = (const char *)evbuffer_pullup(input, -1);
        int found = parse_reply(session, slice_from(bytes, len), &used);
        if (found == 0)
            return;
        if (found < 0) {
            end(session,
                session->options.script->is_http ? "what the server says is no HTTP answer"
                                                 : "what the server says is no SMTP reply",
                "a reply");
            return;
        }
        evbuffer_drain(input, used);
        if (session->login.login != NULL && session->reply.code == CONTINUE)
            answer_challenge(session);
        else
            on_reply(session);
    }
}

/* Looks at what has come, which may be the end. */
static void hear(struct client_session *session)
{
    read_replies(session);
    if (session->is_ended && session->state == CLIENT_HEARING)
        end(session, "the server has closed", "a reply");
    else if (session->is_ended && session->state == CLIENT_ENDING)
        end(session, "the server has closed", NULL);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    hear(context);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct client_session *session = context;
    (void)stream;
    if (session->state == CLIENT_OVER)
        return;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        if (session->state == CLIENT_SECURING)
            next_step(session);
        return;
    }
    session->is_ended = true;
    if (session->state == CLIENT_SECURING)
        end(session, "the handshake failed", "a handshake");
    else if (session->state == CLIENT_WAITING && session->said > 0)
        attend(session);
    else
        hear(session);
}

static void listen_to(struct client_session *session)
{
    bufferevent_setcb(session->stream, on_read, NULL, on_event, session);
    bufferevent_enable(session->stream, EV_READ | EV_WRITE);
}

/* With the certificate that the script gives it. */
static SSL_CTX *make_tls(const struct client_session *session, struct err *err)
{
    const struct client_script *script = session->options.script;
    const struct tls_identity_wish wish = {.kind = script->identity,
                                           .host_name = script->certificate,
                                           .is_client = true,
                                           .now_us = time_now_us()};
    struct tls_identity *identity = NULL;
    if (script->certificate != NULL) {
        identity = tls_identity_make(session->options.authority, &wish, err);
        if (identity == NULL)
            return NULL;
    }
    SSL_CTX *context = tls_context_make_client(session->options.authority, identity, err);
    tls_identity_free(&identity);
    return context;
}

static void secure(struct client_session *session)
{
    struct err err = {.text = "TLS cannot be begun"};
    SSL_CTX_free(session->tls);
    session->tls = make_tls(session, &err);
    struct bufferevent *wrapped =
        session->tls != NULL ? submit_login_wrap(session->stream, session->tls) : NULL;
    if (wrapped == NULL) {
        end(session, err.text, "a handshake");
        return;
    }
    session->stream = wrapped;
    await(session, CLIENT_SECURING);
    listen_to(session);
}

struct client_session *client_session_new(const struct client_session_options *options)
{
    struct client_session *session = mem_alloc(sizeof *session);
    session->options = *options;
    session->timer = evtimer_new(options->base, on_timer, session);
    submit_reply_init(&session->reply);
    const struct client_mail_options mail = {on_submitted, on_decided, session};
    session->mail = client_mail_new(&mail);
    int fd = address_connect(&options->server, (uint16_t)options->script->port, &options->source);
    if (fd < 0) {
        end(session, strerrordesc_np(errno), "a connection");
        return session;
    }
    session->stream =
        bufferevent_socket_new(options->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    listen_to(session);
    if (options->script->is_tls) {
        session->step = SIZE_MAX; /* the handshake comes before the first */
        secure(session);
    } else {
        begin_step(session);
    }
    return session;
}

void client_session_free(struct client_session **session_at)
{
    struct client_session *session = *session_at;
    *session_at = NULL;
    if (session == NULL)
        return;
    if (session->stream != NULL)
        bufferevent_free(session->stream);
    event_free(session->timer);
    SSL_CTX_free(session->tls);
    submit_reply_deinit(&session->reply);
    client_mail_free(&session->mail);
    free(session);
}
