#include "mta-under-test/refmta/server/server_policy.h"

#include "mta-under-test/base/poison.h"

enum { USUAL_MAX = 3 };

/* What is usual of a check: its name, the results that count, the status of a refusal (RFC 7372;
 * the one of DMARC is the code that receivers use for several failed checks). */
static const struct {
    const char *name;
    const char *when[USUAL_MAX];
    const char *status;
} USUAL[] = {
    [CONFIG_CHECK_IPREV] = {"iprev", {"fail", "permerror"}, "7.25"},
    [CONFIG_CHECK_HELO] = {"helo", {"unknown", "no-address"}, "7.1"},
    [CONFIG_CHECK_DNSBL] = {"dnsbl", {"listed"}, "7.1"},
    [CONFIG_CHECK_SPF] = {"spf", {"fail"}, "7.23"},
    [CONFIG_CHECK_DKIM] = {"dkim", {"fail", "none"}, "7.20"},
    [CONFIG_CHECK_ARC] = {"arc", {"fail"}, "7.29"},
    [CONFIG_CHECK_DMARC] = {"dmarc", {"reject"}, "7.26"},
    [CONFIG_CHECK_GREYLIST] = {"greylist", {"new", "early"}, "7.1"},
    [CONFIG_CHECK_RATE] = {"rate", {"above"}, "7.28"},
};

const char *policy_check_name(enum config_check_kind kind)
{
    return USUAL[kind].name;
}

size_t policy_zones(const struct config *config, const char *zones[CHECK_ZONES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < config->check_count && count < CHECK_ZONES_MAX; i++)
        if (config->checks[i].zone != NULL)
            zones[count++] = config->checks[i].zone;
    return count;
}

void policy_memory_init(struct policy_memory *memory)
{
    greylist_init(&memory->greylist);
    rate_limit_init(&memory->rates);
}

void policy_memory_deinit(struct policy_memory *memory)
{
    greylist_deinit(&memory->greylist);
    rate_limit_deinit(&memory->rates);
}

bool policy_is_for_own(const struct config *config)
{
    for (size_t i = 0; i < config->check_count; i++)
        if (config->checks[i].is_for_own)
            return true;
    return false;
}

/* The newest of all recipients. */
static const char *greylist_result(const struct policy_facts *facts,
                                   const struct config_check *rule)
{
    enum greylist_result result = GREYLIST_KNOWN;
    const struct envelope *envelope = facts->envelope;
    struct greylist_visit visit = {
        .client = slice_from((const char *)facts->client->bytes,
                             facts->client->family == AF_INET ? 4 : 16),
        .sender = envelope->sender,
    };
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        visit.recipient = envelope->recipients[i].address;
        enum greylist_result one =
            greylist_visit(&facts->memory->greylist, &visit, rule->delay_us, facts->now_us);
        if (one < result)
            result = one;
    }
    return greylist_result_name(result);
}

/* Each rule counts for itself. */
static bool take(const struct policy_facts *facts, const struct config_check *rule,
                 struct slice who)
{
    struct buf key;
    buf_init(&key, 1024);
    buf_format(&key, "%zu:", (size_t)(rule - facts->config->checks));
    buf_add_slice(&key, who);
    bool taken = rate_limit_take(&facts->memory->rates, buf_slice(&key), rule->rate.count,
                                 rule->rate.span_us, facts->now_us);
    buf_deinit(&key);
    return taken;
}

static const char *rate_result(const struct policy_facts *facts, const struct config_check *rule)
{
    const struct envelope *envelope = facts->envelope;
    bool is_within = true;
    switch (rule->of) {
    case CONFIG_RATE_CLIENT:
        is_within = take(facts, rule, ip_address_site(facts->client));
        break;
    case CONFIG_RATE_SENDER:
        is_within =
            take(facts, rule, slice_of(facts->user != NULL ? facts->user : envelope->sender));
        break;
    case CONFIG_RATE_RECIPIENT:
        for (size_t i = 0; i < envelope->recipient_count; i++)
            if (!take(facts, rule, slice_of(envelope->recipients[i].address)))
                is_within = false;
        break;
    }
    return is_within ? "within" : "above";
}

static const char *result_of(const struct policy_facts *facts, const struct config_check *rule,
                             size_t zone)
{
    const struct check *check = facts->check;
    switch (rule->kind) {
    case CONFIG_CHECK_IPREV:
        return check_iprev(check);
    case CONFIG_CHECK_HELO:
        return check_helo(check);
    case CONFIG_CHECK_DNSBL:
        return zone < CHECK_ZONES_MAX ? check_dnsbl(check, zone) : "not-asked";
    case CONFIG_CHECK_SPF:
        return check_spf(check);
    case CONFIG_CHECK_DKIM:
        return check_dkim(check);
    case CONFIG_CHECK_ARC:
        return check_arc(check);
    case CONFIG_CHECK_DMARC:
        return check_dmarc(check);
    case CONFIG_CHECK_GREYLIST:
        return greylist_result(facts, rule);
    case CONFIG_CHECK_RATE:
        return rate_result(facts, rule);
    }
    return "none";
}

const char *policy_rule_text(const struct config_check *rule, struct arena *arena)
{
    const char *name = policy_check_name(rule->kind);
    if (rule->kind == CONFIG_CHECK_RATE)
        return arena_format(arena, "%s of %s", name, config_rate_of_name(rule->of));
    return rule->zone != NULL ? arena_format(arena, "%s %s", name, rule->zone) : name;
}

static bool counts(const struct config_check *rule, const char *result)
{
    for (size_t i = 0; i < rule->when_count; i++)
        if (strcmp(rule->when[i], result) == 0)
            return true;
    for (size_t i = 0; rule->when_count == 0 && i < USUAL_MAX; i++)
        if (USUAL[rule->kind].when[i] != NULL && strcmp(USUAL[rule->kind].when[i], result) == 0)
            return true;
    return false;
}

static void add_field(const struct config_check *rule, const char *result, struct buf *fields)
{
    buf_format(fields, "%s: %s; %s=%s%s%s\r\n", CHECK_POLICY_FIELD,
               config_action_name(rule->action), policy_check_name(rule->kind), result,
               rule->zone != NULL ? " " : "", rule->zone != NULL ? rule->zone : "");
}

struct policy_verdict policy_decide(const struct policy_facts *facts, struct buf *fields)
{
    size_t zone = 0;
    for (size_t i = 0; i < facts->config->check_count; i++) {
        const struct config_check *rule = &facts->config->checks[i];
        if (facts->check == NULL && !rule->is_for_own)
            continue;
        const char *result = result_of(facts, rule, zone);
        if (rule->zone != NULL)
            zone++;
        if (!counts(rule, result))
            continue;
        if (rule->action == CONFIG_ACTION_TAG || rule->action == CONFIG_ACTION_QUARANTINE)
            add_field(rule, result, fields);
        if (rule->action != CONFIG_ACTION_TAG)
            return (struct policy_verdict){rule, result, USUAL[rule->kind].status};
    }
    return (struct policy_verdict){NULL, "", ""};
}
