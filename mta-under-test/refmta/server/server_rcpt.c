#include "mta-under-test/refmta/server/relay_decision.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum { ORCPT_BYTES_MAX = 500 };

/* What RCPT brings besides the path. */
struct rcpt_parameters {
    uint8_t notify;
    struct slice orcpt;
};

/* RFC 3461 4.1: NEVER alone, or any of the others. */
static bool take_notify(struct slice value, uint8_t *notify)
{
    struct slice word;
    *notify = 0;
    while (slice_split(&value, ',', &word)) {
        uint8_t bit = slice_is_nocase(word, "NEVER")     ? ENVELOPE_NOTIFY_NEVER
                      : slice_is_nocase(word, "SUCCESS") ? ENVELOPE_NOTIFY_SUCCESS
                      : slice_is_nocase(word, "FAILURE") ? ENVELOPE_NOTIFY_FAILURE
                      : slice_is_nocase(word, "DELAY")   ? ENVELOPE_NOTIFY_DELAY
                                                         : 0;
        if (bit == 0 || (*notify & bit) != 0)
            return false;
        *notify |= bit;
    }
    return *notify != 0 &&
           ((*notify & ENVELOPE_NOTIFY_NEVER) == 0 || *notify == ENVELOPE_NOTIFY_NEVER);
}

/* RFC 3461 4.2: addr-type ";" xtext. With SMTPUTF8 the UTF-8 form of RFC 6533 3 is taken too. */
static bool take_orcpt(const struct server_session *session, struct slice value)
{
    size_t semicolon = slice_find(value, ';');
    if (semicolon == SIZE_MAX || semicolon == 0 || value.len > ORCPT_BYTES_MAX)
        return false;
    struct slice address = slice_skip(value, semicolon + 1);
    return server_command_is_xtext(slice_first(value, semicolon)) &&
           (server_command_is_xtext(address) || (session->envelope.smtputf8 && address.len > 0));
}

static bool take_parameters(struct server_session *session,
                            const struct server_path_arguments *arguments,
                            struct rcpt_parameters *out)
{
    for (size_t i = 0; i < arguments->parameter_count; i++) {
        const struct server_parameter *parameter = &arguments->parameters[i];
        bool good = true;
        if (session->is_esmtp && slice_is_nocase(parameter->name, "NOTIFY")) {
            good = parameter->value.data != NULL && take_notify(parameter->value, &out->notify);
        } else if (session->is_esmtp && slice_is_nocase(parameter->name, "ORCPT")) {
            good = take_orcpt(session, parameter->value);
            out->orcpt = parameter->value;
        } else {
            server_reply(session, 555, "5.5.4", "the parameter %.*s is not known",
                         SLICE_ARG(parameter->name));
            return false;
        }
        if (!good) {
            server_reply(session, 501, "5.5.4", "the value of %.*s is wrong",
                         SLICE_ARG(parameter->name));
            return false;
        }
    }
    return true;
}

static bool is_allowed(struct server_session *session, const struct mailbox *mailbox)
{
    struct relay_facts facts = {
        .config = session->setup.config,
        .client = &session->setup.client.address,
        .authenticated = session->user != NULL,
        .recipient = mailbox,
    };
    switch (relay_decide(&facts)) {
    case RELAY_ALLOWED_CLIENT:
    case RELAY_ALLOWED_DOMAIN:
        return true;
    case RELAY_DENIED:
        server_reply(session, 550, "5.7.1", "relaying denied");
        return false;
    case RELAY_DENIED_ROUTING:
        server_reply(session, 550, "5.7.1", "no routing in the local part of an address");
        return false;
    }
    return false;
}

static bool is_known(const struct server_session *session, struct slice address)
{
    for (size_t i = 0; i < session->envelope.recipient_count; i++)
        if (slice_is(address, session->envelope.recipients[i].address))
            return true;
    return false;
}

enum server_event server_run_rcpt(struct server_session *session, struct slice argument)
{
    struct server_path_arguments arguments;
    struct rcpt_parameters parameters = {0};
    if (server_command_path(argument, "TO", true, &arguments) != 0 ||
        arguments.mailbox.whole.len == 0) {
        server_reply(session, 501, "5.1.3", "expected RCPT TO:<address>");
    } else if (arguments.mailbox.domain.len == 0) {
        server_reply(session, 550, "5.1.1", "there are no mailboxes here");
    } else if (arguments.has_utf8 && !session->envelope.smtputf8) {
        server_reply(session, 550, "5.6.7", "this address needs SMTPUTF8");
    } else if (session->envelope.recipient_count >= session->setup.limits->recipients_max) {
        session->limit = "recipients";
        server_reply(session, 452, "4.5.3", "too many recipients, send the rest separately");
    } else if (take_parameters(session, &arguments, &parameters) &&
               is_allowed(session, &arguments.mailbox)) {
        if (!is_known(session, arguments.mailbox.whole)) {
            struct envelope_recipient *recipient =
                envelope_add_recipient(&session->envelope, arguments.mailbox.whole);
            recipient->notify = parameters.notify;
            if (parameters.orcpt.data != NULL)
                recipient->orcpt = arena_text_of(&session->envelope.arena, parameters.orcpt);
        }
        server_session_set_state(session, SERVER_STATE_RCPT);
        server_reply(session, 250, "2.1.5", "OK");
    }
    return SERVER_EVENT_NONE;
}
