#include "sim/mx/mx_predict.h"

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_session_state.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_PREDICT_RECORDS = 10000,
    MX_PREDICT_LINE_BYTES = 2048,
    MX_PREDICT_CONTENT_BYTES = 512 * 1024 * 1024,
};

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
    if (answer->rule == session->judged_text)
        buf_format(out, "            by provider %s\n", session->judged_text);
    else if (session->effects.junk && session->judged_text[0] != '\0')
        buf_format(out, "            into the junk folder, by provider %s\n", session->judged_text);
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

/* Bytes of the message; false if the session ends in the middle of it. */
static bool mx_predict_send(struct mx_prediction *prediction, struct slice bytes)
{
    struct mx_session *session = prediction->session;
    while (bytes.len > 0) {
        size_t taken = mx_session_feed(session, prediction->now_us, bytes);
        bytes = slice_skip(bytes, taken);
        bool answered = session->need != MX_NEED_INPUT || session->output.len > 0;
        if (answered ? !mx_predict_settle(prediction) : taken == 0)
            return false;
    }
    return true;
}

/* The message with its dots doubled (RFC 5321 4.5.2) and the final one. */
static void mx_predict_content(struct mx_prediction *prediction)
{
    const struct mx_visit *visit = prediction->visit;
    char date[TIME_TEXT_BYTES];
    struct buf content;
    buf_init(&content, MX_PREDICT_CONTENT_BYTES);
    if (visit->message == NULL)
        buf_format(&content,
                   "Date: %s\r\nFrom: %s\r\nTo: %s\r\nMessage-ID: <explained@%s>\r\n"
                   "Subject: explained\r\n\r\nHello.\r\n",
                   time_to_rfc5322(prediction->now_us, date), visit->sender, visit->recipient,
                   visit->helo);
    bool begins = true;
    for (const char *c = visit->message != NULL ? visit->message : ""; *c != '\0'; c++) {
        if (begins && *c == '.')
            buf_add_char(&content, '.');
        buf_add_char(&content, *c);
        begins = *c == '\n';
    }
    struct mx_session *session = prediction->session;
    if (mx_predict_send(prediction, buf_slice(&content))) {
        mx_session_feed(session, prediction->now_us, SLICE(".\r\n"));
        /* Where a rule of data-body has refused it nothing more is said. */
        if (session->answer.stage == MX_STAGE_DATA_END)
            mx_predict_settle(prediction);
    }
    buf_deinit(&content);
}

/* What keeps the client from a connection is told; true if it gets one. */
static bool mx_predict_connect(struct mx_prediction *prediction)
{
    const struct mx_visit *visit = prediction->visit;
    const struct mx_host *host = prediction->session->options.host;
    uint16_t port = prediction->session->options.port;
    int64_t since_us = prediction->now_us - visit->start_us;
    const char *family = address_is_ipv4(&visit->client) ? "IPv4" : "IPv6";
    struct buf *out = prediction->out;
    if (mx_host_is_down(host, prediction->now_us, since_us)) {
        buf_add_text(out, "  network   refused: the host is down\n");
        return false;
    }
    bool has_family = host->address_count == 0;
    for (size_t i = 0; i < host->address_count; i++)
        has_family |= address_is_ipv4(&host->addresses[i]) == address_is_ipv4(&visit->client);
    /* What happens on the way depends on the family alone. */
    enum net_condition_kind now =
        mx_host_network(host, &visit->client, prediction->now_us, since_us);
    if (!has_family)
        buf_format(out, "  network   the host has no address in %s\n", family);
    else if (now != NET_OPEN)
        buf_format(out, "  network   %s in %s\n", NET_CONDITION_WORDS[now], family);
    else if (!mx_host_listens(host, port, prediction->now_us, since_us))
        buf_format(out, "  network   refused: the host does not listen on port %u\n",
                   (unsigned)port);
    else
        return true;
    return false;
}

static void mx_predict_attempt(struct mx_prediction *prediction)
{
    const struct mx_visit *visit = prediction->visit;
    struct mx_session *session = prediction->session;
    if (!mx_predict_connect(prediction))
        return;
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
    mx_predict_content(prediction);
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
    if (host->judge != NULL)
        fresh.judge = provider_new(provider_name(host->judge), provider_get_settings(host->judge),
                                   host->rules.seed);
    mx_rulebook_start(&fresh.rules, state);
    const struct mx_session_options options = {
        .host = &fresh,
        .limits = &MX_LIMITS_DEFAULT,
        .start_us = visit->start_us,
        .client = visit->client,
        .port = host->is_lmtp ? MX_PORT_LMTP : 25,
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
    if (host->judge != NULL)
        provider_free(&fresh.judge);
    map_deinit(&fresh.clients, free);
    mx_state_free(&state);
    return prediction.taken;
}
