#include "mta-under-test/base/text.h"
#include "sim/check/check_list.h"
#include "sim/client/client_letters.h"
#include "sim/dns/dns_fault.h"
#include "sim/mta/mta_adapter.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_change.h"
#include "sim/scenario/scenario_expect.h"
#include "sim/scenario/scenario_never.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/scenario/scenario_select.h"
#include "sim/scenario/scenario_zone.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { TEXT_BYTES_MAX = 1000 };

/* ---- expectations name what is there */

/* Mail of the clients: does the expectation mean any of it? */
struct letter_search {
    const struct check_expectation *expectation;
    struct arena *arena;
    const char **ids;
    size_t count; /* of the ids */
    bool is_named;
    bool is_selected;
};

static void count_letter(void *context, const struct client_letter *letter)
{
    struct letter_search *search = context;
    (void)letter;
    search->count++;
}

static void on_letter(void *context, const struct client_letter *letter)
{
    struct letter_search *search = context;
    const struct check_expectation *e = search->expectation;
    bool is_named = pattern_matches(e->message, slice_of(letter->id));
    search->ids[search->count++] = arena_text(search->arena, letter->id);
    search->is_named = search->is_named || is_named;
    for (size_t i = 0; i < letter->to_count && is_named; i++)
        search->is_selected =
            search->is_selected || (pattern_matches(e->from, slice_of(letter->from)) &&
                                    pattern_matches(e->to, slice_of(letter->to[i])));
}

/* The ids are added to `ids`, which has `count` of them, in a new array. */
static struct letter_search search_letters(struct scenario_reader *r,
                                           const struct check_expectation *e, const char **ids,
                                           size_t count)
{
    struct letter_search search = {.expectation = e, .arena = r->arena, .count = count};
    client_letters_visit(r->scenario->clients, count_letter, &search);
    search.ids = arena_alloc_array(r->arena, search.count + 1, sizeof *search.ids);
    search.count = count;
    for (size_t i = 0; i < count; i++)
        search.ids[i] = ids[i];
    client_letters_visit(r->scenario->clients, on_letter, &search);
    return search;
}

static struct spec member_of(struct spec object, const char *key)
{
    struct spec member;
    return spec_get(object, key, &member) ? member : object;
}

static int unknown_message(struct scenario_reader *r, const struct check_expectation *e)
{
    const struct scenario *s = r->scenario;
    const char **ids = arena_alloc_array(r->arena, s->message_count + 1, sizeof *ids);
    bool known = false;
    for (size_t i = 0; i < s->message_count; i++) {
        ids[i] = s->messages[i].id;
        known = known || scenario_message_has_id(&s->messages[i], e->message);
    }
    const struct letter_search letters = search_letters(r, e, ids, s->message_count);
    if (letters.is_selected)
        return 0;
    if (s->message_count == 0) {
        scenario_add_finding(r, e->spec,
                             "the scenario sends no message that could meet this; "
                             "with exec the command must");
        return 0;
    }
    if (!known && !letters.is_named)
        return spec_unknown(member_of(e->spec, "message"), r->err, "message", letters.ids);
    return spec_unknown(member_of(e->spec, e->to != NULL ? "to" : "from"), r->err,
                        e->to != NULL ? "recipient of a message" : "sender of a message",
                        scenario_some_addresses(r, e->to != NULL));
}

static int unknown_host(struct scenario_reader *r, const struct check_expectation *e)
{
    const struct mx_model *mx = r->scenario->mx;
    size_t count = mx_model_host_count(mx);
    const char **names = arena_alloc_array(r->arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = mx_host_name(mx_model_host(mx, i));
        if (pattern_matches(e->host, slice_of(names[i])))
            return 0;
    }
    return spec_unknown(member_of(e->spec, "host"), r->err, "host", names);
}

static int unknown_provider(struct scenario_reader *r, const struct check_expectation *e)
{
    const struct mx_providers *providers = mx_model_providers(r->scenario->mx);
    const char **names =
        arena_alloc_array(r->arena, mx_providers_count(providers) + 1, sizeof *names);
    size_t count = mx_providers_names(providers, names);
    for (size_t i = 0; i < count; i++)
        if (pattern_matches(e->provider.name, slice_of(names[i])))
            return 0;
    if (count == 0)
        return spec_error(member_of(e->spec, "provider"), r->err,
                          "the scenario has no \"providers\"");
    return spec_unknown(member_of(e->spec, "provider"), r->err, "provider", names);
}

struct rule_search {
    const struct check_expectation *expectation;
    const char **names; /* of the rules of those hosts */
    size_t count;
    size_t size;
    bool found;
    struct arena *arena;
};

static void on_rule(void *context, const char *host, const char *list, const char *rule,
                    uint64_t fired)
{
    struct rule_search *search = context;
    (void)list;
    (void)fired;
    if (!pattern_matches(search->expectation->host, slice_of(host)))
        return;
    search->found = search->found || pattern_matches(search->expectation->rule, slice_of(rule));
    if (search->count < search->size)
        search->names[search->count++] = rule;
}

static int check_rule_name(struct scenario_reader *r, const struct check_expectation *e)
{
    enum { NAMES_MAX = 100 };
    struct rule_search search = {.expectation = e, .size = NAMES_MAX, .arena = r->arena};
    if (e->rule == NULL)
        return 0;
    search.names = arena_alloc_array(r->arena, NAMES_MAX + 1, sizeof *search.names);
    mx_model_visit_rules(r->scenario->mx, on_rule, &search);
    return search.found ? 0
                        : spec_unknown(member_of(e->spec, "rule"), r->err, "rule", search.names);
}

/* The hosts that "hosts" lists must exist, or the expectation can never be met. */
static int check_host_list(struct scenario_reader *r, const struct check_expectation *e)
{
    for (size_t i = 0; i < e->wanted.host_count; i++) {
        if (mx_model_find_host(r->scenario->mx, e->wanted.hosts[i]) == NULL)
            return spec_error(member_of(e->spec, "hosts"), r->err, "there is no host \"%s\"",
                              e->wanted.hosts[i]);
    }
    return 0;
}

static int check_expectation(struct scenario_reader *r, const struct check_expectation *e)
{
    const struct scenario *s = r->scenario;
    if (scenario_check_expected_words(r, e) != 0)
        return -1;
    if (e->subject == CHECK_OF_HOST)
        return unknown_host(r, e) != 0 || check_rule_name(r, e) != 0 ? -1 : 0;
    if (e->subject == CHECK_OF_PROVIDER)
        return unknown_provider(r, e);
    if (e->subject != CHECK_OF_DELIVERIES)
        return 0;
    for (size_t i = 0; i < s->message_count; i++) {
        if (scenario_expects_of(e, &s->messages[i]))
            return check_host_list(r, e);
    }
    return unknown_message(r, e);
}

/* ---- messages */

static void note_unexpected(struct scenario_reader *r)
{
    const struct scenario *s = r->scenario;
    for (size_t i = 0; i < s->message_count; i++) {
        bool expected = false;
        for (size_t k = 0; k < s->checks->count && !expected; k++) {
            const struct check_expectation *e = &s->checks->items[k];
            expected = e->subject == CHECK_OF_DELIVERIES && scenario_expects_of(e, &s->messages[i]);
        }
        if (!expected)
            scenario_add_finding(r, s->messages[i].spec, "nothing is expected of message \"%s\"",
                                 s->messages[i].id);
    }
}

/* True if an expectation about this recipient says that it will not be delivered. */
static bool is_meant_to_fail(const struct scenario *s, const struct scenario_message *message,
                             const char *to)
{
    for (size_t k = 0; k < s->checks->count; k++) {
        const struct check_expectation *e = &s->checks->items[k];
        if (e->subject == CHECK_OF_DELIVERIES && scenario_message_has_id(message, e->message) &&
            pattern_matches(e->to, slice_of(to)) && e->wanted.ends != 0 &&
            (e->wanted.ends & 1U << CHECK_DELIVERED) == 0)
            return true;
    }
    return false;
}

static bool has_zone(const struct scenario *s, const char *domain)
{
    struct buf zone;
    buf_init(&zone, TEXT_BYTES_MAX);
    bool found = dns_model_zone_of(s->dns, domain, &zone);
    buf_deinit(&zone);
    for (size_t i = 0; i < s->dns->fault_count && !found; i++)
        found = dns_fault_matches(s->dns->faults[i], slice_of(domain), 0, false);
    return found;
}

static int check_recipient(struct scenario_reader *r, const struct scenario_message *message,
                           size_t i)
{
    const struct scenario *s = r->scenario;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    sequence_text(&text, message->to[i], 0);
    const char *address = arena_text(r->arena, buf_text(&text));
    buf_deinit(&text);
    const char *at = strrchr(address, '@');
    if (at == NULL || at[1] == '[')
        return 0;
    const char *domain = spec_domain_from_text(at + 1, r->arena);
    if (domain == NULL || has_zone(s, domain) || is_meant_to_fail(s, message, address))
        return 0;
    struct spec to = member_of(message->spec, "to");
    return scenario_unknown_domain(r, spec_is_array(to) ? spec_at(to, i) : to, domain, address);
}

static int check_messages(struct scenario_reader *r)
{
    const struct scenario *s = r->scenario;
    for (size_t i = 0; i < s->message_count && !s->smart_host; i++) {
        for (size_t k = 0; k < s->messages[i].to_count; k++) {
            if (check_recipient(r, &s->messages[i], k) != 0)
                return -1;
        }
    }
    return 0;
}

/* A name stands for one message. */
struct name_check {
    const struct scenario *scenario;
    const char *twice; /* in `arena` */
    struct arena *arena;
};

static void check_letter_name(void *context, const struct client_letter *letter)
{
    struct name_check *check = context;
    for (size_t i = 0; i < check->scenario->message_count; i++)
        if (strcmp(letter->id, check->scenario->messages[i].id) == 0)
            check->twice = arena_text(check->arena, letter->id);
}

/* From elsewhere nobody gets to the server under test, and it would be blamed for that. */
static int check_client_source(struct scenario_reader *r, const struct client_script *client)
{
    static const char *const INTERNET[] = {"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
                                           "192.0.2.1/32", "2001:db8::/32"};
    const struct mta_settings *mta = r->scenario->mta;
    bool found = mx_model_find_address(r->scenario->mx, &client->source) != NULL;
    for (size_t i = 0; i < sizeof INTERNET / sizeof INTERNET[0] && !found; i++) {
        struct prefix prefix;
        found = prefix_from_text(slice_of(INTERNET[i]), &prefix) == 0 &&
                prefix_holds(&prefix, &client->source);
    }
    for (size_t i = 0; i < mta->source_count; i++)
        found = found && !address_equal(&mta->sources[i], &client->source);
    if (found || !client->has_source)
        return 0;
    return spec_expected(member_of(client->spec, "from"), r->err,
                         "an address of the simulated internet, of 198.18.0.0/15, 198.51.100.0/24, "
                         "203.0.113.0/24 or 2001:db8::/32, and none of the server under test");
}

static int check_clients(struct scenario_reader *r)
{
    const struct client_list *clients = r->scenario->clients;
    for (size_t i = 0; clients != NULL && i < clients->count; i++) {
        if (check_client_source(r, &clients->items[i]) != 0)
            return -1;
    }
    return 0;
}

static int check_letters(struct scenario_reader *r)
{
    struct name_check check = {.scenario = r->scenario, .arena = r->arena};
    client_letters_visit(r->scenario->clients, check_letter_name, &check);
    if (check.twice == NULL)
        return 0;
    return spec_error(member_of(r->spec, "clients"), r->err,
                      "X-Mailrange-Id: %s names a letter of a client, but one of \"messages\" has "
                      "this id: give one of them another",
                      check.twice);
}

/* ---- timeline */

/* The entries that sim/policy understands are tried without being done. */
static int check_policy_event(struct scenario_reader *r, const struct scenario_event *event)
{
    static const struct {
        enum scenario_action action;
        enum policy_change change;
    } CHANGES[] = {
        {SCENARIO_STS_SET, POLICY_CHANGE_STS},
        {SCENARIO_LIST_IP, POLICY_CHANGE_LIST},
        {SCENARIO_DELIST_IP, POLICY_CHANGE_DELIST},
    };
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        if (CHANGES[i].action == event->action)
            return policy_change_apply(r->scenario->policy, NULL, CHANGES[i].change, event->spec,
                                       r->err);
    }
    return 0;
}

/* Which mail the operator means must be mail of the scenario. */
static int check_choice(struct scenario_reader *r, const struct scenario_event *event)
{
    const struct check_expectation choice = {
        .spec = event->spec, .message = event->message, .from = event->from, .to = event->to};
    if (event->message == NULL && event->from == NULL && event->to == NULL)
        return 0;
    for (size_t i = 0; i < r->scenario->message_count; i++) {
        if (scenario_expects_of(&choice, &r->scenario->messages[i]))
            return 0;
    }
    return unknown_message(r, &choice);
}

static int check_event(struct scenario_reader *r, const struct scenario_event *event)
{
    const struct scenario *s = r->scenario;
    struct err err;
    if (event->host != NULL && mx_model_find_host(s->mx, event->host) == NULL) {
        size_t count = mx_model_host_count(s->mx);
        const char **names = arena_alloc_array(r->arena, count + 1, sizeof *names);
        for (size_t i = 0; i < count; i++)
            names[i] = mx_host_name(mx_model_host(s->mx, i));
        return spec_unknown(member_of(event->spec, "host"), r->err, "host", names);
    }
    if (event->zone != NULL && !dns_model_has_zone(s->dns, event->zone))
        return spec_error(member_of(event->spec, "zone"), r->err, "there is no zone %s",
                          event->zone);
    if (event->record_count > 0 && dns_model_check_records(s->dns, event->zone, event->records,
                                                           event->record_count, &err) != 0)
        return spec_error(member_of(event->spec, "records"), r->err, "%s", err.text);
    return check_choice(r, event) != 0 ? -1 : check_policy_event(r, event);
}

/* ---- what is odd, but allowed */

static void on_mx(void *context, const char *domain, const char *host)
{
    struct scenario_reader *r = context;
    struct address addresses[SCENARIO_ADDRESSES_MAX];
    struct spec dns = member_of(r->spec, "dns");
    if (strcmp(host, ".") != 0 && scenario_zone_addresses(r->scenario->dns, host, addresses) == 0 &&
        !dns_model_has_record(r->scenario->dns, host, "CNAME"))
        scenario_add_finding(r, dns, "%s has an MX host %s that has no address", domain, host);
}

static void on_overfull(void *context, const char *what)
{
    struct scenario_reader *r = context;
    scenario_add_finding(r, member_of(r->spec, "dns"),
                         "the %s do not fit into an answer, which has at most 65535 bytes: whoever "
                         "asks for them gets SERVFAIL",
                         what);
}

static int check_smart_host(struct scenario_reader *r)
{
    const char *name = r->scenario->mta->smart_host;
    if (name == NULL)
        return 0;
    char *host = arena_text(r->arena, name);
    char *port = strrchr(host, ':');
    if (port != NULL && strchr(host, ':') == port) {
        uint64_t number;
        *port = '\0';
        if (text_to_u64(slice_of(port + 1), &number) != 0 || number < 1 || number > UINT16_MAX)
            return spec_error(member_of(r->scenario->mta->spec, "settings"), r->err,
                              "the smart host \"%s\" has no port from 1 to 65535 behind its colon",
                              name);
    }
    struct address address;
    if (mx_model_find_host(r->scenario->mx, host) != NULL ||
        address_from_text(slice_of(host), &address) == 0)
        return 0;
    return spec_error(member_of(r->scenario->mta->spec, "settings"), r->err,
                      "the smart host \"%s\" is no host of this scenario", host);
}

/* What is for a server that nobody knows never happens. Adapters may lie elsewhere, so that it is a
 * finding only. */
static void note_unknown_server(struct scenario_reader *r, struct spec place, const char *name)
{
    const char *const *names = mta_adapter_names(r->root, r->arena);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return;
    }
    const char *nearest = text_nearest(name, names);
    scenario_add_finding(r, place, "there is no adapter \"%s\"%s%s%s", name,
                         nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                         nearest != NULL ? "\"?" : "");
}

static void note_unknown_servers(struct scenario_reader *r)
{
    struct spec mta = r->scenario->mta->spec;
    struct spec raw;
    if (r->root == NULL || mta.json == NULL)
        return;
    if (r->scenario->mta->only != NULL)
        note_unknown_server(r, member_of(mta, "only"), r->scenario->mta->only);
    for (size_t i = 0; spec_get(mta, "raw", &raw) && i < spec_count(raw); i++)
        note_unknown_server(r, spec_at(raw, i), spec_key_at(raw, i));
}

/* ---- providers */

/* And a report can only arrive where mail can. */
static int check_feedback(struct scenario_reader *r, const struct provider_feedback *loop)
{
    const char *domain = spec_domain_from_text(strrchr(loop->to, '@') + 1, r->arena);
    if (domain != NULL && has_zone(r->scenario, domain))
        return 0;
    return spec_error(member_of(loop->spec, "to"), r->err,
                      "no mail gets to %s: its domain is that of no host, no sender and no zone",
                      loop->to);
}

/* A list of a provider can only be shown by a zone that is there. */
static int check_provider_zones(struct scenario_reader *r)
{
    const struct mx_providers *providers = mx_model_providers(r->scenario->mx);
    for (size_t i = 0; i < mx_providers_count(providers); i++) {
        const struct provider_settings *settings =
            provider_get_settings(mx_providers_at(providers, i));
        for (size_t k = 0; k < settings->feedback_count; k++) {
            if (check_feedback(r, &settings->feedback[k]) != 0)
                return -1;
        }
        for (size_t k = 0; k < settings->blocklist_count; k++) {
            const struct provider_blocklist *list = &settings->blocklists[k];
            if (list->zone != NULL &&
                policy_model_find_blocklist(r->scenario->policy, list->zone) == NULL)
                return spec_error(list->zone_spec, r->err,
                                  "%s is none of the blocklists of \"policy\": add \"policy\": "
                                  "{\"blocklists\": {\"%s\": {}}}",
                                  list->zone, list->zone);
        }
    }
    return 0;
}

/* ---- hosts */

/* Outside of a world a host may listen on 127.0.0.1; inside that is the server under test itself.
 */
static int check_address(struct scenario_reader *r, struct spec spec)
{
    struct prefix prefix;
    struct slice text = slice_of(spec.json->valuestring);
    if (address_from_text(text, &prefix.address) != 0 && prefix_from_text(text, &prefix) != 0)
        return 0; /* told by who reads it */
    if (address_is_of_a_host(&prefix.address))
        return 0;
    return spec_error(spec, r->err,
                      "no host can be reached there: expected an address like \"198.18.1.1\" or "
                      "\"2001:db8:18:1::1\" (none of loopback, link-local, multicast)");
}

static bool has_strange_address(const struct mx_host *host)
{
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        if (!address_is_of_a_host(mx_host_address(host, i)))
            return true;
    }
    return false;
}

static int check_hosts(struct scenario_reader *r)
{
    for (size_t i = 0; i < mx_model_host_count(r->scenario->mx); i++) {
        const struct mx_host *host = mx_model_host(r->scenario->mx, i);
        struct spec all;
        if (!has_strange_address(host) || mx_host_spec(host).json == NULL ||
            !spec_get(mx_host_spec(host), "addresses", &all))
            continue;
        size_t count = spec_is_array(all) ? spec_count(all) : 1;
        for (size_t k = 0; k < count; k++) {
            if (check_address(r, spec_is_array(all) ? spec_at(all, k) : all) != 0)
                return -1;
        }
    }
    return 0;
}

int scenario_check_parts(struct scenario_reader *r)
{
    const struct scenario *s = r->scenario;
    for (size_t i = 0; i < s->checks->count; i++) {
        if (check_expectation(r, &s->checks->items[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < s->event_count; i++) {
        if (check_event(r, &s->timeline[i]) != 0)
            return -1;
    }
    if (scenario_check_contradictions(r) != 0 || check_provider_zones(r) != 0 ||
        check_hosts(r) != 0 || check_messages(r) != 0 || check_letters(r) != 0 ||
        check_clients(r) != 0 || check_smart_host(r) != 0)
        return -1;
    note_unexpected(r);
    note_unknown_servers(r);
    scenario_note_strange_addresses(r);
    scenario_visit_mx(s->dns, on_mx, r);
    scenario_visit_overfull(s->dns, on_overfull, r);
    return 0;
}
