#include "mta-under-test/refmta/delivery/route.h"

#include <idn2.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/route_tls.h"
#include "mta-under-test/refmta/message/mailbox.h"

#include "mta-under-test/base/poison.h"

/* However long a TTL is, and however short. */
#define EXPIRY_MAX_US TIME_HOUR
#define EXPIRY_MIN_US TIME_SECOND

enum { SMTP_PORT = 25 };

/* A question about the addresses of one host. */
struct address_question {
    struct route_search *search;
    struct route_host *host;
    unsigned type;
};

struct route_search {
    struct route_request request;
    struct route *route;
    uint32_t ttl_seconds;
    size_t open; /* questions about addresses */
    bool is_implicit;
    bool starting;    /* questions are still being asked */
    bool sts_is_open; /* the MTA-STS policy is being looked for */
    bool is_ready;    /* but for that policy */
};

void route_free(struct route **where)
{
    struct route *route = *where;
    *where = NULL;
    if (route == NULL || --route->user_count > 0)
        return;
    arena_deinit(&route->arena);
    free(route);
}

struct route *route_keep(struct route *route)
{
    route->user_count++;
    return route;
}

static void finish(struct route_search *search)
{
    struct route *route = search->route;
    search->is_ready = true;
    if (search->sts_is_open)
        return;
    if (route->expires_us < time_monotonic_us() + EXPIRY_MIN_US || route->verdict != ROUTE_GOOD)
        route->expires_us = time_monotonic_us() + EXPIRY_MIN_US;
    config_let_go(search->request.config);
    search->request.done(search->request.arg, route);
    free(search);
}

static void on_tls_known(void *arg)
{
    finish(arg);
}

/* The hosts and their addresses are known. */
static void finish_good(struct route_search *search)
{
    struct route *route = search->route;
    int64_t life_us = (int64_t)search->ttl_seconds * TIME_SECOND;
    if (life_us > EXPIRY_MAX_US)
        life_us = EXPIRY_MAX_US;
    route->expires_us = time_monotonic_us() + life_us;
    if (search->request.config->tls_dane)
        route_tls_find(route, search->request.resolver, on_tls_known, search);
    else
        finish(search);
}

static void finish_with(struct route_search *search, enum route_verdict verdict, const char *status,
                        const char *text)
{
    search->route->verdict = verdict;
    reason_set(&search->route->reason, status, false, "", "%s: %s", search->request.destination,
               text);
    finish(search);
}

/* IPv6 and IPv4 in turn, so that one broken family costs one time-out only (RFC 8305 4). */
static void join_addresses(struct route_host *host)
{
    size_t v4 = 0;
    size_t v6 = 0;
    while (host->address_count < ROUTE_ADDRESSES_MAX &&
           (v4 < host->v4_count || v6 < host->v6_count)) {
        if (v6 < host->v6_count)
            host->addresses[host->address_count++] = host->v6[v6++];
        if (v4 < host->v4_count && host->address_count < ROUTE_ADDRESSES_MAX)
            host->addresses[host->address_count++] = host->v4[v4++];
    }
}

static void judge(struct route_search *search)
{
    struct route *route = search->route;
    size_t found = 0;
    bool failed = false;
    for (size_t i = 0; i < route->host_count; i++) {
        join_addresses(&route->hosts[i]);
        found += route->hosts[i].address_count;
        failed = failed || route->hosts[i].failed;
    }
    if (found > 0)
        finish_good(search);
    else if (failed)
        finish_with(search, ROUTE_LATER, "4.4.3", "DNS does not tell the address of any mail host");
    else if (search->is_implicit)
        finish_with(search, ROUTE_NOWHERE, "5.4.4", "the domain has neither MX nor address");
    else
        finish_with(search, ROUTE_NOWHERE, "5.4.4", "none of its mail hosts has an address");
}

static void on_addresses(void *arg, const struct resolver_result *result)
{
    struct address_question *question = arg;
    struct route_search *search = question->search;
    struct route_host *host = question->host;
    bool is_v4 = question->type == DNS_TYPE_A;
    struct ip_address *list = is_v4 ? host->v4 : host->v6;
    size_t *count = is_v4 ? &host->v4_count : &host->v6_count;
    host->failed = host->failed || result->status == RESOLVER_FAILED;
    if (result->status == RESOLVER_FOUND) {
        host->is_insecure = host->is_insecure || !result->answer.authentic;
        host->is_secure = !host->is_insecure;
        if (result->answer.canonical != NULL && host->is_secure && host->canonical == NULL)
            host->canonical = arena_text(&search->route->arena, result->answer.canonical);
    }
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count; i++) {
        if (*count < ROUTE_ADDRESSES_MAX)
            list[(*count)++] = result->answer.records[i].address;
        if (result->answer.records[i].ttl_seconds < search->ttl_seconds)
            search->ttl_seconds = result->answer.records[i].ttl_seconds;
    }
    search->open--;
    if (search->open == 0 && !search->starting)
        judge(search);
}

static void ask_address(struct route_search *search, struct route_host *host, unsigned type)
{
    struct address_question *question = arena_alloc(&search->route->arena, sizeof *question);
    *question = (struct address_question){search, host, type};
    search->open++;
    resolver_ask(search->request.resolver, host->name, type, on_addresses, question);
}

/* Whether we can send to addresses of this kind; with no source given, the kernel chooses. */
static bool is_useful(const struct routing_pool *pool, sa_family_t family)
{
    bool any_given = false;
    for (size_t i = 0; i < pool->source_count; i++) {
        const struct routing_source *source = &pool->sources[i];
        if ((family == AF_INET ? source->v4.family : source->v6.family) != 0)
            return true;
        any_given = any_given || source->v4.family != 0 || source->v6.family != 0;
    }
    return !any_given;
}

static void find_addresses(struct route_search *search)
{
    const struct routing_pool *pool = search->request.pool;
    search->starting = true;
    for (size_t i = 0; i < search->route->host_count; i++) {
        if (search->route->hosts[i].address_count > 0)
            continue; /* it was named by its address */
        if (is_useful(pool, AF_INET))
            ask_address(search, &search->route->hosts[i], DNS_TYPE_A);
        if (is_useful(pool, AF_INET6))
            ask_address(search, &search->route->hosts[i], DNS_TYPE_AAAA);
    }
    search->starting = false;
    if (search->open == 0)
        judge(search);
}

static void set_hosts(struct route_search *search, const struct mx_choice *choice)
{
    struct route *route = search->route;
    route->host_count = choice->count;
    route->hosts = arena_alloc_array(&route->arena, choice->count, sizeof *route->hosts);
    for (size_t i = 0; i < choice->count; i++) {
        route->hosts[i].name = arena_text(&route->arena, choice->hosts[i].name);
        route->hosts[i].tls_name = route->hosts[i].name;
        route->hosts[i].preference = choice->hosts[i].preference;
        route->hosts[i].weight = 1;
    }
    find_addresses(search);
}

static void set_one_host(struct route_search *search, const char *name)
{
    struct mx_choice choice = {.count = 1, .hosts = {{name, 0}}};
    search->is_implicit = true;
    set_hosts(search, &choice);
}

/* The hosts of a relay, which the operator has named. */
static void set_relay(struct route_search *search)
{
    const struct routing_relay *relay = search->request.relay;
    struct route *route = search->route;
    route->is_secure = true;
    route->port = relay->hosts[0].port;
    route->host_count =
        relay->host_count < ROUTE_HOSTS_MAX ? relay->host_count : (size_t)ROUTE_HOSTS_MAX;
    route->hosts = arena_alloc_array(&route->arena, route->host_count, sizeof *route->hosts);
    for (size_t i = 0; i < route->host_count; i++) {
        route->hosts[i].name = relay->hosts[i].name;
        route->hosts[i].tls_name = relay->hosts[i].name;
        route->hosts[i].preference = (uint16_t)relay->hosts[i].priority;
        route->hosts[i].weight = relay->hosts[i].weight;
        if (ip_address_from_text(slice_of(relay->hosts[i].name), &route->hosts[i].addresses[0]) ==
            0)
            route->hosts[i].address_count = 1;
    }
    find_addresses(search);
}

static const char *name_for_dns(struct route_search *search)
{
    const char *name = search->request.destination;
    char *ascii = NULL;
    if (text_is_ascii(slice_of(name)))
        return name;
    if (idn2_to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return NULL;
    const char *copy = arena_text(&search->route->arena, ascii);
    idn2_free(ascii);
    return copy;
}

static void on_mx(void *arg, const struct resolver_result *result)
{
    struct route_search *search = arg;
    struct mx_choice choice;
    if (result->status == RESOLVER_FAILED) {
        finish_with(search, ROUTE_LATER, "4.4.3", result->text);
        return;
    }
    if (result->status == RESOLVER_NO_NAME) {
        finish_with(search, ROUTE_NOWHERE, "5.1.2", "there is no such domain");
        return;
    }
    search->route->is_secure = result->answer.authentic;
    for (size_t i = 0; i < result->answer.count; i++)
        if (result->answer.records[i].ttl_seconds < search->ttl_seconds)
            search->ttl_seconds = result->answer.records[i].ttl_seconds;
    mx_choose(result->answer.records, result->answer.count, search->request.config->hostname,
              &choice);
    switch (choice.verdict) {
    case MX_HOSTS:
        set_hosts(search, &choice);
        break;
    case MX_IMPLICIT:
        set_one_host(search, name_for_dns(search));
        break;
    case MX_NULL:
        finish_with(search, ROUTE_NOWHERE, "5.1.10",
                    "the domain takes no mail (null MX, RFC 7505)");
        break;
    case MX_LOOP:
        finish_with(search, ROUTE_NOWHERE, "5.4.6",
                    "this server is its best MX, but does not know it: mail loops back to myself");
        break;
    case MX_BROKEN:
        finish_with(search, ROUTE_NOWHERE, "5.4.4", "its MX records name no host");
        break;
    }
}

/* "[192.0.2.1]", or a smart host that is given as an address: no DNS. */
static bool is_literal(struct route_search *search)
{
    struct ip_address address = {0};
    struct slice name = slice_of(search->request.destination);
    bool is_address =
        search->request.config->smart_host != NULL && ip_address_from_text(name, &address) == 0;
    if (!is_address && mailbox_literal_address(name, &address) != 0)
        return false;
    struct route *route = search->route;
    route->host_count = 1;
    route->hosts = arena_alloc(&route->arena, sizeof *route->hosts);
    route->hosts->weight = 1;
    route->hosts->name = arena_text(&route->arena, search->request.destination);
    route->hosts->tls_name = route->hosts->name;
    route->hosts->addresses[0] = address;
    route->hosts->address_count = 1;
    search->ttl_seconds = UINT32_MAX;
    return true;
}

static void on_sts(void *arg, const struct sts_result *result)
{
    struct route_search *search = arg;
    search->sts_is_open = false;
    search->route->sts_problem = result->report_as;
    if (search->is_ready)
        finish(search);
}

/* MX and MTA-STS at the same time: neither needs the other. */
static void find_by_mx(struct route_search *search, const char *name)
{
    const struct sts_lookups *sts = search->request.sts;
    search->sts_is_open = sts != NULL;
    if (sts != NULL) {
        search->route->sts_domain = arena_text(&search->route->arena, name);
        sts_lookup_start(sts, search->route->sts_domain, on_sts, search);
    }
    resolver_ask(search->request.resolver, name, DNS_TYPE_MX, on_mx, search);
}

void route_find(const struct route_request *request)
{
    struct route_search *search = mem_alloc(sizeof *search);
    search->request = *request;
    config_hold(request->config);
    search->ttl_seconds = UINT32_MAX;
    search->route = route_keep(mem_alloc(sizeof *search->route));
    search->route->port = SMTP_PORT;
    const char *name = name_for_dns(search);
    bool is_smart = request->config->smart_host != NULL;
    if (is_smart) {
        search->route->port = request->config->smart_host_port;
        search->route->is_secure = true; /* the operator has said where to */
    }
    if (request->relay != NULL)
        set_relay(search);
    else if (is_literal(search))
        finish_good(search);
    else if (name == NULL)
        finish_with(search, ROUTE_NOWHERE, "5.1.2", "this is no name that DNS can hold");
    else if (is_smart)
        set_one_host(search, name);
    else
        find_by_mx(search, name);
}

size_t route_order(const struct route *route, struct rng *rng, struct route_candidate *out,
                   size_t max)
{
    struct mx_rank ranks[ROUTE_HOSTS_MAX];
    size_t order[ROUTE_HOSTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < route->host_count; i++) {
        ranks[i] = (struct mx_rank){route->hosts[i].preference, route->hosts[i].weight};
        order[i] = i;
    }
    mx_shuffle(ranks, route->host_count, rng, order);
    for (size_t i = 0; i < route->host_count; i++) {
        const struct route_host *host = &route->hosts[order[i]];
        for (size_t j = 0; j < host->address_count && count < max; j++)
            out[count++] = (struct route_candidate){host, &host->addresses[j]};
    }
    return count;
}
