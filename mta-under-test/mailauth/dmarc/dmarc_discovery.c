#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/core/ip.h"

#include "mta-under-test/base/poison.h"

/* One step of a walk. */
struct dmarc_step {
    struct slice domain;
    bool has_record;
    struct dmarc_record record;
};

struct dmarc_walk {
    enum dmarc_discovery_status status; /* DMARC_FOUND when it went to its end */
    size_t count;
    struct dmarc_step steps[DMARC_WALK_MAX];
};

/* A name of which the list can be asked: labels of letters, digits, "-", "_" and UTF-8, and no
 * address. */
static bool dmarc_psl_is_name(struct slice name)
{
    unsigned char address[4];
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if ((unsigned char)c < 0x80 && !text_is_alnum(c) && c != '-' && c != '_' && c != '.')
            return false;
    }
    return domain_is_queryable(name) && !ip_parse_v4(name, address);
}

/* In lower case, U-labels too. */
static const char *dmarc_psl_lower(struct slice name, struct arena *arena)
{
    char *lower = arena_text_of(arena, name);
    char *folded = NULL;
    text_to_lower(lower);
    if (!text_is_ascii(name) && psl_str_to_utf8lower(lower, "utf-8", NULL, &folded) == PSL_SUCCESS)
        lower = arena_text(arena, folded);
    psl_free_string(folded);
    return lower;
}

struct slice dmarc_psl_domain(const psl_ctx_t *psl, struct slice domain, struct arena *arena)
{
    struct slice name = domain_without_dot(domain);
    if (!dmarc_psl_is_name(name))
        return slice_first(domain, 0);
    const char *found =
        psl_registrable_domain(psl != NULL ? psl : psl_builtin(), dmarc_psl_lower(name, arena));
    return found != NULL ? slice_of(found) : slice_first(domain, 0);
}

/* The one record below _dmarc of the domain. */
static enum dmarc_discovery_status dmarc_fetch(const struct dmarc_context *context,
                                               struct slice domain, struct dmarc_record *record)
{
    struct slice text = {NULL, 0};
    size_t found = 0;
    struct slice name = slice_of(arena_format(context->arena, "_dmarc.%.*s", SLICE_ARG(domain)));
    const struct dns_answer *answer = dns_lookup(context->resolver, DNS_TYPE_TXT, name);
    dns_facts_add(context->facts, DNS_TYPE_TXT, name, answer);
    if (answer->status == DNS_PENDING)
        return DMARC_DNS_PENDING;
    if (dns_status_is_failure(answer->status))
        return DMARC_DNS_FAILURE;
    for (size_t i = 0; i < answer->count; i++) {
        if (!dmarc_record_is(answer->records[i].data))
            continue;
        text = answer->records[i].data;
        found++;
    }
    /* More than one is as good as none (RFC 7489 6.6.3 step 5, RFC 9989 4.10 step 2). */
    if (found != 1)
        return DMARC_NO_RECORD;
    if (context->facts != NULL)
        facts_add(context->facts, "record", "the record: %.*s", SLICE_ARG(text));
    dmarc_record_parse(context->arena, text, record);
    return DMARC_FOUND;
}

/* RFC 9989 4.10: from the domain up, at most eight queries. */
static void dmarc_walk_steps(const struct dmarc_context *context, struct slice domain,
                             struct dmarc_walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->status = DMARC_FOUND;
    while (domain.len > 0 && walk->count < DMARC_WALK_MAX) {
        struct dmarc_step *step = &walk->steps[walk->count++];
        step->domain = domain;
        enum dmarc_discovery_status status = dmarc_fetch(context, domain, &step->record);
        if (status == DMARC_DNS_FAILURE || status == DMARC_DNS_PENDING) {
            walk->status = status;
            return;
        }
        step->has_record = status == DMARC_FOUND;
        /* psd=y or psd=n says where the organisation ends: steps 2 and 6. */
        if (step->has_record && step->record.psd != 'u')
            return;
        domain = domain_label_count(domain) > DMARC_WALK_MAX
                     ? domain_last_labels(domain, DMARC_WALK_MAX - 1)
                     : domain_parent(domain);
    }
}

static void dmarc_walk_up(const struct dmarc_context *context, struct slice domain,
                          struct dmarc_walk *walk)
{
    facts_open(context->facts, "walk", "the tree walk up from %.*s (RFC 9989 4.10)",
               SLICE_ARG(domain));
    dmarc_walk_steps(context, domain, walk);
    facts_close(context->facts);
}

/* RFC 9989 4.10.2 */
static struct slice dmarc_walk_organizational(const struct dmarc_walk *walk, struct slice domain)
{
    struct slice organizational = domain;
    for (size_t i = 0; i < walk->count; i++) {
        const struct dmarc_step *step = &walk->steps[i];
        if (!step->has_record)
            continue;
        if (step->record.psd == 'n')
            return step->domain;
        if (step->record.psd == 'y' && i > 0)
            return domain_last_labels(domain, domain_label_count(step->domain) + 1);
        organizational = step->domain;
    }
    return organizational;
}

enum dmarc_discovery_status dmarc_organizational_domain(const struct dmarc_context *context,
                                                        struct slice domain,
                                                        struct slice *organizational)
{
    struct dmarc_walk walk;
    *organizational = domain;
    if (context->version == DMARC_RFC7489) {
        struct slice found = dmarc_psl_domain(context->psl, domain, context->arena);
        if (found.len > 0)
            *organizational = arena_slice(context->arena, found);
        return DMARC_FOUND;
    }
    dmarc_walk_up(context, domain, &walk);
    if (walk.status != DMARC_FOUND)
        return walk.status;
    *organizational = dmarc_walk_organizational(&walk, domain);
    return DMARC_FOUND;
}

static void dmarc_use(struct dmarc_discovery *found, struct slice domain,
                      const struct dmarc_record *record)
{
    found->status = DMARC_FOUND;
    found->record_domain = domain;
    found->record = *record;
}

/* RFC 7489 6.6.3: the author domain, then the organisational domain. */
static void dmarc_discover_by_list(const struct dmarc_context *context, struct slice domain,
                                   struct dmarc_discovery *found)
{
    struct dmarc_record record;
    found->status = dmarc_fetch(context, domain, &record);
    dmarc_organizational_domain(context, domain, &found->organizational);
    if (found->status == DMARC_FOUND)
        dmarc_use(found, domain, &record);
    if (found->status != DMARC_NO_RECORD || slice_equal_nocase(found->organizational, domain))
        return;
    found->status = dmarc_fetch(context, found->organizational, &record);
    if (found->status == DMARC_FOUND)
        dmarc_use(found, found->organizational, &record);
}

/* RFC 9989 4.10.1: the author domain, the organisational domain, the public suffix domain. */
static void dmarc_discover_by_walk(const struct dmarc_context *context, struct slice domain,
                                   struct dmarc_discovery *found)
{
    struct dmarc_walk walk;
    dmarc_walk_up(context, domain, &walk);
    found->walk = walk.status;
    found->status = walk.status;
    if (walk.status != DMARC_FOUND && !walk.steps[0].has_record)
        return;
    if (walk.status == DMARC_FOUND)
        found->organizational = dmarc_walk_organizational(&walk, domain);
    found->status = DMARC_NO_RECORD;
    for (size_t i = 0; i < walk.count && found->status != DMARC_FOUND; i++) {
        const struct dmarc_step *step = &walk.steps[i];
        bool is_place = i == 0 || slice_equal_nocase(step->domain, found->organizational) ||
                        step->record.psd == 'y';
        if (step->has_record && is_place)
            dmarc_use(found, step->domain, &step->record);
    }
}

/* A domain that has no address and no mail exchanger (RFC 9989 3.2): its name does not exist. */
static enum dmarc_discovery_status dmarc_test_existence(const struct dmarc_context *context,
                                                        struct slice domain, bool *is_nonexistent)
{
    static const enum dns_type TYPES[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_MX};
    *is_nonexistent = true;
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0] && *is_nonexistent; i++) {
        const struct dns_answer *answer = dns_lookup(context->resolver, TYPES[i], domain);
        if (answer->status == DNS_PENDING)
            return DMARC_DNS_PENDING;
        *is_nonexistent = answer->status == DNS_NXDOMAIN;
    }
    if (context->facts != NULL)
        facts_add(context->facts, "existence", "%.*s %s", SLICE_ARG(domain),
                  *is_nonexistent ? "does not exist" : "exists");
    return DMARC_FOUND;
}

/* Which of the record's policies is meant. */
static void dmarc_choose_policy(const struct dmarc_context *context, struct slice domain,
                                struct dmarc_discovery *found)
{
    const struct dmarc_record *record = &found->record;
    found->policy = record->policy;
    if (slice_equal_nocase(found->record_domain, domain))
        return;
    found->policy = record->subdomain_policy;
    if (context->version == DMARC_RFC7489 || record->nonexistent_policy == record->subdomain_policy)
        return;
    enum dmarc_discovery_status status =
        dmarc_test_existence(context, domain, &found->is_nonexistent);
    if (status != DMARC_FOUND)
        found->status = status;
    else if (found->is_nonexistent)
        found->policy = record->nonexistent_policy;
}

/* A record without a usable policy means "none", for subdomains too, if it asks for reports, else
 * nothing (RFC 7489 6.6.3 step 6, RFC 9989 4.10.1). That p= is missing is no error in RFC 9989 4.7.
 */
static void dmarc_judge_record(const struct dmarc_context *context, struct dmarc_discovery *found)
{
    struct dmarc_record *record = &found->record;
    if (record->has_policy && !record->has_bad_policy)
        return;
    record->policy = DMARC_POLICY_NONE;
    record->subdomain_policy = DMARC_POLICY_NONE;
    record->nonexistent_policy = DMARC_POLICY_NONE;
    if (record->aggregate_count > 0)
        return;
    bool is_error = record->has_bad_policy || context->version == DMARC_RFC7489;
    found->status = is_error ? DMARC_BAD_RECORD : DMARC_NO_RECORD;
}

void dmarc_discover(const struct dmarc_context *context, struct slice domain,
                    struct dmarc_discovery *found)
{
    memset(found, 0, sizeof *found);
    found->organizational = domain;
    if (context->version == DMARC_RFC7489)
        dmarc_discover_by_list(context, domain, found);
    else
        dmarc_discover_by_walk(context, domain, found);
    if (found->status != DMARC_FOUND)
        return;
    dmarc_judge_record(context, found);
    if (found->status == DMARC_FOUND)
        dmarc_choose_policy(context, domain, found);
}
