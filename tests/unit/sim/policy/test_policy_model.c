/* "policy" as it is read, and what it puts into the DNS. */
#include "sim/policy/policy_change.h"
#include "sim/policy/policy_spec.h"
#include "sim/policy/policy_sts.h"

#include "tests/unit/unit.h"

static struct {
    struct arena arena;
    struct spec_document *document;
    struct policy_model *model;
    struct dns_model *dns;
    struct mx_model *mx;
    struct err err;
} fx;

static int load(const char *json)
{
    memset(&fx, 0, sizeof fx);
    fx.document = spec_document_parse("p.json", slice_of(json), &fx.err);
    ck_assert_msg(fx.document != NULL, "%s", fx.err.text);
    fx.dns = dns_model_new();
    fx.mx = mx_model_new(".", 1, &fx.arena);
    ck_assert_int_eq(dns_model_add_zone(fx.dns, "a.test", &fx.err), 0);
    ck_assert_int_eq(dns_model_add_record(fx.dns, "a.test", "@ MX 10 mx1", &fx.err), 0);
    ck_assert_int_eq(dns_model_add_record(fx.dns, "a.test", "@ MX 20 mx2", &fx.err), 0);
    return policy_spec_parse(spec_root(fx.document), &fx.arena, &fx.model, &fx.err);
}

static void load_well(const char *json)
{
    ck_assert_msg(load(json) == 0, "%s", fx.err.text);
    ck_assert_msg(policy_model_publish(fx.model, fx.dns, fx.mx, &fx.err) == 0, "%s", fx.err.text);
}

static void done(void)
{
    policy_model_release(&fx.model);
    mx_model_release(&fx.mx);
    dns_model_free(&fx.dns);
    spec_document_free(&fx.document);
    arena_deinit(&fx.arena);
}

/* The first text of a name's records, or "". */
static const char *record_of(const char *name, uint16_t type)
{
    struct dns_name wire;
    ck_assert_int_eq(dns_name_from_text(slice_of(name), &wire), 0);
    const struct dns_zone *zone = dns_model_find_zone(fx.dns, dns_name_slice(&wire), false);
    struct dns_rrset *set = dns_node_set(dns_zone_node(zone, dns_name_slice(&wire)), type);
    return set != NULL ? dns_rrset_text(set, 0) : "";
}

static const char *file_of(const char *domain)
{
    static char text[1000];
    char name[100];
    struct buf out;
    snprintf(name, sizeof name, "mta-sts.%s", domain);
    buf_init(&out, sizeof text);
    policy_sts_write(&policy_model_find_host(fx.model, name)->sts, &out);
    snprintf(text, sizeof text, "%s", buf_text(&out));
    buf_deinit(&out);
    return text;
}

START_TEST(test_a_policy_is_made_from_the_mx_records)
{
    load_well("{\"mta-sts\": {\"a.test\": {}}}");
    ck_assert_str_eq(file_of("a.test"), "version: STSv1\r\nmode: enforce\r\nmx: mx1.a.test\r\n"
                                        "mx: mx2.a.test\r\nmax_age: 604800\r\n");
    ck_assert_str_eq(record_of("_mta-sts.a.test", LDNS_RR_TYPE_TXT), "\"v=STSv1; id=1;\"");
    ck_assert_str_eq(record_of("mta-sts.a.test", LDNS_RR_TYPE_A), "198.19.1.1");
    ck_assert_str_eq(record_of("mta-sts.a.test", LDNS_RR_TYPE_AAAA), "2001:db8:19::1");
    done();
}
END_TEST

START_TEST(test_records_of_the_zone_come_first)
{
    load("{\"mta-sts\": {\"a.test\": {\"mx\": \"*.a.test\", \"mode\": \"none\"}}}");
    ck_assert_int_eq(
        dns_model_add_record(fx.dns, "a.test", "_mta-sts TXT \"v=STSv1; id=9;\"", &fx.err), 0);
    ck_assert_int_eq(dns_model_add_record(fx.dns, "a.test", "mta-sts A 198.19.7.7", &fx.err), 0);
    ck_assert_int_eq(policy_model_publish(fx.model, fx.dns, fx.mx, &fx.err), 0);
    ck_assert_str_eq(record_of("_mta-sts.a.test", LDNS_RR_TYPE_TXT), "\"v=STSv1; id=9;\"");
    struct address address;
    ck_assert_int_eq(address_from_text(SLICE("198.19.7.7"), &address), 0);
    const struct policy_host *host = policy_model_find_address(fx.model, &address);
    ck_assert_ptr_nonnull(host);
    ck_assert_str_eq(host->name, "mta-sts.a.test");
    ck_assert_uint_eq(host->address_count, 1);
    done();
}
END_TEST

START_TEST(test_reports_have_somewhere_to_go)
{
    load_well("{\"tls-reports\": {\"a.test\": {\"mail\": true}},"
              "\"dmarc-reports\": {\"a.test\": {}}}");
    ck_assert_str_eq(record_of("_smtp._tls.a.test", LDNS_RR_TYPE_TXT),
                     "\"v=TLSRPTv1; rua=https://tls-reports.a.test/v1/tls-rpt,"
                     "mailto:tls-reports@a.test\"");
    ck_assert_str_eq(record_of("_dmarc.a.test", LDNS_RR_TYPE_TXT),
                     "\"v=DMARC1; p=none; rua=mailto:dmarc-reports@a.test\"");
    ck_assert_ptr_nonnull(policy_model_find_mailbox(fx.model, "TLS-Reports@A.test"));
    ck_assert_ptr_null(policy_model_find_mailbox(fx.model, "bob@a.test"));
    done();
}
END_TEST

static void change(enum policy_change kind, const char *json)
{
    struct spec_document *entry = spec_document_parse("entry", slice_of(json), &fx.err);
    ck_assert_ptr_nonnull(entry);
    ck_assert_msg(policy_change_apply(fx.model, fx.dns, kind, spec_root(entry), &fx.err) == 0, "%s",
                  fx.err.text);
    spec_document_free(&entry);
}

START_TEST(test_addresses_are_listed_and_delisted)
{
    load_well("{\"blocklists\": {\"bl.test\": {\"listed\": [\"192.0.2.10\", \"203.0.113.0/24\"],"
              "\"reason\": \"see {ip}\"}}}");
    ck_assert_str_eq(record_of("10.2.0.192.bl.test", LDNS_RR_TYPE_A), "127.0.0.2");
    ck_assert_str_eq(record_of("10.2.0.192.bl.test", LDNS_RR_TYPE_TXT), "\"see 192.0.2.10\"");
    ck_assert_str_eq(record_of("*.113.0.203.bl.test", LDNS_RR_TYPE_A), "127.0.0.2");
    ck_assert_str_eq(record_of("2.0.0.127.bl.test", LDNS_RR_TYPE_A), "127.0.0.2");
    ck_assert_str_eq(record_of("1.0.0.127.bl.test", LDNS_RR_TYPE_A), "");
    change(POLICY_CHANGE_LIST, "{\"blocklist\": \"bl.test\", \"ip\": \"192.0.2.11\"}");
    ck_assert_str_eq(record_of("11.2.0.192.bl.test", LDNS_RR_TYPE_A), "127.0.0.2");
    change(POLICY_CHANGE_DELIST, "{\"blocklist\": \"bl.test\", \"ip\": \"192.0.2.11\"}");
    ck_assert_str_eq(record_of("11.2.0.192.bl.test", LDNS_RR_TYPE_A), "");
    ck_assert_str_eq(record_of("10.2.0.192.bl.test", LDNS_RR_TYPE_A), "127.0.0.2");
    done();
}
END_TEST

START_TEST(test_a_policy_changes_and_its_id_is_published)
{
    load_well("{\"mta-sts\": {\"a.test\": {}}}");
    change(POLICY_CHANGE_STS, "{\"domain\": \"a.test\", \"mode\": \"testing\", \"id\": \"2b\"}");
    ck_assert_str_eq(record_of("_mta-sts.a.test", LDNS_RR_TYPE_TXT), "\"v=STSv1; id=2b;\"");
    ck_assert_ptr_nonnull(strstr(file_of("a.test"), "mode: testing\r\n"));
    ck_assert_ptr_nonnull(strstr(file_of("a.test"), "mx: mx2.a.test\r\n"));
    done();
}
END_TEST

START_TEST(test_bad_input_is_told)
{
    static const struct {
        const char *json;
        const char *error;
    } CASES[] = {
        {"{\"mta-st\": {}}", "did you mean \"mta-sts\"?"},
        {"{\"mta-sts\": []}", "expected an object of domains"},
        {"{\"mta-sts\": {\"a b\": {}}}", "\"a b\" is no domain name"},
        {"{\"mta-sts\": {\"a.test\": {\"mode\": \"enforced\"}}}", "did you mean \"enforce\"?"},
        {"{\"mta-sts\": {\"a.test\": {\"id\": \"a b\"}}}", "letters and digits"},
        {"{\"mta-sts\": {\"a.test\": {\"fault\": \"sloow\"}}}", "did you mean \"slow\"?"},
        {"{\"mta-sts\": {\"a.test\": {\"fault\": \"700\"}}}", "from \"200\" to \"599\""},
        {"{\"mta-sts\": {\"a.test\": {\"fault\": [\"slow\", \"503\"]}}}", "can never happen"},
        {"{\"mta-sts\": {\"a.test\": {\"fault\": {\"during\": \"1h..2h\"}}}}", "\"is\" is missing"},
        {"{\"mta-sts\": {\"a.test\": {\"tls\": {\"identity\": \"expird\"}}}}",
         "did you mean \"expired\"?"},
        {"{\"tls-reports\": {\"a.test\": {\"https\": false}}}", "must go somewhere"},
        {"{\"blocklists\": {\"bl.test\": {\"listed\": \"192.0.2.0/25\"}}}", "whole octets"},
        {"{\"blocklists\": {\"bl.test\": {\"listed\": [\"192.0.2.9\", \"192.0.0.0/16\"]}}}",
         "listed[0]: lies in the prefix of 192.0.0.0, which is listed as well"},
        {"{\"mta-sts\": {\"a.test\": {\"text\": \"x\", \"max-age\": \"1d\"}}}",
         "[\"max-age\"]: means nothing beside \"text\""},
        {"{\"blocklists\": {\"bl.test\": {\"code\": \"listed\"}}}", "\"127.0.0.2\""},
        {"{\"mta-sts\": {\"a.test\": {}}, \"unsubscribe\": {\"mta-sts.a.test\": {}}}",
         "another policy host"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(load(CASES[i].json) == -1, "%s", CASES[i].json);
        ck_assert_msg(strstr(fx.err.text, CASES[i].error) != NULL, "%s: %s", CASES[i].json,
                      fx.err.text);
        ck_assert_ptr_null(fx.model);
        done();
    }
    ck_assert_int_eq(load("{\"mta-sts\": {\"nowhere.test\": {}}}"), 0);
    ck_assert_int_eq(policy_model_publish(fx.model, fx.dns, fx.mx, &fx.err), -1);
    ck_assert_ptr_nonnull(strstr(fx.err.text, "lies outside every zone"));
    done();
}
END_TEST

UNIT_MAIN(test_a_policy_is_made_from_the_mx_records, test_records_of_the_zone_come_first,
          test_reports_have_somewhere_to_go, test_addresses_are_listed_and_delisted,
          test_a_policy_changes_and_its_id_is_published, test_bad_input_is_told)
