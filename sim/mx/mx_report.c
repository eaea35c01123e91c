#include "sim/mx/mx_report.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/dkim/dkim_hash.h"
#include "sim/mx/dsn.h"
#include "sim/mx/mx_header.h"

#include "mta-under-test/base/poison.h"

enum { MX_REPORT_TEXT_BYTES = 1000, MX_SUBJECT_BYTES = 4096 };

/* Texts of a peer are cut (docs/events.md). */
static void mx_report_cut(struct json_out *event, const char *key, struct slice text)
{
    json_out_slice(event, key, slice_first(text, MX_REPORT_TEXT_BYTES));
}

static void mx_report_address(struct json_out *event, const char *key,
                              const struct address *address)
{
    char text[ADDRESS_TEXT_BYTES];
    json_out_text(event, key, address_to_text(address, text));
}

static struct json_out *mx_report_begin(struct mx_session *session, const char *kind)
{
    return event_begin(session->options.log, "mx", kind, session->name);
}

void mx_report_connect(struct mx_session *session, uint64_t attempt)
{
    const struct mx_session_options *options = &session->options;
    if (options->log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "connect");
    json_out_text(event, "host", options->host->name);
    mx_report_address(event, "server", &options->server);
    mx_report_address(event, "client", &options->client);
    json_out_int(event, "port", options->port);
    json_out_text(event, "client-name", session->client_name);
    json_out_int(event, "attempt", (int64_t)attempt);
    event_end(options->log);
}

void mx_report_command(struct mx_session *session, struct slice verb, struct slice line)
{
    if (session->options.log == NULL)
        return;
    char name[16] = {0};
    for (size_t i = 0; i < verb.len && i + 1 < sizeof name; i++)
        name[i] = text_is_alnum(verb.data[i]) && verb.data[i] >= 'a' ? (char)(verb.data[i] - 32)
                                                                     : verb.data[i];
    struct json_out *event = mx_report_begin(session, "command");
    json_out_text(event, "verb", name);
    mx_report_cut(event, "line", line);
    event_end(session->options.log);
}

void mx_report_reply(struct mx_session *session, const struct mx_answer *answer)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "reply");
    json_out_text(event, "stage",
                  answer->stage < MX_STAGE_COUNT ? MX_STAGE_WORDS[answer->stage] : "other");
    json_out_int(event, "code", answer->reply.code);
    json_out_text(event, "enhanced", answer->reply.enhanced);
    json_out_text(event, "text", answer->reply.text);
    json_out_text(event, "rule", answer->rule);
    if (answer->recipient != NULL)
        json_out_text(event, "recipient", answer->recipient);
    event_end(session->options.log);
}

void mx_report_tls(struct mx_session *session, const struct mx_tls_facts *facts, const char *error)
{
    const struct mx_session_options *options = &session->options;
    if (options->log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "tls");
    json_out_bool(event, "ok", error[0] == '\0');
    json_out_text(event, "version", facts->version);
    json_out_text(event, "cipher", facts->cipher);
    json_out_text(event, "sni", facts->sni);
    json_out_bool(event, "resumed", facts->resumed);
    json_out_text(event, "client-certificate", facts->client);
    json_out_text(event, "identity", TLS_IDENTITY_WORDS[options->host->identity]);
    json_out_text(event, "error", error);
    event_end(options->log);
}

void mx_report_data(struct mx_session *session, size_t bytes)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "data");
    json_out_int(event, "bytes", (int64_t)bytes);
    event_end(session->options.log);
}

/* SHA-256 of the body, in hex. */
static void mx_report_digest(struct json_out *event, struct slice body)
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char digest[DKIM_DIGEST_BYTES_MAX];
    char hex[DKIM_DIGEST_BYTES_MAX * 2 + 1] = {0};
    struct dkim_hash hash;
    dkim_hash_init(&hash, DKIM_SHA256);
    dkim_hash_add(&hash, body.data, body.len);
    size_t len = dkim_hash_finish(&hash, digest);
    dkim_hash_deinit(&hash);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = DIGITS[digest[i] >> 4];
        hex[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    json_out_text(event, "digest", hex);
}

static void mx_report_dsn(struct json_out *event, const struct mx_transaction *transaction)
{
    struct arena arena = {0};
    struct dsn dsn;
    struct slice content = buf_slice(&transaction->content);
    bool report = dsn_parse(content, &arena, &dsn);
    if (report || (transaction->sender[0] == '\0' && dsn_parse_prose(content, &arena, &dsn))) {
        json_out_object(event, "dsn");
        json_out_text(event, "form", report ? "report" : "text");
        json_out_text(event, "reporting-mta", dsn.reporting_mta);
        json_out_array(event, "recipients");
        for (size_t i = 0; i < dsn.recipient_count; i++) {
            const struct dsn_recipient *recipient = &dsn.recipients[i];
            json_out_object(event, NULL);
            json_out_text(event, "recipient", recipient->recipient);
            json_out_text(event, "original-recipient", recipient->original_recipient);
            json_out_text(event, "action", recipient->action);
            json_out_text(event, "status", recipient->status);
            json_out_text(event, "diagnostic", recipient->diagnostic);
            json_out_text(event, "remote-mta", recipient->remote_mta);
            json_out_end(event);
        }
        json_out_end(event);
        json_out_text(event, "message", dsn.message);
        json_out_end(event);
    }
    arena_deinit(&arena);
}

/* What came with MAIL, and with each RCPT where any had something. */
static void mx_report_parameters(struct json_out *event, const struct mx_transaction *transaction)
{
    bool any = false;
    for (size_t i = 0; i < transaction->recipient_count; i++)
        any |= transaction->rcpt_parameters[i][0] != '\0';
    if (transaction->mail_parameters[0] != '\0')
        json_out_text(event, "mail-parameters", transaction->mail_parameters);
    if (!any)
        return;
    json_out_array(event, "rcpt-parameters");
    for (size_t i = 0; i < transaction->recipient_count; i++)
        json_out_text(event, NULL, transaction->rcpt_parameters[i]);
    json_out_end(event);
}

/* What accepted and declined messages have alike. */
static void mx_report_message(struct mx_session *session, struct json_out *event)
{
    const struct mx_transaction *transaction = &session->transaction;
    const struct mx_facts *facts = &session->facts;
    json_out_text(event, "host", session->options.host->name);
    json_out_text(event, "from", transaction->sender);
    json_out_array(event, "to");
    for (size_t i = 0; i < transaction->recipient_count; i++)
        json_out_text(event, NULL, transaction->recipients[i]);
    json_out_end(event);
    json_out_text(event, "transfer", transaction->chunked ? "bdat" : "data");
    mx_report_parameters(event, transaction);
    json_out_text(event, "message", facts->message);
    json_out_int(event, "bytes", facts->size);
    mx_report_digest(event, facts->body);
    mx_report_cut(event, "message-id", slice_of(facts->message_id));
    struct buf subject;
    buf_init(&subject, MX_SUBJECT_BYTES);
    mx_header_unfold(mx_header_find(facts->header, "Subject"), &subject);
    mx_report_cut(event, "subject", buf_slice(&subject));
    buf_deinit(&subject);
    json_out_text(event, "tls", facts->tls_version);
    json_out_bool(event, "verified", session->verified);
    /* RFC 8689 section 5: the sender asks that policies of TLS be passed over. */
    if (slice_is_nocase(slice_trim(mx_header_find(facts->header, "TLS-Required")), "No"))
        json_out_bool(event, "tls-not-required", true);
}

void mx_report_accepted(struct mx_session *session, bool reply_sent)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "accepted");
    mx_report_message(session, event);
    json_out_bool(event, "reply-sent", reply_sent);
    json_out_text(event, "placement", session->effects.junk ? "junk" : "inbox");
    mx_auth_write(&session->auth, event);
    mx_report_dsn(event, &session->transaction);
    event_end(session->options.log);
}

void mx_report_declined(struct mx_session *session, const struct mx_answer *answer)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "declined");
    mx_report_message(session, event);
    json_out_int(event, "code", answer->is_reply ? answer->reply.code : 0);
    json_out_text(event, "rule", answer->rule);
    mx_auth_write(&session->auth, event);
    event_end(session->options.log);
}

void mx_report_violation(struct mx_session *session, const char *what, const char *rfc,
                         const char *level, const char *text)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "violation");
    json_out_text(event, "what", what);
    json_out_text(event, "text", text);
    json_out_text(event, "rfc", rfc);
    json_out_text(event, "level", level);
    event_end(session->options.log);
}

void mx_report_call_back(struct mx_session *session, int code, const char *text)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "call-back");
    json_out_text(event, "sender", session->facts.sender);
    json_out_int(event, "code", code);
    json_out_text(event, "text", text);
    event_end(session->options.log);
}

void mx_report_disconnect(struct mx_session *session, const char *by)
{
    if (session->options.log == NULL)
        return;
    struct json_out *event = mx_report_begin(session, "disconnect");
    json_out_text(event, "by", by);
    json_out_bool(event, "quit", session->quit);
    json_out_int(event, "commands", (int64_t)session->commands);
    json_out_int(event, "accepted", session->facts.messages);
    event_end(session->options.log);
}

void mx_report_refused(struct event_log *log, const struct mx_refusal *refusal)
{
    if (log == NULL)
        return;
    struct json_out *event = event_begin(log, "mx", "refused", NULL);
    json_out_text(event, "host", refusal->host != NULL ? refusal->host->name : "");
    mx_report_address(event, "server", refusal->server);
    mx_report_address(event, "client", refusal->client);
    json_out_int(event, "port", refusal->port);
    json_out_text(event, "how", refusal->how);
    event_end(log);
}
