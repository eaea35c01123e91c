#include "sim/mx/mx_session.h"

#include <assert.h>

#include "sim/mx/mx_command.h"
#include "sim/mx/mx_report.h"
#include "sim/mx/mx_session_state.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

enum { MX_TEXT_BYTES_MAX = 64 * 1024 };

/* ---- life */

/* What is larger than the host takes is counted, not kept. */
static size_t mx_session_content_max(const struct mx_session_options *options)
{
    size_t max = options->limits->content_bytes_max;
    uint64_t size_max = (uint64_t)options->host->size_max;
    return size_max > 0 && size_max < max ? (size_t)size_max : max;
}

struct mx_session *mx_session_new(const struct mx_session_options *options)
{
    struct mx_session *session = mem_alloc(sizeof *session);
    struct mx_host *host = options->host;
    session->options = *options;
    session->client_name = mem_text_copy(options->client_name);
    session->helo = mem_text_copy("");
    session->user = mem_text_copy("");
    host->session_count++;
    snprintf(session->name, sizeof session->name, "%s#%llu", host->name,
             (unsigned long long)host->session_count);
    /* Replies are small; a client that does not read is not read from, so this is never reached. */
    buf_init(&session->output, options->limits->output_bytes_max + (size_t)MX_TEXT_BYTES_MAX * 4);
    buf_init(&session->text, MX_TEXT_BYTES_MAX);
    buf_init(&session->transaction.content, mx_session_content_max(options));
    arena_init(&session->transaction.arena);
    mx_effects_init(&session->effects);
    session->facts = (struct mx_facts){
        .start_us = options->start_us,
        .host = host->name,
        .session = session->name,
        .client = options->client,
        .server = options->server,
        .connection = host->session_count,
        .client_name = session->client_name,
        .helo = session->helo,
        .user = session->user,
        .sender = "",
        .mail_parameters = "",
        .recipient = "",
        .tls_version = "",
        .tls_session = "",
        .size = -1,
        .auth = &session->auth,
        .judge = host->judge,
        .message_id = "",
        .message = "",
    };
    return session;
}

void mx_session_free(struct mx_session **session_at)
{
    struct mx_session *session = *session_at;
    if (session == NULL)
        return;
    *session_at = NULL;
    mx_transaction_deinit(session);
    mx_effects_deinit(&session->effects);
    buf_deinit(&session->output);
    buf_deinit(&session->text);
    free(session->client_name);
    free(session->helo);
    free(session->user);
    free(session->auth_user);
    free(session);
}

/* ---- state */

/* From which states each may be entered. */
static const unsigned MX_STATE_FROM[MX_STATE_COUNT] = {
    [MX_STATE_CONNECTED] = MX_STATE_BIT(MX_STATE_NEW) | MX_STATE_BIT(MX_STATE_TLS),
    [MX_STATE_REFUSED] = MX_STATE_BIT(MX_STATE_NEW) | MX_STATE_BIT(MX_STATE_TLS),
    [MX_STATE_READY] = (1u << MX_STATE_COUNT) - 1,
    [MX_STATE_MAIL] = MX_STATE_BIT(MX_STATE_READY) | MX_STATE_BIT(MX_STATE_RCPT),
    [MX_STATE_RCPT] = MX_STATE_BIT(MX_STATE_MAIL),
    [MX_STATE_DATA] = MX_STATE_BIT(MX_STATE_RCPT),
    [MX_STATE_CHUNK] = MX_STATE_BIT(MX_STATE_READY) | MX_STATE_BIT(MX_STATE_MAIL) |
                       MX_STATE_BIT(MX_STATE_RCPT) | MX_STATE_BIT(MX_STATE_BDAT),
    [MX_STATE_BDAT] = MX_STATE_BIT(MX_STATE_CHUNK),
    [MX_STATE_AUTH] = MX_STATE_BIT(MX_STATE_READY),
    [MX_STATE_TLS] = MX_STATE_BIT(MX_STATE_NEW) | MX_STATE_BIT(MX_STATE_READY),
    [MX_STATE_CLOSED] = (1u << MX_STATE_COUNT) - 1,
};

void mx_session_set_state(struct mx_session *session, enum mx_state_name state)
{
    if (session->state == state)
        return;
    assert((MX_STATE_FROM[state] & MX_STATE_BIT(session->state)) != 0);
    session->state = state;
}

bool mx_session_offers(const struct mx_session *session, enum mx_extension extension)
{
    bool in_clear = session->facts.tls_version[0] == '\0';
    return session->esmtp && mx_host_offers(session->options.host, extension) &&
           !(extension == MX_EXTENSION_REQUIRETLS && in_clear);
}

int64_t mx_session_size_max(const struct mx_session *session)
{
    int64_t host = session->options.host->size_max;
    int64_t limit = session->limit.size_bytes;
    return limit > 0 && (host == 0 || limit < host) ? limit : host;
}

/* ---- the beginning */

static void mx_session_greet(struct mx_session *session)
{
    const struct mx_host *host = session->options.host;
    const char *banner = host->banner;
    struct mx_reply usual = banner != NULL ? mx_session_reply(session, 220, "", "%s", banner)
                                           : mx_session_reply(session, 220, "", "%s %s", host->name,
                                                              host->is_lmtp ? "LMTP" : "ESMTP");
    mx_session_ask(session, MX_STAGE_CONNECT);
    struct mx_effects *effects = &session->effects;
    bool decided = effects->reply.code != 0 || effects->raw != NULL ||
                   effects->ending != MX_ENDING_NONE || effects->swallow;
    enum mx_stage stage = MX_STAGE_CONNECT;
    if (!decided) {
        mx_session_note(session, MX_HAPPENS_PASSED, MX_COUNT_CONNECTIONS, 1);
        int64_t delay_us = effects->delay_us;
        int64_t drip = effects->drip;
        stage = MX_STAGE_BANNER;
        mx_session_ask(session, stage);
        effects->delay_us += delay_us;
        if (effects->drip == 0)
            effects->drip = drip;
    }
    bool greeted = mx_session_apply(session, stage, &usual);
    if (session->state != MX_STATE_CLOSED)
        mx_session_set_state(session, greeted ? MX_STATE_CONNECTED : MX_STATE_REFUSED);
}

void mx_session_open(struct mx_session *session, int64_t now_us)
{
    session->facts.now_us = now_us;
    uint64_t attempt = mx_host_count_client(session->options.host, &session->options.client);
    mx_session_note(session, MX_HAPPENS_OPEN, MX_COUNT_CONNECTIONS, 1);
    mx_report_connect(session, attempt);
    if (session->options.tls_first)
        mx_session_start_tls(session);
    else
        mx_session_greet(session);
}

bool mx_session_awaits_greeting(const struct mx_session *session)
{
    return !session->greeted && !session->options.tls_first;
}

void mx_session_note_early_input(struct mx_session *session)
{
    mx_lint_report(session, MX_VIOLATION_EARLY_TALK, "the client talked before the greeting");
}

/* ---- TLS */

void mx_session_start_tls(struct mx_session *session)
{
    /* The handshake is what the host would do; a rule of this stage may break it or end all. */
    mx_session_ask(session, MX_STAGE_TLS);
    struct mx_effects *effects = &session->effects;
    session->starting_tls = false;
    if (effects->tls_fault != MX_TLS_FAULT_NONE)
        session->tls_fault = effects->tls_fault;
    else if (session->tls_fault == MX_TLS_FAULT_NONE)
        session->tls_fault = session->options.host->tls_fault;
    session->answer = (struct mx_answer){.stage = MX_STAGE_TLS, .rule = ""};
    session->next_need =
        effects->ending != MX_ENDING_NONE ? mx_need_of(effects->ending) : MX_NEED_TLS;
    mx_session_set_state(session, MX_STATE_TLS);
    session->delay_us = effects->delay_us;
    session->need = MX_NEED_DELAY;
    if (session->delay_us == 0)
        mx_session_release(session);
}

struct mx_verifier *mx_session_verifier(const struct mx_session *session)
{
    return session->options.verifier;
}

enum mx_tls_fault mx_session_tls_fault(const struct mx_session *session)
{
    return session->tls_fault;
}

void mx_session_tls_started(struct mx_session *session, int64_t now_us,
                            const struct mx_tls_facts *facts, bool stray)
{
    session->facts.now_us = now_us;
    session->need = MX_NEED_INPUT;
    snprintf(session->tls_version, sizeof session->tls_version, "%s", facts->version);
    snprintf(session->tls_session, sizeof session->tls_session, "%s", facts->session);
    session->facts.tls_version = session->tls_version;
    session->facts.tls_session = session->tls_session;
    session->verified = facts->client[0] != '\0';
    session->esmtp = false;
    mx_report_tls(session, facts, "");
    if (stray)
        mx_lint_report(session, MX_VIOLATION_STARTTLS_INJECTION,
                       "commands in clear had come behind STARTTLS; they were thrown away");
    if (session->options.tls_first) {
        mx_session_greet(session);
        return;
    }
    /* What was known before is forgotten (RFC 3207 4.2): EHLO again. */
    free(session->helo);
    session->helo = mem_text_copy("");
    session->facts.helo = session->helo;
    mx_session_set_state(session, MX_STATE_CONNECTED);
}

void mx_session_tls_failed(struct mx_session *session, int64_t now_us, const char *error)
{
    session->facts.now_us = now_us;
    const struct mx_tls_facts none = {
        .version = "", .cipher = "", .sni = "", .session = "", .client = ""};
    mx_report_tls(session, &none, error);
}

/* ---- input */

/* A password is not logged: of AUTH only the mechanism is. */
static struct slice mx_session_shown_line(const struct mx_command *command, struct slice line)
{
    if (!slice_is_nocase(command->verb, "AUTH"))
        return line;
    size_t space = slice_find(command->args, ' ');
    return space == SIZE_MAX ? line : slice_first(line, command->verb.len + 1 + space);
}

static void mx_session_run_command(struct mx_session *session, const struct mx_line *line)
{
    struct mx_command command = mx_command_split(line->text);
    mx_report_command(session, command.verb, mx_session_shown_line(&command, line->text));
    const struct mx_verb *verb = mx_verb_find(command.verb);
    if (line->text.len > session->options.limits->line_bytes_max) {
        mx_session_refuse_bad(session, MX_STAGE_COUNT, 500, "5.5.2", "Line too long");
    } else if (session->limit.commands > 0 &&
               session->commands > (uint64_t)session->limit.commands) {
        mx_session_refuse(session, MX_STAGE_COUNT, 421, "4.7.0", "Too many commands");
    } else if (verb == NULL) {
        mx_lint_report(session, MX_VIOLATION_UNKNOWN_COMMAND, "\"%.*s\" is no command",
                       SLICE_ARG(slice_first(command.verb, 32)));
        mx_session_refuse_bad(session, MX_STAGE_COUNT, 500, "5.5.1", "Command unrecognized");
    } else {
        mx_lint_verb(session, verb);
        if ((verb->states & MX_STATE_BIT(session->state)) != 0)
            verb->run(session, command.args);
        else
            mx_session_refuse_bad(session, verb->stage, 503, "5.5.1", verb->unexpected);
    }
}

static size_t mx_session_feed_line(struct mx_session *session, struct slice input)
{
    struct mx_line line;
    int found = mx_line_next(input, session->options.limits->endless_bytes_max, &line);
    if (found == 0)
        return 0;
    if (found < 0) {
        mx_lint_report(session, MX_VIOLATION_LINE_TOO_LONG,
                       "more than %zu bytes without an end of line",
                       session->options.limits->endless_bytes_max);
        mx_session_refuse(session, MX_STAGE_COUNT, 421, "4.7.0", "Endless line");
        return input.len;
    }
    mx_lint_line(session, &line, input.len - line.consumed);
    session->commands++;
    mx_session_note(session, MX_HAPPENS_TRIED, MX_COUNT_COMMANDS, 1);
    mx_session_note(session, MX_HAPPENS_PASSED, MX_COUNT_COMMANDS, 1);
    if (session->state == MX_STATE_AUTH)
        mx_verb_auth_feed(session, line.text);
    else
        mx_session_run_command(session, &line);
    return line.consumed;
}

size_t mx_session_feed(struct mx_session *session, int64_t now_us, struct slice input)
{
    session->facts.now_us = now_us;
    size_t consumed = 0;
    while (consumed < input.len && session->need == MX_NEED_INPUT && session->drip == 0 &&
           session->output.len <= session->options.limits->output_bytes_max) {
        struct slice rest = slice_skip(input, consumed);
        size_t step;
        if (session->state == MX_STATE_DATA)
            step = mx_verb_data_feed(session, rest);
        else if (session->state == MX_STATE_CHUNK)
            step = mx_verb_bdat_feed(session, rest);
        else
            step = mx_session_feed_line(session, rest);
        if (step == 0)
            break;
        consumed += step;
    }
    return consumed;
}

/* ---- output and needs */

struct buf *mx_session_output(struct mx_session *session)
{
    return &session->output;
}

enum mx_need mx_session_need(const struct mx_session *session)
{
    return session->need;
}

int64_t mx_session_delay_us(const struct mx_session *session)
{
    return session->delay_us;
}

int64_t mx_session_drip(const struct mx_session *session)
{
    return session->drip;
}

void mx_session_drip_done(struct mx_session *session)
{
    session->drip = 0;
}

void mx_session_continue(struct mx_session *session, int64_t now_us)
{
    session->facts.now_us = now_us;
    if (session->need == MX_NEED_DELAY)
        mx_session_release(session);
    else if (session->need == MX_NEED_HALF_CLOSE)
        session->need = MX_NEED_HANG;
    if (session->starting_tls && session->need == MX_NEED_INPUT)
        mx_session_start_tls(session);
}

void mx_session_time_out(struct mx_session *session, int64_t now_us)
{
    session->facts.now_us = now_us;
    session->answer.accepts = false;
    mx_session_refuse(session, MX_STAGE_COUNT, 421, "4.4.2", "Timeout, closing connection");
}

void mx_session_end(struct mx_session *session, int64_t now_us, const char *by)
{
    assert(!session->ended);
    session->ended = true;
    session->facts.now_us = now_us;
    /* The client left while the reply to its message was held back: the message stays taken
     * (RFC 1047), and it will come again. */
    if (mx_lmtp_is_deciding(session)) {
        session->answer.is_reply = false;
        mx_lmtp_note(session);
        mx_lmtp_finish(session);
    } else if (session->answer.accepts) {
        mx_transaction_accept(session, false);
    }
    session->answer.accepts = false;
    if (strcmp(by, "client") == 0)
        mx_lint_client_left(session);
    mx_report_disconnect(session, by);
    mx_session_note(session, MX_HAPPENS_CLOSE, MX_COUNT_CONNECTIONS, 1);
}
