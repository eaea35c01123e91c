#include "mta-under-test/mailauth/tool/stub.h"

#include <ldns/ldns.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { STUB_TIMEOUT_S = 5, STUB_TRIES = 2, STUB_RECORDS_MAX = 4096, STUB_CNAMES_MAX = 10 };

struct stub {
    ldns_resolver *resolver;
    struct dns_cache cache;
};

static ldns_rdf *stub_address(struct slice host)
{
    char *text = mem_text_copy_n(host.data, host.len);
    ldns_rdf *rdf = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, text);
    if (rdf == NULL)
        rdf = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, text);
    free(text);
    return rdf;
}

int stub_open(const char *host_port, struct stub **stub, struct err *err)
{
    struct slice host = slice_of(host_port);
    uint64_t port = 53;
    size_t colon = slice_find_last(host, ':');
    bool bracketed = host.len > 0 && host.data[0] == '[';
    if (colon != SIZE_MAX &&
        (bracketed ? host.data[colon - 1] == ']' : slice_find(host, ':') == colon)) {
        if (text_to_u64(slice_skip(host, colon + 1), &port) != 0 || port == 0 || port > 65535)
            return err_set(err, "--resolver %s: no valid port", host_port);
        host = slice_first(host, colon);
    }
    if (bracketed && host.len > 2 && host.data[host.len - 1] == ']')
        host = slice_from(host.data + 1, host.len - 2);
    ldns_rdf *address = stub_address(host);
    if (address == NULL)
        return err_set(err, "--resolver %s: expected ADDRESS:PORT", host_port);
    struct stub *made = mem_alloc(sizeof *made);
    dns_cache_init(&made->cache);
    made->resolver = ldns_resolver_new();
    ldns_resolver_set_port(made->resolver, (uint16_t)port);
    ldns_resolver_push_nameserver(made->resolver, address);
    ldns_rdf_deep_free(address);
    ldns_resolver_set_recursive(made->resolver, true);
    ldns_resolver_set_retry(made->resolver, STUB_TRIES);
    ldns_resolver_set_timeout(made->resolver, (struct timeval){.tv_sec = STUB_TIMEOUT_S});
    *stub = made;
    return 0;
}

void stub_close(struct stub **stub)
{
    if (*stub == NULL)
        return;
    ldns_resolver_deep_free((*stub)->resolver);
    dns_cache_deinit(&(*stub)->cache);
    free(*stub);
    *stub = NULL;
}

static struct slice stub_name(struct stub *stub, const ldns_rdf *rdf)
{
    char *text = ldns_rdf2str(rdf);
    struct slice name = domain_without_dot(slice_of(arena_text(&stub->cache.arena, text)));
    free(text);
    return name;
}

/* The strings of a TXT record in wire form, joined. */
static struct slice stub_txt(struct stub *stub, const ldns_rr *rr)
{
    struct buf joined;
    buf_init(&joined, 65536);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
        if (ldns_rdf_size(rdf) > 1)
            buf_add(&joined, ldns_rdf_data(rdf) + 1, ldns_rdf_size(rdf) - 1);
    }
    struct slice text = arena_slice(&stub->cache.arena, buf_slice(&joined));
    buf_deinit(&joined);
    return text;
}

static struct slice stub_wire(struct stub *stub, const ldns_rr *rr)
{
    struct buf wire;
    buf_init(&wire, 65536);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        buf_add(&wire, ldns_rdf_data(ldns_rr_rdf(rr, i)), ldns_rdf_size(ldns_rr_rdf(rr, i)));
    struct slice bytes = arena_slice(&stub->cache.arena, buf_slice(&wire));
    buf_deinit(&wire);
    return bytes;
}

static void stub_read_record(struct stub *stub, enum dns_type type, const ldns_rr *rr,
                             struct dns_record *record)
{
    const ldns_rdf *first = ldns_rr_rdf(rr, 0);
    memset(record, 0, sizeof *record);
    switch (type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        memcpy(record->address, ldns_rdf_data(first), type == DNS_TYPE_A ? 4 : 16);
        break;
    case DNS_TYPE_MX:
        record->preference = ldns_rdf2native_int16(first);
        record->data = stub_name(stub, ldns_rr_rdf(rr, 1));
        break;
    case DNS_TYPE_PTR:
        record->data = stub_name(stub, first);
        break;
    case DNS_TYPE_TXT:
        record->data = stub_txt(stub, rr);
        break;
    case DNS_TYPE_TLSA:
        record->data = stub_wire(stub, rr);
        break;
    case DNS_TYPE_SOA:
        break;
    }
}

static ldns_rr_type stub_type(enum dns_type type)
{
    static const ldns_rr_type TYPES[] = {LDNS_RR_TYPE_A,   LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_MX,
                                         LDNS_RR_TYPE_TXT, LDNS_RR_TYPE_PTR,  LDNS_RR_TYPE_TLSA,
                                         LDNS_RR_TYPE_SOA};
    return TYPES[type];
}

static const struct dns_answer *stub_keep(struct stub *stub, enum dns_type type, struct slice name,
                                          const ldns_pkt *packet)
{
    struct dns_record *records = mem_alloc_array(STUB_RECORDS_MAX, sizeof *records);
    struct dns_answer answer = {.status = DNS_NODATA, .records = records};
    const ldns_rr_list *list = ldns_pkt_answer(packet);
    answer.authenticated = ldns_pkt_ad(packet);
    if (ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN)
        answer.status = DNS_NXDOMAIN;
    else if (ldns_pkt_get_rcode(packet) != LDNS_RCODE_NOERROR)
        answer.status = DNS_SERVFAIL;
    for (size_t i = 0; answer.status == DNS_NODATA && i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        if (ldns_rr_get_type(rr) == stub_type(type) && answer.count < STUB_RECORDS_MAX)
            stub_read_record(stub, type, rr, &records[answer.count++]);
    }
    if (answer.count > 0)
        answer.status = DNS_OK;
    const struct dns_answer *kept = dns_cache_put(&stub->cache, type, name, &answer);
    free(records);
    return kept;
}

/* The name in presentation form: bytes that need it are escaped. */
static ldns_rdf *stub_dname(struct slice name)
{
    struct buf text;
    buf_init(&text, 4 * DOMAIN_BYTES_MAX + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (text_is_alnum(c) || c == '.' || c == '-' || c == '_')
            buf_add_char(&text, c);
        else
            buf_format(&text, "\\%03u", (unsigned)(unsigned char)c);
    }
    ldns_rdf *dname = ldns_dname_new_frm_str(buf_text(&text));
    buf_deinit(&text);
    return dname;
}

static const struct dns_answer *stub_lookup(void *context, enum dns_type type, struct slice name)
{
    struct stub *stub = context;
    struct dns_answer failed = {.status = DNS_SERVFAIL};
    ldns_pkt *packet = NULL;
    const struct dns_answer *known = dns_cache_get(&stub->cache, type, name);
    if (known != NULL)
        return known;
    ldns_rdf *dname = stub_dname(name);
    if (dname == NULL)
        return dns_cache_put(&stub->cache, type, name, &failed);
    ldns_status status = ldns_resolver_query_status(&packet, stub->resolver, dname, stub_type(type),
                                                    LDNS_RR_CLASS_IN, LDNS_RD);
    ldns_rdf_deep_free(dname);
    if (status != LDNS_STATUS_OK || packet == NULL) {
        failed.status = DNS_TIMEOUT;
        return dns_cache_put(&stub->cache, type, name, &failed);
    }
    known = stub_keep(stub, type, name, packet);
    ldns_pkt_free(packet);
    return known;
}

struct dns_resolver stub_resolver(struct stub *stub)
{
    return (struct dns_resolver){stub, stub_lookup};
}
