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

bool policy_asks_at_recipient(const struct config *config)
{
    for (size_t i = 0; i < config->check_count; i++)
        if (config->checks[i].at == CONFIG_AT_RECIPIENT &&
            config->checks[i].kind != CONFIG_CHECK_GREYLIST &&
            config->checks[i].kind != CONFIG_CHECK_RATE)
            return true;
    return false;
}

void policy_notes_init(struct policy_notes *notes, const struct config *config, struct arena *arena)
{
    *notes = (struct policy_notes){
        .rules = arena_alloc_array(arena, config->check_count, sizeof *notes->rules)};
}

/* Whom it is about at this moment: the recipient of this RCPT, or all of the envelope. */
static size_t recipient_count(const struct policy_facts *facts)
{
    return facts->recipient != NULL ? 1 : facts->envelope->recipient_count;
}

static const char *recipient_at(const struct policy_facts *facts, size_t i)
{
    return facts->recipient != NULL ? facts->recipient : facts->envelope->recipients[i].address;
}

/* The newest of all recipients. */
static const char *greylist_result(const struct policy_facts *facts,
                                   const struct config_check *rule)
{
    enum greylist_result result = GREYLIST_KNOWN;
    struct greylist_visit visit = {
        .client = slice_from((const char *)facts->client->bytes,
                             facts->client->family == AF_INET ? 4 : 16),
        .sender = facts->envelope->sender,
    };
    for (size_t i = 0; i < recipient_count(facts); i++) {
        visit.recipient = recipient_at(facts, i);
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
    bool is_within = true;
    switch (rule->of) {
    case CONFIG_RATE_CLIENT:
        is_within = take(facts, rule, ip_address_site(facts->client));
        break;
    case CONFIG_RATE_SENDER:
        is_within = take(facts, rule,
                         slice_of(facts->user != NULL ? facts->user : facts->envelope->sender));
        break;
    case CONFIG_RATE_RECIPIENT:
        for (size_t i = 0; i < recipient_count(facts); i++)
            if (!take(facts, rule, slice_of(recipient_at(facts, i))))
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

void policy_write_fields(const struct config *config, const struct policy_notes *notes,
                         struct buf *fields)
{
    for (size_t i = 0; i < config->check_count; i++)
        if (notes->rules[i].mark != NULL)
            add_field(&config->checks[i], notes->rules[i].mark, fields);
}

bool policy_refuses(const struct policy_verdict *verdict)
{
    return verdict->rule != NULL && (verdict->rule->action == CONFIG_ACTION_DEFER ||
                                     verdict->rule->action == CONFIG_ACTION_REJECT);
}

static bool is_of_recipient(const struct config_check *rule)
{
    return rule->kind == CONFIG_CHECK_GREYLIST ||
           (rule->kind == CONFIG_CHECK_RATE && rule->of == CONFIG_RATE_RECIPIENT);
}

static bool is_for(const struct config_check *rule, const struct policy_facts *facts)
{
    enum config_check_at at = facts->recipient != NULL ? CONFIG_AT_RECIPIENT : CONFIG_AT_CONTENT;
    return rule->at == at && (rule->is_for_own || !facts->is_own);
}

/* Reads the rules up to the one that ends it. */
static struct policy_verdict read_rules(const struct policy_facts *facts,
                                        struct policy_notes *notes)
{
    size_t zone = 0;
    for (size_t i = 0; i < facts->config->check_count; i++) {
        const struct config_check *rule = &facts->config->checks[i];
        struct policy_note *note = &notes->rules[i];
        size_t own_zone = rule->zone != NULL ? zone++ : 0;
        if (!is_for(rule, facts))
            continue;
        if (note->result == NULL || is_of_recipient(rule))
            note->result = result_of(facts, rule, own_zone);
        if (rule->action != CONFIG_ACTION_TAG && counts(rule, note->result))
            return (struct policy_verdict){rule, note->result, USUAL[rule->kind].status};
    }
    return (struct policy_verdict){NULL, "", ""};
}

/* The message is marked by the rules that were read, `last` (NULL: all) at the end. */
static void mark(const struct policy_facts *facts, const struct config_check *last,
                 struct policy_notes *notes)
{
    for (size_t i = 0; i < facts->config->check_count; i++) {
        const struct config_check *rule = &facts->config->checks[i];
        struct policy_note *note = &notes->rules[i];
        bool marks = rule->action == CONFIG_ACTION_TAG || rule->action == CONFIG_ACTION_QUARANTINE;
        if (marks && is_for(rule, facts) && counts(rule, note->result))
            note->mark = note->result;
        if (rule == last)
            return;
    }
}

struct policy_verdict policy_decide(const struct policy_facts *facts, struct policy_notes *notes)
{
    struct policy_verdict verdict = read_rules(facts, notes);
    if (!policy_refuses(&verdict))
        mark(facts, verdict.rule, notes);
    return verdict;
}
