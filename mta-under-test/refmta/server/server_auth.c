/* AUTH (RFC 4954): which session may, the dialogue around the exchange, and what a failure costs.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

bool server_auth_is_configured(const struct server_session *session)
{
    return config_auth_is_there(&session->setup.config->auth) &&
           session->setup.listener->mode == CONFIG_MODE_SUBMISSION;
}

/* A password may be said in TLS only, or where nobody can listen. */
bool server_auth_is_allowed(const struct server_session *session)
{
    return server_auth_is_configured(session) &&
           (session->is_tls || (session->setup.config->auth.on_loopback &&
                                ip_address_is_loopback(&session->setup.client.address)));
}

static struct auth_means means_of(const struct server_session *session)
{
    return (struct auth_means){.users = session->setup.users,
                               .issuers = session->setup.issuers,
                               .channel = session->is_tls ? &session->channel : NULL};
}

void server_auth_offer(const struct server_session *session, struct buf *out)
{
    const struct auth_means means = means_of(session);
    for (unsigned i = 0; auth_mechanism_name(i) != NULL; i++)
        if (auth_mechanism_is_offered(i, &means))
            buf_format(out, " %s", auth_mechanism_name(i));
}

static void end_exchange(struct server_session *session)
{
    if (session->exchange == NULL)
        return;
    auth_exchange_deinit(session->exchange);
    free(session->exchange);
    session->exchange = NULL;
}

void server_auth_deinit(struct server_session *session)
{
    end_exchange(session);
    free(session->user);
    session->user = NULL;
}

static void log_auth(const struct server_session *session, const char *event)
{
    char ip[IP_TEXT_BYTES];
    struct buf name;
    struct log_line line;
    buf_init(&name, (size_t)4 * AUTH_NAME_BYTES_MAX);
    text_to_printable(&name, buf_slice(&session->exchange->name), AUTH_NAME_BYTES_MAX);
    log_begin(&line, session->setup.log, event);
    json_out_int(&line.json, "session", (int64_t)session->setup.number);
    json_out_text(&line.json, "client", ip_address_to_text(&session->setup.client.address, ip));
    json_out_text(&line.json, "user", buf_text(&name));
    json_out_text(&line.json, "mechanism", auth_mechanism_name(session->exchange->mechanism));
    if (session->exchange->reason != NULL)
        json_out_text(&line.json, "reason", session->exchange->reason);
    log_end(&line);
    buf_deinit(&name);
}

static enum server_event refuse(struct server_session *session)
{
    log_auth(session, "auth-failed");
    end_exchange(session);
    session->auth_failures++;
    session->delay_us = auth_guard_failed(
        session->setup.guard, ip_address_site(&session->setup.client.address), time_monotonic_us());
    server_session_set_state(session, SERVER_STATE_DELAY);
    return SERVER_EVENT_DELAY;
}

void server_session_delayed(struct server_session *session)
{
    if (session->state != SERVER_STATE_DELAY)
        return;
    server_session_set_state(session, SERVER_STATE_READY);
    server_reply(session, 535, "5.7.8", "authentication failed");
    if (session->auth_failures >= session->setup.limits->auth_failures_max)
        server_session_limit(session, "login-failures", "4.7.0", "too many failed logins");
}

static enum server_event let_in(struct server_session *session)
{
    struct slice name = buf_slice(&session->exchange->name);
    log_auth(session, "authenticated");
    auth_guard_succeeded(session->setup.guard, ip_address_site(&session->setup.client.address),
                         time_monotonic_us());
    session->user = mem_text_copy_n(name.data, name.len);
    end_exchange(session);
    server_session_set_state(session, SERVER_STATE_READY);
    server_reply(session, 235, "2.7.0", "authenticated");
    return SERVER_EVENT_NONE;
}

static enum server_event feed(struct server_session *session, struct slice message)
{
    struct buf text;
    switch (auth_exchange_feed(session->exchange, message)) {
    case AUTH_GOOD:
        return let_in(session);
    case AUTH_BAD:
        return refuse(session);
    case AUTH_MALFORMED:
        end_exchange(session);
        server_session_set_state(session, SERVER_STATE_READY);
        server_reply(session, 501, "5.5.2", "that is no message of this mechanism");
        return SERVER_EVENT_NONE;
    case AUTH_CHALLENGE:
        break;
    }
    buf_init(&text, (size_t)2 * AUTH_MESSAGE_BYTES_MAX);
    text_to_base64(&text, session->exchange->challenge.data, session->exchange->challenge.len);
    buf_format(&session->out, "334 %s\r\n", buf_text(&text));
    buf_deinit(&text);
    server_session_set_state(session, SERVER_STATE_AUTH);
    return SERVER_EVENT_NONE;
}

static enum server_event feed_base64(struct server_session *session, struct slice line)
{
    struct buf message;
    enum server_event event = SERVER_EVENT_NONE;
    buf_init(&message, AUTH_MESSAGE_BYTES_MAX);
    if (text_from_base64(&message, line) != 0 || buf_overflowed(&message)) {
        end_exchange(session);
        server_session_set_state(session, SERVER_STATE_READY);
        server_reply(session, 501, "5.5.2", "that is no base64");
    } else {
        event = feed(session, buf_slice(&message));
    }
    if (message.data != NULL)
        OPENSSL_cleanse(message.data, message.len);
    buf_deinit(&message);
    return event;
}

enum server_event server_auth_line(struct server_session *session, struct slice line)
{
    if (!slice_is(line, "*"))
        return feed_base64(session, line);
    end_exchange(session);
    server_session_set_state(session, SERVER_STATE_READY);
    server_reply(session, 501, "5.7.0", "authentication cancelled");
    return SERVER_EVENT_NONE;
}

static bool is_blocked(struct server_session *session)
{
    if (!auth_guard_is_blocked(session->setup.guard,
                               ip_address_site(&session->setup.client.address),
                               time_monotonic_us()))
        return false;
    session->limit = "login-failures-per-client";
    server_reply(session, 454, "4.7.0", "too many failed logins, try again later");
    return true;
}

bool server_check_auth(struct server_session *session, struct slice argument)
{
    (void)argument;
    if (!server_auth_is_configured(session) || !session->is_esmtp)
        server_reply(session, 503, "5.5.1", "AUTH is not offered here");
    else if (!server_auth_is_allowed(session))
        server_reply(session, 538, "5.7.11", "say STARTTLS first");
    else if (session->user != NULL)
        server_reply(session, 503, "5.5.1", "you are logged in already");
    else
        return !is_blocked(session);
    return false;
}

enum server_event server_run_auth(struct server_session *session, struct slice argument)
{
    struct slice rest = argument;
    struct slice name = slice_from("", 0);
    enum auth_mechanism mechanism;
    const struct auth_means means = means_of(session);
    unsigned char random[AUTH_NONCE_BYTES];
    struct buf nonce;
    if (rest.len > 0 && !slice_split(&rest, ' ', &name))
        name = rest;
    rest = slice_trim(rest);
    if (auth_mechanism_from_name(name, &mechanism) != 0 ||
        !auth_mechanism_is_offered(mechanism, &means)) {
        server_reply(session, 504, "5.5.4", "this mechanism is not offered");
        return SERVER_EVENT_NONE;
    }
    if (RAND_bytes(random, sizeof random) != 1) {
        server_reply(session, 454, "4.7.0", "no random numbers, try again later");
        return SERVER_EVENT_NONE;
    }
    buf_init(&nonce, (size_t)2 * AUTH_NONCE_BYTES);
    text_to_base64(&nonce, random, sizeof random);
    session->exchange = mem_alloc(sizeof *session->exchange);
    auth_exchange_start(session->exchange, &means, mechanism, buf_text(&nonce), time_now_us());
    buf_deinit(&nonce);
    if (rest.len > 0)
        return feed_base64(session, slice_is(rest, "=") ? SLICE("") : rest);
    if (!auth_mechanism_client_first(mechanism))
        return feed(session, SLICE(""));
    buf_add_text(&session->out, "334 \r\n");
    server_session_set_state(session, SERVER_STATE_AUTH);
    return SERVER_EVENT_NONE;
}
