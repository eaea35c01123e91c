#include "mta-under-test/mailauth/core/dns_cache.h"
#include "mta-under-test/mailauth/peer/dnsbl.h"
#include "mta-under-test/mailauth/peer/iprev.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

static void put_a(struct dns_cache *cache, const char *name, const char *address)
{
    struct ip_address ip;
    struct dns_record record = {.preference = 0};
    struct dns_answer answer = {.status = DNS_OK, .count = 1, .records = &record};
    ck_assert(ip_parse(slice_of(address), &ip));
    memcpy(record.address, ip.bytes, sizeof record.address);
    dns_cache_put(cache, DNS_TYPE_A, slice_of(name), &answer);
}

static void put_status(struct dns_cache *cache, enum dns_type type, const char *name,
                       enum dns_status status)
{
    struct dns_answer answer = {.status = status};
    dns_cache_put(cache, type, slice_of(name), &answer);
}

START_TEST(names_must_point_back)
{
    struct dns_cache cache;
    struct ip_address ip;
    struct iprev_outcome outcome;
    dns_cache_init(&cache);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &ip));
    iprev_check(&ip, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.result, IPREV_PENDING);
    struct dns_record names[] = {{.data = SLICE("a.test")}, {.data = SLICE("b.test")}};
    struct dns_answer answer = {.status = DNS_OK, .count = 2, .records = names};
    dns_cache_put(&cache, DNS_TYPE_PTR, SLICE("1.2.0.192.in-addr.arpa"), &answer);
    put_a(&cache, "a.test", "192.0.2.9");
    put_status(&cache, DNS_TYPE_A, "b.test", DNS_NXDOMAIN);
    iprev_check(&ip, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.result, IPREV_FAIL);
    put_status(&cache, DNS_TYPE_A, "b.test", DNS_TIMEOUT);
    iprev_check(&ip, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.result, IPREV_TEMPERROR);
    put_a(&cache, "b.test", "192.0.2.1");
    iprev_check(&ip, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.result, IPREV_PASS);
    ck_assert(slice_is(outcome.name, "b.test"));
    put_status(&cache, DNS_TYPE_PTR, "1.2.0.192.in-addr.arpa", DNS_NXDOMAIN);
    iprev_check(&ip, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.result, IPREV_PERMERROR);
    dns_cache_deinit(&cache);
}
END_TEST

START_TEST(list_answers_are_understood)
{
    static const struct {
        const char *address;
        enum dnsbl_status status;
    } CASES[] = {{"127.0.0.2", DNSBL_LISTED},
                 {"127.255.255.254", DNSBL_REFUSED},
                 {"192.0.2.1", DNSBL_BROKEN}};
    struct dns_cache cache;
    struct ip_address ip;
    struct dnsbl_outcome outcome;
    char name[DNSBL_NAME_BYTES];
    dns_cache_init(&cache);
    struct dns_resolver resolver = dns_cache_resolver(&cache);
    ck_assert(ip_parse(SLICE("192.0.2.1"), &ip));
    ck_assert_str_eq(dnsbl_ip_name(&ip, SLICE("bl.test"), name), "1.2.0.192.bl.test");
    put_status(&cache, DNS_TYPE_TXT, name, DNS_NODATA);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        put_a(&cache, name, CASES[i].address);
        dnsbl_check(name, &resolver, NULL, &outcome);
        ck_assert_int_eq(outcome.status, CASES[i].status);
    }
    put_status(&cache, DNS_TYPE_A, name, DNS_NXDOMAIN);
    dnsbl_check(name, &resolver, NULL, &outcome);
    ck_assert_int_eq(outcome.status, DNSBL_NOT_LISTED);
    ck_assert_str_eq(dnsbl_domain_name(SLICE("x.test."), SLICE("dbl.test"), name),
                     "x.test.dbl.test");
    dns_cache_deinit(&cache);
}
END_TEST

UNIT_MAIN(names_must_point_back, list_answers_are_understood)
