#include "mta-under-test/refmta/server/relay_decision.h"

#include "tests/unit/unit.h"

START_TEST(only_our_clients_and_our_domains)
{
    static const struct {
        const char *client;
        bool authenticated;
        const char *recipient;
        enum relay_verdict verdict;
    } CASES[] = {
        {"192.0.2.9", false, "a@anywhere.test", RELAY_ALLOWED_CLIENT},
        {"203.0.113.9", false, "a@anywhere.test", RELAY_DENIED},
        {"203.0.113.9", true, "a@anywhere.test", RELAY_ALLOWED_CLIENT},
        {"203.0.113.9", false, "a@Partner.test", RELAY_ALLOWED_DOMAIN},
        {"203.0.113.9", false, "a@sub.partner.test", RELAY_DENIED},
        {"203.0.113.9", false, "a%anywhere.test@partner.test", RELAY_DENIED_ROUTING},
        {"203.0.113.9", false, "anywhere.test!a@partner.test", RELAY_DENIED_ROUTING},
        {"203.0.113.9", false, "\"a@anywhere.test\"@partner.test", RELAY_DENIED_ROUTING},
        {"203.0.113.9", false, "a@[192.0.2.10]", RELAY_DENIED},
        {"2001:db8::1", false, "a@anywhere.test", RELAY_DENIED},
    };
    struct config config;
    struct err err;
    ck_assert_msg(config_parse(&config, "c",
                               SLICE("{\"hostname\": \"h.test\", \"spool\": \"s\", \"listeners\":"
                                     "[{\"address\": \"::\", \"port\": 25}], \"relay-networks\":"
                                     "[\"192.0.2.0/24\"], \"relay-for\": [\"partner.test\"]}"),
                               &err) == 0,
                  "%s", err.text);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ip_address client;
        struct mailbox mailbox;
        ck_assert_int_eq(ip_address_from_text(slice_of(CASES[i].client), &client), 0);
        ck_assert_int_eq(mailbox_parse(slice_of(CASES[i].recipient), false, &mailbox), 0);
        struct relay_facts facts = {.config = &config,
                                    .client = &client,
                                    .authenticated = CASES[i].authenticated,
                                    .recipient = &mailbox};
        ck_assert_msg(relay_decide(&facts) == CASES[i].verdict, "%s from %s", CASES[i].recipient,
                      CASES[i].client);
    }
    config_deinit(&config);
}
END_TEST

UNIT_MAIN(only_our_clients_and_our_domains)
