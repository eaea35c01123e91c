/*
 * RCPT TO (RFC 5321 4.1.1.3) with the parameters of DSN (RFC 3461 4).
 */
#include "sim/mx/mx_command.h"
#include "sim/mx/mx_path.h"
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

enum { MX_ORCPT_BYTES_MAX = 500 }; /* RFC 3461 4.2 */

/* NOTIFY=NEVER or a list of SUCCESS, FAILURE, DELAY (RFC 3461 4.1). */
static bool mx_rcpt_notify_is_good(struct slice value)
{
    if (slice_is_nocase(value, "NEVER"))
        return true;
    struct slice word;
    bool good = value.len > 0;
    while (good && slice_split(&value, ',', &word))
        good = slice_is_nocase(word, "SUCCESS") || slice_is_nocase(word, "FAILURE") ||
               slice_is_nocase(word, "DELAY");
    return good;
}

/* ORCPT=type;xtext (RFC 3461 4.2). */
static bool mx_rcpt_orcpt_is_good(struct slice value)
{
    size_t semicolon = slice_find(value, ';');
    /* RFC 6533 section 3 adds a form of its own for "utf-8;". */
    return semicolon != SIZE_MAX && semicolon > 0 && semicolon + 1 < value.len &&
           value.len <= MX_ORCPT_BYTES_MAX &&
           (slice_is_nocase(slice_first(value, semicolon), "utf-8") ||
            mx_parameter_is_xtext(slice_skip(value, semicolon + 1), value.len));
}

static bool mx_rcpt_read_parameters(struct mx_session *session, struct slice args)
{
    bool offered = mx_session_offers(session, MX_EXTENSION_DSN);
    struct mx_parameter parameter;
    int found;
    while ((found = mx_parameter_next(&args, &parameter)) == 1) {
        bool notify = slice_is_nocase(parameter.key, "NOTIFY");
        bool orcpt = slice_is_nocase(parameter.key, "ORCPT");
        if (!offered || (!notify && !orcpt)) {
            mx_lint_report(session, MX_VIOLATION_PARAMETER_NOT_OFFERED,
                           "RCPT with %.*s, which was not offered",
                           SLICE_ARG(slice_first(parameter.key, 32)));
            mx_session_refuse_bad(session, MX_STAGE_RCPT, 555, "5.5.4",
                                  "Unsupported option in RCPT");
            return false;
        }
        if (notify ? !mx_rcpt_notify_is_good(parameter.value)
                   : !mx_rcpt_orcpt_is_good(parameter.value)) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "bad options in RCPT");
        mx_session_refuse_bad(session, MX_STAGE_RCPT, 501, "5.5.4", "Syntax error in options");
    }
    return found == 0;
}

static void mx_rcpt_lint_path(struct mx_session *session, const struct mx_path *path)
{
    if (path->space)
        mx_lint_report(session, MX_VIOLATION_SPACE_AFTER_COLON,
                       "white space between RCPT TO: and the path");
    if (path->source_route)
        mx_lint_report(session, MX_VIOLATION_SOURCE_ROUTE, "a source route in RCPT");
    if (path->too_long)
        mx_lint_report(session, MX_VIOLATION_PATH_TOO_LONG, "a forward-path of %zu bytes",
                       path->mailbox.len);
    if (path->utf8 && !session->transaction.utf8)
        mx_lint_report(session, MX_VIOLATION_UTF8_ADDRESS, "UTF-8 in an address without SMTPUTF8");
}

static struct mx_reply mx_rcpt_usual(struct mx_session *session, const char *recipient)
{
    const struct mx_limits *limits = session->options.limits;
    size_t limit = (size_t)session->limit.recipients;
    if (session->transaction.recipient_count > limits->recipients_max ||
        (limit > 0 && session->transaction.recipient_count > limit))
        return mx_session_reply(session, 452, "4.5.3", "Too many recipients");
    enum mx_recipient_kind kind =
        mx_host_judge_recipient(session->options.host, slice_of(recipient));
    mx_session_judge_recipient(session, kind == MX_RECIPIENT_UNKNOWN);
    switch (kind) {
    case MX_RECIPIENT_UNKNOWN:
        mx_session_note(session, MX_HAPPENS_TRIED, MX_COUNT_UNKNOWN_RECIPIENTS, 1);
        mx_session_note(session, MX_HAPPENS_PASSED, MX_COUNT_UNKNOWN_RECIPIENTS, 1);
        return mx_session_reply(session, 550, "5.1.1", "No such user here");
    case MX_RECIPIENT_FOREIGN:
        /* Who has logged in may relay. */
        if (session->user[0] != '\0')
            break;
        return mx_session_reply(session, 550, "5.7.1", "Relaying denied");
    case MX_RECIPIENT_KNOWN:
        break;
    }
    return mx_session_reply(session, 250, "2.1.5", "Recipient ok");
}

void mx_verb_rcpt(struct mx_session *session, struct slice args)
{
    struct mx_path path;
    if (mx_path_read(&args, "TO:", &path) != 0 || path.mailbox.len == 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "RCPT without a good forward-path");
        mx_session_refuse_bad(session, MX_STAGE_RCPT, 501, "5.1.3", "Bad recipient address syntax");
        return;
    }
    mx_rcpt_lint_path(session, &path);
    if (!mx_rcpt_read_parameters(session, args))
        return;
    mx_transaction_add_recipient(session, path.mailbox, args);
    size_t last = session->transaction.recipient_count - 1;
    session->facts.recipient = session->transaction.recipients[last];
    struct mx_reply usual = mx_rcpt_usual(session, session->facts.recipient);
    bool taken = mx_session_answer(session, MX_STAGE_RCPT, &usual);
    if (!taken)
        mx_transaction_drop_recipient(session);
    else if (session->state == MX_STATE_MAIL)
        mx_session_set_state(session, MX_STATE_RCPT);
}
