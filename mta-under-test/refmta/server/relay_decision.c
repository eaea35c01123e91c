#include "mta-under-test/refmta/server/relay_decision.h"

#include "mta-under-test/base/poison.h"

static bool client_is_trusted(const struct relay_facts *facts)
{
    if (facts->authenticated)
        return true;
    for (size_t i = 0; i < facts->config->relay_network_count; i++)
        if (ip_network_contains(&facts->config->relay_networks[i], facts->client))
            return true;
    return false;
}

enum relay_verdict relay_decide(const struct relay_facts *facts)
{
    struct slice local = facts->recipient->local;
    if (client_is_trusted(facts))
        return RELAY_ALLOWED_CLIENT;
    if (!config_domains_have(&facts->config->relay_for, facts->recipient->domain))
        return RELAY_DENIED;
    if (slice_find(local, '%') != SIZE_MAX || slice_find(local, '!') != SIZE_MAX ||
        slice_find(local, '@') != SIZE_MAX)
        return RELAY_DENIED_ROUTING;
    return RELAY_ALLOWED_DOMAIN;
}
