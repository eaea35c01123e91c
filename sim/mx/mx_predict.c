#include "sim/mx/mx_predict.h"

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_session_state.h"

#include "mta-under-test/base/poison.h"

enum { MX_PREDICT_RECORDS = 10000, MX_PREDICT_LINE_BYTES = 2048 };

#define MX_PREDICT_MESSAGE "Subject: explained\r\n\r\nHello.\r\n"

/* A visit being played. */
struct mx_prediction {
    const struct mx_visit *visit;
    struct mx_session *session;
    struct buf *out;
    int64_t now_us;
    bool taken;
};

/* The lines of a reply behind each other. */
static void mx_predict_write_reply(const struct mx_reply *reply, struct buf *out)
{
    buf_format(out, " %d%s%s ", reply->code, reply->enhanced[0] != '\0' ? " " : "",
               reply->enhanced);
    for (const char *c = reply->text; *c != '\0'; c++) {
        if (*c == '\n')
            buf_add_text(out, " / ");
        else
            buf_add_char(out, *c);
    }
}

static void mx_predict_write(struct mx_prediction *prediction, int64_t delay_us)
{
    const struct mx_session *session = prediction->session;
    const struct mx_answer *answer = &session->answer;
    struct buf *out = prediction->out;
    char text[TIME_TEXT_BYTES];
    buf_format(out, "  %-9s", answer->stage < MX_STAGE_COUNT ? MX_STAGE_WORDS[answer->stage] : "");
    if (delay_us > 0)
        buf_format(out, " after %s", time_span_to_text(delay_us, text));
    if (session->drip > 0)
        buf_format(out, " at %lld bytes a second", (long long)session->drip);
    if (!answer->is_reply)
        buf_add_text(out, " no reply");
    else if (answer->raw != NULL)
        buf_add_text(out, " bytes that are no reply");
    else
        mx_predict_write_reply(&answer->reply, out);
    static const char *const ENDINGS[] = {
        [MX_NEED_CLOSE] = ", then closes",
        [MX_NEED_RESET] = ", then resets",
        [MX_NEED_HANG] = ", then is silent",
        [MX_NEED_HALF_CLOSE] = ", then sends no more",
        [MX_NEED_INPUT] = NULL,
        [MX_NEED_DELAY] = NULL,
        [MX_NEED_TLS] = NULL,
        [MX_NEED_CALL] = NULL,
    };
    const char *ending = ENDINGS[session->need];
    buf_format(out, "%s\n", ending != NULL ? ending : "");
    if (session->effects.rule == NULL)
        return;
    buf_format(out, "            by rule \"%s\" (%s), ", session->effects.rule->name,
               session->effects.rule->effect);
    mx_rule_explain_when(session->effects.rule, out);
    buf_add_char(out, '\n');
}

/* Lets time go on until the answer is out, and writes it; true if the session can go on. */
static bool mx_predict_settle(struct mx_prediction *prediction)
{
    struct mx_session *session = prediction->session;
    int64_t delay_us = 0;
    if (session->need == MX_NEED_CALL) {
        buf_format(prediction->out, "            asks the mail host of %s; here it says yes\n",
                   mx_session_call_mailbox(session));
        mx_session_called_back(session, prediction->now_us, 250, "");
    }
    if (session->need == MX_NEED_DELAY) {
        delay_us = session->delay_us;
        prediction->now_us += delay_us;
        mx_session_continue(session, prediction->now_us);
    }
    mx_predict_write(prediction, delay_us);
    buf_reset(&session->output);
    mx_session_drip_done(session);
    return session->need == MX_NEED_INPUT;
}

/* One command, "BEFORE value AFTER"; true if it took effect and the session can go on. */
static bool mx_predict_say(struct mx_prediction *prediction, enum mx_stage stage,
                           const char *before, const char *value, const char *after)
{
    char line[MX_PREDICT_LINE_BYTES];
    struct mx_session *session = prediction->session;
    snprintf(line, sizeof line, "%s%s%s\r\n", before, value, after);
    mx_session_feed(session, prediction->now_us, slice_of(line));
    if (!mx_predict_settle(prediction))
        return false;
    return session->answer.is_reply &&
           session->answer.reply.code / 100 == (stage == MX_STAGE_DATA ? 3 : 2);
}

static const char *mx_predict_hello(const struct mx_host *host)
{
    return host->is_lmtp ? "LHLO " : host->no_esmtp ? "HELO " : "EHLO ";
}

/* STARTTLS and EHLO again, as a handshake that succeeds would have it; true if the session can go
 * on. */
static bool mx_predict_tls(struct mx_prediction *prediction)
{
    static const struct mx_tls_facts FACTS = {
        .version = "TLSv1.3", .cipher = "", .sni = "", .session = "explained", .client = ""};
    struct mx_session *session = prediction->session;
    if (!prediction->visit->tls || !mx_session_offers(session, MX_EXTENSION_STARTTLS) ||
        session->options.host->strips_starttls)
        return true;
    mx_session_feed(session, prediction->now_us, SLICE("STARTTLS\r\n"));
    if (session->need != MX_NEED_TLS)
        return mx_predict_settle(prediction);
    enum mx_tls_fault fault = mx_session_tls_fault(session);
    if (fault != MX_TLS_FAULT_NONE) {
        buf_format(prediction->out, "  tls       the handshake fails: %s\n",
                   MX_TLS_FAULT_WORDS[fault]);
        return false;
    }
    buf_reset(&session->output);
    mx_session_tls_started(session, prediction->now_us, &FACTS, false);
    return mx_predict_say(prediction, MX_STAGE_EHLO, mx_predict_hello(session->options.host),
                          prediction->visit->helo, "");
}

static void mx_predict_attempt(struct mx_prediction *prediction)
{
    const struct mx_visit *visit = prediction->visit;
    struct mx_session *session = prediction->session;
    mx_session_open(session, prediction->now_us);
    if (!mx_predict_settle(prediction) || session->state != MX_STATE_CONNECTED)
        return;
    const char *hello = mx_predict_hello(session->options.host);
    if (!mx_predict_say(prediction, MX_STAGE_EHLO, hello, visit->helo, "") ||
        !mx_predict_tls(prediction) ||
        !mx_predict_say(prediction, MX_STAGE_MAIL, "MAIL FROM:<", visit->sender, ">") ||
        !mx_predict_say(prediction, MX_STAGE_RCPT, "RCPT TO:<", visit->recipient, ">") ||
        !mx_predict_say(prediction, MX_STAGE_DATA, "DATA", "", ""))
        return;
    const char *message = visit->message != NULL ? visit->message : MX_PREDICT_MESSAGE;
    mx_session_feed(session, prediction->now_us, slice_of(message));
    if (session->need == MX_NEED_INPUT)
        mx_session_feed(session, prediction->now_us, SLICE(".\r\n"));
    mx_predict_settle(prediction);
    prediction->taken = session->facts.messages > 0;
}

bool mx_host_predict(const struct mx_host *host, const struct mx_visit *visit, struct buf *out)
{
    /* A host of its own: the same settings and rules, nothing counted yet. */
    struct mx_host fresh = *host;
    struct mx_state *state = mx_state_new(MX_PREDICT_RECORDS);
    map_init(&fresh.clients);
    fresh.session_count = 0;
    fresh.message_count = 0;
    fresh.rules.runs = NULL;
    mx_rulebook_start(&fresh.rules, state);
    const struct mx_session_options options = {
        .host = &fresh,
        .limits = &MX_LIMITS_DEFAULT,
        .start_us = visit->start_us,
        .client = visit->client,
        .port = 25,
        .client_name = visit->client_name != NULL ? visit->client_name : "",
        .verifier = visit->verifier,
    };
    struct mx_prediction prediction = {
        .visit = visit, .out = out, .now_us = visit->start_us + visit->at_us};
    for (unsigned i = 0; i < visit->attempts && i < MX_VISIT_ATTEMPTS_MAX; i++) {
        char text[TIME_TEXT_BYTES];
        buf_format(out, "attempt %u, %s after the start\n", i + 1,
                   time_span_to_text(prediction.now_us - visit->start_us, text));
        prediction.session = mx_session_new(&options);
        mx_predict_attempt(&prediction);
        mx_session_end(prediction.session, prediction.now_us, "end");
        mx_session_free(&prediction.session);
        if (prediction.taken)
            break;
        prediction.now_us += visit->spacing_us;
    }
    mx_rulebook_deinit(&fresh.rules);
    map_deinit(&fresh.clients, free);
    mx_state_free(&state);
    return prediction.taken;
}
