#include "sim/check/check_policy.h"

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

struct check_policy_domain {
    bool signed_mx;       /* the last answer to MX was vouched for, or the domain has no MX */
    int64_t sts_until_us; /* the policy that enforces is good until then; 0 = there is none */
};

enum { CHECK_POLICY_NAME_BYTES_MAX = 1024 };

void check_policies_init(struct check_policies *policies, struct arena *arena)
{
    *policies = (struct check_policies){.arena = arena};
    map_init(&policies->domains);
    map_init(&policies->hosts);
    buf_init(&policies->plain, CHECK_POLICY_NAME_BYTES_MAX);
}

void check_policies_deinit(struct check_policies *policies)
{
    map_deinit(&policies->domains, NULL);
    map_deinit(&policies->hosts, NULL);
    buf_deinit(&policies->plain);
}

/* Lower case, without the final dot; valid until the next call. */
static const char *plain_name(struct check_policies *policies, const char *text)
{
    struct slice name = slice_of(text);
    if (name.len > 1 && name.data[name.len - 1] == '.')
        name = slice_first(name, name.len - 1);
    buf_reset(&policies->plain);
    buf_add_slice(&policies->plain, name);
    if (policies->plain.data != NULL)
        text_to_lower(policies->plain.data);
    return buf_text(&policies->plain);
}

static struct check_policy_domain *make_domain(struct check_policies *policies, const char *name)
{
    struct check_policy_domain *domain = map_get_text(&policies->domains, name);
    if (domain == NULL) {
        domain = arena_alloc(policies->arena, sizeof *domain);
        *domain = (struct check_policy_domain){0};
        map_set_text(&policies->domains, name, domain);
    }
    return domain;
}

/* ---- what the server learns */

void check_policies_note_query(struct check_policies *policies, const cJSON *event)
{
    static const char TLSA_PREFIX[] = "_25._tcp.";
    static char found;
    const char *type = event_text(event, "type");
    const char *rcode = event_text(event, "rcode");
    const char *name = plain_name(policies, event_text(event, "name"));
    bool vouched_for = event_bool(event, "authenticated");
    /* A look-up that failed or was cut short changes nothing that was learned before. */
    if ((strcmp(rcode, "NOERROR") != 0 && strcmp(rcode, "NXDOMAIN") != 0) ||
        event_bool(event, "truncated"))
        return;
    if (strcmp(type, "MX") == 0) {
        make_domain(policies, name)->signed_mx = vouched_for;
    } else if (strcmp(type, "TLSA") == 0 &&
               strncmp(name, TLSA_PREFIX, sizeof TLSA_PREFIX - 1) == 0) {
        bool counts = vouched_for && event_int(event, "answers", 0) > 0;
        map_set_text(&policies->hosts, name + sizeof TLSA_PREFIX - 1, counts ? &found : NULL);
    }
}

void check_policies_note_request(struct check_policies *policies, const cJSON *event, int64_t at_us)
{
    static const char STS_PREFIX[] = "mta-sts.";
    const char *mode = event_text(event, "mode");
    const char *host = plain_name(policies, event_text(event, "host"));
    /* A policy that cannot be fetched leaves the one before in force (RFC 8461 section 3.3). */
    if (*mode == '\0' || strncmp(host, STS_PREFIX, sizeof STS_PREFIX - 1) != 0)
        return;
    struct check_policy_domain *domain = make_domain(policies, host + sizeof STS_PREFIX - 1);
    domain->sts_until_us =
        strcmp(mode, "enforce") == 0 ? at_us + event_int(event, "max-age", 0) * TIME_SECOND : 0;
}

/* ---- what follows */

struct check_ban check_policies_ban(struct check_policies *policies, const char *recipient,
                                    const char *host, int64_t at_us)
{
    const char *at = strrchr(recipient, '@');
    if (at == NULL)
        return (struct check_ban){0};
    const struct check_policy_domain *domain =
        map_get_text(&policies->domains, plain_name(policies, at + 1));
    if (domain != NULL && domain->sts_until_us > at_us)
        return (struct check_ban){"the domain's MTA-STS policy, which enforces", "RFC 8461 5"};
    /* Without a vouched-for MX anybody may have named the host (RFC 7672 section 2.2.1). */
    if (domain != NULL && domain->signed_mx &&
        map_get_text(&policies->hosts, plain_name(policies, host)) != NULL)
        return (struct check_ban){"the host's TLSA records, which DNSSEC vouches for",
                                  "RFC 7672 2.2"};
    return (struct check_ban){0};
}
