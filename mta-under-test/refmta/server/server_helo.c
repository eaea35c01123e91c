#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

bool server_check_helo(struct server_session *session, struct slice argument)
{
    if (server_command_is_helo(argument))
        return true;
    server_reply(session, 501, "5.5.4", "expected a host name or an address literal");
    return false;
}

static void set_helo(struct server_session *session, struct slice argument, bool is_esmtp)
{
    struct slice name = slice_trim(argument);
    free(session->helo);
    session->helo = mem_text_copy_n(name.data, name.len);
    session->is_esmtp = is_esmtp;
    server_session_reset(session);
}

enum server_event server_run_helo(struct server_session *session, struct slice argument)
{
    set_helo(session, argument, false);
    server_reply(session, 250, NULL, "%s", session->setup.config->hostname);
    return SERVER_EVENT_NONE;
}

enum server_event server_run_ehlo(struct server_session *session, struct slice argument)
{
    set_helo(session, argument, true);
    server_reply_more(session, 250, "%s", session->setup.config->hostname);
    server_reply_more(session, 250, "PIPELINING");
    server_reply_more(session, 250, "SIZE %llu",
                      (unsigned long long)session->setup.limits->message_bytes_max);
    server_reply_more(session, 250, "8BITMIME");
    server_reply_more(session, 250, "DSN");
    server_reply_more(session, 250, "SMTPUTF8");
    if (session->setup.listener->tls == CONFIG_TLS_STARTTLS && !session->is_tls)
        server_reply_more(session, 250, "STARTTLS");
    if (server_auth_is_allowed(session) && session->user == NULL)
        server_reply_more(session, 250, "AUTH PLAIN LOGIN SCRAM-SHA-256");
    server_reply(session, 250, NULL, "ENHANCEDSTATUSCODES");
    return SERVER_EVENT_NONE;
}

bool server_check_starttls(struct server_session *session, struct slice argument)
{
    if (!server_check_no_argument(session, argument))
        return false;
    if (session->setup.listener->tls != CONFIG_TLS_STARTTLS || session->is_tls) {
        server_reply(session, 503, "5.5.1", "TLS is not offered here");
        return false;
    }
    return true;
}

enum server_event server_run_starttls(struct server_session *session, struct slice argument)
{
    (void)argument;
    server_reply(session, 220, "2.0.0", "go ahead with the handshake");
    server_session_set_state(session, SERVER_STATE_SECURING);
    return SERVER_EVENT_STARTTLS;
}
