#include "mta-under-test/refmta/config/config.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define LEAST                                                         \
    "\"hostname\": \"Mail.Sender.test\", \"spool\": \"/tmp/spool\", " \
    "\"listeners\": [{\"address\": \"127.0.0.1\", \"port\": 25}]"

START_TEST(the_least_configuration_has_defaults)
{
    struct config config;
    struct err err;
    ck_assert_msg(config_parse(&config, "c.json", SLICE("{" LEAST "}"), &err) == 0, "%s", err.text);
    ck_assert_str_eq(config.hostname, "mail.sender.test");
    ck_assert_uint_eq(config.listener_count, 1);
    ck_assert_uint_eq(config.listeners[0].endpoint.port, 25);
    ck_assert_int_eq(config.listeners[0].mode, CONFIG_MODE_RELAY);
    ck_assert_int_eq(config.listeners[0].tls, CONFIG_TLS_NONE);
    ck_assert_int_eq(config.give_up_us, 5 * TIME_DAY);
    ck_assert_int_eq(config.warn_after_us, 4 * TIME_HOUR);
    ck_assert_uint_eq(config.relay_network_count, 2);
    ck_assert_uint_eq(config.size_limit_bytes, 25U << 20);
    ck_assert_int_eq(config.durability, CONFIG_DURABILITY_FULL);
    ck_assert_ptr_null(config.smart_host);
    config_deinit(&config);
}
END_TEST

START_TEST(every_key_is_read)
{
    struct config config;
    struct err err;
    ck_assert_msg(
        config_parse(&config, "c.json",
                     SLICE("{" LEAST ", \"resolvers\": [\"198.18.0.53\", \"[2001:db8::53]:5353\"],"
                           "\"sources\": [\"192.0.2.10\", \"2001:db8::10\"],"
                           "\"relay-networks\": [\"192.0.2.0/24\"],"
                           "\"relay-for\": [\"Partner.Test\"], \"retry\": \"1m, then every 2m\","
                           "\"give-up\": \"1d\", \"warn-after\": \"never\","
                           "\"tls\": {\"mode\": \"required\", \"certificate\": \"c\","
                           "\"key\": \"k\", \"trust\": \"t\"},"
                           "\"smart-host\": {\"host\": \"relay.test\", \"port\": 587},"
                           "\"concurrency\": 7, \"size-limit\": \"10MB\", \"log\": \"/tmp/l\","
                           "\"durability\": \"off\", \"control\": \"/tmp/c\"}"),
                     &err) == 0,
        "%s", err.text);
    ck_assert_uint_eq(config.resolver_count, 2);
    ck_assert_uint_eq(config.resolvers[0].port, 53);
    ck_assert_uint_eq(config.resolvers[1].port, 5353);
    ck_assert_int_eq(config.source_v4.family, AF_INET);
    ck_assert_int_eq(config.source_v6.family, AF_INET6);
    ck_assert_uint_eq(config.relay_network_count, 1);
    ck_assert(config_domains_have(&config.relay_for, SLICE("PARTNER.test")));
    ck_assert(!config_domains_have(&config.relay_for, SLICE("a.partner.test")));
    ck_assert_int_eq(config.retry.count, 2);
    ck_assert_int_eq(config.give_up_us, TIME_DAY);
    ck_assert_int_eq(config.warn_after_us, 0);
    ck_assert_int_eq(config.tls_mode, TLS_MODE_REQUIRED);
    ck_assert_str_eq(config.smart_host, "relay.test");
    ck_assert_uint_eq(config.smart_host_port, 587);
    ck_assert_uint_eq(config.concurrency, 7);
    ck_assert_uint_eq(config.size_limit_bytes, 10U << 20);
    ck_assert_int_eq(config.durability, CONFIG_DURABILITY_OFF);
    config_deinit(&config);
}
END_TEST

START_TEST(mistakes_are_told_with_their_place)
{
    static const struct {
        const char *json;
        const char *says;
    } CASES[] = {
        {"", "is empty"},
        {"{\n  \"hostname\": x}", "c.json:2:15: this is not JSON"},
        {"{} {}", "c.json:1:"},
        {"[]", "expected an object"},
        {"{}", "needs \"hostname\": the name in the banner"},
        {"{\"hostname\": \"a b\"}", "hostname: expected a host name"},
        {"{" LEAST ", \"hostnam\": \"x\"}", "did you mean \"hostname\"?"},
        {"{" LEAST ", \"spool\": \"/x\"}", "spool: stands twice"},
        {"{" LEAST ", \"retry\": \"often\"}", "retry: expected waits like"},
        {"{" LEAST ", \"give-up\": 5}", "give-up: expected a span of time like"},
        {"{" LEAST ", \"concurrency\": 0}", "expected a whole number from 1 to 1000, found 0"},
        {"{" LEAST ", \"concurrency\": 1.5}", "found 1.5"},
        {"{" LEAST ", \"size-limit\": \"big\"}", "size-limit: expected a size"},
        {"{" LEAST ", \"durability\": \"yes\"}", "expected \"full\" or \"off\", found \"yes\""},
        {"{" LEAST ", \"sources\": [\"192.0.2.1\", \"192.0.2.2\"]}", "more than one address"},
        {"{" LEAST ", \"relay-networks\": [\"192.0.2.1/24\"]}", "relay-networks[0]: expected"},
        {"{" LEAST ", \"tls\": {\"key\": \"k\"}}", "belong together"},
        {"{" LEAST ", \"checks\": [{\"check\": \"dkim\", \"action\": \"tag\", \"at\": "
         "\"recipient\"}]}",
         "checks[0]: \"at\": \"recipient\" is too early for the check \"dkim\""},
        {"{" LEAST ", \"checks\": [{\"check\": \"spf\", \"action\": \"tag\"}, {\"check\": "
         "\"dmarc\", \"action\": \"tag\"}, {\"check\": \"helo\", \"action\": \"tag\", \"at\": "
         "\"recipient\"}]}",
         "checks[2].at: \"recipient\" is before the content, which checks[1] (\"dmarc\") waits "
         "for"},
        {"{" LEAST ", \"checks\": [{\"check\": \"spf\", \"action\": \"tag\", \"at\": \"rcpt\"}]}",
         "expected \"earliest\" or \"recipient\" or \"content\", found \"rcpt\""},
        {"{\"hostname\": \"h\", \"spool\": \"s\", \"listeners\": []}",
         "listeners: needs at least 1"},
        {"{\"hostname\": \"h\", \"spool\": \"s\", \"listeners\": [{\"port\": 25}]}",
         "listeners[0]: needs \"address\": the local"},
        {"{\"hostname\": \"h\", \"spool\": \"s\", \"listeners\": [{\"address\": \"::\"}]}",
         "listeners[0]: needs \"port\""},
        {"{\"hostname\": \"h\", \"spool\": \"s\", \"listeners\": [{\"address\": \"::\", "
         "\"port\": 25, \"tls\": \"implicit\"}]}",
         "needs \"certificate\" and \"key\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct config config;
        struct err err = {.text = ""};
        ck_assert_msg(config_parse(&config, "c.json", slice_of(CASES[i].json), &err) == -1, "%s",
                      CASES[i].json);
        ck_assert_msg(strstr(err.text, CASES[i].says) != NULL, "%s: %s", CASES[i].json, err.text);
        config_deinit(&config);
    }
}
END_TEST

START_TEST(checks_act_as_early_as_their_order_allows)
{
    static const enum config_check_at WANTED[] = {CONFIG_AT_RECIPIENT, CONFIG_AT_RECIPIENT,
                                                  CONFIG_AT_CONTENT, CONFIG_AT_CONTENT,
                                                  CONFIG_AT_CONTENT};
    struct config config;
    struct err err;
    ck_assert_msg(config_parse(&config, "c.json",
                               SLICE("{" LEAST ", \"checks\": ["
                                     "{\"check\": \"spf\", \"action\": \"tag\"},"
                                     "{\"check\": \"greylist\", \"action\": \"defer\", \"at\":"
                                     " \"recipient\"},"
                                     "{\"check\": \"iprev\", \"action\": \"tag\", \"at\":"
                                     " \"content\"},"
                                     "{\"check\": \"helo\", \"action\": \"tag\"},"
                                     "{\"check\": \"arc\", \"action\": \"tag\"}]}"),
                               &err) == 0,
                  "%s", err.text);
    for (size_t i = 0; i < config.check_count; i++)
        ck_assert_int_eq(config.checks[i].at, WANTED[i]);
    config_deinit(&config);
}
END_TEST

UNIT_MAIN(the_least_configuration_has_defaults, every_key_is_read,
          checks_act_as_early_as_their_order_allows, mistakes_are_told_with_their_place)
