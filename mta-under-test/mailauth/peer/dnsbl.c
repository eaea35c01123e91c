#include "mta-under-test/mailauth/peer/dnsbl.h"

#include <stdio.h>

#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

const char *dnsbl_status_name(enum dnsbl_status status)
{
    static const char *const NAMES[] = {"listed", "not-listed", "refused",
                                        "broken", "temperror",  "pending"};
    return NAMES[status];
}

const char *dnsbl_ip_name(const struct ip_address *ip, struct slice zone,
                          char name[DNSBL_NAME_BYTES])
{
    char reverse[IP_REVERSE_BYTES];
    snprintf(name, DNSBL_NAME_BYTES, "%s.%.*s", ip_to_reverse(ip, reverse),
             SLICE_ARG(slice_first(zone, DOMAIN_BYTES_MAX)));
    return name;
}

const char *dnsbl_domain_name(struct slice domain, struct slice zone, char name[DNSBL_NAME_BYTES])
{
    snprintf(name, DNSBL_NAME_BYTES, "%.*s.%.*s",
             SLICE_ARG(slice_first(domain_without_dot(domain), DOMAIN_BYTES_MAX)),
             SLICE_ARG(slice_first(zone, DOMAIN_BYTES_MAX)));
    return name;
}

static enum dnsbl_status dnsbl_read_codes(const struct dns_answer *answer,
                                          struct dnsbl_outcome *outcome)
{
    enum dnsbl_status status = DNSBL_LISTED;
    for (size_t i = 0; i < answer->count && outcome->count < DNSBL_CODES_MAX; i++) {
        const unsigned char *code = answer->records[i].address;
        memcpy(outcome->codes[outcome->count++], code, 4);
        if (code[0] != 127)
            return DNSBL_BROKEN;
        if (code[1] == 255 && code[2] == 255)
            status = DNSBL_REFUSED;
    }
    return status;
}

void dnsbl_check(const char *name, const struct dns_resolver *resolver, struct facts *facts,
                 struct dnsbl_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    const struct dns_answer *answer = dns_lookup(resolver, DNS_TYPE_A, slice_of(name));
    dns_facts_add(facts, DNS_TYPE_A, slice_of(name), answer);
    if (answer->status == DNS_OK)
        outcome->status = dnsbl_read_codes(answer, outcome);
    else if (answer->status == DNS_PENDING)
        outcome->status = DNSBL_PENDING;
    else
        outcome->status = dns_status_is_void(answer->status) ? DNSBL_NOT_LISTED : DNSBL_TEMPERROR;
    if (outcome->status == DNSBL_LISTED) {
        const struct dns_answer *why = dns_lookup(resolver, DNS_TYPE_TXT, slice_of(name));
        if (why->status == DNS_PENDING)
            outcome->status = DNSBL_PENDING;
        if (why->count > 0)
            outcome->text = why->records[0].data;
    }
    if (facts != NULL)
        facts_add(facts, "dnsbl", "%s%s%.*s", dnsbl_status_name(outcome->status),
                  outcome->text.len > 0 ? ", because: " : "", SLICE_ARG(outcome->text));
}
