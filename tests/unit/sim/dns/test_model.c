#include "sim/dns/dns_model.h"

#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

/* What the model says of a zone, in the words of `explain`. */
static char *explain(const struct dns_model *model, bool all)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    dns_model_explain(model, all, &text);
    return buf_take(&text);
}

static void expect_explained(const struct dns_model *model, const char *expected)
{
    char *text = explain(model, false);
    ck_assert_str_eq(text, expected);
    free(text);
}

#define TOP                                                                                      \
    "  a.test 300 SOA ns.nameservers.test hostmaster.ns.nameservers.test 1 3600 600 604800 60\n" \
    "  a.test 300 NS ns.nameservers.test\n"

START_TEST(test_a_zone_is_completed)
{
    struct dns_model *model = dns_model_new();
    struct err err;
    ck_assert_int_eq(dns_model_add_zone(model, "A.test.", &err), 0);
    ck_assert_int_eq(dns_model_add_zone(model, "a.test", &err), 0);
    expect_explained(model, "zone a.test (2 records)\n" TOP);
    /* What the scenario says takes the place of what was made. */
    ask_add(model, "a.test", "@ SOA ns hm 5 6 7 8 9");
    ask_add(model, "a.test", "@ NS ns");
    ask_add(model, "a.test", "@ NS ns2");
    expect_explained(model, "zone a.test (3 records)\n"
                            "  a.test 300 SOA ns.a.test hm.a.test 5 6 7 8 9\n"
                            "  a.test 300 NS ns.a.test\n"
                            "  a.test 300 NS ns2.a.test\n");
    dns_model_free(&model);
}
END_TEST

START_TEST(test_wrong_records)
{
    static const struct {
        const char *text;
        const char *expected;
    } CASES[] = {
        {"mail A", "ADDRESS is missing"},
        {"mail A 300.1.1.1", "ADDRESS is an IPv4 address, found 300.1.1.1"},
        {"mail A 192.0.2.1 192.0.2.2", "nothing may follow the data"},
        {"mail B 192.0.2.1", "B: no such type of record"},
        {"MX 10 mail", "the name in front of the type is missing"},
        {"", "NAME [TTL] TYPE DATA"},
        {"mail CH A 192.0.2.1", "class IN"},
        {"x.b.test. A 192.0.2.1", "x.b.test is outside of the zone a.test"},
        {"alias A 192.0.2.1", "alias.a.test: a name with a CNAME has no other data"},
        {"there CNAME x", "there.a.test: a name with a CNAME has no other data"},
        {"@ CNAME x", "top of a zone always has SOA"},
        {"alias CNAME y", "at most one record"},
        {"x SOA ns hm 1 2 3 4 5", "only at the top"},
        {"$TTL 5", "zone file"},
        {"a A 192.0.2.1\nb A 192.0.2.2", "one line"},
        {"a TYPE252 \\# 0", "queries only"},
    };
    struct dns_model *model = dns_model_new();
    struct err err;
    ck_assert_int_eq(dns_model_add_zone(model, "a.test", &err), 0);
    ask_add(model, "a.test", "alias CNAME x");
    ask_add(model, "a.test", "there A 192.0.2.1");
    char *before = explain(model, true);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        err = (struct err){0};
        ck_assert_int_eq(dns_model_add_record(model, "a.test", CASES[i].text, &err), -1);
        if (strstr(err.text, CASES[i].expected) == NULL)
            ck_abort_msg("%s\nexpected: %s\nfound:    %s", CASES[i].text, CASES[i].expected,
                         err.text);
    }
    expect_explained(model, before + (strstr(before, "zone a.test") - before));
    free(before);
    ck_assert_int_eq(dns_model_add_record(model, "c.test", "@ A 192.0.2.1", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no zone c.test"));
    ck_assert_int_eq(dns_model_add_zone(model, "a..test", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "\"a..test\" is no domain name"));
    dns_model_free(&model);
}
END_TEST

START_TEST(test_long_text_is_cut_into_strings)
{
    char text[601];
    memset(text, 'x', 600);
    text[600] = '\0';
    memcpy(text, "a\"\\;b", 5);
    struct dns_model *model = dns_model_new();
    struct err err;
    ck_assert_int_eq(dns_model_add_zone(model, "a.test", &err), 0);
    ck_assert_int_eq(dns_model_add_txt(model, "a.test", "s1._domainkey", text, &err), 0);
    ck_assert_int_eq(dns_model_add_txt(model, "a.test", "none", "", &err), 0);
    struct dns_name name;
    ck_assert_int_eq(dns_name_from_text(SLICE("s1._domainkey.a.test"), &name), 0);
    struct slice wire = dns_name_slice(&name);
    const struct dns_zone *zone = dns_model_find_zone(model, wire, false);
    const struct dns_rrset *set = dns_node_set(dns_zone_node(zone, wire), LDNS_RR_TYPE_TXT);
    struct slice data;
    size_t at = 0;
    ck_assert(dns_rdata_next(&set->records, &at, &data));
    ck_assert_uint_eq(data.len, 603);
    ck_assert_mem_eq(data.data, "\377a\"\\;bxx", 8);
    ck_assert_mem_eq(data.data + 1 + 255, "\377x", 2);
    ck_assert_mem_eq(data.data + 2 * 256, "\132x", 2);
    ck_assert(dns_model_has_record(model, "none.a.test", "TXT"));
    dns_model_free(&model);
}
END_TEST

START_TEST(test_reverse_zones)
{
    struct dns_model *model = dns_model_new();
    struct dns_answerer *answerer = ask_answerer(model, 1);
    struct address ipv4 = ask_address("198.18.1.2");
    struct address ipv6 = ask_address("2001:db8::2");
    struct err err;
    ck_assert_int_eq(dns_model_add_ptr(model, &ipv4, "mx.a.test", &err), 0);
    ck_assert_int_eq(dns_model_add_ptr(model, &ipv6, "mx.a.test", &err), 0);
    /* The first stays. */
    ck_assert_int_eq(dns_model_add_ptr(model, &ipv4, "other.a.test", &err), 0);
    ask_expect(answerer, "2.1.18.198.in-addr.arpa", "PTR", 0,
               "NOERROR ra\nan 2.1.18.198.in-addr.arpa. 300 IN PTR mx.a.test.");
    char *text =
        ask_at(answerer, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
               "PTR", 0, 0);
    ck_assert_ptr_nonnull(strstr(text, " PTR mx.a.test."));
    free(text);
    text = ask_at(answerer, "9.1.18.198.in-addr.arpa", "PTR", 0, 0);
    ck_assert(strncmp(text, "NXDOMAIN", 8) == 0);
    ck_assert_ptr_nonnull(strstr(text, "ns in-addr.arpa. 60 IN SOA"));
    free(text);
    /* A zone of the scenario's own is used. */
    ck_assert_int_eq(dns_model_add_zone(model, "100.51.198.in-addr.arpa", &err), 0);
    struct address own = ask_address("198.51.100.7");
    ck_assert_int_eq(dns_model_add_ptr(model, &own, "b.test", &err), 0);
    ck_assert(dns_model_has_record(model, "7.100.51.198.in-addr.arpa", "PTR"));
    ck_assert_int_eq(dns_model_add_ptr(model, &own, "..", &err), 0);
    struct address other = ask_address("198.51.100.8");
    ck_assert_int_eq(dns_model_add_ptr(model, &other, "..", &err), -1);
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_asking_for_zones_and_names)
{
    struct dns_model *model = dns_model_new();
    struct err err;
    struct buf zone;
    buf_init(&zone, 1000);
    ck_assert_int_eq(dns_model_add_zone(model, "a.test", &err), 0);
    ask_add(model, "a.test", "x.y A 192.0.2.1");
    ck_assert(dns_model_has_zone(model, "A.TEST"));
    ck_assert(!dns_model_has_zone(model, "x.a.test"));
    ck_assert(!dns_model_has_zone(model, "test"));
    ck_assert(dns_model_has_name(model, "a.test"));
    ck_assert(dns_model_has_name(model, "y.a.test"));
    ck_assert(!dns_model_has_name(model, "z.a.test"));
    ck_assert(!dns_model_has_name(model, "a..test"));
    ck_assert(dns_model_has_record(model, "x.y.a.test", "A"));
    ck_assert(!dns_model_has_record(model, "x.y.a.test", "AAAA"));
    ck_assert(!dns_model_has_record(model, "y.a.test", "A"));
    ck_assert(dns_model_zone_of(model, "q.y.a.test", &zone));
    ck_assert_str_eq(buf_text(&zone), "a.test");
    ck_assert(!dns_model_zone_of(model, "b.test", &zone));
    buf_deinit(&zone);
    dns_model_free(&model);
}
END_TEST

static struct dns_model *model_to_change(void)
{
    static const char *const RECORDS[] = {
        "@ MX 10 mx1",     "@ MX 20 mx2",     "@ TXT \"old\"",         "mx1 A 192.0.2.1",
        "www A 192.0.2.3", "alias CNAME www", "deep.down A 192.0.2.4", NULL};
    struct dns_model *model = dns_model_new();
    ask_zone(model, "a.test", RECORDS);
    return model;
}

START_TEST(test_records_are_replaced)
{
    static const char *const NEW[] = {"@ MX 5 mx3", "@ MX 6 mx4", "www CNAME mx1",
                                      "alias A 192.0.2.5", "new 60 A 192.0.2.6"};
    struct dns_model *model = model_to_change();
    struct err err;
    uint64_t changes = model->change_count;
    ck_assert_int_eq(dns_model_replace_records(model, "a.test", NEW, 5, &err), 0);
    ck_assert_uint_ne(model->change_count, changes);
    expect_explained(model, "zone a.test (10 records)\n"
                            "  a.test 300 TXT \"old\"\n"
                            "  a.test 300 MX 5 mx3.a.test\n"
                            "  a.test 300 MX 6 mx4.a.test\n"
                            "  mx1.a.test 300 A 192.0.2.1\n"
                            "  deep.down.a.test 300 A 192.0.2.4\n"
                            "  www.a.test 300 CNAME mx1.a.test\n"
                            "  alias.a.test 300 A 192.0.2.5\n"
                            "  new.a.test 60 A 192.0.2.6\n" TOP);
    dns_model_free(&model);
}
END_TEST

/* All or nothing. */
START_TEST(test_a_wrong_change_changes_nothing)
{
    static const char *const WRONG[][3] = {
        {"@ MX 5 mx3", "www A 192.0.2", NULL},
        {"@ MX 5 mx3", "x CNAME y", "x A 192.0.2.1"},
        {"@ MX 5 mx3", "@ CNAME y", NULL},
        {"@ MX 5 mx3", "x.b.test. A 192.0.2.1", NULL},
    };
    struct dns_model *model = model_to_change();
    char *before = explain(model, true);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct err err = {0};
        size_t count = WRONG[i][2] != NULL ? 3 : 2;
        ck_assert_int_eq(dns_model_check_records(model, "a.test", WRONG[i], count, &err), -1);
        ck_assert_int_eq(dns_model_replace_records(model, "a.test", WRONG[i], count, &err), -1);
        ck_assert_str_ne(err.text, "");
        char *after = explain(model, true);
        ck_assert_str_eq(after, before);
        free(after);
    }
    free(before);
    dns_model_free(&model);
}
END_TEST

START_TEST(test_records_are_removed)
{
    struct dns_model *model = model_to_change();
    struct err err;
    ck_assert_int_eq(dns_model_remove(model, "a.test", "@", "MX", &err), 0);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "www", NULL, &err), 0);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "alias.a.test", NULL, &err), 0);
    ck_assert(dns_model_has_name(model, "down.a.test"));
    ck_assert_int_eq(dns_model_remove(model, "a.test", "deep.down.a.test.", "A", &err), 0);
    ck_assert(!dns_model_has_name(model, "down.a.test"));
    expect_explained(model, "zone a.test (4 records)\n"
                            "  a.test 300 TXT \"old\"\n"
                            "  mx1.a.test 300 A 192.0.2.1\n" TOP);
    /* The zone goes on to exist. */
    ck_assert_int_eq(dns_model_remove(model, "a.test", "@", NULL, &err), 0);
    ck_assert(dns_model_has_record(model, "a.test", "SOA"));
    ck_assert_int_eq(dns_model_remove(model, "a.test", "x.b.test.", NULL, &err), -1);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "mx1", "XX", &err), -1);
    ck_assert_int_eq(dns_model_remove(model, "b.test", "mx1", NULL, &err), -1);
    ck_assert_int_eq(dns_model_remove(model, "a.test", "", NULL, &err), -1);
    dns_model_free(&model);
}
END_TEST

static int read_zone(struct dns_model *model, const char *text, struct err *err)
{
    char *copy = mem_text_copy(text);
    FILE *file = fmemopen(copy, strlen(copy), "r");
    int result = dns_model_add_zone_file(model, "a.test", file, "a.zone", err);
    fclose(file);
    free(copy);
    return result;
}

START_TEST(test_zone_file)
{
    struct dns_model *model = dns_model_new();
    struct err err;
    int result = read_zone(model,
                           "$TTL 1h ; the default\n"
                           "@ IN SOA ns hm ( 1\n 2h 3 4 ; more\n 5 )\n"
                           "\tNS ns\n"
                           "\n; a comment\n"
                           "ns A 192.0.2.1\n"
                           "   AAAA 2001:db8::1\n"
                           "$ORIGIN sub.a.test.\n"
                           "$TTL 60\n"
                           "mx MX 5 mail\n"
                           "abs.a.test. 7 A 192.0.2.2",
                           &err);
    if (result != 0)
        ck_abort_msg("%s", err.text);
    expect_explained(model, "zone a.test (6 records)\n"
                            "  ns.a.test 3600 A 192.0.2.1\n"
                            "  ns.a.test 3600 AAAA 2001:db8::1\n"
                            "  mx.sub.a.test 60 MX 5 mail.sub.a.test\n"
                            "  abs.a.test 7 A 192.0.2.2\n"
                            "  a.test 3600 SOA ns.a.test hm.a.test 1 7200 3 4 5\n"
                            "  a.test 3600 NS ns.a.test\n");
    dns_model_free(&model);
}
END_TEST

START_TEST(test_zone_file_errors_name_the_line)
{
    static const struct {
        const char *text;
        const char *expected;
    } CASES[] = {
        {"@ A 192.0.2.1\n@ B 192.0.2.1\n", "a.zone:2: "},
        {"\n\n@ A 192.0.2\n", "a.zone:3: "},
        {"; c\n\n@ A 192.0.2.1\n@ MX ( 1\n) \n\n\n; c\n", "a.zone:5: "},
        {"$INCLUDE other.zone\n", "a.zone:1: $INCLUDE is not known"},
        {"@ A 192.0.2.1\nx.b.test. A 192.0.2.1\n", "a.zone:2: x.b.test is outside of the zone"},
        {"w CNAME x\nw A 192.0.2.1\n", "a.zone:2: w.a.test: a name with a CNAME"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dns_model *model = dns_model_new();
        struct err err = {0};
        ck_assert_int_eq(read_zone(model, CASES[i].text, &err), -1);
        if (strncmp(err.text, CASES[i].expected, strlen(CASES[i].expected)) != 0)
            ck_abort_msg("expected: %s\nfound:    %s", CASES[i].expected, err.text);
        dns_model_free(&model);
    }
}
END_TEST

/* Finding a name does not take longer in an internet of 50,000 zones. */
START_TEST(test_many_zones)
{
    struct dns_model *model = dns_model_new();
    struct err err;
    char zone[64];
    for (int i = 0; i < 50000; i++) {
        snprintf(zone, sizeof zone, "d%d.test", i);
        ck_assert_int_eq(dns_model_add_zone(model, zone, &err), 0);
        ask_add(model, zone, "@ MX 10 mx");
    }
    struct dns_answerer *answerer = ask_answerer(model, 1);
    for (int i = 0; i < 50000; i++) {
        snprintf(zone, sizeof zone, "d%d.test", i);
        ck_assert(dns_model_has_record(model, zone, "MX"));
    }
    ask_expect(answerer, "d49999.test", "MX", 0,
               "NOERROR ra\nan d49999.test. 300 IN MX 10 mx.d49999.test.");
    dns_answerer_free(&answerer);
    dns_model_free(&model);
}
END_TEST

UNIT_MAIN(test_a_zone_is_completed, test_wrong_records, test_long_text_is_cut_into_strings,
          test_reverse_zones, test_asking_for_zones_and_names, test_records_are_replaced,
          test_a_wrong_change_changes_nothing, test_records_are_removed, test_zone_file,
          test_zone_file_errors_name_the_line, test_many_zones)
