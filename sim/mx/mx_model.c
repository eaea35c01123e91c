#include "sim/mx/mx_model.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_profile.h"
#include "sim/mx/mx_settings.h"
#include "sim/value/spec_document.h"

#include "mta-under-test/base/poison.h"

enum { MX_DOMAIN_BYTES = 256, MX_PROFILES_OF_HOST_MAX = 8, MX_LISTS_MAX = 64 };

struct mx_model {
    struct arena *arena; /* of the scenario */
    struct arena own;    /* hosts: they go with the model */
    uint64_t seed;
    unsigned next_slot;
    struct mx_profiles *profiles;
    struct mx_providers *judges;
    struct map hosts;     /* by name, in order */
    struct map addresses; /* struct address -> host */
    struct map providers; /* name -> struct mx_state */
    struct mx_host **order;
    size_t order_size;
};

struct mx_model *mx_model_new(const char *root, uint64_t seed, struct arena *arena)
{
    struct mx_model *model = mem_alloc(sizeof *model);
    model->arena = arena;
    model->seed = seed;
    model->profiles = mx_profiles_new(root, arena, &model->next_slot);
    model->judges = mx_providers_new(root, seed, arena);
    return model;
}

static void mx_host_release(void *value)
{
    struct mx_host *host = value;
    pattern_release(host->accepts);
    pattern_release(host->users);
    mx_rule_list_release(&host->own);
    mx_rulebook_deinit(&host->rules);
    mx_state_free(&host->state);
    map_deinit(&host->domains, NULL);
    map_deinit(&host->clients, free);
    tls_identity_free(&host->shown);
}

static void mx_provider_free(void *value)
{
    struct mx_state *state = value;
    mx_state_free(&state);
}

void mx_model_release(struct mx_model **model_at)
{
    struct mx_model *model = *model_at;
    if (model == NULL)
        return;
    *model_at = NULL;
    map_deinit(&model->hosts, mx_host_release);
    map_deinit(&model->addresses, NULL);
    map_deinit(&model->providers, mx_provider_free);
    mx_profiles_free(&model->profiles);
    mx_providers_free(&model->judges);
    free(model->order);
    arena_deinit(&model->own);
    free(model);
}

/* ---- hosts */

static struct mx_host *mx_model_make_host(struct mx_model *model, const char *name)
{
    struct mx_host *host = arena_alloc(&model->own, sizeof *host);
    host->name = name;
    mx_settings_set_defaults(host);
    host->own.name = "";
    host->rules.host = name;
    host->rules.seed = model->seed;
    size_t count = model->hosts.count;
    map_set_text(&model->hosts, name, host);
    if (count == model->order_size) {
        model->order_size = count > 0 ? count * 2 : 16;
        model->order = mem_grow(model->order, model->order_size, sizeof model->order[0]);
    }
    model->order[count] = host;
    return host;
}

/* The rule lists of a host: own, its profiles, and those that a rule may switch to. */
struct mx_lists {
    const struct mx_rule_list *list[MX_LISTS_MAX];
    size_t count;
};

static void mx_lists_add(struct mx_lists *lists, const struct mx_rule_list *list)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->list[i] == list)
            return;
    }
    if (lists->count < MX_LISTS_MAX)
        lists->list[lists->count++] = list;
}

static void mx_lists_add_switched(struct mx_lists *lists, const struct mx_rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (strcmp(rule->actions[i].kind->word, "profile") == 0)
            mx_lists_add(lists, rule->actions[i].profile);
    }
}

static void mx_model_set_lists(struct mx_model *model, struct mx_host *host, struct mx_lists *lists)
{
    host->rules.active_count = lists->count;
    for (size_t i = 0; i < lists->count; i++) {
        for (size_t j = 0; j < lists->list[i]->count; j++)
            mx_lists_add_switched(lists, &lists->list[i]->rules[j]);
    }
    const struct mx_rule_list **kept = arena_alloc_array(&model->own, lists->count, sizeof kept[0]);
    memcpy(kept, lists->list, lists->count * sizeof kept[0]);
    host->rules.lists = kept;
    for (size_t i = 0; i < lists->count; i++) {
        host->auth_stages |= lists->list[i]->auth_stages;
        host->asks_soa = host->asks_soa || lists->list[i]->asks_soa;
    }
    host->rules.list_count = lists->count;
}

struct mx_host *mx_model_add_host(struct mx_model *model, const char *name)
{
    struct mx_host *host = mx_model_make_host(model, arena_text(model->arena, name));
    /* A notification about an address in UTF-8 needs it (RFC 6533). */
    host->offers |= MX_EXTENSION_BIT(MX_EXTENSION_SMTPUTF8);
    struct mx_lists lists = {.list = {&host->own}, .count = 1};
    mx_model_set_lists(model, host, &lists);
    return host;
}

int mx_model_add_address(struct mx_model *model, struct mx_host *host,
                         const struct address *address, struct err *err)
{
    struct slice key = slice_from((const char *)address->bytes, sizeof address->bytes);
    const struct mx_host *other = map_get(&model->addresses, key);
    char text[ADDRESS_TEXT_BYTES];
    if (other == host)
        return err_set(err, "the address %s stands here twice; take one of them out",
                       address_to_text(address, text));
    if (other != NULL)
        return err_set(
            err,
            "the address %s is that of two hosts, %s and %s; give one of them another, or "
            "none to get the next that is free",
            address_to_text(address, text), other->name, host->name);
    map_set(&model->addresses, key, host);
    size_t count = host->address_count;
    if (count != 1 && (count & (count - 1)) == 0) { /* none, or a power of two: it is full */
        size_t room = count > 0 ? 2 * count : 2;    /* most hosts have one of IPv4, one of IPv6 */
        struct address *all = arena_alloc_array(&model->own, room, sizeof all[0]);
        if (count > 0)
            memcpy(all, host->addresses, count * sizeof all[0]);
        host->addresses = all;
    }
    host->addresses[host->address_count++] = *address;
    return 0;
}

/* One address, or all of a prefix: "198.18.64.0/21" is 2,048 of them. */
static int mx_host_read_prefix(struct mx_model *model, struct spec spec, struct mx_host *host,
                               struct err *err)
{
    enum { ALL_BITS = 128, FREE_BITS_MAX = 12 };
    struct prefix prefix;
    struct err why;
    bool all = spec_is_text(spec) && strchr(spec.json->valuestring, '/') != NULL;
    prefix.bits = ALL_BITS;
    if (all ? prefix_read(spec, &prefix, err) != 0 : address_read(spec, &prefix.address, err) != 0)
        return -1;
    if (ALL_BITS - prefix.bits > FREE_BITS_MAX)
        return spec_error(spec, err,
                          "has more than %d addresses: at most an IPv4 /20 or an IPv6 /116",
                          1 << FREE_BITS_MAX);
    struct address address = prefix.address;
    for (unsigned i = 0; i < 1u << (ALL_BITS - prefix.bits); i++) {
        if (mx_model_add_address(model, host, &address, &why) != 0)
            return spec_error(spec, err, "%s", why.text);
        for (size_t at = sizeof address.bytes; at-- > 0 && ++address.bytes[at] == 0;)
            continue;
    }
    return 0;
}

static int mx_host_read_addresses(struct mx_model *model, struct spec spec, struct mx_host *host,
                                  struct err *err)
{
    size_t count = spec_is_array(spec) ? spec_count(spec) : 1;
    for (size_t i = 0; i < count; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (mx_host_read_prefix(model, one, host, err) != 0)
            return -1;
    }
    return 0;
}

static int mx_host_read_profile(struct mx_model *model, struct spec spec, struct mx_host *host,
                                struct mx_lists *lists, struct err *err)
{
    const char *name;
    if (spec_read_text(spec, &name, err) != 0)
        return -1;
    const struct mx_profile *profile = mx_profiles_get(model->profiles, spec, name, err);
    if (profile == NULL || mx_settings_read(profile->spec, model->arena, host, err) != 0)
        return -1;
    mx_lists_add(lists, &profile->rules);
    return 0;
}

static int mx_host_read_profiles(struct mx_model *model, struct spec spec, struct mx_host *host,
                                 struct mx_lists *lists, struct err *err)
{
    if (!spec_is_array(spec))
        return mx_host_read_profile(model, spec, host, lists, err);
    if (spec_count(spec) > MX_PROFILES_OF_HOST_MAX)
        return spec_error(spec, err, "at most %d profiles", MX_PROFILES_OF_HOST_MAX);
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (mx_host_read_profile(model, spec_at(spec, i), host, lists, err) != 0)
            return -1;
    }
    return 0;
}

/* Is there TLS at this host, of one of those versions? It comes with STARTTLS, or at once on 465.
 */
static bool mx_host_has_tls(const struct mx_host *host, const struct pattern *version)
{
    static const char *const VERSIONS[] = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    bool at_once = !host->ports_given && !host->is_lmtp;
    for (size_t i = 0; i < host->port_count; i++)
        at_once |= host->ports[i] == 465;
    if (!at_once && !mx_host_offers(host, MX_EXTENSION_STARTTLS))
        return false;
    int min = host->tls.version_min != 0 ? host->tls.version_min : TLS1_2_VERSION;
    int max = host->tls.version_max != 0 ? host->tls.version_max : TLS1_3_VERSION;
    for (size_t i = 0; i < sizeof VERSIONS / sizeof VERSIONS[0]; i++) {
        struct slice name = slice_of(VERSIONS[i]);
        int number = tls_version_from_text(name);
        if (number >= min && number <= max &&
            (pattern_matches(version, name) || pattern_matches(version, slice_skip(name, 4))))
            return true;
    }
    return false;
}

/* What no session at this host can ever be. */
static int mx_host_check_condition(const struct mx_host *host, const struct mx_rule *rule,
                                   const struct mx_condition *condition, struct err *err)
{
    if (host->judge == NULL && mx_condition_needs_judge(condition))
        return spec_error(rule->spec, err,
                          "\"%s\" asks for a reputation, but the host has no \"provider\" "
                          "that the scenario describes under \"providers\"",
                          rule->name);
    if (mx_condition_needs_login(condition) && !mx_host_offers(host, MX_EXTENSION_AUTH))
        return spec_error(condition->spec, err,
                          "never holds: the host does not offer AUTH, as in \"AUTH PLAIN\"");
    if (mx_condition_needs_tls(condition) && !mx_host_has_tls(host, condition->tls.version))
        return spec_error(condition->spec, err,
                          "never holds: the host has no TLS, or not of such a version (\"offers\", "
                          "\"listens\", \"tls\")");
    return 0;
}

/* A rule that waits for STARTTLS at a host that does not offer it can never fire. */
static int mx_host_check_rules(const struct mx_host *host, struct err *err)
{
    static const struct {
        enum mx_stage stage;
        enum mx_extension extension;
    } NEEDS[] = {
        {MX_STAGE_STARTTLS, MX_EXTENSION_STARTTLS},
        {MX_STAGE_AUTH, MX_EXTENSION_AUTH},
        {MX_STAGE_BDAT, MX_EXTENSION_CHUNKING},
    };
    if (host->verify == MX_VERIFY_NEVER && host->auth_stages != 0)
        return spec_error(
            host->spec, err,
            "\"verify\" is false, but a rule asks for the result of SPF, DKIM, DMARC, "
            "ARC or iprev: it can never fire");
    if ((host->starttls_reply != NULL || host->strips_starttls) &&
        !mx_host_offers(host, MX_EXTENSION_STARTTLS))
        return spec_error(
            host->spec, err,
            "STARTTLS is refused or stripped (the \"fault\" of \"tls\"), but the host "
            "does not offer it");
    for (size_t i = 0; i < host->own.count; i++) {
        const struct mx_rule *rule = &host->own.rules[i];
        for (size_t j = 0; j < rule->condition_count; j++) {
            if (mx_host_check_condition(host, rule, &rule->conditions[j], err) != 0)
                return -1;
        }
        for (size_t j = 0; j < sizeof NEEDS / sizeof NEEDS[0]; j++) {
            if (rule->stages == MX_STAGE_BIT(NEEDS[j].stage) &&
                !mx_host_offers(host, NEEDS[j].extension))
                return spec_error(rule->spec, err,
                                  "\"%s\" can never fire: the host does not offer %s", rule->name,
                                  MX_EXTENSION_WORDS[NEEDS[j].extension]);
        }
    }
    return 0;
}

static int mx_host_read(struct mx_model *model, struct spec spec, struct mx_host *host,
                        struct err *err)
{
    static const char *const MORE[] = {"addresses", "profile", NULL};
    struct mx_lists lists = {.list = {&host->own}, .count = 1};
    struct spec member;
    host->spec = spec;
    if (mx_settings_check_keys(spec, MORE, err) != 0)
        return -1;
    if (spec_get(spec, "profile", &member) &&
        mx_host_read_profiles(model, member, host, &lists, err) != 0)
        return -1;
    if (mx_settings_read(spec, model->arena, host, err) != 0)
        return -1;
    if (spec_get(spec, "addresses", &member) &&
        mx_host_read_addresses(model, member, host, err) != 0)
        return -1;
    struct mx_rule_reader reader = {
        .arena = model->arena,
        .next_slot = &model->next_slot,
        .profile = mx_profiles_get_rules,
        .profile_context = model->profiles,
    };
    if (spec_get(spec, "rules", &member) &&
        mx_rule_list_read(&reader, member, &host->own, err) != 0)
        return -1;
    mx_model_set_lists(model, host, &lists);
    if (host->provider != NULL)
        host->judge = mx_providers_use(model->judges, host->provider);
    return mx_host_check_rules(host, err);
}

/* A host's name as DNS has it: lower case, no dot at the end. */
static int mx_host_read_name(struct spec spec, const char *key, struct arena *arena,
                             const char **name, struct err *err)
{
    char *text = arena_text(arena, key);
    text_to_lower(text);
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '.')
        text[len - 1] = '\0';
    *name = text;
    struct slice rest = slice_of(text);
    struct slice label;
    bool valid = rest.len > 0 && rest.len < MX_DOMAIN_BYTES;
    while (valid && slice_split(&rest, '.', &label)) {
        valid = label.len > 0 && label.len <= 63;
        for (size_t i = 0; valid && i < label.len; i++)
            valid = text_is_alnum(label.data[i]) || label.data[i] == '-' || label.data[i] == '_';
    }
    return valid ? 0 : spec_error(spec, err, "\"%s\" is no host name", key);
}

int mx_model_add_profiles(struct mx_model *model, struct spec profiles, struct err *err)
{
    return mx_profiles_add(model->profiles, profiles, err);
}

int mx_model_check_profiles(struct mx_model *model, struct spec profiles, struct err *err)
{
    return mx_profiles_check_rest(model->profiles, profiles, err);
}

int mx_model_add_providers(struct mx_model *model, struct spec providers, struct err *err)
{
    return mx_providers_read(model->judges, providers, err);
}

const struct mx_providers *mx_model_providers(const struct mx_model *model)
{
    return model->judges;
}

int mx_model_read_hosts(struct mx_model *model, struct spec hosts, struct err *err)
{
    if (!spec_is_object(hosts))
        return spec_expected(hosts, err, "an object like {\"mx.a.test\": {...}}");
    size_t i = 0;
    /* Along the list itself: there may be a hundred thousand hosts. */
    for (const cJSON *child = hosts.json->child; child != NULL; child = child->next) {
        struct spec spec = spec_of_child(hosts, child, i++);
        const char *name;
        if (mx_host_read_name(spec, child->string, model->arena, &name, err) != 0)
            return -1;
        if (mx_model_find_host(model, name) != NULL)
            return spec_error(spec, err,
                              "the host \"%s\" stands here twice: capital letters are the "
                              "same name; keep one of them",
                              name);
        if (mx_host_read(model, spec, mx_model_make_host(model, name), err) != 0)
            return -1;
    }
    return 0;
}

int mx_spec_parse(struct spec hosts, const char *root, uint64_t seed, struct arena *arena,
                  struct mx_model **model, struct err *err)
{
    *model = mx_model_new(root, seed, arena);
    if (mx_model_read_hosts(*model, hosts, err) == 0)
        return 0;
    mx_model_release(model);
    return -1;
}

/* ---- reading it */

void mx_model_verify_all(struct mx_model *model)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (model->order[i]->verify == MX_VERIFY_WHERE_ASKED)
            model->order[i]->verify = MX_VERIFY_ALWAYS;
    }
}

size_t mx_model_host_count(const struct mx_model *model)
{
    return model->hosts.count;
}

struct mx_host *mx_model_host(const struct mx_model *model, size_t i)
{
    return i < model->hosts.count ? model->order[i] : NULL;
}

struct mx_host *mx_model_find_host(const struct mx_model *model, const char *name)
{
    return map_get_text(&model->hosts, name);
}

struct mx_host *mx_model_find_address(const struct mx_model *model, const struct address *address)
{
    struct slice key = slice_from((const char *)address->bytes, sizeof address->bytes);
    return map_get(&model->addresses, key);
}

void mx_host_add_domain(struct mx_host *host, const char *domain)
{
    char text[MX_DOMAIN_BYTES];
    snprintf(text, sizeof text, "%s", domain);
    text_to_lower(text);
    map_set_text(&host->domains, text, host);
}

const char *mx_host_name(const struct mx_host *host)
{
    return host->name;
}

size_t mx_host_address_count(const struct mx_host *host)
{
    return host->address_count;
}

const struct address *mx_host_address(const struct mx_host *host, size_t i)
{
    return &host->addresses[i];
}

struct spec mx_host_spec(const struct mx_host *host)
{
    return host->spec;
}

struct mx_state *mx_model_state(struct mx_model *model, struct mx_host *host, size_t records_max)
{
    if (host->provider == NULL) {
        if (host->state == NULL)
            host->state = mx_state_new(records_max);
        return host->state;
    }
    struct mx_state *state = map_get_text(&model->providers, host->provider);
    if (state == NULL) {
        state = mx_state_new(records_max);
        map_set_text(&model->providers, host->provider, state);
    }
    return state;
}

struct mx_rule_visit {
    mx_model_rule_visitor *visitor;
    void *context;
    const char *host;
};

static void mx_model_visit_rule(void *context, const char *list, const char *rule, uint64_t fired)
{
    struct mx_rule_visit *visit = context;
    visit->visitor(visit->context, visit->host, list, rule, fired);
}

void mx_model_visit_rules(const struct mx_model *model, mx_model_rule_visitor *visitor,
                          void *context)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        struct mx_rule_visit visit = {visitor, context, model->order[i]->name};
        mx_rulebook_visit(&model->order[i]->rules, mx_model_visit_rule, &visit);
    }
}

void mx_model_visit_profiles(const struct mx_model *model, mx_model_profile_visitor *visitor,
                             void *context)
{
    mx_profiles_visit(model->profiles, visitor, context);
}
