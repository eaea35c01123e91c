/* Logging in at a smart host (RFC 4954): PLAIN, else LOGIN; in TLS only. */
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/delivery/client_private.h"

#include "mta-under-test/base/poison.h"

enum { CREDENTIAL_BYTES_MAX = 4096 };

static void say_base64(struct client_session *session, const char *before, const void *data,
                       size_t len)
{
    buf_add_text(&session->out, before);
    text_to_base64(&session->out, data, len);
    buf_add_text(&session->out, "\r\n");
}

static enum client_event cannot(struct client_session *session, const char *why)
{
    reason_set(&session->failure, "4.7.0", false, session->setup.peer, "%s %s", session->setup.peer,
               why);
    session->failure_verdict = CLIENT_DEFERRED;
    session->closing = true;
    return CLIENT_EVENT_FAILED;
}

enum client_event client_auth_begin(struct client_session *session)
{
    struct buf plain;
    if (!session->is_tls)
        return cannot(session, "offers no TLS, and a password is not said in clear text");
    if ((session->extensions & CLIENT_AUTH_PLAIN) != 0) {
        buf_init(&plain, CREDENTIAL_BYTES_MAX);
        buf_add_char(&plain, '\0');
        buf_add_text(&plain, session->setup.user);
        buf_add_char(&plain, '\0');
        buf_add_text(&plain, session->setup.password);
        say_base64(session, "AUTH PLAIN ", plain.data, plain.len);
        buf_deinit(&plain);
        client_set_state(session, CLIENT_STATE_AUTH);
    } else if ((session->extensions & CLIENT_AUTH_LOGIN) != 0) {
        buf_add_text(&session->out, "AUTH LOGIN\r\n");
        client_set_state(session, CLIENT_STATE_AUTH_USER);
    } else {
        return cannot(session, "offers neither AUTH PLAIN nor AUTH LOGIN");
    }
    return CLIENT_EVENT_NONE;
}

enum client_event client_auth_reply(struct client_session *session)
{
    int code = session->reply.code;
    const char *user = session->setup.user;
    const char *password = session->setup.password;
    if (session->state == CLIENT_STATE_AUTH_USER && code == 334) {
        say_base64(session, "", user, strlen(user));
        client_set_state(session, CLIENT_STATE_AUTH_PASSWORD);
        return CLIENT_EVENT_NONE;
    }
    if (session->state == CLIENT_STATE_AUTH_PASSWORD && code == 334) {
        say_base64(session, "", password, strlen(password));
        client_set_state(session, CLIENT_STATE_AUTH);
        return CLIENT_EVENT_NONE;
    }
    if (session->state == CLIENT_STATE_AUTH && code == 235) {
        client_set_state(session, CLIENT_STATE_READY);
        return CLIENT_EVENT_READY;
    }
    /* Also 535: a wrong password is the operator's mistake, for which no mail goes back. */
    return client_fail(session, CLIENT_DEFERRED);
}
