/*
 * The checks of mx_auth.h, made with the authentication library.
 */
#include <netinet/in.h>

#include "mta-under-test/mailauth/arc/arc_validate.h"
#include "mta-under-test/mailauth/dmarc/dmarc_check.h"
#include "mta-under-test/mailauth/peer/iprev.h"
#include "sim/mx/mx_auth.h"

#include "mta-under-test/base/poison.h"

enum { MX_VERIFIER_KEYS_MAX = 256, MX_VERIFIER_TOLD_MAX = 200, MX_VERIFIER_IPV4_AT = 12 };

struct mx_verifier {
    mx_resolver_at *resolver_at;
    void *context;
    struct dkim_key_cache keys;
    size_t told; /* messages whose chain of facts was kept */
};

/* One message, or one client, being looked at. */
struct mx_inspection {
    const struct mx_facts *facts;
    struct dns_resolver resolver;
    struct ip_address ip;
    struct arena *arena;
    struct mx_auth *auth;
    bool tells; /* the chain of facts is kept */
};

struct mx_verifier *mx_verifier_new(mx_resolver_at *resolver_at, void *context)
{
    struct mx_verifier *verifier = mem_alloc(sizeof *verifier);
    verifier->resolver_at = resolver_at;
    verifier->context = context;
    dkim_key_cache_init(&verifier->keys, MX_VERIFIER_KEYS_MAX);
    return verifier;
}

void mx_verifier_free(struct mx_verifier **verifier)
{
    if (*verifier == NULL)
        return;
    dkim_key_cache_deinit(&(*verifier)->keys);
    free(*verifier);
    *verifier = NULL;
}

static struct ip_address mx_verifier_ip(const struct address *address)
{
    struct ip_address ip = {.is_v6 = !address_is_ipv4(address)};
    size_t skip = ip.is_v6 ? 0 : MX_VERIFIER_IPV4_AT;
    memcpy(ip.bytes, address->bytes + skip, sizeof address->bytes - skip);
    return ip;
}

static const char *mx_verifier_text(const struct mx_inspection *inspection, struct slice text)
{
    return text.len > 0 ? arena_text_of(inspection->arena, text) : "";
}

/* Where a check is to tell its chain of facts; NULL = nowhere. */
static struct facts *mx_inspection_facts(const struct mx_inspection *inspection,
                                         enum mx_auth_method method)
{
    if (!inspection->tells)
        return NULL;
    struct facts *facts = arena_alloc(inspection->arena, sizeof *facts);
    facts_init(facts, inspection->arena);
    inspection->auth->results[method].facts = facts;
    return facts;
}

/* ---- the client */

static const char *mx_iprev_reason(const struct mx_inspection *inspection,
                                   const struct iprev_outcome *outcome)
{
    char ip[IP_TEXT_BYTES];
    const char *name = inspection->auth->client_name;
    ip_to_text(&inspection->ip, ip);
    switch (outcome->result) {
    case IPREV_PASS:
        return arena_format(inspection->arena, "%s is %s, which has this address", ip, name);
    case IPREV_FAIL:
        return arena_format(inspection->arena, "%s is %s, which does not have this address", ip,
                            name);
    case IPREV_PERMERROR:
        return arena_format(inspection->arena, "%s has no name", ip);
    case IPREV_TEMPERROR:
    case IPREV_PENDING:
        break;
    }
    return "DNS does not answer";
}

static void mx_inspect_address(const struct mx_inspection *inspection)
{
    struct mx_auth *auth = inspection->auth;
    struct iprev_outcome outcome;
    iprev_check(&inspection->ip, &inspection->resolver,
                mx_inspection_facts(inspection, MX_AUTH_IPREV), &outcome);
    auth->client_name = mx_verifier_text(inspection, outcome.name);
    auth->results[MX_AUTH_IPREV].word = iprev_result_name(outcome.result);
    auth->results[MX_AUTH_IPREV].reason = mx_iprev_reason(inspection, &outcome);
}

static const char *mx_spf_reason(const struct mx_inspection *inspection,
                                 const struct spf_outcome *outcome)
{
    struct arena *arena = inspection->arena;
    char ip[IP_TEXT_BYTES];
    ip_to_text(&inspection->ip, ip);
    if (outcome->reason == SPF_REASON_MATCHED)
        return arena_format(arena, "\"%.*s\" in the record of %.*s is the first that matches %s",
                            SLICE_ARG(outcome->term), SLICE_ARG(outcome->domain), ip);
    if (outcome->reason == SPF_REASON_NO_MATCH)
        return arena_format(arena, "nothing in the record of %.*s matches %s",
                            SLICE_ARG(outcome->domain), ip);
    if (outcome->reason == SPF_REASON_NO_RECORD)
        return arena_format(arena, "%.*s has no SPF record", SLICE_ARG(outcome->domain));
    const char *what = outcome->problem != NULL && outcome->problem[0] != '\0'
                           ? outcome->problem
                           : spf_reason_name(outcome->reason);
    return arena_format(arena, "%.*s: %s", SLICE_ARG(outcome->domain), what);
}

static void mx_inspect_sender(const struct mx_inspection *inspection)
{
    const struct mx_facts *facts = inspection->facts;
    const struct spf_request request = {
        .ip = inspection->ip,
        .helo = slice_of(facts->helo),
        .mail_from = slice_of(facts->sender),
        .receiver = slice_of(facts->host),
        .now_us = facts->now_us,
    };
    struct mx_auth *auth = inspection->auth;
    struct spf_outcome *outcome = arena_alloc(inspection->arena, sizeof *outcome);
    spf_check(&request, &inspection->resolver, inspection->arena,
              mx_inspection_facts(inspection, MX_AUTH_SPF), outcome);
    auth->spf = outcome;
    auth->spf_domain = mx_verifier_text(inspection, outcome->domain);
    auth->spf_identity =
        outcome->identity == SPF_IDENTITY_HELO || facts->sender[0] == '\0' ? "helo" : "mailfrom";
    auth->results[MX_AUTH_SPF].word = spf_result_name(outcome->result);
    auth->results[MX_AUTH_SPF].reason = mx_spf_reason(inspection, outcome);
}

/* RFC 2308 2: a name without an SOA record of its own may still exist. */
static void mx_inspect_domain(const struct mx_inspection *inspection)
{
    const char *at = strrchr(inspection->facts->sender, '@');
    if (at == NULL)
        return;
    const struct dns_answer *answer =
        dns_lookup(&inspection->resolver, DNS_TYPE_SOA, slice_of(at + 1));
    inspection->auth->sender_soa = dns_status_is_failure(answer->status) ? "temperror"
                                   : answer->status == DNS_NXDOMAIN      ? "fail"
                                                                         : "pass";
}

static struct mx_inspection mx_inspection_begin(struct mx_verifier *verifier,
                                                const struct mx_facts *facts, struct arena *arena,
                                                struct mx_auth *auth)
{
    return (struct mx_inspection){
        .facts = facts,
        .resolver = verifier->resolver_at(verifier->context, facts->now_us),
        .ip = mx_verifier_ip(&facts->client),
        .arena = arena,
        .auth = auth,
        .tells = verifier->told < MX_VERIFIER_TOLD_MAX,
    };
}

static void mx_inspect_client(const struct mx_inspection *inspection)
{
    if (inspection->auth->results[MX_AUTH_IPREV].word == NULL)
        mx_inspect_address(inspection);
    if (inspection->auth->results[MX_AUTH_SPF].word == NULL && inspection->facts->has_sender)
        mx_inspect_sender(inspection);
    if (inspection->auth->wants_soa && inspection->auth->sender_soa == NULL &&
        inspection->facts->has_sender)
        mx_inspect_domain(inspection);
}

void mx_verifier_check_client(struct mx_verifier *verifier, const struct mx_facts *facts,
                              struct arena *arena, struct mx_auth *auth)
{
    const struct mx_inspection inspection = mx_inspection_begin(verifier, facts, arena, auth);
    mx_inspect_client(&inspection);
}

/* ---- the message */

/* The summary of all signatures is the first that passes, else the first. */
static void mx_note_signatures(const struct mx_inspection *inspection,
                               const struct dkim_outcomes *outcomes)
{
    struct mx_auth *auth = inspection->auth;
    struct mx_auth_result *summary = &auth->results[MX_AUTH_DKIM];
    summary->word = "none";
    summary->reason = "the message has no signature";
    auth->signatures =
        arena_alloc_array(inspection->arena, outcomes->count + 1, sizeof auth->signatures[0]);
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct dkim_outcome *outcome = &outcomes->list[i];
        struct mx_auth_signature *one = &auth->signatures[auth->signature_count++];
        one->domain = mx_verifier_text(inspection, outcome->signature.domain);
        one->selector = mx_verifier_text(inspection, outcome->signature.selector);
        one->algorithm = mx_verifier_text(inspection, outcome->signature.algorithm);
        one->result.word = dkim_result_name(outcome->result);
        one->result.reason = outcome->result == DKIM_RESULT_PASS
                                 ? arena_format(inspection->arena, "signed by %s", one->domain)
                                 : arena_format(inspection->arena, "%s (signature of %s, key %s)",
                                                outcome->problem, one->domain, one->selector);
        if (i == 0 || (outcome->result == DKIM_RESULT_PASS && strcmp(summary->word, "pass") != 0)) {
            summary->word = one->result.word;
            summary->reason = one->result.reason;
        }
    }
}

static const char *mx_dmarc_reason(const struct mx_inspection *inspection,
                                   const struct dmarc_outcome *outcome)
{
    const struct mx_auth *auth = inspection->auth;
    struct arena *arena = inspection->arena;
    switch (outcome->reason) {
    case DMARC_REASON_ALIGNED:
        return arena_format(arena, "%s aligned with From: %s",
                            auth->spf_aligned && auth->dkim_aligned ? "SPF and DKIM are"
                            : auth->spf_aligned                     ? "SPF is"
                                                                    : "DKIM is",
                            auth->from_domain);
    case DMARC_REASON_NOT_ALIGNED:
        return arena_format(arena,
                            "nothing that passed is aligned with From: %s (SPF %s for %s, DKIM %s)",
                            auth->from_domain, auth->results[MX_AUTH_SPF].word, auth->spf_domain,
                            auth->results[MX_AUTH_DKIM].word);
    case DMARC_REASON_NO_RECORD:
        return arena_format(arena, "%s has no DMARC record", auth->from_domain);
    case DMARC_REASON_DNS_FAILURE:
        return arena_format(arena, "%s: DNS does not answer", auth->from_domain);
    case DMARC_REASON_BAD_RECORD:
    case DMARC_REASON_NO_FROM:
    case DMARC_REASON_SEVERAL_FROM:
    case DMARC_REASON_DNS_PENDING:
        break;
    }
    return dmarc_reason_name(outcome->reason);
}

static void mx_note_dmarc(const struct mx_inspection *inspection,
                          const struct dmarc_outcome *outcome)
{
    struct mx_auth *auth = inspection->auth;
    bool found = outcome->discovery.status == DMARC_FOUND && outcome->domain.len > 0;
    auth->from_domain = mx_verifier_text(inspection, outcome->domain);
    auth->spf_aligned = outcome->is_spf_aligned;
    auth->dkim_aligned = outcome->is_dkim_aligned;
    auth->policy = found ? dmarc_policy_name(outcome->discovery.policy) : "";
    auth->disposition = found ? dmarc_policy_name(outcome->disposition) : "none";
    auth->results[MX_AUTH_DMARC].word = dmarc_result_name(outcome->result);
    auth->results[MX_AUTH_DMARC].reason = mx_dmarc_reason(inspection, outcome);
}

static void mx_note_arc(const struct mx_inspection *inspection, const struct arc_outcome *outcome)
{
    struct mx_auth_result *result = &inspection->auth->results[MX_AUTH_ARC];
    result->word = arc_status_name(outcome->status);
    if (outcome->status == ARC_NONE)
        result->reason = "the message has no ARC set";
    else
        result->reason = outcome->problem != NULL && outcome->problem[0] != '\0'
                             ? outcome->problem
                             : arc_reason_name(outcome->reason);
}

void mx_verifier_check_message(struct mx_verifier *verifier, const struct mx_facts *facts,
                               struct slice content, uint64_t seed, struct arena *arena,
                               struct mx_auth *auth)
{
    struct mx_inspection inspection = mx_inspection_begin(verifier, facts, arena, auth);
    struct dkim_verify_options options = DKIM_VERIFY_DEFAULT;
    struct dkim_context dkim = {
        .resolver = &inspection.resolver,
        .keys = &verifier->keys,
        .arena = arena,
        .facts = mx_inspection_facts(&inspection, MX_AUTH_DKIM),
    };
    const struct dmarc_context dmarc = {
        .resolver = &inspection.resolver,
        .arena = arena,
        .facts = mx_inspection_facts(&inspection, MX_AUTH_DMARC),
    };
    struct message message;
    struct dkim_outcomes signatures;
    struct arc_outcome chain;
    struct dmarc_outcome policy;
    verifier->told += inspection.tells;
    mx_inspect_client(&inspection);
    if (!message_parse(arena, content, &message))
        return; /* more header fields than anything real has */
    options.now_us = facts->now_us;
    dkim_verify(&message, &options, &dkim, &signatures);
    mx_note_signatures(&inspection, &signatures);
    const struct arc_options arc = {.policy = options.policy, .now_us = facts->now_us};
    dkim.facts = mx_inspection_facts(&inspection, MX_AUTH_ARC);
    arc_validate(&message, &arc, &dkim, &chain);
    mx_note_arc(&inspection, &chain);
    const struct dmarc_request request = {
        .message = &message, .spf = auth->spf, .dkim = &signatures, .seed = seed};
    dmarc_check(&dmarc, &request, &policy);
    mx_note_dmarc(&inspection, &policy);
}

static struct address mx_verifier_address(enum dns_type type, const unsigned char *bytes)
{
    struct address address = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    uint16_t port;
    memcpy(&v4.sin_addr, bytes, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, bytes, sizeof v6.sin6_addr);
    if (type == DNS_TYPE_A)
        address_from_socket((const struct sockaddr *)&v4, &address, &port);
    else
        address_from_socket((const struct sockaddr *)&v6, &address, &port);
    return address;
}

static bool mx_verifier_find_address(const struct dns_resolver *resolver, struct slice name,
                                     struct address *address)
{
    static const enum dns_type TYPES[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        const struct dns_answer *answer = dns_lookup(resolver, TYPES[i], name);
        if (answer->status != DNS_OK)
            continue;
        const unsigned char *bytes = answer->records[0].address;
        *address = mx_verifier_address(TYPES[i], bytes);
        return true;
    }
    return false;
}

int mx_verifier_find_mail_host(struct mx_verifier *verifier, const char *domain, int64_t now_us,
                               struct address *address)
{
    struct dns_resolver resolver = verifier->resolver_at(verifier->context, now_us);
    const struct dns_answer *answer = dns_lookup(&resolver, DNS_TYPE_MX, slice_of(domain));
    if (dns_status_is_failure(answer->status))
        return -1;
    if (answer->status == DNS_NXDOMAIN)
        return 0;
    struct slice name = slice_of(domain); /* without MX the domain itself (RFC 5321 5.1) */
    for (size_t i = 0, best = 0; i < answer->count; i++) {
        if (answer->records[i].preference < answer->records[best].preference)
            best = i;
        name = answer->records[best].data;
    }
    return name.len > 0 && mx_verifier_find_address(&resolver, name, address) ? 1 : 0;
}

bool mx_verifier_find_host(struct mx_verifier *verifier, const char *name, int64_t now_us,
                           struct address *address)
{
    struct dns_resolver resolver = verifier->resolver_at(verifier->context, now_us);
    return mx_verifier_find_address(&resolver, slice_of(name), address);
}
