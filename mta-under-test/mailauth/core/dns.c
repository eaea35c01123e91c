#include "mta-under-test/mailauth/core/dns.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

const char *dns_type_name(enum dns_type type)
{
    static const char *const NAMES[] = {"A", "AAAA", "MX", "TXT", "PTR", "TLSA", "SOA"};
    return NAMES[type];
}

const char *dns_status_name(enum dns_status status)
{
    static const char *const NAMES[] = {"records",           "nothing of this type",
                                        "no such name",      "the server failed",
                                        "no answer in time", "not known yet"};
    return NAMES[status];
}

bool dns_status_is_void(enum dns_status status)
{
    return status == DNS_NODATA || status == DNS_NXDOMAIN;
}

bool dns_status_is_failure(enum dns_status status)
{
    return status == DNS_SERVFAIL || status == DNS_TIMEOUT;
}

const struct dns_answer *dns_lookup(const struct dns_resolver *resolver, enum dns_type type,
                                    struct slice name)
{
    static const struct dns_answer NO_SUCH_NAME = {.status = DNS_NXDOMAIN};
    char lower[DOMAIN_BYTES_MAX + 1];
    name = domain_without_dot(name);
    if (!domain_is_queryable(name))
        return &NO_SUCH_NAME;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = text_lower(name.data[i]);
    return resolver->lookup(resolver->context, type, slice_from(lower, name.len));
}
