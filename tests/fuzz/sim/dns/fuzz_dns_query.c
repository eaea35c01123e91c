/*
 * Queries from a hostile client: whatever comes, what goes out is a message that ldns can read, as
 * large as allowed, and carries the query's id. The first byte chooses transport and role.
 */
#include <assert.h>
#include <stdint.h>

#include "sim/dns/dns_answer.h"
#include "sim/value/address.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const RECORDS[] = {
    "@ MX 10 mx",
    "@ TXT \"v=spf1 -all\"",
    "mx A 192.0.2.1",
    "mx AAAA 2001:db8::1",
    "*.w CNAME mx",
    "sub NS ns.sub",
    "ns.sub A 192.0.2.2",
    "loop CNAME loop",
    "@ CAA 0 issue \"ca.test\"",
    "_25._tcp.mx TLSA 3 1 1 00",
    "x.y.z SRV 1 2 3 mx",
    "tree DNAME x.tree",
    "down DNAME a.down",
};

static struct dns_answerer *answerer_of_two_zones(void)
{
    static struct dns_model *model;
    struct err err;
    struct address resolver;
    model = dns_model_new();
    if (dns_model_add_zone(model, "a.test", &err) != 0 ||
        dns_model_add_zone(model, "test", &err) != 0 ||
        dns_model_set_signed(model, "test", &err) != 0 ||
        address_from_text(SLICE("198.18.0.53"), &resolver) != 0)
        abort();
    for (size_t i = 0; i < sizeof RECORDS / sizeof RECORDS[0]; i++) {
        if (dns_model_add_record(model, "a.test", RECORDS[i], &err) != 0 ||
            dns_model_add_record(model, "test", RECORDS[i], &err) != 0)
            abort();
    }
    const struct dns_answer_options options = {
        .start_us = TIME_DAY, .seed = 1, .resolvers = &resolver, .resolver_count = 1};
    return dns_answerer_new(model, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dns_answerer *answerer;
    if (answerer == NULL)
        answerer = answerer_of_two_zones();
    if (size == 0)
        return 0;
    struct dns_request request = {.bytes = slice_from((const char *)data + 1, size - 1),
                                  .tcp = (data[0] & 1) != 0};
    if (address_from_text((data[0] & 2) != 0 ? SLICE("198.18.0.53") : SLICE("198.18.0.54"),
                          &request.server) != 0)
        abort();
    struct dns_outcome outcome;
    dns_answer(answerer, &request, &outcome);
    if (outcome.action != DNS_ACTION_REPLY)
        return 0;
    assert(outcome.reply.len >= DNS_HEADER_BYTES);
    assert(request.tcp || outcome.reply.len <= 1232);
    assert(memcmp(outcome.reply.data, request.bytes.data, 2) == 0);
    ldns_pkt *packet = NULL;
    ldns_status status =
        ldns_wire2pkt(&packet, (const uint8_t *)outcome.reply.data, outcome.reply.len);
    assert(status == LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    return 0;
}
