#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum {
    IN_START = 1U << SERVER_STATE_START,
    IN_READY = 1U << SERVER_STATE_READY,
    IN_MAIL = 1U << SERVER_STATE_MAIL,
    IN_RCPT = 1U << SERVER_STATE_RCPT,
    IN_CHUNKS = 1U << SERVER_STATE_CHUNKS,
    ANY = IN_START | IN_READY | IN_MAIL | IN_RCPT | IN_CHUNKS,
};

bool server_check_no_argument(struct server_session *session, struct slice argument)
{
    if (argument.len == 0)
        return true;
    server_reply(session, 501, "5.5.4", "no argument is allowed here");
    return false;
}

static enum server_event run_rset(struct server_session *session, struct slice argument)
{
    (void)argument;
    server_session_reset(session);
    server_reply(session, 250, "2.0.0", "OK");
    return SERVER_EVENT_NONE;
}

static enum server_event run_noop(struct server_session *session, struct slice argument)
{
    (void)argument;
    server_reply(session, 250, "2.0.0", "OK");
    return SERVER_EVENT_NONE;
}

static enum server_event run_quit(struct server_session *session, struct slice argument)
{
    (void)argument;
    server_reply(session, 221, "2.0.0", "%s closes", session->setup.config->hostname);
    server_session_set_state(session, SERVER_STATE_CLOSED);
    return SERVER_EVENT_CLOSE;
}

static enum server_event run_help(struct server_session *session, struct slice argument)
{
    (void)argument;
    server_reply(session, 214, "2.0.0", "see RFC 5321");
    return SERVER_EVENT_NONE;
}

static const struct server_verb VERBS[] = {
    {"MAIL", IN_READY, NULL, server_run_mail, false},
    {"RCPT", IN_MAIL | IN_RCPT, NULL, server_run_rcpt, false},
    {"DATA", IN_MAIL | IN_RCPT, server_check_no_argument, server_run_data, false},
    {"BDAT", ANY, NULL, server_run_bdat, false},
    {"EHLO", ANY, server_check_helo, server_run_ehlo, true},
    {"HELO", ANY, server_check_helo, server_run_helo, true},
    {"QUIT", ANY, server_check_no_argument, run_quit, false},
    {"RSET", ANY, server_check_no_argument, run_rset, true},
    {"NOOP", ANY, NULL, run_noop, true},
    {"STARTTLS", IN_START | IN_READY, server_check_starttls, server_run_starttls, false},
    {"AUTH", IN_START | IN_READY, server_check_auth, server_run_auth, false},
    {"VRFY", ANY, NULL, server_run_vrfy, true},
    {"EXPN", ANY, NULL, server_run_expn, true},
    {"ETRN", IN_READY, server_check_etrn, server_run_etrn, true},
    {"XCLIENT", IN_START | IN_READY, server_check_xclient, server_run_xclient, true},
    {"HELP", ANY, NULL, run_help, true},
};

const struct server_verb *server_verb_find(struct slice name)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++)
        if (slice_is_nocase(name, VERBS[i].name))
            return &VERBS[i];
    return NULL;
}
