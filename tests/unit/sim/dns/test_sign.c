#include "sim/dns/dns_sign.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

#define ZONES                                                                                 \
    "\"zones\": { \"a.test\": [ \"@ MX 10 mx\", \"mx A 192.0.2.1\", \"*.wild A 192.0.2.2\", " \
    "\"alias CNAME www.b.test.\", \"deep.er A 192.0.2.3\", \"inner CNAME mx\" ], "            \
    "\"b.test\": [ \"www A 192.0.2.2\" ], \"sub.a.test\": [ \"@ A 192.0.2.9\" ] }, "          \
    "\"signed\": [ \"a.test\", \"sub.a.test\" ]"

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

/* The keys of a zone, as a client gets them. */
static ldns_rr_list *ask_keys(struct dns_answerer *answerer, const char *zone)
{
    ldns_pkt *packet = ask_packet(answerer, zone, "DNSKEY", ASK_TCP);
    ldns_rr_list *keys = ldns_rr_list_clone(ldns_pkt_answer(packet));
    ck_assert_uint_eq(ldns_rr_list_rr_count(keys), 1);
    ldns_pkt_free(packet);
    return keys;
}

/* What verifying all RRsets of a section comes to: the first that is not right, or OK. At least one
 * must be there. */
static ldns_status verify_section(const ldns_rr_list *section, const ldns_rr_list *keys,
                                  time_t when)
{
    ldns_status status = LDNS_STATUS_OK;
    size_t count = 0;
    ldns_rr_list *rest = ldns_rr_list_clone(section);
    ldns_rr_list *plain = ldns_rr_list_new();
    ldns_rr_list *signatures = ldns_rr_list_new();
    for (ldns_rr *rr; (rr = ldns_rr_list_pop_rr(rest)) != NULL;)
        ldns_rr_list_push_rr(ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG ? signatures : plain, rr);
    for (ldns_rr_list *set; (set = ldns_rr_list_pop_rrset(plain)) != NULL;) {
        ldns_rr_list *good = ldns_rr_list_new();
        ldns_rr_list *own = ldns_rr_list_new();
        for (size_t i = 0; i < ldns_rr_list_rr_count(signatures); i++) {
            const ldns_rr *one = ldns_rr_list_rr(signatures, i);
            if (ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(one)) == ldns_rr_list_type(set) &&
                ldns_dname_compare(ldns_rr_owner(one), ldns_rr_list_owner(set)) == 0)
                ldns_rr_list_push_rr(own, one);
        }
        ldns_status one = ldns_rr_list_rr_count(own) == 0
                              ? LDNS_STATUS_CRYPTO_NO_RRSIG
                              : ldns_verify_time(set, own, keys, when, good);
        status = status == LDNS_STATUS_OK ? one : status;
        count++;
        ldns_rr_list_free(good);
        ldns_rr_list_free(own);
        ldns_rr_list_deep_free(set);
    }
    ldns_rr_list_deep_free(signatures);
    ldns_rr_list_deep_free(plain);
    ldns_rr_list_deep_free(rest);
    return count > 0 ? status : LDNS_STATUS_ERR;
}

static void expect_verified(struct dns_answerer *answerer, const char *name, const char *type,
                            unsigned flags, ldns_status expected)
{
    ldns_rr_list *keys = ask_keys(answerer, "a.test");
    ldns_pkt *packet = ask_packet(answerer, name, type, flags | ASK_DO | ASK_TCP);
    const time_t when = ASK_START_US / TIME_SECOND;
    const ldns_rr_list *answer = ldns_pkt_answer(packet);
    ldns_status status = LDNS_STATUS_OK;
    if (ldns_rr_list_rr_count(answer) > 0)
        status = verify_section(answer, keys, when);
    if (status == LDNS_STATUS_OK && ldns_pkt_nscount(packet) > 0)
        status = verify_section(ldns_pkt_authority(packet), keys, when);
    if (status != expected)
        ck_abort_msg("%s %s: expected %s, found %s", name, type, ldns_get_errorstr_by_id(expected),
                     ldns_get_errorstr_by_id(status));
    ldns_pkt_free(packet);
    ldns_rr_list_deep_free(keys);
}

START_TEST(test_signatures_verify)
{
    static const char *const QUESTIONS[][2] = {
        {"a.test", "MX"},      {"a.test", "SOA"},        {"a.test", "DNSKEY"}, {"mx.a.test", "A"},
        {"inner.a.test", "A"}, {"x.wild.a.test", "A"},   {"mx.a.test", "TXT"}, {"nope.a.test", "A"},
        {"er.a.test", "A"},    {"x.wild.a.test", "TXT"}, {"sub.a.test", "DS"},
    };
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < sizeof QUESTIONS / sizeof QUESTIONS[0]; i++) {
        expect_verified(answerer, QUESTIONS[i][0], QUESTIONS[i][1], 0, LDNS_STATUS_OK);
        expect_verified(answerer, QUESTIONS[i][0], QUESTIONS[i][1], ASK_AUTHORITATIVE,
                        LDNS_STATUS_OK);
    }
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* The proofs of RFC 4035 section 3.1.3: NSEC records that cover the name and the wildcard. */
START_TEST(test_proofs)
{
    static const struct {
        const char *name;
        const char *type;
        const char *proofs[3];
    } CASES[] = {
        {"mx.a.test", "TXT", {"ns mx.a.test. 60 IN NSEC sub.a.test. A RRSIG NSEC "}},
        {"nope.a.test",
         "A",
         {"ns mx.a.test. 60 IN NSEC sub.a.test.", "ns a.test. 60 IN NSEC alias.a.test."}},
        {"er.a.test", "A", {"ns alias.a.test. 60 IN NSEC deep.er.a.test. CNAME"}},
        {"x.wild.a.test", "A", {"ns *.wild.a.test. 60 IN NSEC a.test. A RRSIG NSEC "}},
        {"x.wild.a.test", "TXT", {"ns *.wild.a.test. 60 IN NSEC a.test. A RRSIG NSEC "}},
    };
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *text = ask_at(answerer, CASES[i].name, CASES[i].type, ASK_DO | ASK_TCP, 0);
        for (size_t k = 0; k < 3 && CASES[i].proofs[k] != NULL; k++) {
            if (strstr(text, CASES[i].proofs[k]) == NULL)
                ck_abort_msg("expected: %s\nfound: %s", CASES[i].proofs[k], text);
        }
        free(text);
    }
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

static void expect_ad(struct dns_answerer *answerer, const char *name, unsigned flags, bool ad)
{
    ldns_pkt *packet = ask_packet(answerer, name, "A", flags);
    if (ldns_pkt_ad(packet) != ad)
        ck_abort_msg("%s with flags %u: expected AD to be %d", name, flags, ad);
    ldns_pkt_free(packet);
}

/* Who looks for records counts records: signatures that came with them are none. */
START_TEST(test_signatures_do_not_count_as_answers)
{
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct buf query;
    struct dns_outcome outcome;
    buf_init(&query, 1000);
    ask_bytes("mx.a.test", "A", ASK_DO, &query);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert(outcome.authenticated);
    ck_assert_uint_eq(outcome.answers, 1);
    ck_assert_uint_eq(outcome.data_count, 1);
    ask_outcome(answerer, buf_slice(&query), 0, 0, &outcome);
    ck_assert_uint_eq(outcome.answers, 1);
    buf_deinit(&query);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_ad_bit)
{
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    expect_ad(answerer, "mx.a.test", ASK_DO, true);
    expect_ad(answerer, "mx.a.test", ASK_AD, true);
    expect_ad(answerer, "nope.a.test", ASK_DO, true);
    expect_ad(answerer, "x.sub.a.test", ASK_DO, true);
    /* Not asked for; from the zone's own server; from a zone that is not signed; an alias into one;
     * outside of all zones. */
    expect_ad(answerer, "mx.a.test", 0, false);
    expect_ad(answerer, "mx.a.test", ASK_DO | ASK_AUTHORITATIVE, false);
    expect_ad(answerer, "www.b.test", ASK_DO, false);
    expect_ad(answerer, "alias.a.test", ASK_DO, false);
    expect_ad(answerer, "other.test", ASK_DO, false);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_a_changed_zone_is_signed_again)
{
    static const char *const NEW[] = {"mx A 192.0.2.77", "more A 192.0.2.78"};
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct err err;
    expect_verified(answerer, "mx.a.test", "A", 0, LDNS_STATUS_OK);
    ck_assert_int_eq(dns_model_replace_records(model, "a.test", NEW, 2, &err), 0);
    expect_verified(answerer, "mx.a.test", "A", 0, LDNS_STATUS_OK);
    expect_verified(answerer, "more.a.test", "A", 0, LDNS_STATUS_OK);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "more", NULL, &err), 0);
    expect_verified(answerer, "more.a.test", "A", 0, LDNS_STATUS_OK);
    expect_verified(answerer, "mx.a.test", "TXT", 0, LDNS_STATUS_OK);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* What a validator behind us sees, and what our own resolver, which validates, makes of it. */
START_TEST(test_spoiled_signatures)
{
    static const struct {
        const char *answer;
        ldns_status status;
    } CASES[] = {
        {"bogus", LDNS_STATUS_CRYPTO_BOGUS},
        {"expired", LDNS_STATUS_CRYPTO_SIG_EXPIRED},
        {"unsigned", LDNS_STATUS_CRYPTO_NO_RRSIG},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *json = mem_text_format("{ " ZONES ", \"faults\": [ { \"name\": \"mx.a.test\", "
                                     "\"answer\": \"%s\" } ] }",
                                     CASES[i].answer);
        struct dns_model *model = ask_scenario(json);
        struct dns_answerer *answerer = ask_answerer(model, 1);
        expect_verified(answerer, "mx.a.test", "A", ASK_AUTHORITATIVE, CASES[i].status);
        expect_verified(answerer, "mx.a.test", "A", ASK_CD, CASES[i].status);
        expect_ad(answerer, "mx.a.test", ASK_DO | ASK_CD, false);
        ask_expect(answerer, "mx.a.test", "A", ASK_AD, "SERVFAIL ra");
        ask_expect(answerer, "mx.a.test", "A", 0, "SERVFAIL ra");
        free(json);
        dns_answerer_free(&answerer);
        dns_model_free(&model);
    }
}
END_TEST

/* The parent's DS is the digest of the child's key, in every run the same. */
START_TEST(test_chain_of_trust)
{
    struct dns_model *model = ask_scenario("{ " ZONES " }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    ldns_rr_list *keys = ask_keys(answerer, "sub.a.test");
    ldns_pkt *packet = ask_packet(answerer, "sub.a.test", "DS", ASK_DO);
    const ldns_rr *ds = ldns_rr_list_rr(ldns_pkt_answer(packet), 0);
    ck_assert_int_eq((int)ldns_rr_get_type(ds), LDNS_RR_TYPE_DS);
    ck_assert(ldns_rr_compare_ds(ds, ldns_rr_list_rr(keys, 0)));
    struct buf text;
    struct dns_name name;
    buf_init(&text, 1000);
    ck_assert_int_eq(dns_name_from_text(SLICE("sub.a.test"), &name), 0);
    dns_zone_ds_to_text(dns_model_zone(model, dns_name_slice(&name)), &text);
    ck_assert_str_eq(buf_text(&text),
                     "sub.a.test.\t3600\tIN\tDS\t25837 15 2 "
                     "6f1ee1aac731ae6b3d835b9c989b7afb014958a22f491cbb387c444a1cf47104");
    buf_deinit(&text);
    ldns_pkt_free(packet);
    ldns_rr_list_deep_free(keys);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

/* What the parent says in the child's place stays, and nothing breaks. */
START_TEST(test_a_child_in_the_place_of_an_alias)
{
    struct dns_model *model = ask_scenario(
        "{ \"zones\": { \"a.test\": [ \"sub CNAME mx\", \"mx A 192.0.2.1\" ],"
        " \"sub.a.test\": [ \"@ A 192.0.2.9\" ] }, \"signed\": [ \"a.test\", \"sub.a.test\" ] }");
    struct dns_answerer *answerer = ask_answerer(model, 1);
    expect_verified(answerer, "mx.a.test", "A", 0, LDNS_STATUS_OK);
    ask_expect(answerer, "sub.a.test", "A", 0, "NOERROR ra\nan sub.a.test. 300 IN A 192.0.2.9");
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_signatures_verify, test_proofs, test_signatures_do_not_count_as_answers, test_ad_bit,
          test_a_changed_zone_is_signed_again, test_spoiled_signatures, test_chain_of_trust,
          test_a_child_in_the_place_of_an_alias)
