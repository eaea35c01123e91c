/*
 * Hashed denial, judged by ldns, and the chain of trust to a zone whose parent says too little or
 * the wrong thing.
 */
#include "sim/dns/dns_nsec3.h"

#include "tests/unit/sim/dns/dns_test.h"

#define ZONES                                                                                 \
    "\"zones\": { \"a.test\": [ \"@ MX 10 mx\", \"mx A 192.0.2.1\", \"*.wild A 192.0.2.2\", " \
    "\"deep.er A 192.0.2.3\" ], \"sub.a.test\": [ \"@ A 192.0.2.9\", \"low A 192.0.2.8\" ], " \
    "\"open.a.test\": [ \"@ A 192.0.2.7\" ] }"

static ldns_pkt *ask_packet(struct dns_answerer *answerer, const char *name, const char *type,
                            unsigned flags)
{
    struct buf query;
    struct dns_outcome outcome;
    ldns_pkt *packet;
    buf_init(&query, 1000);
    ask_bytes(name, type, flags, &query);
    ask_outcome(answerer, buf_slice(&query), flags, 0, &outcome);
    ck_assert_int_eq(
        (int)ldns_wire2pkt(&packet, (const uint8_t *)outcome.reply.data, outcome.reply.len),
        LDNS_STATUS_OK);
    buf_deinit(&query);
    return packet;
}

static ldns_status denial_of(struct dns_answerer *answerer, const char *name, const char *type)
{
    ldns_pkt *packet = ask_packet(answerer, name, type, ASK_DO | ASK_TCP);
    ldns_rr_list *proofs =
        ldns_pkt_rr_list_by_type(packet, LDNS_RR_TYPE_NSEC3, LDNS_SECTION_AUTHORITY);
    ldns_rr_list *signatures =
        ldns_pkt_rr_list_by_type(packet, LDNS_RR_TYPE_RRSIG, LDNS_SECTION_AUTHORITY);
    ldns_rr *question = ldns_rr_new();
    ldns_rr_set_owner(question, ldns_dname_new_frm_str(name));
    ldns_rr_set_type(question, ldns_get_rr_type_by_name(type));
    ck_assert_msg(proofs != NULL, "%s %s: no NSEC3", name, type);
    ldns_status status =
        ldns_dnssec_verify_denial_nsec3(question, proofs, signatures, ldns_pkt_get_rcode(packet),
                                        ldns_rr_get_type(question), ldns_pkt_ancount(packet) == 0);
    ldns_rr_free(question);
    ldns_rr_list_deep_free(proofs);
    ldns_rr_list_deep_free(signatures);
    ldns_pkt_free(packet);
    return status;
}

START_TEST(test_denials_are_proved)
{
    static const struct {
        const char *name;
        const char *type;
    } CASES[] = {
        {"nope.a.test", "A"}, {"x.y.nope.a.test", "A"}, {"mx.a.test", "TXT"},  {"er.a.test", "A"},
        {"a.test", "TXT"},    {"x.er.a.test", "A"},     {"open.a.test", "DS"},
    };
    struct dns_model *model =
        ask_scenario("{ " ZONES ", \"signed\": [ {\"zone\": \"a.test\", \"nsec3\": true} ] }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ldns_status status = denial_of(answerer, CASES[i].name, CASES[i].type);
        ck_assert_msg(status == LDNS_STATUS_OK, "%s %s: %s", CASES[i].name, CASES[i].type,
                      ldns_get_errorstr_by_id(status));
    }
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_a_wildcard_shows_that_nothing_is_closer)
{
    struct dns_model *model =
        ask_scenario("{ " ZONES ", \"signed\": [ {\"zone\": \"a.test\", \"nsec3\": true} ] }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ldns_pkt *packet = ask_packet(answerer, "x.wild.a.test", "A", ASK_DO | ASK_TCP);
    ldns_rr_list *proofs =
        ldns_pkt_rr_list_by_type(packet, LDNS_RR_TYPE_NSEC3, LDNS_SECTION_AUTHORITY);
    ck_assert_uint_eq(ldns_rr_list_rr_count(proofs), 1);
    ldns_rdf *closer = ldns_dname_new_frm_str("x.wild.a.test.");
    ldns_rdf *zone = ldns_dname_new_frm_str("a.test.");
    ldns_rdf *hash = ldns_nsec3_hash_name_frm_nsec3(ldns_rr_list_rr(proofs, 0), closer);
    ck_assert_int_eq((int)ldns_dname_cat(hash, zone), LDNS_STATUS_OK);
    ck_assert(ldns_nsec_covers_name(ldns_rr_list_rr(proofs, 0), hash));
    ldns_rdf_deep_free(hash);
    ldns_rdf_deep_free(zone);
    ldns_rdf_deep_free(closer);
    ldns_rr_list_deep_free(proofs);
    ldns_pkt_free(packet);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* RCODE and AD of a name in a zone whose DS is as given. */
static void expect_trust(const char *signed_zones, const char *name, unsigned flags, int rcode,
                         bool ad)
{
    char scenario[2000];
    snprintf(scenario, sizeof scenario, "{ " ZONES ", \"signed\": [ %s ] }", signed_zones);
    struct dns_model *model = ask_scenario(scenario);
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ldns_pkt *packet = ask_packet(answerer, name, "A", flags | ASK_DO);
    ck_assert_msg((int)ldns_pkt_get_rcode(packet) == rcode && ldns_pkt_ad(packet) == ad,
                  "%s with %s: RCODE %d, AD %d", name, signed_zones,
                  (int)ldns_pkt_get_rcode(packet), ldns_pkt_ad(packet));
    ldns_pkt_free(packet);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}

START_TEST(test_the_chain_of_trust)
{
    static const char RIGHT[] = "\"a.test\", \"sub.a.test\"";
    static const char MISSING[] = "\"sub.a.test\", {\"zone\": \"a.test\", \"ds\": \"missing\"}";
    static const char WRONG[] = "\"a.test\", {\"zone\": \"sub.a.test\", \"ds\": \"wrong\"}";
    expect_trust(RIGHT, "low.sub.a.test", 0, LDNS_RCODE_NOERROR, true);
    expect_trust(MISSING, "mx.a.test", 0, LDNS_RCODE_NOERROR, false);
    expect_trust(MISSING, "low.sub.a.test", 0, LDNS_RCODE_NOERROR, false);
    expect_trust(WRONG, "mx.a.test", 0, LDNS_RCODE_NOERROR, true);
    expect_trust(WRONG, "low.sub.a.test", 0, LDNS_RCODE_SERVFAIL, false);
    expect_trust(WRONG, "low.sub.a.test", ASK_CD, LDNS_RCODE_NOERROR, false);
    expect_trust(WRONG, "low.sub.a.test", ASK_AUTHORITATIVE, LDNS_RCODE_NOERROR, false);
}
END_TEST

/* What the parent itself hands out. */
START_TEST(test_ds_records_of_the_parent)
{
    static const struct {
        const char *ds;
        unsigned count;
    } CASES[] = {{"right", 1}, {"missing", 0}, {"wrong", 1}};
    char *first = NULL;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char scenario[2000];
        snprintf(scenario, sizeof scenario,
                 "{ " ZONES ", \"signed\": [ \"a.test\", {\"zone\": \"sub.a.test\", "
                 "\"ds\": \"%s\"} ] }",
                 CASES[i].ds);
        struct dns_model *model = ask_scenario(scenario);
        struct dns_answerer *answerer = ask_answerer(model, 1);
        ldns_pkt *packet = ask_packet(answerer, "sub.a.test", "DS", ASK_AUTHORITATIVE | ASK_TCP);
        ck_assert_uint_eq(ldns_pkt_ancount(packet), CASES[i].count);
        if (CASES[i].count == 1) {
            char *text = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(packet), 0));
            ck_assert(first == NULL || strcmp(first, text) != 0);
            free(first);
            first = text;
        }
        ldns_pkt_free(packet);
        dns_answerer_free(&answerer);
        dns_model_free(&model);
    }
    free(first);
}
END_TEST

UNIT_MAIN(test_denials_are_proved, test_a_wildcard_shows_that_nothing_is_closer,
          test_the_chain_of_trust, test_ds_records_of_the_parent)
