#include "mta-under-test/refmta/tlspolicy/tls_results.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { TYPES = 3, FAILURES_MAX = 10000, DOMAINS_MAX = 100000, STRING_BYTES_MAX = 1024 };

static const char *const TYPE_NAMES[TYPES] = {"tlsa", "sts", "no-policy-found"};

/* What held for a domain, by one kind of policy. */
struct policy {
    bool is_known;
    struct slice *strings;
    size_t string_count;
    struct slice *hosts;
    size_t host_count;
    uint64_t successes;
    uint64_t failures;
    struct map kinds; /* of failures, by what tells them apart -> struct tlsrpt_failure */
};

struct domain {
    struct policy policies[TYPES];
};

static void domain_free(void *value)
{
    struct domain *domain = value;
    for (size_t i = 0; i < TYPES; i++)
        map_deinit(&domain->policies[i].kinds, NULL);
}

void tls_results_init(struct tls_results *results)
{
    *results = (struct tls_results){.failure_count = 0};
    map_init(&results->domains);
}

void tls_results_deinit(struct tls_results *results)
{
    map_deinit(&results->domains, domain_free);
    arena_deinit(&results->arena);
}

static size_t type_of(enum tls_basis basis)
{
    if (basis == TLS_BASIS_DANE)
        return 0;
    return basis == TLS_BASIS_STS ? 1 : 2;
}

/* RFC 8460 4.4: the lines of the policy, and its mx patterns. */
static void describe_sts(struct arena *arena, struct policy *policy, const struct sts_policy *sts)
{
    policy->strings = arena_alloc_array(arena, sts->mx_count + 3, sizeof *policy->strings);
    policy->hosts = arena_alloc_array(arena, sts->mx_count, sizeof *policy->hosts);
    policy->strings[policy->string_count++] = SLICE("version: STSv1");
    policy->strings[policy->string_count++] =
        slice_of(arena_format(arena, "mode: %s", sts_mode_name(sts->mode)));
    for (size_t i = 0; i < sts->mx_count; i++) {
        policy->hosts[policy->host_count++] = arena_slice(arena, sts->mx[i]);
        policy->strings[policy->string_count++] =
            slice_of(arena_format(arena, "mx: %.*s", SLICE_ARG(sts->mx[i])));
    }
    policy->strings[policy->string_count++] =
        slice_of(arena_format(arena, "max_age: %u", sts->max_age_s));
}

static void describe_tlsa(struct arena *arena, struct policy *policy,
                          const struct tls_session *session)
{
    policy->strings = arena_alloc_array(arena, session->tlsa_count, sizeof *policy->strings);
    policy->hosts = arena_alloc(arena, sizeof *policy->hosts);
    policy->hosts[policy->host_count++] = slice_of(arena_text(arena, session->host));
    for (size_t i = 0; i < session->tlsa_count; i++) {
        const struct dane_record *record = &session->tlsa[i];
        struct buf text;
        buf_init(&text, STRING_BYTES_MAX);
        buf_format(&text, "%u %u %u ", record->usage, record->selector, record->matching_type);
        text_to_hex(&text, record->data.data, record->data.len);
        policy->strings[policy->string_count++] = arena_slice(arena, buf_slice(&text));
        buf_deinit(&text);
    }
}

static struct policy *policy_of(struct tls_results *results, const struct tls_session *session)
{
    struct domain *domain = map_get_text(&results->domains, session->domain);
    if (domain == NULL && results->domains.count >= DOMAINS_MAX)
        return NULL;
    if (domain == NULL) {
        domain = arena_alloc(&results->arena, sizeof *domain);
        map_set_text(&results->domains, session->domain, domain);
    }
    struct policy *policy = &domain->policies[type_of(session->basis)];
    if (policy->is_known)
        return policy;
    policy->is_known = true;
    if (session->basis == TLS_BASIS_STS && session->sts != NULL)
        describe_sts(&results->arena, policy, session->sts);
    else if (session->basis == TLS_BASIS_DANE)
        describe_tlsa(&results->arena, policy, session);
    return policy;
}

static struct slice kept(struct tls_results *results, const char *text)
{
    return text != NULL ? slice_of(arena_text(&results->arena, text)) : slice_from(NULL, 0);
}

static void note_failure(struct tls_results *results, struct policy *policy,
                         const struct tls_session *session)
{
    char key[STRING_BYTES_MAX];
    snprintf(key, sizeof key, "%s %s %s %s", session->failure,
             session->host != NULL ? session->host : "",
             session->host_address != NULL ? session->host_address : "",
             session->own_address != NULL ? session->own_address : "");
    struct tlsrpt_failure *failure = map_get_text(&policy->kinds, key);
    if (failure == NULL && results->failure_count >= FAILURES_MAX)
        return;
    if (failure == NULL) {
        failure = arena_alloc(&results->arena, sizeof *failure);
        failure->result_type = kept(results, session->failure);
        failure->sending_mta_ip = kept(results, session->own_address);
        failure->receiving_mx_hostname = kept(results, session->host);
        failure->receiving_ip = kept(results, session->host_address);
        failure->failure_reason_code = kept(results, session->reason);
        map_set_text(&policy->kinds, key, failure);
        results->failure_count++;
    }
    failure->failed_sessions++;
}

void tls_results_note(struct tls_results *results, const struct tls_session *session)
{
    struct policy *policy = policy_of(results, session);
    if (policy == NULL)
        return;
    if (session->failure == NULL) {
        policy->successes++;
        return;
    }
    policy->failures++;
    note_failure(results, policy, session);
}

static void fill(struct tlsrpt_policy *out, const struct policy *policy, const char *type,
                 struct slice domain, struct arena *arena)
{
    *out = (struct tlsrpt_policy){.type = slice_of(type),
                                  .domain = domain,
                                  .string_count = policy->string_count,
                                  .strings = policy->strings,
                                  .mx_count = policy->host_count,
                                  .mx_hosts = policy->hosts,
                                  .successful_sessions = policy->successes,
                                  .failed_sessions = policy->failures};
    out->failures = arena_alloc_array(arena, policy->kinds.count + 1, sizeof *out->failures);
    for (struct map_entry *at = map_first(&policy->kinds); at != NULL; at = map_next(at))
        out->failures[out->failure_count++] = *(const struct tlsrpt_failure *)map_value(at);
}

bool tls_results_report(const struct tls_results *results, const char *domain, struct arena *arena,
                        struct tlsrpt_report *report)
{
    const struct domain *known = map_get_text(&results->domains, domain);
    if (known == NULL)
        return false;
    report->policies = arena_alloc_array(arena, TYPES, sizeof *report->policies);
    report->count = 0;
    for (size_t i = 0; i < TYPES; i++)
        if (known->policies[i].is_known)
            fill(&report->policies[report->count++], &known->policies[i], TYPE_NAMES[i],
                 slice_of(domain), arena);
    return true;
}
