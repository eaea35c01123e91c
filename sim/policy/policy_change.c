#include "sim/policy/policy_change.h"

#include "sim/policy/policy_blocklist.h"
#include "sim/policy/policy_sts.h"

#include "mta-under-test/base/poison.h"

enum { POLICY_ZONE_BYTES_MAX = 1100 };

/* The host of the policy that the entry is about. */
static struct policy_host *policy_change_host(const struct policy_model *model, struct spec entry,
                                              struct err *err)
{
    struct spec member;
    const char *domain = NULL;
    if (spec_need(entry, "domain", &member, err) != 0 ||
        spec_read_domain(member, model->arena, &domain, err) != 0)
        return NULL;
    struct policy_host *host =
        policy_model_find_host(model, arena_format(model->arena, "mta-sts.%s", domain));
    if (host == NULL)
        spec_error(member, err, "%s has no entry in \"policy\": \"mta-sts\"", domain);
    return host;
}

static int policy_change_record(const struct policy_host *host, struct dns_model *dns,
                                struct err *err)
{
    struct buf zone;
    struct buf text;
    char *name = mem_text_format("_mta-sts.%s", host->domain);
    buf_init(&zone, POLICY_ZONE_BYTES_MAX);
    buf_init(&text, POLICY_ZONE_BYTES_MAX);
    buf_format(&text, "%s. TXT \"", name);
    policy_sts_write_record(&host->sts, &text);
    buf_add_char(&text, '"');
    const char *record = buf_text(&text);
    int result = dns_model_zone_of(dns, name, &zone)
                     ? dns_model_replace_records(dns, buf_text(&zone), &record, 1, err)
                     : 0;
    buf_deinit(&zone);
    buf_deinit(&text);
    free(name);
    return result;
}

static int policy_change_sts(struct policy_model *model, struct dns_model *dns, struct spec entry,
                             struct err *err)
{
    struct policy_host *host = policy_change_host(model, entry, err);
    struct spec member;
    if (host == NULL)
        return -1;
    struct policy_host changed = *host;
    if (policy_sts_read(entry, model->arena, &changed.sts, err) != 0 ||
        (spec_get(entry, "fault", &member) &&
         policy_faults_read(member, model->arena, &changed.faults, &changed.fault_count, err) != 0))
        return -1;
    if (dns == NULL)
        return 0;
    *host = changed;
    return spec_get(entry, "id", &member) ? policy_change_record(host, dns, err) : 0;
}

static int policy_change_list(struct policy_model *model, struct dns_model *dns, struct spec entry,
                              bool listed, struct err *err)
{
    struct spec member;
    struct prefix prefix;
    const char *zone = NULL;
    if (spec_need(entry, "blocklist", &member, err) != 0 ||
        spec_read_domain(member, model->arena, &zone, err) != 0)
        return -1;
    const struct policy_blocklist *list = policy_model_find_blocklist(model, zone);
    if (list == NULL)
        return spec_error(member, err, "%s is none of the blocklists of \"policy\"", zone);
    if (spec_need(entry, "ip", &member, err) != 0 ||
        policy_blocklist_read_prefix(member, &prefix, err) != 0)
        return -1;
    if (dns == NULL)
        return 0;
    return listed ? policy_blocklist_add(list, &prefix, dns, err)
                  : policy_blocklist_remove(list, &prefix, dns, err);
}

int policy_change_apply(struct policy_model *model, struct dns_model *dns,
                        enum policy_change change, struct spec entry, struct err *err)
{
    if (change == POLICY_CHANGE_STS)
        return policy_change_sts(model, dns, entry, err);
    return policy_change_list(model, dns, entry, change == POLICY_CHANGE_LIST, err);
}
