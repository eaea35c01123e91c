#include "mta-under-test/refmta/delivery/route_tls.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

struct search {
    struct route *route;
    struct resolver *resolver;
    size_t open;
    void (*done)(void *arg);
    void *arg;
};

struct question {
    struct search *search;
    struct route_host *host;
    const char *base; /* the TLSA base domain that is tried */
};

static void ask(struct search *search, struct route_host *host, const char *base);

static void one_done(struct search *search)
{
    if (--search->open > 0)
        return;
    search->done(search->arg);
    free(search);
}

/* RFC 7672 2.2: unusable records still demand TLS. */
static void take_records(struct route *route, struct route_host *host, const char *base,
                         const struct dns_answer *answer)
{
    host->tls_name = base;
    host->dane = TLS_DANE_UNUSABLE;
    host->tlsa = arena_alloc_array(&route->arena, answer->count, sizeof *host->tlsa);
    for (size_t i = 0; i < answer->count; i++) {
        struct dane_record record;
        struct slice data = arena_slice(&route->arena, answer->records[i].text);
        if (!dane_record_from_wire(data, &record))
            continue;
        host->tlsa[host->tlsa_count++] = record;
        if (dane_record_usability(&record, true) == DANE_USABLE)
            host->dane = TLS_DANE_USABLE;
    }
    int64_t expires_us =
        time_monotonic_us() + (int64_t)answer->records[0].ttl_seconds * TIME_SECOND;
    if (expires_us < route->expires_us)
        route->expires_us = expires_us;
}

static void on_tlsa(void *arg, const struct resolver_result *result)
{
    struct question *question = arg;
    struct search *search = question->search;
    struct route_host *host = question->host;
    const char *base = question->base;
    free(question);
    if (result->status == RESOLVER_FAILED)
        host->dane = TLS_DANE_FAILED;
    else if (result->status == RESOLVER_FOUND && result->answer.authentic)
        take_records(search->route, host, base, &result->answer);
    else if (strcmp(base, host->name) != 0)
        ask(search, host, host->name); /* RFC 7672 2.2.2: then the name before the alias */
    one_done(search);
}

static void ask(struct search *search, struct route_host *host, const char *base)
{
    struct question *question = mem_alloc(sizeof *question);
    char *name = mem_text_format("_%u._tcp.%s", search->route->port, base);
    *question = (struct question){search, host, base};
    search->open++;
    resolver_ask(search->resolver, name, DNS_TYPE_TLSA, on_tlsa, question);
    free(name);
}

void route_tls_find(struct route *route, struct resolver *resolver, void (*done)(void *arg),
                    void *arg)
{
    struct search *search = mem_alloc(sizeof *search);
    *search = (struct search){route, resolver, 1, done, arg};
    for (size_t i = 0; i < route->host_count; i++) {
        struct route_host *host = &route->hosts[i];
        if (route->is_secure && host->is_secure && host->address_count > 0)
            ask(search, host, host->canonical != NULL ? host->canonical : host->name);
    }
    one_done(search);
}
