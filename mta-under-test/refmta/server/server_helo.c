#include "mta-under-test/base/time_text.h"
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

/* RFC 4865 3: the longest wait in seconds, and the latest date. */
static void add_future_release(struct server_session *session)
{
    char date[TIME_TEXT_BYTES];
    int64_t whole_us = time_now_us() / TIME_SECOND * TIME_SECOND;
    server_reply_more(session, 250, "FUTURERELEASE %lld %s",
                      (long long)(SERVER_HOLD_MAX_US / TIME_SECOND),
                      time_to_rfc3339(whole_us + SERVER_HOLD_MAX_US, date));
}

static void add_auth(struct server_session *session)
{
    struct buf mechanisms;
    buf_init(&mechanisms, 256);
    server_auth_offer(session, &mechanisms);
    if (mechanisms.len > 0)
        server_reply_more(session, 250, "AUTH%s", buf_text(&mechanisms));
    buf_deinit(&mechanisms);
}

enum server_event server_run_ehlo(struct server_session *session, struct slice argument)
{
    set_helo(session, argument, true);
    server_reply_more(session, 250, "%s", session->setup.config->hostname);
    server_reply_more(session, 250, "PIPELINING");
    server_reply_more(session, 250, "SIZE %llu",
                      (unsigned long long)session->setup.limits->message_bytes_max);
    static const char *const ALWAYS[] = {"8BITMIME",   "DSN",       "SMTPUTF8",   "CHUNKING",
                                         "BINARYMIME", "DELIVERBY", "MT-PRIORITY"};
    for (size_t i = 0; i < sizeof ALWAYS / sizeof ALWAYS[0]; i++)
        server_reply_more(session, 250, "%s", ALWAYS[i]);
    server_reply_more(session, 250, "LIMITS MAILMAX=%u RCPTMAX=%u",
                      session->setup.limits->transactions_max,
                      session->setup.limits->recipients_max);
    if (session->setup.config->etrn.count > 0)
        server_reply_more(session, 250, "ETRN");
    if (session->setup.may_xclient)
        server_xclient_offer(session);
    if (server_client_is_own(session))
        add_future_release(session);
    if (session->is_tls)
        server_reply_more(session, 250, "REQUIRETLS");
    if (session->setup.listener->tls == CONFIG_TLS_STARTTLS && !session->is_tls)
        server_reply_more(session, 250, "STARTTLS");
    if (server_auth_is_allowed(session) && session->user == NULL)
        add_auth(session);
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
