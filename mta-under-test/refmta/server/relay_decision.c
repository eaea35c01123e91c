#include "mta-under-test/refmta/server/relay_decision.h"

#include "mta-under-test/base/poison.h"

bool relay_client_is_trusted(const struct config *config, const struct ip_address *client)
{
    for (size_t i = 0; i < config->relay_network_count; i++)
        if (ip_network_contains(&config->relay_networks[i], client))
            return true;
    return false;
}

enum relay_verdict relay_decide(const struct relay_facts *facts)
{
    struct slice local = facts->recipient->local;
    if (facts->authenticated || relay_client_is_trusted(facts->config, facts->client))
        return RELAY_ALLOWED_CLIENT;
    bool is_local = config_is_local(facts->config, facts->recipient->domain);
    if (!is_local && !config_domains_have(&facts->config->relay_for, facts->recipient->domain))
        return RELAY_DENIED;
    if (slice_find(local, '%') != SIZE_MAX || slice_find(local, '!') != SIZE_MAX ||
        slice_find(local, '@') != SIZE_MAX)
        return RELAY_DENIED_ROUTING;
    return RELAY_ALLOWED_DOMAIN;
}
