/*
 * MAIL FROM (RFC 5321 4.1.1.2) with the parameters of SIZE (RFC 1870), 8BITMIME (RFC 6152),
 * BINARYMIME (RFC 3030), SMTPUTF8 (RFC 6531), DSN (RFC 3461), AUTH (RFC 4954), REQUIRETLS
 * (RFC 8689), MT-PRIORITY (RFC 6710).
 */
#include "mta-under-test/base/text.h"
#include "sim/mx/mx_command.h"
#include "sim/mx/mx_path.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

enum { MX_ENVID_BYTES_MAX = 100 };

/* A parameter: false if its value is wrong. */
typedef bool mx_mail_parameter(struct mx_session *session, struct slice value);

static bool mx_mail_size(struct mx_session *session, struct slice value)
{
    uint64_t size;
    if (text_to_u64(value, &size) != 0)
        return false;
    session->transaction.declared_bytes = (int64_t)(size < INT64_MAX ? size : INT64_MAX);
    session->facts.size = session->transaction.declared_bytes;
    return true;
}

static bool mx_mail_body(struct mx_session *session, struct slice value)
{
    bool eight = slice_is_nocase(value, "8BITMIME");
    bool binary = slice_is_nocase(value, "BINARYMIME") &&
                  mx_host_offers(session->options.host, MX_EXTENSION_BINARY);
    session->transaction.binary = binary;
    session->transaction.eight_bit = eight || binary;
    return eight || binary || slice_is_nocase(value, "7BIT");
}

static bool mx_mail_utf8(struct mx_session *session, struct slice value)
{
    session->transaction.utf8 = true;
    session->transaction.eight_bit = true; /* RFC 6531 3.6: 8BITMIME comes with it */
    return value.len == 0;
}

static bool mx_mail_ret(struct mx_session *session, struct slice value)
{
    (void)session;
    return slice_is_nocase(value, "FULL") || slice_is_nocase(value, "HDRS");
}

/* At most 100 characters (RFC 3461 4.4). */
static bool mx_mail_envid(struct mx_session *session, struct slice value)
{
    (void)session;
    return mx_parameter_is_xtext(value, MX_ENVID_BYTES_MAX);
}

static bool mx_mail_some_value(struct mx_session *session, struct slice value)
{
    (void)session;
    return value.len > 0;
}

static bool mx_mail_no_value(struct mx_session *session, struct slice value)
{
    (void)session;
    return value.len == 0;
}

/* RFC 6710 4.1: from -9 to 9, without a plus. */
static bool mx_mail_priority(struct mx_session *session, struct slice value)
{
    int64_t priority = 0;
    (void)session;
    return value.len > 0 && value.data[0] != '+' && text_to_i64(value, &priority) == 0 &&
           priority >= -9 && priority <= 9;
}

static const struct {
    const char *key;
    enum mx_extension extension;
    mx_mail_parameter *read;
} MX_MAIL_PARAMETERS[] = {
    {"SIZE", MX_EXTENSION_SIZE, mx_mail_size},
    {"BODY", MX_EXTENSION_EIGHT_BIT, mx_mail_body},
    {"SMTPUTF8", MX_EXTENSION_SMTPUTF8, mx_mail_utf8},
    {"RET", MX_EXTENSION_DSN, mx_mail_ret},
    {"ENVID", MX_EXTENSION_DSN, mx_mail_envid},
    {"AUTH", MX_EXTENSION_AUTH, mx_mail_some_value},
    {"REQUIRETLS", MX_EXTENSION_REQUIRETLS, mx_mail_no_value},
    {"MT-PRIORITY", MX_EXTENSION_MT_PRIORITY, mx_mail_priority},
};

enum mx_parameter_result { MX_PARAMETER_GOOD, MX_PARAMETER_UNKNOWN, MX_PARAMETER_WRONG };

static enum mx_parameter_result mx_mail_read_parameter(struct mx_session *session,
                                                       const struct mx_parameter *parameter)
{
    for (size_t i = 0; i < sizeof MX_MAIL_PARAMETERS / sizeof MX_MAIL_PARAMETERS[0]; i++) {
        if (!slice_is_nocase(parameter->key, MX_MAIL_PARAMETERS[i].key))
            continue;
        if (!mx_session_offers(session, MX_MAIL_PARAMETERS[i].extension))
            return MX_PARAMETER_UNKNOWN;
        return MX_MAIL_PARAMETERS[i].read(session, parameter->value) ? MX_PARAMETER_GOOD
                                                                     : MX_PARAMETER_WRONG;
    }
    return MX_PARAMETER_UNKNOWN;
}

/* All parameters; false if the command was refused for one. */
static bool mx_mail_read_parameters(struct mx_session *session, struct slice args)
{
    struct mx_parameter parameter;
    int found;
    while ((found = mx_parameter_next(&args, &parameter)) == 1) {
        enum mx_parameter_result result = mx_mail_read_parameter(session, &parameter);
        if (result == MX_PARAMETER_GOOD)
            continue;
        struct slice key = slice_first(parameter.key, 32);
        if (result == MX_PARAMETER_UNKNOWN) {
            mx_lint_report(session, MX_VIOLATION_PARAMETER_NOT_OFFERED,
                           "MAIL with %.*s, which was not offered", SLICE_ARG(key));
            mx_session_refuse_bad(session, MX_STAGE_MAIL, 555, "5.5.4",
                                  "Unsupported option in MAIL");
        } else {
            mx_lint_report(session, MX_VIOLATION_SYNTAX, "wrong value of %.*s in MAIL",
                           SLICE_ARG(key));
            mx_session_refuse_bad(session, MX_STAGE_MAIL, 501, "5.5.4", "Bad value of an option");
        }
        return false;
    }
    if (found < 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "bad options in MAIL");
        mx_session_refuse_bad(session, MX_STAGE_MAIL, 501, "5.5.4", "Syntax error in options");
    }
    return found == 0;
}

/* What the linter says to a path; both verbs. */
static void mx_mail_lint_path(struct mx_session *session, const struct mx_path *path)
{
    if (path->space)
        mx_lint_report(session, MX_VIOLATION_SPACE_AFTER_COLON,
                       "white space between MAIL FROM: and the path");
    if (path->source_route)
        mx_lint_report(session, MX_VIOLATION_SOURCE_ROUTE, "a source route in MAIL");
    if (path->too_long)
        mx_lint_report(session, MX_VIOLATION_PATH_TOO_LONG, "a reverse-path of %zu bytes",
                       path->mailbox.len);
}

static void mx_mail_judge(struct mx_session *session)
{
    int64_t size_max = mx_session_size_max(session);
    int64_t messages = session->limit.messages;
    int64_t declared = session->transaction.declared_bytes;
    struct mx_reply usual = mx_session_reply(session, 250, "2.1.0", "Sender ok");
    if (size_max > 0 && declared > size_max) {
        mx_lint_report(session, MX_VIOLATION_SIZE_EXCEEDED, "SIZE=%lld where SIZE %lld was offered",
                       (long long)declared, (long long)size_max);
        usual = mx_session_reply(session, 552, "5.3.4", "Message too big: %lld is the limit",
                                 (long long)size_max);
    }
    if (messages > 0 && session->facts.messages >= messages)
        usual = mx_session_reply(session, 421, "4.7.0", "Too many messages in this connection");
    bool taken = mx_session_answer(session, MX_STAGE_MAIL, &usual);
    if (session->state == MX_STATE_CLOSED)
        return;
    if (taken)
        mx_session_set_state(session, MX_STATE_MAIL);
    else
        mx_transaction_reset(session);
}

void mx_verb_mail(struct mx_session *session, struct slice args)
{
    struct mx_path path;
    mx_transaction_reset(session);
    if (mx_path_read(&args, "FROM:", &path) != 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "MAIL without a good reverse-path");
        mx_session_refuse_bad(session, MX_STAGE_MAIL, 501, "5.1.7", "Bad sender address syntax");
        return;
    }
    mx_mail_lint_path(session, &path);
    if (!mx_mail_read_parameters(session, args)) {
        mx_transaction_reset(session);
        return;
    }
    if (path.utf8 && !session->transaction.utf8) {
        mx_lint_report(session, MX_VIOLATION_UTF8_ADDRESS, "UTF-8 in an address without SMTPUTF8");
        mx_session_refuse_bad(session, MX_STAGE_MAIL, 553, "5.6.7", "SMTPUTF8 is needed");
        mx_transaction_reset(session);
        return;
    }
    mx_transaction_begin(session, path.mailbox, args);
    mx_mail_judge(session);
}
