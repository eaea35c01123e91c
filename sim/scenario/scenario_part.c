#include "sim/scenario/scenario_part.h"

#include <stdarg.h>

#include "mta-under-test/base/file.h"
#include "sim/check/check_list.h"
#include "sim/client/client_script.h"
#include "sim/dns/dns_spec.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_spec.h"

#include "mta-under-test/base/poison.h"

enum { SCENARIO_FINDINGS_MAX = 100 };

/* 2026-03-02T09:00:00Z, a Monday: any fixed date does, but every run has the same one. */
#define SCENARIO_START_US (INT64_C(1772442000) * TIME_SECOND)
#define SCENARIO_LIMIT_US (7 * TIME_DAY)
/* Until 2200: clocks count nanoseconds since 1970 in 63 bits, which end in 2262. */
#define SCENARIO_START_MAX_US (INT64_C(7258118400) * TIME_SECOND)
#define SCENARIO_LIMIT_MAX_US (366 * TIME_DAY)
#define SCENARIO_SETTLE_US TIME_HOUR

static const char *const SCENARIO_KEYS[] = {
    "$schema", "version",  "extend",  "name",     "about",    "tags",      "references",
    "seed",    "clock",    "dns",     "hosts",    "profiles", "providers", "policy",
    "mta",     "messages", "clients", "timeline", "expect",   "matrix",    NULL};

void scenario_add_finding(struct scenario_reader *r, struct spec spec, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->finding_count == SCENARIO_FINDINGS_MAX)
        return;
    struct scenario_finding *finding = &r->findings[r->finding_count++];
    finding->place = spec_place(spec, r->arena);
    finding->text = arena_text(r->arena, text);
    r->scenario->finding_count = r->finding_count;
}

const char *scenario_find_file(struct scenario_reader *r, struct spec spec, const char *name)
{
    const char *near =
        name[0] == '/' ? name : arena_format(r->arena, "%s/%s", r->scenario->folder, name);
    if (file_exists(near))
        return near;
    const char *far = NULL;
    if (r->root != NULL && name[0] != '/')
        far = arena_format(r->arena, "%s/%s", r->root, name);
    if (far != NULL && file_exists(far))
        return far;
    spec_no_file(spec, r->err, near, far);
    return NULL;
}

/* ---- the small parts */

static int read_texts(struct scenario_reader *r, const char *key, const char *const **texts,
                      size_t *count)
{
    struct spec member;
    if (!spec_get(r->spec, key, &member))
        return 0;
    return spec_read_texts(member, r->arena, texts, count, r->err);
}

static int read_clock(struct scenario_reader *r)
{
    static const char *const KEYS[] = {"start", "limit", "settle", NULL};
    struct scenario *s = r->scenario;
    struct spec clock;
    struct spec member;
    s->start_us = SCENARIO_START_US;
    s->limit_us = SCENARIO_LIMIT_US;
    s->settle_us = SCENARIO_SETTLE_US;
    if (!spec_get(r->spec, "clock", &clock))
        return 0;
    if (spec_check_keys(clock, KEYS, r->err) != 0 ||
        (spec_get(clock, "start", &member) &&
         spec_read_instant(member, &s->start_us, r->err) != 0) ||
        (spec_get(clock, "settle", &member) && spec_read_span(member, &s->settle_us, r->err) != 0))
        return -1;
    if (spec_get(clock, "start", &member) &&
        (s->start_us < 0 || s->start_us >= SCENARIO_START_MAX_US))
        return spec_expected(member, r->err, "an instant of the years 1970 to 2199");
    if (!spec_get(clock, "limit", &member))
        return 0;
    if (spec_read_span(member, &s->limit_us, r->err) != 0)
        return -1;
    if (s->limit_us <= 0 || s->limit_us > SCENARIO_LIMIT_MAX_US)
        return spec_expected(member, r->err,
                             "a duration of more than nothing and at most 366 days");
    return 0;
}

static int read_head(struct scenario_reader *r, const struct scenario_options *options)
{
    struct scenario *s = r->scenario;
    struct spec member;
    int64_t version = 1;
    int64_t seed = 1;
    if (spec_check_keys(r->spec, SCENARIO_KEYS, r->err) != 0 ||
        spec_need(r->spec, "name", &member, r->err) != 0 ||
        spec_read_text(member, &s->name, r->err) != 0)
        return -1;
    s->about = "";
    if ((spec_get(r->spec, "about", &member) && spec_read_text(member, &s->about, r->err) != 0) ||
        (spec_get(r->spec, "version", &member) &&
         spec_read_int(member, 1, 1, &version, r->err) != 0) ||
        (spec_get(r->spec, "seed", &member) &&
         spec_read_int(member, 0, INT64_MAX, &seed, r->err) != 0) ||
        read_texts(r, "tags", &s->tags, &s->tag_count) != 0 ||
        read_texts(r, "references", &s->references, &s->reference_count) != 0)
        return -1;
    s->seed = options->seed_given ? options->seed : (uint64_t)seed;
    return read_clock(r);
}

/* ---- the parts that others read */

static int read_mta(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct spec spec = {r->spec.document, NULL, "$.mta"};
    if (!spec_get(r->spec, "mta", &spec))
        spec.json = NULL;
    if (mta_settings_parse(spec, r->arena, &s->mta, r->err) != 0)
        return -1;
    s->skew_us = s->mta->skew_us;
    s->drift = s->mta->drift;
    s->smart_host = s->mta->smart_host != NULL;
    return 0;
}

static int read_dns(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct spec spec;
    s->dns = dns_model_new();
    if (!spec_get(r->spec, "dns", &spec))
        return 0;
    return dns_spec_parse(spec, s->folder, r->root, s->dns, r->err);
}

static int read_hosts(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct spec spec;
    struct spec profiles;
    const char *root = r->root != NULL ? r->root : ".";
    s->mx = mx_model_new(root, s->seed, r->arena);
    bool has_profiles = spec_get(r->spec, "profiles", &profiles);
    if (has_profiles && mx_model_add_profiles(s->mx, profiles, r->err) != 0)
        return -1;
    if (spec_get(r->spec, "providers", &spec) && mx_model_add_providers(s->mx, spec, r->err) != 0)
        return -1;
    if (spec_get(r->spec, "hosts", &spec) && mx_model_read_hosts(s->mx, spec, r->err) != 0)
        return -1;
    return has_profiles ? mx_model_check_profiles(s->mx, profiles, r->err) : 0;
}

static int read_policy(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct spec spec;
    if (spec_get(r->spec, "policy", &spec))
        return policy_spec_parse(spec, r->arena, &s->policy, r->err);
    s->policy = policy_model_new(r->arena);
    return 0;
}

static int read_expect(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct spec spec;
    if (!spec_get(r->spec, "expect", &spec)) {
        s->checks = arena_alloc(r->arena, sizeof *s->checks);
        return 0;
    }
    return check_list_parse(spec, s->variables, s->variable_count, r->arena, &s->checks, r->err);
}

static int read_rest(struct scenario_reader *r)
{
    struct spec spec;
    if (spec_get(r->spec, "messages", &spec) && scenario_read_messages(r, spec) != 0)
        return -1;
    r->scenario->clients = arena_alloc(r->arena, sizeof *r->scenario->clients);
    r->scenario->clients->hostname = mta_settings_hostname(r->scenario->mta);
    if (spec_get(r->spec, "clients", &spec) &&
        client_list_parse(spec, r->arena, r->scenario->clients, r->err) != 0)
        return -1;
    if (spec_get(r->spec, "timeline", &spec) && scenario_read_timeline(r, spec) != 0)
        return -1;
    return read_expect(r);
}

/* Zones that are signed must all be there first. */
static int finish_dns(struct scenario_reader *r)
{
    struct spec spec;
    r->scenario->dns->signed_at_us = r->scenario->start_us;
    if (!spec_get(r->spec, "dns", &spec))
        return 0;
    return dns_spec_finish(spec, r->scenario->dns, r->err);
}

/* Those whom the findings of a run are about: named hosts, their own rules and those of the
 * scenario's own profiles. */
struct rule_lister {
    struct scenario_reader *reader;
    struct scenario_rule *list;
    size_t size;
};

static void list_rules(struct rule_lister *lister, const char *host, const char *profile,
                       const struct mx_rule_list *rules)
{
    struct scenario *s = lister->reader->scenario;
    for (size_t i = 0; i < rules->count; i++) {
        if (s->rule_count == lister->size) {
            size_t size = lister->size * 2 + 16;
            struct scenario_rule *more =
                arena_alloc_array(lister->reader->arena, size, sizeof *more);
            if (s->rule_count > 0)
                memcpy(more, lister->list, s->rule_count * sizeof *more);
            lister->list = more;
            lister->size = size;
        }
        lister->list[s->rule_count++] =
            (struct scenario_rule){host, profile, rules->rules[i].name, rules->rules[i].spec.path};
    }
}

static void list_profile(void *context, struct spec spec, const char *name,
                         const struct mx_rule_list *rules, bool used)
{
    struct rule_lister *lister = context;
    if (used)
        list_rules(lister, NULL, name, rules);
    else
        scenario_add_finding(lister->reader, spec, "no host uses the profile \"%s\"", name);
}

static void list_hosts(struct scenario_reader *r)
{
    struct scenario *s = r->scenario;
    struct rule_lister lister = {.reader = r};
    size_t hosts = mx_model_host_count(s->mx);
    const char **names = arena_alloc_array(r->arena, hosts + 1, sizeof *names);
    for (size_t i = 0; i < hosts; i++) {
        const struct mx_host *host = mx_model_host(s->mx, i);
        if (mx_host_spec(host).json == NULL)
            continue;
        names[s->host_count++] = mx_host_name(host);
        list_rules(&lister, mx_host_name(host), NULL, &host->own);
    }
    mx_model_visit_profiles(s->mx, list_profile, &lister);
    const char *idle = mx_providers_unused(mx_model_providers(s->mx));
    struct spec place;
    if (idle != NULL && spec_get(r->spec, "providers", &place) && spec_get(place, idle, &place))
        scenario_add_finding(r, place, "no host is of the provider \"%s\"", idle);
    s->rules = lister.list;
    s->host_names = names;
}

int scenario_parse(struct scenario *scenario, const struct scenario_options *options,
                   struct err *err)
{
    struct scenario_reader r = {
        .scenario = scenario,
        .arena = &scenario->arena,
        .root = options->root,
        .spec = spec_root(scenario->document),
        .err = err,
    };
    r.findings = arena_alloc_array(r.arena, SCENARIO_FINDINGS_MAX, sizeof *r.findings);
    scenario->findings = r.findings;
    if (read_head(&r, options) != 0 || read_mta(&r) != 0 || read_dns(&r) != 0 ||
        read_hosts(&r) != 0 || read_policy(&r) != 0 || read_rest(&r) != 0 ||
        scenario_complete(&r) != 0 || finish_dns(&r) != 0)
        return -1;
    list_hosts(&r);
    return scenario_check_parts(&r);
}

void scenario_release_parts(struct scenario *scenario)
{
    if (scenario->clients != NULL)
        client_list_release(scenario->clients);
    for (size_t i = 0; i < scenario->event_count; i++) {
        pattern_release(scenario->timeline[i].message);
        pattern_release(scenario->timeline[i].from);
        pattern_release(scenario->timeline[i].to);
    }
    scenario_release_internet(scenario);
}

void scenario_release_internet(struct scenario *scenario)
{
    policy_model_release(&scenario->policy);
    mx_model_release(&scenario->mx);
    dns_model_free(&scenario->dns);
}
