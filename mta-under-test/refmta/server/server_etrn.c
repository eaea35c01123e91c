/* ETRN (RFC 1985): a site that was away asks for its mail now. It goes the usual way, to the MX of
 * the domain, and not to who asks; so anybody may. */
#include "mta-under-test/refmta/message/mailbox.h"
#include "mta-under-test/refmta/server/server_verb.h"

#include "mta-under-test/base/poison.h"

bool server_check_etrn(struct server_session *session, struct slice argument)
{
    const struct config *config = session->setup.config;
    if (config->etrn.count == 0)
        server_reply(session, 502, "5.5.1", "ETRN is not answered here");
    else if (!session->is_esmtp)
        server_reply(session, 503, "5.5.1", "say EHLO first");
    else if (!mailbox_is_domain(argument, false))
        server_reply(session, 501, "5.5.4", "expected a domain, without @ or #");
    else if (!config_domains_have(&config->etrn, argument))
        server_reply(session, 459, "4.7.1", "mail for this domain does not wait for ETRN here");
    else
        return true;
    return false;
}

enum server_event server_run_etrn(struct server_session *session, struct slice argument)
{
    size_t count = session->setup.flush(session->setup.arg, argument);
    if (count == 0)
        server_reply(session, 251, "2.0.0", "no messages wait for %.*s", SLICE_ARG(argument));
    else
        server_reply(session, 253, "2.0.0", "%zu pending recipients of %.*s are tried now", count,
                     SLICE_ARG(argument));
    return SERVER_EVENT_NONE;
}
