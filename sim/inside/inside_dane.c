/*
 * The TLSA records of the hosts (RFC 6698 section 3), made from what they show. Where the scenario
 * has records of its own at such a name, they stay.
 */
#include "sim/inside/inside_state.h"

#include "sim/mx/mx_tls.h"

#include "mta-under-test/base/poison.h"

enum { INSIDE_TLSA_BYTES_MAX = 16 * 1024 };

/* The records of one host as texts for its zone, in `arena`. */
static const char *const *inside_make_tlsa(struct inside *inside, struct mx_host *host,
                                           struct arena *arena, struct err *err)
{
    const char **records = arena_alloc_array(arena, host->tlsa_count, sizeof *records);
    for (size_t i = 0; i < host->tlsa_count; i++) {
        struct buf record;
        buf_init(&record, INSIDE_TLSA_BYTES_MAX);
        buf_format(&record, "_25._tcp.%s. TLSA ", mx_host_name(host));
        int result = mx_dane_to_text(host, i, inside->authority, &record, err);
        records[i] = arena_text(arena, buf_text(&record));
        buf_deinit(&record);
        if (result != 0)
            return NULL;
    }
    return records;
}

static int inside_publish_tlsa(struct inside *inside, struct mx_host *host, struct buf *zone,
                               struct err *err)
{
    struct arena arena = {0};
    const char *const *records = inside_make_tlsa(inside, host, &arena, err);
    int result = records != NULL ? dns_model_replace_records(inside->scenario->dns, buf_text(zone),
                                                             records, host->tlsa_count, err)
                                 : -1;
    arena_deinit(&arena);
    return result;
}

static bool inside_has_own_tlsa(const struct inside *inside, const struct mx_host *host)
{
    const struct dns_model *dns = inside->scenario->dns;
    char *name = mem_text_format("_25._tcp.%s", mx_host_name(host));
    bool has = dns_model_has_record(dns, name, "TLSA") || dns_model_has_record(dns, name, "CNAME");
    free(name);
    return has;
}

int inside_publish_host_dane(struct inside *inside, struct mx_host *host, struct err *err)
{
    struct buf zone;
    int result = 0;
    if (host->tlsa_count == 0)
        return 0;
    buf_init(&zone, (size_t)DNS_NAME_BYTES_MAX * 4);
    if (dns_model_zone_of(inside->scenario->dns, mx_host_name(host), &zone))
        result = inside_publish_tlsa(inside, host, &zone, err);
    buf_deinit(&zone);
    return result;
}

int inside_publish_dane(struct inside *inside, struct err *err)
{
    const struct mx_model *mx = inside->scenario->mx;
    for (size_t i = 0; i < mx_model_host_count(mx); i++) {
        struct mx_host *host = mx_model_host(mx, i);
        if (!inside_has_own_tlsa(inside, host) && inside_publish_host_dane(inside, host, err) != 0)
            return -1;
    }
    return 0;
}
