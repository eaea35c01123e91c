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

static const char *result_of(const struct config_check *rule, const struct check *check,
                             size_t zone)
{
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
    }
    return "none";
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

struct policy_verdict policy_decide(const struct config *config, const struct check *check,
                                    struct buf *fields)
{
    size_t zone = 0;
    for (size_t i = 0; i < config->check_count; i++) {
        const struct config_check *rule = &config->checks[i];
        const char *result = result_of(rule, check, zone);
        if (rule->zone != NULL)
            zone++;
        if (!counts(rule, result))
            continue;
        if (rule->action == CONFIG_ACTION_TAG || rule->action == CONFIG_ACTION_QUARANTINE)
            buf_format(fields, "X-Policy: %s; %s=%s%s%s\r\n",
                       rule->action == CONFIG_ACTION_TAG ? "tag" : "quarantine",
                       policy_check_name(rule->kind), result, rule->zone != NULL ? " " : "",
                       rule->zone != NULL ? rule->zone : "");
        if (rule->action != CONFIG_ACTION_TAG)
            return (struct policy_verdict){rule, result, USUAL[rule->kind].status};
    }
    return (struct policy_verdict){NULL, "", ""};
}
