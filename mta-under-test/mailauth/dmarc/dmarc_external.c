#include "mta-under-test/mailauth/dmarc/dmarc_external.h"

#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

const char *dmarc_external_name(enum dmarc_external status)
{
    static const char *const NAMES[] = {"ok", "refused", "bad", "temperror", "pending"};
    return NAMES[status];
}

static struct slice dmarc_address_domain(struct slice address)
{
    size_t at = slice_find_last(address, '@');
    return at == SIZE_MAX ? slice_first(address, 0)
                          : domain_without_dot(slice_skip(address, at + 1));
}

/* The consent: any record "v=DMARC1" at DOMAIN._report._dmarc.DESTINATION. */
static enum dmarc_external dmarc_external_ask(const struct dmarc_context *context,
                                              struct slice record_domain, struct slice host,
                                              struct dmarc_uri *replacement)
{
    struct slice name = slice_of(arena_format(context->arena, "%.*s._report._dmarc.%.*s",
                                              SLICE_ARG(record_domain), SLICE_ARG(host)));
    const struct dns_answer *answer = dns_lookup(context->resolver, DNS_TYPE_TXT, name);
    dns_facts_add(context->facts, DNS_TYPE_TXT, name, answer);
    if (answer->status == DNS_PENDING)
        return DMARC_EXTERNAL_PENDING;
    if (dns_status_is_failure(answer->status))
        return DMARC_EXTERNAL_TEMPERROR;
    for (size_t i = 0; i < answer->count; i++) {
        struct dmarc_record record;
        if (!dmarc_record_is(answer->records[i].data))
            continue;
        dmarc_record_parse(context->arena, answer->records[i].data, &record);
        for (size_t k = 0; replacement != NULL && k < record.aggregate_count; k++) {
            struct slice other = dmarc_address_domain(record.aggregate[k].address);
            if (slice_equal_nocase(other, host)) {
                *replacement = record.aggregate[k];
                break;
            }
        }
        return DMARC_EXTERNAL_OK;
    }
    return DMARC_EXTERNAL_REFUSED;
}

enum dmarc_external dmarc_external_check(const struct dmarc_context *context,
                                         struct slice record_domain, const struct dmarc_uri *uri,
                                         struct dmarc_uri *replacement)
{
    struct slice host;
    struct slice ours;
    struct slice theirs = {NULL, 0};
    if (replacement != NULL)
        memset(replacement, 0, sizeof *replacement);
    if (!domain_to_ascii(context->arena, dmarc_address_domain(uri->address), &host) ||
        !domain_is_ldh(host))
        return DMARC_EXTERNAL_BAD;
    if (slice_equal_nocase(host, record_domain))
        return DMARC_EXTERNAL_OK;
    /* How the organisation of the record's domain was found has been told already. */
    struct dmarc_context silent = *context;
    silent.facts = NULL;
    enum dmarc_discovery_status status = dmarc_organizational_domain(&silent, record_domain, &ours);
    if (status == DMARC_FOUND)
        status = dmarc_organizational_domain(context, host, &theirs);
    if (status != DMARC_FOUND)
        return status == DMARC_DNS_PENDING ? DMARC_EXTERNAL_PENDING : DMARC_EXTERNAL_TEMPERROR;
    if (slice_equal_nocase(ours, theirs))
        return DMARC_EXTERNAL_OK;
    return dmarc_external_ask(context, record_domain, host, replacement);
}
