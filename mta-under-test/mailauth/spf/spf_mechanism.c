#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/spf/spf_macro.h"
#include "mta-under-test/mailauth/spf/spf_state.h"

#include "mta-under-test/base/poison.h"

const struct dns_answer *spf_state_lookup(struct spf_state *state, enum dns_type type,
                                          struct slice name)
{
    const struct dns_answer *answer = dns_lookup(state->resolver, type, name);
    dns_facts_add(state->facts, type, name, answer);
    return answer;
}

enum spf_match spf_state_fail(struct spf_state *state, enum spf_match match, enum spf_reason reason,
                              const char *problem)
{
    state->reason = reason;
    state->problem = problem;
    return match;
}

bool spf_state_is_void_exceeded(struct spf_state *state)
{
    if (state->void_lookups <= state->limits->void_lookups_max)
        return false;
    spf_state_fail(state, SPF_MATCH_PERMERROR, SPF_REASON_VOID_LIMIT,
                   "more void look-ups than allowed");
    return true;
}

/* Counts a negative answer (4.6.4). */
static enum spf_match spf_state_count_void(struct spf_state *state)
{
    state->void_lookups++;
    return spf_state_is_void_exceeded(state) ? SPF_MATCH_PERMERROR : SPF_MATCH_NO;
}

enum spf_match spf_state_query(struct spf_state *state, enum dns_type type, struct slice name,
                               const struct dns_answer **answer)
{
    *answer = spf_state_lookup(state, type, name);
    switch ((*answer)->status) {
    case DNS_OK:
        return SPF_MATCH_YES;
    case DNS_PENDING:
        return spf_state_fail(state, SPF_MATCH_PENDING, SPF_REASON_DNS_PENDING, "");
    case DNS_SERVFAIL:
    case DNS_TIMEOUT:
        return spf_state_fail(state, SPF_MATCH_TEMPERROR, SPF_REASON_DNS_FAILURE,
                              "a DNS look-up failed");
    case DNS_NODATA:
    case DNS_NXDOMAIN:
        break;
    }
    /* A name that cannot be asked for was not looked up. */
    if (!domain_is_queryable(domain_without_dot(name)))
        return SPF_MATCH_NO;
    return spf_state_count_void(state);
}

/* One of the host's addresses is in the term's network around the client (5.3). */
static enum spf_match spf_match_host(struct spf_state *state, struct slice host,
                                     const struct spf_term *term)
{
    const struct ip_address *ip = &state->request->ip;
    const struct dns_answer *answer = NULL;
    enum spf_match match =
        spf_state_query(state, ip->is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, host, &answer);
    if (match != SPF_MATCH_YES)
        return match;
    unsigned bits = ip->is_v6 ? term->bits_v6 : term->bits_v4;
    for (size_t i = 0; i < answer->count; i++) {
        if (ip_bits_match(answer->records[i].address, ip->bytes, bits))
            return SPF_MATCH_YES;
    }
    return SPF_MATCH_NO;
}

static enum spf_match spf_match_mx(struct spf_state *state, struct slice domain,
                                   const struct spf_term *term)
{
    const struct dns_answer *answer = NULL;
    enum spf_match match = spf_state_query(state, DNS_TYPE_MX, domain, &answer);
    if (match != SPF_MATCH_YES)
        return match;
    if (answer->count > state->limits->hosts_max)
        return spf_state_fail(state, SPF_MATCH_PERMERROR, SPF_REASON_MX_LIMIT,
                              "an mx with more hosts than allowed");
    for (size_t i = 0; i < answer->count; i++) {
        struct slice host = domain_without_dot(answer->records[i].data);
        if (host.len == 0)
            continue; /* null MX (RFC 7505) */
        match = spf_match_host(state, host, term);
        if (match != SPF_MATCH_NO)
            return match;
    }
    return SPF_MATCH_NO;
}

static bool spf_name_has_client(struct spf_state *state, struct slice name, bool *pending)
{
    const struct ip_address *ip = &state->request->ip;
    const struct dns_answer *answer =
        spf_state_lookup(state, ip->is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, name);
    *pending = answer->status == DNS_PENDING;
    state->void_lookups += dns_status_is_void(answer->status);
    for (size_t i = 0; i < answer->count; i++) {
        if (memcmp(answer->records[i].address, ip->bytes, ip->is_v6 ? 16 : 4) == 0)
            return true;
    }
    return false;
}

bool spf_find_names(struct spf_state *state)
{
    char arpa[IP_REVERSE_BYTES];
    bool pending = false;
    if (state->has_names)
        return true;
    struct slice reverse = slice_of(ip_to_arpa(&state->request->ip, arpa));
    const struct dns_answer *answer = spf_state_lookup(state, DNS_TYPE_PTR, reverse);
    if (answer->status == DNS_PENDING)
        return false;
    unsigned before = state->void_lookups;
    state->void_lookups += dns_status_is_void(answer->status);
    /* Names beyond the limit are ignored (4.6.4); a failure ignores the name (5.5). */
    for (size_t i = 0; i < answer->count && i < state->limits->hosts_max; i++) {
        struct slice name = domain_without_dot(answer->records[i].data);
        bool is_valid = spf_name_has_client(state, name, &pending);
        if (pending)
            return false;
        if (is_valid && state->name_count < SPF_NAMES_MAX)
            state->names[state->name_count++] = name;
    }
    state->name_voids = state->void_lookups - before;
    state->has_names = true;
    return true;
}

static enum spf_match spf_match_ptr(struct spf_state *state, struct slice domain)
{
    /* A void look-up counts for each ptr that stands on it, though it is made once. */
    if (state->has_names)
        state->void_lookups += state->name_voids;
    if (!spf_find_names(state))
        return spf_state_fail(state, SPF_MATCH_PENDING, SPF_REASON_DNS_PENDING, "");
    if (spf_state_is_void_exceeded(state))
        return SPF_MATCH_PERMERROR;
    for (size_t i = 0; i < state->name_count; i++) {
        if (domain_is_within(state->names[i], domain))
            return SPF_MATCH_YES;
    }
    return SPF_MATCH_NO;
}

enum spf_match spf_mechanism_match(struct spf_state *state, const struct spf_term *term)
{
    struct slice domain = state->domain;
    const struct dns_answer *answer = NULL;
    if (term->domain.len > 0) {
        enum spf_expansion expansion = spf_macro_expand_domain(state, term->domain, &domain);
        if (expansion == SPF_EXPANSION_PENDING)
            return spf_state_fail(state, SPF_MATCH_PENDING, SPF_REASON_DNS_PENDING, "");
        if (spf_state_is_void_exceeded(state))
            return SPF_MATCH_PERMERROR;
        if (expansion == SPF_EXPANSION_UNUSABLE)
            return SPF_MATCH_NO;
    }
    switch (term->mechanism) {
    case SPF_A:
        return spf_match_host(state, domain, term);
    case SPF_MX:
        return spf_match_mx(state, domain, term);
    case SPF_PTR:
        return spf_match_ptr(state, domain);
    case SPF_EXISTS:
        return spf_state_query(state, DNS_TYPE_A, domain, &answer);
    case SPF_ALL:
    case SPF_INCLUDE:
    case SPF_IP4:
    case SPF_IP6:
        break;
    }
    return SPF_MATCH_NO;
}
