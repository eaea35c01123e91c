#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/server/completion.h"
#include "mta-under-test/refmta/server/relay_decision.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum {
    SIGNATURE_BYTES_MAX = 16384,
    CONTENT_BYTES_USUAL = 8000, /* what most messages need, taken at once and not line by line */
};

void server_data_begin(struct server_session *session)
{
    const struct config *config = session->setup.config;
    session->id = session->setup.new_id(session->setup.arg);
    buf_reset(&session->content);
    buf_expect(&session->content, CONTENT_BYTES_USUAL);
    server_trace_add(session, &session->content);
    session->trace_bytes = session->content.len;
    server_content_init(&session->scanner, &session->content);
    session->scanner.out_bytes_max =
        session->trace_bytes + session->setup.limits->message_bytes_max;
    session->scanner.line_bytes_max = config->limits.text_line_bytes;
    session->scanner.normalises = config->bare_newlines == CONFIG_BARE_NORMALISE;
    session->scanner.is_binary = session->envelope.body == ENVELOPE_BODY_BINARYMIME;
}

enum server_event server_run_data(struct server_session *session, struct slice argument)
{
    (void)argument;
    if (session->state != SERVER_STATE_RCPT) {
        /* RFC 2920 3.1: with pipelining, DATA may follow recipients that were all refused. */
        server_reply(session, 554, "5.5.1", "no valid recipients");
        server_session_reset(session);
        return SERVER_EVENT_NONE;
    }
    if (session->envelope.body == ENVELOPE_BODY_BINARYMIME) {
        server_reply(session, 503, "5.5.1", "binary content comes by BDAT (RFC 3030 3)");
        return SERVER_EVENT_NONE;
    }
    server_data_begin(session);
    server_session_set_state(session, SERVER_STATE_DATA);
    server_reply(session, 354, NULL, "send the message, end with <CRLF>.<CRLF>");
    return SERVER_EVENT_NONE;
}

/* RFC 5321 4.4, RFC 3848, RFC 6531 3.7.3. */
void server_trace_add(struct server_session *session, struct buf *out)
{
    char ip[IP_TEXT_BYTES];
    char id[MESSAGE_ID_TEXT_BYTES];
    char date[TIME_TEXT_BYTES];
    const struct ip_address *client = &session->setup.client.address;
    buf_format(out, "Received: from %s ([%s%s])", session->helo,
               client->family == AF_INET6 ? "IPv6:" : "", ip_address_to_text(client, ip));
    if (session->is_tls && session->tls_text != NULL)
        buf_format(out, "\r\n\t(using %s)", session->tls_text);
    buf_format(out, "\r\n\tby %s (refmta) with %s%s%s id %s", session->setup.config->hostname,
               session->envelope.smtputf8 ? "UTF8SMTP"
               : session->is_esmtp        ? "ESMTP"
                                          : "SMTP",
               session->is_tls && session->is_esmtp ? "S" : "",
               session->user != NULL && session->is_esmtp ? "A" : "",
               message_id_text(session->id, id));
    /* Only where there is no other recipient that it would give away. */
    if (session->envelope.recipient_count == 1)
        buf_format(out, "\r\n\tfor <%s>", session->envelope.recipients[0].address);
    buf_format(out, ";\r\n\t%s\r\n", time_to_rfc5322(time_now_us(), date));
}

void server_data_put_on_top(struct server_session *session, struct slice fields)
{
    struct buf whole;
    buf_init(&whole, session->content.max + fields.len);
    buf_expect(&whole, session->content.len + fields.len);
    buf_add(&whole, session->content.data, session->trace_bytes);
    buf_add_slice(&whole, fields);
    buf_add_slice(&whole, slice_skip(buf_slice(&session->content), session->trace_bytes));
    buf_deinit(&session->content);
    session->content = whole;
}

static void complete_submission(struct server_session *session)
{
    char id[MESSAGE_ID_TEXT_BYTES];
    struct buf whole;
    const struct completion_facts facts = {
        .hostname = session->setup.config->hostname,
        .id = message_id_text(session->id, id),
        .user = session->setup.config->sender_field == CONFIG_SENDER_USER ? session->user : NULL,
        .now_us = time_now_us(),
    };
    buf_init(&whole, session->content.max + COMPLETION_BYTES_MAX);
    /* Behind our Received field, which stays on top. */
    buf_add(&whole, session->content.data, session->trace_bytes);
    completion_write(&facts, slice_skip(buf_slice(&session->content), session->trace_bytes),
                     &whole);
    buf_deinit(&session->content);
    session->content = whole;
}

/* Mail of our own clients is signed; what comes from elsewhere is somebody else's. */
static void sign(struct server_session *session)
{
    const struct server_setup *setup = &session->setup;
    struct slice content = slice_skip(buf_slice(&session->content), session->trace_bytes);
    struct err err = {0};
    struct buf fields;
    if (setup->signer == NULL ||
        (session->user == NULL && !relay_client_is_trusted(setup->config, &setup->client.address)))
        return;
    buf_init(&fields, SIGNATURE_BYTES_MAX);
    if (signer_sign(setup->signer, content, time_now_us(), &fields, &err) != 0)
        log_text(setup->log, "not-signed", "%s", err.text);
    else
        server_data_put_on_top(session, buf_slice(&fields));
    buf_deinit(&fields);
}

static void log_received(struct server_session *session)
{
    char ip[IP_TEXT_BYTES];
    char id[MESSAGE_ID_TEXT_BYTES];
    struct log_line line;
    log_begin(&line, session->setup.log, "received");
    json_out_text(&line.json, "queue-id", message_id_text(session->id, id));
    json_out_int(&line.json, "session", (int64_t)session->setup.number);
    json_out_text(&line.json, "client", ip_address_to_text(&session->setup.client.address, ip));
    json_out_text(&line.json, "helo", session->helo);
    if (session->user != NULL)
        json_out_text(&line.json, "user", session->user);
    json_out_text(&line.json, "sender", session->envelope.sender);
    json_out_int(&line.json, "recipients", (int64_t)session->envelope.recipient_count);
    json_out_int(&line.json, "bytes", (int64_t)session->content.len);
    json_out_bool(&line.json, "tls", session->is_tls);
    log_end(&line);
}

/* False when the content was refused (and answered). */
static bool is_good(struct server_session *session)
{
    const struct server_content *scanner = &session->scanner;
    switch (scanner->fault) {
    case SERVER_CONTENT_GOOD:
        break;
    case SERVER_CONTENT_BARE_CR:
        server_reply(session, 550, "5.6.11", "a CR stands without LF in the message");
        return false;
    case SERVER_CONTENT_BARE_LF:
        server_reply(session, 550, "5.6.11", "an LF stands without CR in the message");
        return false;
    case SERVER_CONTENT_LONG_LINE:
        session->limit = "text-line";
        server_reply(session, 554, "5.6.0", "a line of the message is longer than %zu bytes",
                     scanner->line_bytes_max);
        return false;
    case SERVER_CONTENT_TOO_LARGE:
        session->limit = "size-limit";
        server_reply(session, 552, "5.3.4", "the message is larger than %llu bytes",
                     (unsigned long long)session->setup.limits->message_bytes_max);
        return false;
    }
    if (scanner->received_count > session->setup.limits->received_max) {
        session->limit = "received-fields";
        server_reply(session, 554, "5.4.6", "the message goes round in a loop: %u Received fields",
                     scanner->received_count);
        return false;
    }
    return true;
}

/* What it is counts, not what MAIL said: 7-bit content can go to any server. */
static enum envelope_body body_of(const struct server_content *scanner)
{
    if (scanner->is_binary && !scanner->is_text)
        return ENVELOPE_BODY_BINARYMIME;
    return scanner->has_8bit ? ENVELOPE_BODY_8BITMIME : ENVELOPE_BODY_7BIT;
}

enum server_event server_data_end(struct server_session *session)
{
    server_content_end(&session->scanner, session->trace_bytes);
    if (!is_good(session)) {
        server_session_reset(session);
        return SERVER_EVENT_NONE;
    }
    session->envelope.body = body_of(&session->scanner);
    /* RFC 8689 4.1: beside REQUIRETLS the field counts for nothing. */
    session->envelope.tls_optional =
        session->scanner.tls_optional && !session->envelope.require_tls;
    if (server_client_is_own(session))
        return policy_is_for_own(session->setup.config) ? server_data_check_own(session)
                                                        : server_data_accept(session);
    return session->setup.config->check_count == 0 ? server_data_accept(session)
                                                   : server_data_check(session);
}

/* Who answers for it. */
static void note_submitter(struct server_session *session)
{
    struct envelope *envelope = &session->envelope;
    if (session->user != NULL)
        envelope->submitter = arena_text(&envelope->arena, session->user);
    else if (server_client_is_own(session) && envelope->sender[0] != '\0')
        envelope->submitter = envelope->sender;
}

enum server_event server_data_accept(struct server_session *session)
{
    if (session->setup.listener->mode == CONFIG_MODE_SUBMISSION)
        complete_submission(session);
    note_submitter(session);
    if (session->setup.one_click != NULL && session->envelope.submitter != NULL)
        one_click_offer(session->setup.one_click, &session->envelope, &session->content,
                        session->trace_bytes);
    sign(session);
    log_received(session);
    if (session->envelope.recipient_count == 0) {
        server_session_reset(session);
        server_reply(session, 250, "2.0.0", "taken, and thrown away as its recipients wish");
        return SERVER_EVENT_NONE;
    }
    server_session_set_state(session, SERVER_STATE_STORING);
    return SERVER_EVENT_MESSAGE;
}
