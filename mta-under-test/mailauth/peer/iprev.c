#include "mta-under-test/mailauth/peer/iprev.h"

#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

const char *iprev_result_name(enum iprev_result result)
{
    static const char *const NAMES[] = {"pass", "fail", "temperror", "permerror", "pending"};
    return NAMES[result];
}

static enum iprev_result iprev_result_of(enum dns_status status)
{
    if (status == DNS_PENDING)
        return IPREV_PENDING;
    return dns_status_is_failure(status) ? IPREV_TEMPERROR : IPREV_PERMERROR;
}

/* The name has the address. */
static enum iprev_result iprev_confirm(const struct ip_address *ip, struct slice name,
                                       const struct dns_resolver *resolver)
{
    const struct dns_answer *answer =
        dns_lookup(resolver, ip->is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, name);
    if (answer->status != DNS_OK)
        return dns_status_is_void(answer->status) ? IPREV_FAIL : iprev_result_of(answer->status);
    for (size_t i = 0; i < answer->count; i++) {
        if (memcmp(answer->records[i].address, ip->bytes, ip->is_v6 ? 16 : 4) == 0)
            return IPREV_PASS;
    }
    return IPREV_FAIL;
}

void iprev_check(const struct ip_address *ip, const struct dns_resolver *resolver,
                 struct facts *facts, struct iprev_outcome *outcome)
{
    char arpa[IP_REVERSE_BYTES];
    const struct dns_answer *answer =
        dns_lookup(resolver, DNS_TYPE_PTR, slice_of(ip_to_arpa(ip, arpa)));
    memset(outcome, 0, sizeof *outcome);
    outcome->names = answer->count;
    outcome->result = answer->status == DNS_OK ? IPREV_FAIL : iprev_result_of(answer->status);
    facts_open(facts, "iprev", "the name of the client, and whether it leads back to it");
    dns_facts_add(facts, DNS_TYPE_PTR, slice_of(arpa), answer);
    for (size_t i = 0; i < answer->count && i < IPREV_NAMES_MAX; i++) {
        struct slice name = domain_without_dot(answer->records[i].data);
        enum iprev_result confirmed = iprev_confirm(ip, name, resolver);
        facts_add(facts, "name", "%.*s: %s", SLICE_ARG(name), iprev_result_name(confirmed));
        if (i == 0)
            outcome->name = name;
        if (confirmed == IPREV_PASS || confirmed == IPREV_PENDING) {
            outcome->result = confirmed;
            outcome->name = name;
            break;
        }
        if (confirmed == IPREV_TEMPERROR)
            outcome->result = IPREV_TEMPERROR;
    }
    facts_close(facts);
}
