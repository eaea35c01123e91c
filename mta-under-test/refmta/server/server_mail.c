#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/server/relay_decision.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum { ENVID_BYTES_MAX = 100 };

/* What one parameter of MAIL does. False when it was refused (and answered). */
struct mail_parameter {
    const char *name;
    bool (*take)(struct server_session *session, struct slice value);
};

static bool bad_value(struct server_session *session, const char *name)
{
    server_reply(session, 501, "5.5.4", "the value of %s is wrong", name);
    return false;
}

static bool take_size(struct server_session *session, struct slice value)
{
    uint64_t size = 0;
    if (text_to_u64(value, &size) != 0)
        return bad_value(session, "SIZE");
    if (size > session->setup.limits->message_bytes_max) {
        server_reply(session, 552, "5.3.4", "the message is larger than %llu bytes",
                     (unsigned long long)session->setup.limits->message_bytes_max);
        return false;
    }
    session->declared_bytes = size;
    return true;
}

static bool take_body(struct server_session *session, struct slice value)
{
    if (slice_is_nocase(value, "8BITMIME"))
        session->envelope.body = ENVELOPE_BODY_8BITMIME;
    else if (slice_is_nocase(value, "BINARYMIME"))
        session->envelope.body = ENVELOPE_BODY_BINARYMIME;
    else if (!slice_is_nocase(value, "7BIT"))
        return bad_value(session, "BODY");
    return true;
}

static bool take_smtputf8(struct server_session *session, struct slice value)
{
    if (value.data != NULL)
        return bad_value(session, "SMTPUTF8");
    session->envelope.smtputf8 = true;
    return true;
}

static bool take_ret(struct server_session *session, struct slice value)
{
    if (slice_is_nocase(value, "FULL"))
        session->envelope.ret = ENVELOPE_RET_FULL;
    else if (slice_is_nocase(value, "HDRS"))
        session->envelope.ret = ENVELOPE_RET_HDRS;
    else
        return bad_value(session, "RET");
    return true;
}

static bool take_envid(struct server_session *session, struct slice value)
{
    if (value.len > ENVID_BYTES_MAX || !server_command_is_xtext(value))
        return bad_value(session, "ENVID");
    session->envelope.envid = arena_text_of(&session->envelope.arena, value);
    return true;
}

/* RFC 4954 5: who first submitted it. We do not pass it on, since no server trusts us so far. */
static bool take_auth(struct server_session *session, struct slice value)
{
    return slice_is(value, "<>") || server_command_is_xtext(value) || bad_value(session, "AUTH");
}

bool server_client_is_own(const struct server_session *session)
{
    return session->user != NULL ||
           relay_client_is_trusted(session->setup.config, &session->setup.client.address);
}

bool server_domain_is_whole(const struct server_session *session, const struct mailbox *mailbox)
{
    return session->setup.listener->mode != CONFIG_MODE_SUBMISSION || mailbox->domain.len == 0 ||
           mailbox->is_literal || slice_find(mailbox->domain, '.') != SIZE_MAX ||
           config_is_local(session->setup.config, mailbox->domain);
}

/* RFC 8689 2: only where the way so far was safe. */
static bool take_requiretls(struct server_session *session, struct slice value)
{
    if (value.data != NULL)
        return bad_value(session, "REQUIRETLS");
    if (!session->is_tls) {
        server_reply(session, 530, "5.7.0", "REQUIRETLS is for sessions in TLS");
        return false;
    }
    session->envelope.require_tls = true;
    return true;
}

/* RFC 2852 4: "120;R", "3600;NT". */
static bool take_by(struct server_session *session, struct slice value)
{
    struct slice rest = value;
    struct slice number;
    int64_t seconds = 0;
    enum { SECONDS_DIGITS_MAX = 10 };
    if (value.data == NULL || !slice_split(&rest, ';', &number) || rest.len < 1 || rest.len > 2 ||
        number.len > SECONDS_DIGITS_MAX)
        return bad_value(session, "BY");
    if (number.len > 1 && number.data[0] == '+')
        number = slice_skip(number, 1);
    bool returns = text_lower(rest.data[0]) == 'r';
    if (text_to_i64(number, &seconds) != 0 || (!returns && text_lower(rest.data[0]) != 'n') ||
        (rest.len == 2 && text_lower(rest.data[1]) != 't') || (returns && seconds <= 0))
        return bad_value(session, "BY");
    session->envelope.deliver_by_us = time_now_us() + seconds * TIME_SECOND;
    session->envelope.deliver_by_return = returns;
    return true;
}

static bool hold_until(struct server_session *session, const char *name, int64_t until_us)
{
    int64_t now_us = time_now_us();
    if (!server_client_is_own(session)) {
        server_reply(session, 555, "5.5.4", "the parameter %s is for our own users", name);
        return false;
    }
    if (session->envelope.hold_until_us != 0 || until_us > now_us + SERVER_HOLD_MAX_US)
        return bad_value(session, name);
    session->envelope.hold_until_us = until_us > now_us ? until_us : now_us;
    return true;
}

/* RFC 4865 5. */
static bool take_holdfor(struct server_session *session, struct slice value)
{
    uint64_t seconds = 0;
    if (text_to_u64(value, &seconds) != 0 || seconds > SERVER_HOLD_MAX_US / TIME_SECOND)
        return bad_value(session, "HOLDFOR");
    return hold_until(session, "HOLDFOR", time_now_us() + (int64_t)seconds * TIME_SECOND);
}

static bool take_holduntil(struct server_session *session, struct slice value)
{
    int64_t at_us = 0;
    if (time_from_rfc3339(value, &at_us) != 0)
        return bad_value(session, "HOLDUNTIL");
    return hold_until(session, "HOLDUNTIL", at_us);
}

/* RFC 6710 4.1. Strangers' mail gets no place before that of others (5.1). */
static bool take_priority(struct server_session *session, struct slice value)
{
    enum { PRIORITY_MAX = 9 };
    int64_t priority = 0;
    if (text_to_i64(value, &priority) != 0 || priority < -PRIORITY_MAX || priority > PRIORITY_MAX)
        return bad_value(session, "MT-PRIORITY");
    if (priority > 0 && !server_client_is_own(session))
        priority = 0;
    session->envelope.priority = (int8_t)priority;
    return true;
}

static const struct mail_parameter PARAMETERS[] = {
    {"SIZE", take_size},
    {"BODY", take_body},
    {"SMTPUTF8", take_smtputf8},
    {"RET", take_ret},
    {"ENVID", take_envid},
    {"AUTH", take_auth},
    {"REQUIRETLS", take_requiretls},
    {"BY", take_by},
    {"HOLDFOR", take_holdfor},
    {"HOLDUNTIL", take_holduntil},
    {"MT-PRIORITY", take_priority},
};

static bool take_parameters(struct server_session *session,
                            const struct server_path_arguments *arguments)
{
    for (size_t i = 0; i < arguments->parameter_count; i++) {
        const struct server_parameter *parameter = &arguments->parameters[i];
        size_t j = 0;
        while (j < sizeof PARAMETERS / sizeof PARAMETERS[0] &&
               !slice_is_nocase(parameter->name, PARAMETERS[j].name))
            j++;
        if (j == sizeof PARAMETERS / sizeof PARAMETERS[0] || !session->is_esmtp) {
            server_reply(session, 555, "5.5.4", "the parameter %.*s is not known",
                         SLICE_ARG(parameter->name));
            return false;
        }
        if (!PARAMETERS[j].take(session, parameter->value))
            return false;
    }
    return true;
}

enum server_event server_run_mail(struct server_session *session, struct slice argument)
{
    struct server_path_arguments arguments;
    if (session->transaction_count >= session->setup.limits->transactions_max) {
        server_session_limit(session, "transactions", "4.7.0",
                             "too many transactions in one session");
        return SERVER_EVENT_NONE;
    }
    /* RFC 6409 4.3. */
    if (server_auth_is_configured(session) && session->user == NULL &&
        !relay_client_is_trusted(session->setup.config, &session->setup.client.address)) {
        server_reply(session, 530, "5.7.0", "log in first");
        return SERVER_EVENT_NONE;
    }
    if (server_command_path(argument, "FROM", false, &arguments) != 0) {
        server_reply(session, 501, "5.1.7", "expected MAIL FROM:<address>");
        return SERVER_EVENT_NONE;
    }
    if (!server_domain_is_whole(session, &arguments.mailbox)) {
        server_reply(session, 554, "5.1.8", "the domain of the sender is not fully qualified");
        return SERVER_EVENT_NONE;
    }
    envelope_set_sender(&session->envelope, arguments.mailbox.whole);
    session->declared_bytes = 0;
    if (!take_parameters(session, &arguments)) {
        envelope_reset(&session->envelope);
        return SERVER_EVENT_NONE;
    }
    if (arguments.has_utf8 && !session->envelope.smtputf8) {
        server_reply(session, 550, "5.6.7", "this address needs SMTPUTF8");
        envelope_reset(&session->envelope);
        return SERVER_EVENT_NONE;
    }
    policy_notes_init(&session->notes, session->setup.config, &session->envelope.arena);
    session->transaction_count++;
    server_session_set_state(session, SERVER_STATE_MAIL);
    server_reply(session, 250, "2.1.0", "OK");
    return SERVER_EVENT_NONE;
}
