#include "mta-under-test/refmta/check/check_private.h"

#include "mta-under-test/base/poison.h"

struct check *check_new_targets(const char *domain)
{
    struct check *check = mem_alloc(sizeof *check);
    dns_cache_init(&check->cache);
    check->domain = domain;
    return check;
}

bool check_run_targets(struct check *check, const struct dns_resolver *resolver)
{
    const struct dmarc_context context = {.resolver = resolver, .arena = &check->arena};
    dmarc_discover(&context, slice_of(check->domain), &check->policy);
    if (check->policy.status != DMARC_FOUND)
        return check->policy.status != DMARC_DNS_PENDING;
    bool done = true;
    for (size_t i = 0; i < check->policy.record.aggregate_count; i++) {
        check->consents[i] =
            dmarc_external_check(&context, check->policy.record_domain,
                                 &check->policy.record.aggregate[i], &check->replacements[i]);
        if (check->consents[i] == DMARC_EXTERNAL_PENDING)
            done = false;
    }
    return done;
}

static const char *problem_of(enum dmarc_external consent)
{
    switch (consent) {
    case DMARC_EXTERNAL_OK:
        return NULL;
    case DMARC_EXTERNAL_REFUSED:
        return "that domain has not said in DNS that it takes these reports (RFC 7489 7.1)";
    case DMARC_EXTERNAL_BAD:
        return "it is no mailto: address";
    case DMARC_EXTERNAL_TEMPERROR:
    case DMARC_EXTERNAL_PENDING:
        break;
    }
    return "DNS does not answer whether that domain takes these reports";
}

size_t check_targets(const struct check *check, struct arena *arena, struct check_target *targets,
                     size_t max, bool *failed)
{
    const struct dmarc_record *record = &check->policy.record;
    size_t count = 0;
    *failed = check->policy.status == DMARC_DNS_FAILURE;
    if (check->policy.status != DMARC_FOUND)
        return 0;
    for (; count < record->aggregate_count && count < max; count++) {
        const struct dmarc_uri *uri = &record->aggregate[count];
        const struct dmarc_uri *other = &check->replacements[count];
        if (other->address.len > 0)
            uri = other;
        targets[count] = (struct check_target){
            .address = arena_text_of(arena, uri->address),
            .bytes_max = uri->bytes_max,
            .problem = problem_of(check->consents[count]),
            .is_temporary = check->consents[count] == DMARC_EXTERNAL_TEMPERROR,
        };
    }
    return count;
}
