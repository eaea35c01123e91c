/*
 * Asking an answerer in unit tests. Queries are made, and replies read, by ldns, which shares no
 * code with the writer of messages under test.
 */
#pragma once

#include <ldns/ldns.h>

#include "sim/dns/dns_answer.h"
#include "sim/dns/dns_spec.h"
#include "tests/unit/unit.h"

enum {
    ASK_RD = 1,
    ASK_DO = 2,
    ASK_TCP = 4,
    ASK_AUTHORITATIVE = 8, /* at an address that is no resolver's */
    ASK_CD = 16,
    ASK_AD = 32,
    ASK_EDNS_4096 = 64,
};

#define ASK_START_US INT64_C(1772442000000000) /* 2026-03-02T09:00:00Z */

static inline struct address ask_address(const char *text)
{
    struct address address;
    ck_assert_int_eq(address_from_text(slice_of(text), &address), 0);
    return address;
}

static inline struct dns_answerer *ask_answerer(struct dns_model *model, uint64_t seed)
{
    struct address resolver = ask_address("198.18.0.53");
    const struct dns_answer_options options = {
        .start_us = ASK_START_US, .seed = seed, .resolvers = &resolver, .resolver_count = 1};
    return dns_answerer_new(model, &options);
}

static inline void ask_add(struct dns_model *model, const char *zone, const char *text)
{
    struct err err;
    if (dns_model_add_record(model, zone, text, &err) != 0)
        ck_abort_msg("%s: %s", text, err.text);
}

static inline void ask_zone(struct dns_model *model, const char *zone, const char *const *records)
{
    struct err err;
    ck_assert_int_eq(dns_model_add_zone(model, zone, &err), 0);
    for (; *records != NULL; records++)
        ask_add(model, zone, *records);
}

static inline void ask_bytes(const char *name, const char *type, unsigned flags, struct buf *out)
{
    ldns_pkt *packet;
    uint16_t bits = (flags & ASK_RD) != 0 ? LDNS_RD : 0;
    ldns_rr_type number = ldns_get_rr_type_by_name(type);
    ck_assert_int_eq((int)ldns_pkt_query_new_frm_str(&packet, name, number, LDNS_RR_CLASS_IN, bits),
                     LDNS_STATUS_OK);
    ldns_pkt_set_id(packet, 0x1234);
    ldns_pkt_set_cd(packet, (flags & ASK_CD) != 0);
    ldns_pkt_set_ad(packet, (flags & ASK_AD) != 0);
    if ((flags & (ASK_EDNS_4096 | ASK_DO)) != 0)
        ldns_pkt_set_edns_udp_size(packet, 4096);
    ldns_pkt_set_edns_do(packet, (flags & ASK_DO) != 0);
    uint8_t *bytes;
    size_t len;
    ck_assert_int_eq((int)ldns_pkt2wire(&bytes, packet, &len), LDNS_STATUS_OK);
    ck_assert(buf_add(out, bytes, len));
    free(bytes);
    ldns_pkt_free(packet);
}

static inline void ask_outcome(struct dns_answerer *answerer, struct slice bytes, unsigned flags,
                               int64_t since_start_us, struct dns_outcome *outcome)
{
    const struct dns_request request = {
        .bytes = bytes,
        .tcp = (flags & ASK_TCP) != 0,
        .server = ask_address((flags & ASK_AUTHORITATIVE) != 0 ? "198.18.0.54" : "198.18.0.53"),
        .now_us = ASK_START_US + since_start_us,
    };
    dns_answer(answerer, &request, outcome);
}

static inline void ask_section(const ldns_rr_list *list, const char *heading, struct buf *out)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        char *text = ldns_rr2str(ldns_rr_list_rr(list, i));
        buf_format(out, "\n%s ", heading);
        /* One space between fields, and no class. */
        for (const char *c = text; *c != '\n' && *c != '\0'; c++)
            buf_add_char(out, *c == '\t' ? ' ' : *c);
        free(text);
    }
}

/* The reply as text: "NOERROR aa rd ra" and a line for each record: "an a.test. 300 IN A ...". */
static inline void ask_text(struct slice reply, struct buf *out)
{
    ldns_pkt *packet;
    ldns_status status = ldns_wire2pkt(&packet, (const uint8_t *)reply.data, reply.len);
    if (status != LDNS_STATUS_OK) {
        buf_format(out, "not a message: %s", ldns_get_errorstr_by_id(status));
        return;
    }
    char rcode[DNS_RCODE_TEXT_BYTES];
    ck_assert(ldns_pkt_qr(packet));
    buf_add_text(out, dns_rcode_to_text((int)ldns_pkt_get_rcode(packet) |
                                            ldns_pkt_edns_extended_rcode(packet) << 4,
                                        rcode));
    buf_add_text(out, ldns_pkt_aa(packet) ? " aa" : "");
    buf_add_text(out, ldns_pkt_tc(packet) ? " tc" : "");
    buf_add_text(out, ldns_pkt_rd(packet) ? " rd" : "");
    buf_add_text(out, ldns_pkt_ra(packet) ? " ra" : "");
    buf_add_text(out, ldns_pkt_ad(packet) ? " ad" : "");
    ask_section(ldns_pkt_answer(packet), "an", out);
    ask_section(ldns_pkt_authority(packet), "ns", out);
    ask_section(ldns_pkt_additional(packet), "ar", out);
    ldns_pkt_free(packet);
}

/* Asks and gives the reply as text (free it), or "silence", or "reset". */
static inline char *ask_at(struct dns_answerer *answerer, const char *name, const char *type,
                           unsigned flags, int64_t since_start_us)
{
    struct buf query;
    struct buf text;
    struct dns_outcome outcome;
    buf_init(&query, 4096);
    buf_init(&text, 4 * 1024 * 1024);
    ask_bytes(name, type, flags, &query);
    ask_outcome(answerer, buf_slice(&query), flags, since_start_us, &outcome);
    if (outcome.action == DNS_ACTION_SILENCE)
        buf_add_text(&text, "silence");
    else if (outcome.action == DNS_ACTION_RESET)
        buf_add_text(&text, "reset");
    else
        ask_text(outcome.reply, &text);
    buf_deinit(&query);
    return buf_take(&text);
}

static inline void ask_expect_at(struct dns_answerer *answerer, const char *name, const char *type,
                                 unsigned flags, int64_t since_start_us, const char *expected)
{
    char *text = ask_at(answerer, name, type, flags, since_start_us);
    if (strcmp(text, expected) != 0)
        ck_abort_msg("%s %s\nexpected: %s\nfound:    %s", name, type, expected, text);
    free(text);
}

static inline void ask_expect(struct dns_answerer *answerer, const char *name, const char *type,
                              unsigned flags, const char *expected)
{
    ask_expect_at(answerer, name, type, flags, 0, expected);
}

/* A "dns" object of a scenario, read into a fresh model. */
static inline struct dns_model *ask_scenario(const char *json)
{
    struct err err;
    struct dns_model *model = dns_model_new();
    struct spec_document *document = spec_document_parse("test.json", slice_of(json), &err);
    if (document == NULL)
        ck_abort_msg("%s", err.text);
    struct spec root = spec_root(document);
    if (dns_spec_parse(root, "fixtures/zones", ".", model, &err) != 0 ||
        dns_spec_finish(root, model, &err) != 0)
        ck_abort_msg("%s", err.text);
    spec_document_free(&document);
    return model;
}
