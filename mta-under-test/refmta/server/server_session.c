#include "mta-under-test/refmta/server/server_session.h"

#include <assert.h>
#include <errno.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

/* Room on top of the size limit for the fields that we add. */
enum {
    TRACE_BYTES_MAX = 8192,
    REPLY_BYTES_MAX = 1 << 20,
    REPLY_TEXT_BYTES = 496, /* with code, status and CRLF 512 (RFC 5321 4.5.3.1.5) */
};

const char *server_state_name(enum server_state state)
{
    static const char *const NAMES[] = {
#define X(name, text) text,
        SERVER_STATES(X)
#undef X
    };
    return NAMES[state];
}

void server_session_set_state(struct server_session *session, enum server_state state)
{
    assert(session->state != SERVER_STATE_CLOSED || state == SERVER_STATE_CLOSED);
    session->state = state;
    if (!server_session_is_in_content(session))
        session->content_since_us = 0;
    else if (session->content_since_us == 0)
        session->content_since_us = time_monotonic_us();
}

static void add_reply(struct server_session *session, int code, const char *status, char separator,
                      const char *text)
{
    char digits[] = {(char)('0' + code / 100), (char)('0' + code / 10 % 10),
                     (char)('0' + code % 10), separator};
    buf_add(&session->out, digits, sizeof digits);
    if (status != NULL) {
        buf_add_text(&session->out, status);
        buf_add_char(&session->out, ' ');
    }
    buf_add_text(&session->out, text);
    buf_add(&session->out, "\r\n", 2);
}

static void log_refusal(struct server_session *session, int code, const char *status,
                        const char *text)
{
    char ip[IP_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, session->setup.log, "refused");
    json_out_int(&line.json, "session", (int64_t)session->setup.number);
    json_out_text(&line.json, "client", ip_address_to_text(&session->setup.client.address, ip));
    json_out_text(&line.json, "state", server_state_name(session->state));
    json_out_int(&line.json, "code", code);
    json_out_text(&line.json, "status", status);
    json_out_text(&line.json, "reason", text);
    if (session->limit != NULL)
        json_out_text(&line.json, "limit", session->limit);
    session->limit = NULL;
    log_end(&line);
}

void server_reply(struct server_session *session, int code, const char *status, const char *format,
                  ...)
{
    char text[REPLY_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_reply(session, code, status, ' ', text);
    if (code < 400)
        return;
    session->error_count++;
    log_refusal(session, code, status, text);
}

void server_reply_more(struct server_session *session, int code, const char *format, ...)
{
    char text[REPLY_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_reply(session, code, NULL, '-', text);
}

void server_session_init(struct server_session *session, const struct server_setup *setup)
{
    *session = (struct server_session){.setup = *setup, .state = SERVER_STATE_START};
    buf_init(&session->out, REPLY_BYTES_MAX);
    buf_init(&session->content, setup->limits->message_bytes_max + TRACE_BYTES_MAX);
    envelope_init(&session->envelope);
    server_session_greet(session);
}

void server_session_greet(struct server_session *session)
{
    server_reply(session, 220, NULL, "%s ESMTP refmta", session->setup.config->hostname);
}

void server_session_deinit(struct server_session *session)
{
    buf_deinit(&session->out);
    buf_deinit(&session->content);
    check_free(&session->check);
    envelope_deinit(&session->envelope);
    server_auth_deinit(session);
    auth_channel_deinit(&session->channel);
    free(session->helo);
    session->helo = NULL;
}

void server_session_reset(struct server_session *session)
{
    check_free(&session->check);
    session->notes = (struct policy_notes){.rules = NULL};
    envelope_reset(&session->envelope);
    buf_deinit(&session->content);
    buf_init(&session->content, session->setup.limits->message_bytes_max + TRACE_BYTES_MAX);
    server_session_set_state(session,
                             session->helo != NULL ? SERVER_STATE_READY : SERVER_STATE_START);
}

void server_session_shut(struct server_session *session, const char *status, const char *text)
{
    if (session->state == SERVER_STATE_CLOSED)
        return;
    server_reply(session, 421, status, "%s %s", session->setup.config->hostname, text);
    server_session_set_state(session, SERVER_STATE_CLOSED);
}

void server_session_limit(struct server_session *session, const char *limit, const char *status,
                          const char *text)
{
    session->limit = limit;
    server_session_shut(session, status, text);
}

void server_session_spoke_early(struct server_session *session)
{
    buf_reset(&session->out);
    session->limit = "greeting-pause";
    server_reply(session, 554, "5.5.1", "%s you spoke before the greeting",
                 session->setup.config->hostname);
    server_session_set_state(session, SERVER_STATE_CLOSED);
}

static enum server_event run_command(struct server_session *session, struct slice line)
{
    struct slice name;
    struct slice argument;
    for (size_t i = 0; i < line.len; i++) {
        if ((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') {
            server_reply(session, 500, "5.5.2", "a control character stands in the command");
            return SERVER_EVENT_NONE;
        }
    }
    server_command_split(line, &name, &argument);
    const struct server_verb *verb = server_verb_find(name);
    if (verb == NULL) {
        server_reply(session, 500, "5.5.2", "unknown command");
        return SERVER_EVENT_NONE;
    }
    if (verb->is_idle && ++session->idle_command_count > session->setup.limits->idle_commands_max) {
        server_session_limit(session, "idle-commands", "4.7.0", "too many commands without mail");
        return SERVER_EVENT_NONE;
    }
    if ((verb->states & (1U << session->state)) == 0) {
        server_reply(session, 503, "5.5.1", "%s is out of order here", verb->name);
        return SERVER_EVENT_NONE;
    }
    if (verb->check != NULL && !verb->check(session, argument))
        return SERVER_EVENT_NONE;
    return verb->run(session, argument);
}

/* Takes one line off the input; false if there is no whole one. */
static bool take_command(struct server_session *session, struct buf *in, enum server_event *event)
{
    const char *newline = in->len > 0 ? memchr(in->data, '\n', in->len) : NULL;
    bool in_auth = session->state == SERVER_STATE_AUTH;
    size_t max =
        in_auth ? session->setup.limits->auth_bytes_max : session->setup.limits->command_bytes_max;
    *event = SERVER_EVENT_NONE;
    if (newline == NULL) {
        if (in->len <= max)
            return false;
        server_reply(session, 500, "5.5.2", "the line is longer than %zu bytes", max);
        server_session_limit(session, "command-line", "4.7.0", "line too long");
        return true;
    }
    struct slice line = slice_from(in->data, (size_t)(newline - in->data));
    size_t used = line.len + 1;
    if (line.len == 0 || line.data[line.len - 1] != '\r') {
        server_reply(session, 500, "5.5.2", "a line must end in CR LF");
    } else if (used > max) {
        server_reply(session, 500, "5.5.2", "the line is longer than %zu bytes", max);
    } else if (in_auth) {
        *event = server_auth_line(session, slice_first(line, line.len - 1));
    } else {
        *event = run_command(session, slice_first(line, line.len - 1));
    }
    buf_consume(in, used);
    return true;
}

enum server_event server_session_feed(struct server_session *session, struct buf *in)
{
    for (;;) {
        enum server_event event = SERVER_EVENT_NONE;
        if (session->state == SERVER_STATE_CLOSED)
            return SERVER_EVENT_CLOSE;
        if (session->state == SERVER_STATE_STORING || session->state == SERVER_STATE_SECURING ||
            session->state == SERVER_STATE_SCREENING || session->state == SERVER_STATE_CHECKING ||
            session->state == SERVER_STATE_DELAY)
            return SERVER_EVENT_NONE;
        if (session->state == SERVER_STATE_DATA) {
            if (!server_content_feed(&session->scanner, in))
                return SERVER_EVENT_NONE;
            event = server_data_end(session);
        } else if (session->state == SERVER_STATE_CHUNK) {
            if (!server_bdat_feed(session, in, &event))
                return SERVER_EVENT_NONE;
        } else if (!take_command(session, in, &event)) {
            return SERVER_EVENT_NONE;
        }
        if (event != SERVER_EVENT_NONE)
            return event;
        if (session->error_count > session->setup.limits->errors_max)
            server_session_limit(session, "errors", "4.7.0", "too many errors");
    }
}

void server_session_stored(struct server_session *session, int error)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    if (session->state != SERVER_STATE_STORING)
        return;
    server_session_reset(session);
    session->idle_command_count = 0;
    if (error == 0) {
        session->accepted_count++;
        server_reply(session, 250, "2.0.0", "queued as %s", message_id_text(session->id, id));
    } else if (error == ENOSPC || error == EDQUOT) {
        server_reply(session, 452, "4.3.1", "no room in the queue, try again later");
    } else {
        server_reply(session, 451, "4.3.0", "the queue cannot be written, try again later");
    }
}

void server_session_secured(struct server_session *session, const char *text)
{
    /* RFC 3207 4.2: all that was said before is forgotten. */
    free(session->helo);
    session->helo = NULL;
    server_auth_deinit(session);
    session->is_esmtp = false;
    session->is_tls = true;
    session->tls_text = text;
    if (session->state == SERVER_STATE_SECURING)
        server_session_reset(session);
}
