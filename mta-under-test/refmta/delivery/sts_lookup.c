#include "mta-under-test/refmta/delivery/sts_lookup.h"

#include <stdarg.h>

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* RFC 8461 3.3 suggests a minute for the fetch. */
#define FETCH_TIMEOUT_US TIME_MINUTE

enum { RECORDS_MAX = 20, ADDRESSES_MAX = 8, HTTP_OK = 200 };

struct lookup {
    const struct sts_lookups *lookups;
    char *domain;
    char *host; /* mta-sts.DOMAIN */
    struct arena arena;
    struct slice id;
    struct ip_address addresses[ADDRESSES_MAX];
    size_t address_count;
    unsigned open; /* questions about addresses */
    void (*done)(void *arg, const struct sts_result *result);
    void *arg;
};

static void tell(struct lookup *lookup, const char *report_as)
{
    struct sts_result result = {report_as};
    if (lookup->done != NULL)
        lookup->done(lookup->arg, &result);
    lookup->done = NULL;
}

static void finish(struct lookup *lookup, const char *report_as)
{
    tell(lookup, report_as);
    arena_deinit(&lookup->arena);
    free(lookup->domain);
    free(lookup->host);
    free(lookup);
}

PRINTF_LIKE(3, 4)
static void fail(struct lookup *lookup, const char *report_as, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sts_store_note_failure(lookup->lookups->store, lookup->domain, lookup->id, time_now_us());
    struct log_line line;
    log_begin(&line, lookup->lookups->log, "mta-sts-failed");
    json_out_text(&line.json, "domain", lookup->domain);
    json_out_text(&line.json, "result", report_as);
    json_out_text(&line.json, "text", text);
    log_end(&line);
    finish(lookup, report_as);
}

static void log_policy(const struct lookup *lookup, const struct err *err)
{
    int64_t now_us = time_now_us();
    const struct sts_policy *policy = sts_store_get(lookup->lookups->store, lookup->domain, now_us);
    struct log_line line;
    log_begin(&line, lookup->lookups->log, "mta-sts-policy");
    json_out_text(&line.json, "domain", lookup->domain);
    json_out_slice(&line.json, "id", lookup->id);
    if (policy != NULL) {
        json_out_text(&line.json, "mode", sts_mode_name(policy->mode));
        json_out_int(&line.json, "max-age", policy->max_age_s);
    }
    if (err->text[0] != '\0')
        json_out_text(&line.json, "not-kept", err->text);
    log_end(&line);
}

static bool is_plain_text(const char *content_type)
{
    struct slice type = slice_first(slice_of(content_type), strcspn(content_type, ";"));
    return slice_is_nocase(slice_trim(type), "text/plain");
}

static void on_policy(void *arg, const struct https_response *response)
{
    struct lookup *lookup = arg;
    struct err err = {.text = ""};
    if (response->status == 0) {
        fail(lookup, response->is_untrusted ? "sts-webpki-invalid" : "sts-policy-fetch-error",
             "https://%s: %s", lookup->host, response->problem);
        return;
    }
    /* RFC 8461 3.3: no redirect is followed, only 200 is an answer. */
    if (response->status != HTTP_OK) {
        fail(lookup, "sts-policy-fetch-error", "https://%s answers %d", lookup->host,
             response->status);
        return;
    }
    if (!is_plain_text(response->content_type)) {
        fail(lookup, "sts-policy-invalid", "https://%s: expected text/plain, found \"%s\"",
             lookup->host, response->content_type);
        return;
    }
    const char *problem = sts_store_put(lookup->lookups->store, lookup->domain, lookup->id,
                                        response->body, time_now_us(), &err);
    if (problem != NULL) {
        fail(lookup, "sts-policy-invalid", "https://%s: %s", lookup->host, problem);
        return;
    }
    log_policy(lookup, &err);
    finish(lookup, NULL);
}

static void fetch(struct lookup *lookup)
{
    char *url;
    if (lookup->address_count == 0) {
        fail(lookup, "sts-policy-fetch-error", "%s has no address", lookup->host);
        return;
    }
    uint16_t port = lookup->lookups->port;
    url = mem_text_format("https://%s:%u/.well-known/mta-sts.txt", lookup->host, port);
    struct https_request request = {
        .url = url,
        .host = lookup->host,
        .port = port,
        .addresses = lookup->addresses,
        .address_count = lookup->address_count,
        .bytes_max = STS_POLICY_BYTES_MAX,
        .timeout_us = FETCH_TIMEOUT_US,
        .done = on_policy,
        .arg = lookup,
    };
    https_client_ask(lookup->lookups->client, &request);
    free(url);
}

static void on_address(void *arg, const struct resolver_result *result)
{
    struct lookup *lookup = arg;
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count &&
                       lookup->address_count < ADDRESSES_MAX;
         i++)
        lookup->addresses[lookup->address_count++] = result->answer.records[i].address;
    if (--lookup->open == 0)
        fetch(lookup);
}

static void find_addresses(struct lookup *lookup)
{
    /* Two for the questions, so that the first answer cannot be taken for the last one. */
    lookup->open = 2;
    resolver_ask(lookup->lookups->resolver, lookup->host, DNS_TYPE_AAAA, on_address, lookup);
    resolver_ask(lookup->lookups->resolver, lookup->host, DNS_TYPE_A, on_address, lookup);
}

static void on_record(void *arg, const struct resolver_result *result)
{
    struct lookup *lookup = arg;
    struct slice texts[RECORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count; i++)
        if (count < RECORDS_MAX)
            texts[count++] = result->answer.records[i].text;
    struct sts_advice advice =
        sts_store_decide(lookup->lookups->store, lookup->domain, texts, count, time_now_us());
    if (advice.action != STS_FETCH) {
        finish(lookup, NULL);
        return;
    }
    lookup->id = arena_slice(&lookup->arena, advice.id);
    if (advice.in_background)
        tell(lookup, NULL);
    find_addresses(lookup);
}

void sts_lookup_start(const struct sts_lookups *lookups, const char *domain,
                      void (*done)(void *arg, const struct sts_result *result), void *arg)
{
    struct lookup *lookup = mem_alloc(sizeof *lookup);
    lookup->lookups = lookups;
    lookup->domain = mem_text_copy(domain);
    lookup->host = mem_text_format("mta-sts.%s", domain);
    lookup->done = done;
    lookup->arg = arg;
    char *name = mem_text_format("_mta-sts.%s", domain);
    resolver_ask(lookups->resolver, name, DNS_TYPE_TXT, on_record, lookup);
    free(name);
}
