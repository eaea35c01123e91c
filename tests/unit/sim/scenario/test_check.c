/* Parts that are right by themselves, and can be nothing in the scenario as a whole. */
#include "tests/unit/sim/scenario/bad_fixture.h"

START_TEST(test_what_lies_outside_of_all_bounds)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\",\"dns\":{\"zones\":{\"a b.test\":[]}}}",
         "x.json:1: $.dns.zones[\"a b.test\"]: \"a b.test\" is no name of a zone: it has a space"},
        {"{\"name\":\"x\",\"dns\":{\"faults\":[{\"answer\":\"none\",\"probability\":\"0%\"}]}}",
         "x.json:1: $.dns.faults[0].probability: a probability of 0 never holds"},
        {"{\"name\":\"x\"," HOSTS "," BOB
         ",\"mta\":{\"settings\":{\"smart-host\":\"mx.bigmail.test:99999\"}}}",
         "x.json:1: $.mta.settings: the smart host \"mx.bigmail.test:99999\" has no port from 1 to "
         "65535 behind its colon"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_providers)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{\"provider\":\"b\"}}," BOB
         ",\"providers\":{\"b\":{\"feedback\":[{\"to\":\"x@sendr.test\"}]}}}",
         "x.json:1: $.providers.b.feedback[0].to: no mail gets to x@sendr.test: its domain is that "
         "of "
         "no host, no sender and no zone"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
    const struct scenario *s = load_one("{\"name\":\"x\",\"providers\":{\"b\":{}}}");
    ck_assert_uint_eq(s->finding_count, 1);
    ck_assert_str_eq(s->findings[0].text, "no host is of the provider \"b\"");
    ck_assert_ptr_nonnull(strstr(s->findings[0].place, "x.json:1: $.providers.b"));
    done();
}
END_TEST

START_TEST(test_addresses_that_no_host_can_have)
{
    static const char *const WRONG[] = {"127.0.0.1",    "255.255.255.255",
                                        "239.0.0.0/24", "0.0.0.0",
                                        "::",           "::1",
                                        "fe80::1",      "ff02::1"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char text[300];
        snprintf(
            text, sizeof text,
            "{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"addresses\":[\"198.18.1.1\",\"%s\"]}}}",
            WRONG[i]);
        const char *error = error_of(text);
        ck_assert_msg(strstr(error, "x.json:1: $.hosts[\"mx.a.test\"].addresses[1]: no host can be "
                                    "reached there") == error,
                      "%s", error);
        fx.count = 0;
    }
    done();
    load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"addresses\":[\"1.1.1.1\",\"223.255.255.255\","
        "\"240.0.0.1\",\"::2\",\"fec0::1\"]}},\"messages\":[{\"to\":\"b@a.test\"}]}");
    done();
}
END_TEST

/* Adapters may lie elsewhere: it is no error. */
START_TEST(test_servers_that_nobody_knows_are_noticed)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"mta\":{\"only\":\"nomta\",\"raw\":{\"othermta\":{\"a.cf\":\"b\"}}}}");
    ck_assert_uint_eq(s->finding_count, 2);
    ck_assert_str_eq(s->findings[0].text, "there is no adapter \"nomta\"");
    ck_assert_ptr_nonnull(strstr(s->findings[0].place, "$.mta.only"));
    ck_assert_str_eq(s->findings[1].text, "there is no adapter \"othermta\"");
    ck_assert_ptr_nonnull(strstr(s->findings[1].place, "$.mta.raw.othermta"));
    done();
}
END_TEST

START_TEST(test_rates_that_cannot_be_kept)
{
    static const char ERROR[] = "x.json:1: $.messages[0].rate: too slow for 8 messages: the run "
                                "has ended before the last of "
                                "them (\"clock\": \"limit\")";
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS
         ",\"messages\":[{\"to\":\"u{1..8}@bigmail.test\",\"rate\":\"1/1d\"}]}",
         ERROR},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"u{1..8}@bigmail.test\",\"at\":\"4d\","
         "\"rate\":\"2/1d\"}]}",
         ERROR},
        {"{\"name\":\"x\"," HOSTS
         ",\"messages\":[{\"to\":\"u{1..8}@bigmail.test\",\"rate\":\"1/90000000d\"}]}",
         ERROR},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
    load_one("{\"name\":\"x\"," HOSTS
             ",\"messages\":[{\"to\":\"u{1..7}@bigmail.test\",\"rate\":\"1/1d\"}]}");
    done();
}
END_TEST

START_TEST(test_clients_come_from_the_internet)
{
    static const char *const WRONG[] = {"8.8.8.8", "127.0.0.1", "224.0.0.1", "192.0.2.10",
                                        "2001:db8::10"};
    static const char *const RIGHT[] = {"203.0.113.9", "198.18.1.1", "192.0.2.1", "2001:db8:5::1",
                                        "9.9.9.9"};
    static const char FORM[] =
        "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{\"addresses\":\"9.9.9.9\"}}," BOB
        ",\"clients\":[{\"id\":\"c\",\"from\":\"%s\",\"dialogue\":[\"NOOP\"]}]}";
    char text[400];
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        snprintf(text, sizeof text, FORM, WRONG[i]);
        const char *error = error_of(text);
        ck_assert_msg(strstr(error, "x.json:1: $.clients[0].from: expected an address of the "
                                    "simulated internet") == error,
                      "%s", error);
        fx.count = 0;
        done();
    }
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++) {
        snprintf(text, sizeof text, FORM, RIGHT[i]);
        load_one(text);
        done();
    }
    ck_assert_str_eq(
        error_of("{\"name\":\"x\",\"clients\":[{\"id\":\"c\",\"dialogue\":[]}]}"),
        "x.json:1: $.clients[0].dialogue: no step: the client would say and hear nothing");
    fx.count = 0;
    done();
}
END_TEST

UNIT_MAIN(test_clients_come_from_the_internet, test_what_lies_outside_of_all_bounds, test_providers,
          test_addresses_that_no_host_can_have, test_servers_that_nobody_knows_are_noticed,
          test_rates_that_cannot_be_kept)
