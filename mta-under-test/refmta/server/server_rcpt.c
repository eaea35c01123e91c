#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/local/maildir.h"
#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/recipients/recipient_map.h"
#include "mta-under-test/refmta/routing/srs.h"
#include "mta-under-test/refmta/server/relay_decision.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

enum { ORCPT_BYTES_MAX = 500, ADDRESS_BYTES_MAX = 512 };

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

/* Is there room for what the client says is coming (RFC 1870 6.1)? Answers if there is none. */
static bool has_room(struct server_session *session, const char *address)
{
    const struct config_local *local = &session->setup.config->local;
    const char *mailbox = recipient_map_mailbox(local->map, address);
    if (local->quota_bytes == 0 || local->maildirs == NULL || mailbox == NULL)
        return true;
    if (session->declared_bytes > local->quota_bytes) {
        server_reply(session, 552, "5.2.3", "the message is larger than the mailbox may be");
        return false;
    }
    char *path = mem_text_format("%s/%s", local->maildirs, mailbox);
    uint64_t used = maildir_used_bytes(path);
    free(path);
    if (used < local->quota_bytes && session->declared_bytes <= local->quota_bytes - used)
        return true;
    server_reply(session, 452, "4.2.2", "the mailbox is full");
    return false;
}

/* Mail to a reverse-path that was rewritten here goes on to whom it stands for. */
static enum srs_verdict find_sender(struct server_session *session, struct slice local,
                                    struct recipient_targets *targets)
{
    const struct config *config = session->setup.config;
    const struct srs_scheme scheme = {config->srs_domain, config->srs_keys, config->srs_life_us};
    struct buf address;
    buf_init(&address, ADDRESS_BYTES_MAX);
    enum srs_verdict verdict = srs_reverse(&scheme, local, time_now_us(), &address);
    *targets = (struct recipient_targets){.count = 1};
    targets->addresses[0] = arena_text(&session->envelope.arena, buf_text(&address));
    buf_deinit(&address);
    return verdict;
}

/* The way in: where mail for the address goes, which is itself unless it is local. False when it
 * was refused (and answered). */
static bool find_targets(struct server_session *session, const struct mailbox *mailbox,
                         struct recipient_targets *targets)
{
    const struct config_local *local = &session->setup.config->local;
    struct arena *arena = &session->envelope.arena;
    struct slice domain =
        mailbox->domain.len > 0 ? mailbox->domain : slice_of(local->domains[0]); /* <Postmaster> */
    if (!config_is_local(session->setup.config, domain)) {
        *targets = (struct recipient_targets){.count = 1};
        targets->addresses[0] = arena_text_of(arena, mailbox->whole);
        return true;
    }
    struct slice name = mailbox->domain.len > 0 ? mailbox->local : SLICE("postmaster");
    const char *srs_domain = session->setup.config->srs_domain;
    if (srs_domain != NULL && slice_is_nocase(domain, srs_domain) &&
        slice_starts_with_nocase(name, SLICE("SRS")))
        switch (find_sender(session, name, targets)) {
        case SRS_GOOD:
            return true;
        case SRS_FORGED:
            server_reply(session, 550, "5.1.1", "this return address was not made here");
            return false;
        case SRS_EXPIRED:
            server_reply(session, 550, "5.1.1", "this return address has expired");
            return false;
        case SRS_OTHER:
            break;
        }
    if (!recipient_map_find(local->map, name, domain, arena, targets)) {
        server_reply(session, 550, "5.1.1", "there is no mailbox of that name here");
        return false;
    }
    return targets->count > 1 || has_room(session, targets->addresses[0]);
}

static bool is_known(const struct server_session *session, struct slice address)
{
    for (size_t i = 0; i < session->envelope.recipient_count; i++)
        if (slice_is(address, session->envelope.recipients[i].address))
            return true;
    return false;
}

/* An alias keeps the name under which it was asked for, so that reports speak of that. */
static const char *original_of(struct arena *arena, const struct mailbox *mailbox,
                               const char *target)
{
    if (slice_is(mailbox->whole, target) || mailbox->is_utf8 || mailbox->domain.len == 0 ||
        !server_command_is_xtext(mailbox->whole))
        return NULL;
    return arena_format(arena, "rfc822;%.*s", SLICE_ARG(mailbox->whole));
}

static void add_targets(struct server_session *session, const struct mailbox *mailbox,
                        const struct rcpt_parameters *parameters,
                        const struct recipient_targets *targets)
{
    struct arena *arena = &session->envelope.arena;
    for (size_t i = 0; i < targets->count; i++) {
        const char *target = targets->addresses[i];
        if (is_known(session, slice_of(target)))
            continue;
        struct envelope_recipient *recipient =
            envelope_add_recipient(&session->envelope, slice_of(target));
        recipient->notify = parameters->notify;
        recipient->is_forwarded = !slice_is(mailbox->whole, target) &&
                                  !config_is_local(session->setup.config, message_domain(target));
        recipient->orcpt = parameters->orcpt.data != NULL ? arena_text_of(arena, parameters->orcpt)
                                                          : original_of(arena, mailbox, target);
    }
}

/* It runs anew when all is known that must be. */
static enum server_event wait_for_check(struct server_session *session, struct slice argument)
{
    session->waiting_rcpt = arena_text_of(&session->envelope.arena, argument);
    session->waiting_in = session->state;
    server_session_set_state(session, SERVER_STATE_SCREENING);
    return SERVER_EVENT_CHECK;
}

enum server_event server_rcpt_resume(struct server_session *session)
{
    server_session_set_state(session, session->waiting_in);
    return server_run_rcpt(session, slice_of(session->waiting_rcpt));
}

/* What the policy says; of who was taken already it is not asked twice. */
static bool is_welcome(struct server_session *session, struct slice address)
{
    return is_known(session, address) ||
           server_policy_takes(session, arena_text_of(&session->envelope.arena, address));
}

enum server_event server_run_rcpt(struct server_session *session, struct slice argument)
{
    struct server_path_arguments arguments;
    struct rcpt_parameters parameters = {0};
    struct recipient_targets targets;
    const struct mailbox *mailbox = &arguments.mailbox;
    bool has_local = session->setup.config->local.domain_count > 0;
    if (server_command_path(argument, "TO", true, &arguments) != 0 || mailbox->whole.len == 0) {
        server_reply(session, 501, "5.1.3", "expected RCPT TO:<address>");
    } else if (!server_domain_is_whole(session, mailbox)) {
        server_reply(session, 554, "5.1.2", "the domain of the recipient is not fully qualified");
    } else if (mailbox->domain.len == 0 && !has_local) {
        server_reply(session, 550, "5.1.1", "there are no mailboxes here");
    } else if (arguments.has_utf8 && !session->envelope.smtputf8) {
        server_reply(session, 550, "5.6.7", "this address needs SMTPUTF8");
    } else if (session->envelope.recipient_count >= session->setup.limits->recipients_max) {
        session->limit = "recipients";
        server_reply(session, 452, "4.5.3", "too many recipients, send the rest separately");
    } else if (take_parameters(session, &arguments, &parameters) &&
               (mailbox->domain.len == 0 || is_allowed(session, mailbox)) &&
               find_targets(session, mailbox, &targets)) {
        if (server_policy_needs_check(session))
            return wait_for_check(session, argument);
        if (!is_welcome(session, mailbox->whole))
            return SERVER_EVENT_NONE;
        add_targets(session, mailbox, &parameters, &targets);
        server_session_set_state(session, SERVER_STATE_RCPT);
        server_reply(session, 250, "2.1.5", "OK");
    }
    return SERVER_EVENT_NONE;
}
