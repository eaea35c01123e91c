/*
 * The verbs that are a line or two: RSET, QUIT, NOOP, VRFY, EXPN, HELP, STARTTLS.
 */
#include "sim/mx/mx_verb.h"

#include "mta-under-test/base/poison.h"

void mx_verb_rset(struct mx_session *session, struct slice args)
{
    (void)args;
    struct mx_reply usual = mx_session_reply(session, 250, "2.0.0", "Ok");
    if (mx_session_answer(session, MX_STAGE_RSET, &usual))
        mx_transaction_reset(session);
    else
        session->lint.out_of_step = true;
}

void mx_verb_quit(struct mx_session *session, struct slice args)
{
    (void)args;
    session->quit = true;
    struct mx_reply usual = mx_session_reply(session, 221, "2.0.0", "Bye");
    bool taken = mx_session_answer(session, MX_STAGE_QUIT, &usual);
    if (!taken)
        return;
    /* Closing is what QUIT means; a rule that wants another end has set it. */
    if (session->need == MX_NEED_DELAY && session->next_need == MX_NEED_INPUT)
        session->next_need = MX_NEED_CLOSE;
    if (session->need == MX_NEED_INPUT)
        session->need = MX_NEED_CLOSE;
}

void mx_verb_noop(struct mx_session *session, struct slice args)
{
    (void)args;
    mx_session_refuse(session, MX_STAGE_COUNT, 250, "2.0.0", "Ok");
}

void mx_verb_vrfy(struct mx_session *session, struct slice args)
{
    (void)args;
    mx_session_refuse(session, MX_STAGE_COUNT, 252, "2.1.5", "Send mail and see");
}

void mx_verb_help(struct mx_session *session, struct slice args)
{
    (void)args;
    mx_session_refuse(session, MX_STAGE_COUNT, 214, "2.0.0", "See RFC 5321");
}

void mx_verb_starttls(struct mx_session *session, struct slice args)
{
    const struct mx_host *host = session->options.host;
    if (args.len > 0) {
        mx_lint_report(session, MX_VIOLATION_SYNTAX, "STARTTLS with an argument");
        mx_session_refuse_bad(session, MX_STAGE_STARTTLS, 501, "5.5.4",
                              "STARTTLS takes no argument");
        return;
    }
    if (session->facts.tls_version[0] != '\0') {
        mx_session_refuse_bad(session, MX_STAGE_STARTTLS, 503, "5.5.1", "TLS is on already");
        return;
    }
    if (!mx_host_offers(host, MX_EXTENSION_STARTTLS) || host->strips_starttls) {
        mx_lint_report(session, MX_VIOLATION_PARAMETER_NOT_OFFERED, "STARTTLS was not offered");
        mx_session_refuse_bad(session, MX_STAGE_STARTTLS, 502, "5.5.1", "Command not implemented");
        return;
    }
    struct mx_reply usual = mx_session_reply(session, 220, "2.0.0", "Ready to start TLS");
    if (host->starttls_reply != NULL) {
        const char *wrong = mx_reply_parse(host->starttls_reply, &usual);
        (void)wrong; /* one of two literals */
    }
    if (!mx_session_answer(session, MX_STAGE_STARTTLS, &usual) ||
        session->next_need != MX_NEED_INPUT)
        return;
    session->tls_fault = session->effects.tls_fault;
    session->starting_tls = true;
    if (session->need == MX_NEED_INPUT)
        mx_session_start_tls(session);
}
