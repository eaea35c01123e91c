#include "sim/dns/dns_query.h"

#include <ldns/ldns.h>

#include "mta-under-test/base/poison.h"

static unsigned dns_u16(struct slice bytes, size_t at)
{
    return (unsigned)(unsigned char)bytes.data[at] << 8 | (unsigned char)bytes.data[at + 1];
}

/* The length of a name that may end in a compression pointer, 0 if there is none. Where it points
 * to is of no interest: only the question's name is read, and that one has none. */
static size_t dns_skip_name(struct slice bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        unsigned label = (unsigned char)bytes.data[at];
        if (label == 0)
            return at + 1;
        if (label >= 0xc0)
            return at + 2 <= bytes.len ? at + 2 : 0;
        if (label > DNS_LABEL_BYTES_MAX)
            return 0;
        at += 1 + label;
    }
    return 0;
}

static int dns_query_read_question(struct slice *rest, struct dns_query *query)
{
    size_t len = dns_name_from_wire(*rest, &query->name);
    if (len == 0 || rest->len < len + 4)
        return -1;
    query->type = (uint16_t)dns_u16(*rest, len);
    query->class = (uint16_t)dns_u16(*rest, len + 2);
    query->question = slice_first(*rest, len + 4);
    *rest = slice_skip(*rest, len + 4);
    return 0;
}

/* Takes one record off the front; the OPT record is read. */
static enum dns_query_status dns_query_read_record(struct slice *rest, struct dns_query *query)
{
    enum { FIXED_BYTES = 10 };
    size_t name = dns_skip_name(*rest);
    if (name == 0 || rest->len < name + FIXED_BYTES)
        return DNS_QUERY_FORMERR;
    size_t data = dns_u16(*rest, name + 8);
    if (rest->len < name + FIXED_BYTES + data)
        return DNS_QUERY_FORMERR;
    enum dns_query_status status = DNS_QUERY_OK;
    if (dns_u16(*rest, name) == LDNS_RR_TYPE_OPT) {
        if (query->edns || name != 1)
            return DNS_QUERY_FORMERR;
        query->edns = true;
        unsigned size = dns_u16(*rest, name + 2);
        if (size > DNS_UDP_BYTES_MIN)
            query->udp_bytes = (uint16_t)size;
        query->dnssec_ok = (dns_u16(*rest, name + 6) & 0x8000) != 0;
        if (rest->data[name + 5] != 0)
            status = DNS_QUERY_BADVERS;
    }
    *rest = slice_skip(*rest, name + FIXED_BYTES + data);
    return status;
}

enum dns_query_status dns_query_parse(struct slice bytes, struct dns_query *query)
{
    *query = (struct dns_query){.udp_bytes = DNS_UDP_BYTES_MIN};
    if (bytes.len < DNS_HEADER_BYTES)
        return DNS_QUERY_DROP;
    unsigned flags = dns_u16(bytes, 2);
    if ((flags & 0x8000) != 0)
        return DNS_QUERY_DROP;
    query->id = (uint16_t)dns_u16(bytes, 0);
    query->opcode = flags >> 11 & 15;
    query->rd = (flags & 0x0100) != 0;
    query->ad = (flags & 0x0020) != 0;
    query->cd = (flags & 0x0010) != 0;
    if (query->opcode != LDNS_PACKET_QUERY)
        return DNS_QUERY_NOTIMP;
    /* RFC 9619: a query has one question; it has no answers. */
    unsigned answers = dns_u16(bytes, 6);
    unsigned authority = dns_u16(bytes, 8);
    unsigned additional = dns_u16(bytes, 10);
    struct slice rest = slice_skip(bytes, DNS_HEADER_BYTES);
    if (dns_u16(bytes, 4) != 1 || answers > 0 || authority > 0 ||
        dns_query_read_question(&rest, query) != 0)
        return DNS_QUERY_FORMERR;
    enum dns_query_status status = DNS_QUERY_OK;
    for (unsigned i = 0; i < additional; i++) {
        enum dns_query_status one = dns_query_read_record(&rest, query);
        if (one == DNS_QUERY_FORMERR)
            return one;
        if (one != DNS_QUERY_OK)
            status = one;
    }
    return rest.len > 0 ? DNS_QUERY_FORMERR : status;
}
