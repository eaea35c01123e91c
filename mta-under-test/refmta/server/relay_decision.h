/*
 * Whether a recipient is taken from this client. A pure function of the facts: the one place that
 * keeps the server from being an open relay.
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/message/mailbox.h"

struct relay_facts {
    const struct config *config;
    const struct ip_address *client;
    bool authenticated;
    const struct mailbox *recipient;
};

enum relay_verdict {
    RELAY_ALLOWED_CLIENT, /* the client may send to anywhere */
    RELAY_ALLOWED_DOMAIN, /* we take mail for this domain from anybody: it is local or ours */
    RELAY_DENIED,
    RELAY_DENIED_ROUTING, /* a local part that asks the next server to relay: a%b, a!b, "a@b" */
};

/* The client may send to anywhere, whoever it is that it sends for. */
bool relay_client_is_trusted(const struct config *config, const struct ip_address *client);

enum relay_verdict relay_decide(const struct relay_facts *facts);
