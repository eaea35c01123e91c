/* VRFY and EXPN (RFC 5321 3.5): what the local recipients are, for those who may know. */
#include "mta-under-test/refmta/recipients/recipient_map.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

/* "ann", "ann@a.test" or "<ann@a.test>". A name alone is of the first local domain. False if it is
 * not local. */
static bool take_name(const struct server_session *session, struct slice text, struct slice *local,
                      struct slice *domain)
{
    const struct config *config = session->setup.config;
    if (text.len > 2 && text.data[0] == '<' && text.data[text.len - 1] == '>')
        text = slice_first(slice_skip(text, 1), text.len - 2);
    size_t at = slice_find_last(text, '@');
    *local = slice_first(text, at);
    if (at != SIZE_MAX)
        *domain = slice_skip(text, at + 1);
    else if (config->local.domain_count > 0)
        *domain = slice_of(config->local.domains[0]);
    else
        return false;
    return config_is_local(config, *domain);
}

/* Neither confirms nor denies (RFC 5321 3.5.3). */
static void stay_neutral(struct server_session *session)
{
    server_reply(session, 252, "2.5.0", "send some mail, it will be tried");
}

static bool may_know(struct server_session *session, enum config_vrfy policy, const char *verb,
                     struct slice argument)
{
    if (policy == CONFIG_VRFY_OFF)
        server_reply(session, 502, "5.5.1", "%s is not answered here", verb);
    else if (argument.len == 0)
        server_reply(session, 501, "5.5.4", "%s needs an address", verb);
    else if (policy == CONFIG_VRFY_NEUTRAL || !server_client_is_own(session))
        stay_neutral(session);
    else
        return true;
    return false;
}

/* False when it is not local, or nobody has it (and that was said). */
static bool find(struct server_session *session, struct slice argument, struct arena *arena,
                 struct recipient_targets *targets, const char **address)
{
    struct slice local;
    struct slice domain;
    if (!take_name(session, argument, &local, &domain)) {
        stay_neutral(session);
        return false;
    }
    *address = arena_format(arena, "%.*s@%.*s", SLICE_ARG(local), SLICE_ARG(domain));
    if (recipient_map_find(session->setup.config->local.map, local, domain, arena, targets))
        return true;
    server_reply(session, 550, "5.1.1", "there is no mailbox of that name here");
    return false;
}

enum server_event server_run_vrfy(struct server_session *session, struct slice argument)
{
    struct arena arena = {0};
    struct recipient_targets targets;
    const char *address = NULL;
    if (may_know(session, session->setup.config->vrfy, "VRFY", argument) &&
        find(session, argument, &arena, &targets, &address))
        server_reply(session, 250, "2.1.5", "<%s>", address);
    arena_deinit(&arena);
    return SERVER_EVENT_NONE;
}

enum server_event server_run_expn(struct server_session *session, struct slice argument)
{
    struct arena arena = {0};
    struct recipient_targets targets;
    const char *address = NULL;
    if (may_know(session, session->setup.config->expn, "EXPN", argument) &&
        find(session, argument, &arena, &targets, &address)) {
        for (size_t i = 0; i + 1 < targets.count; i++)
            server_reply_more(session, 250, "2.1.5 <%s>", targets.addresses[i]);
        if (targets.count > 0)
            server_reply(session, 250, "2.1.5", "<%s>", targets.addresses[targets.count - 1]);
        else
            server_reply(session, 252, "2.1.5", "mail to it is thrown away");
    }
    arena_deinit(&arena);
    return SERVER_EVENT_NONE;
}
