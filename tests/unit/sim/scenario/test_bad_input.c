/* Every kind of wrong scenario, with the exact words. */
#include "tests/unit/sim/scenario/bad_fixture.h"

#define LETTER(id)                                                       \
    "\"clients\":[{\"id\":\"c\",\"dialogue\":[\"MAIL FROM:<a@x.test>\"," \
    "\"RCPT TO:<ann@bigmail.test>\",\"DATA\",\"X-Mailrange-Id: " id "\\r\\n\\r\\n.\"]}]"

START_TEST(test_the_document)
{
    static const struct bad CASES[] = {
        {"{\"name\": \"x\",\n\"hosts\": {\n}", "x.json:3:2: expected \",\" or \"}\", found the end "
                                               "of the file"},
        {"[]", "x.json:1: $: expected an object, found an empty array"},
        {"{}", "x.json:1: $: \"name\" is missing"},
        {"{\"name\": 5}", "x.json:1: $.name: expected a text, found the number 5"},
        {"{\"name\": \"x\",\n\"mesages\": []}",
         "x.json:2: $.mesages: unknown key; did you mean \"messages\"?"},
        {"{\"name\": \"x\", \"version\": 2}",
         "x.json:1: $.version: expected a whole number from 1 to 1, found the number 2"},
        {"{\"name\": \"x\", \"seed\": -1}",
         "x.json:1: $.seed: expected a whole number from 0, found the number -1"},
        {"{\"name\": \"x\", \"tags\": [1]}", "x.json:1: $.tags[0]: expected a text, found the "
                                             "number 1"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_the_clock)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\",\"clock\":{\"limit\":\"5 days\"}}",
         "x.json:1: $.clock.limit: expected a duration like \"250ms\", \"30s\", \"5m\" or "
         "\"1h30m\", found \"5 days\""},
        {"{\"name\":\"x\",\"clock\":{\"limit\":\"0\"}}",
         "x.json:1: $.clock.limit: expected a duration of more than nothing and at most 366 days, "
         "found \"0\""},
        {"{\"name\":\"x\",\"clock\":{\"start\":\"1969-12-31T23:00:00Z\"}}",
         "x.json:1: $.clock.start: expected an instant of the years 1970 to 2199, found "
         "\"1969-12-31T23:00:00Z\""},
        {"{\"name\":\"x\",\"clock\":{\"start\":\"2200-01-01T00:00:00Z\"}}",
         "x.json:1: $.clock.start: expected an instant of the years 1970 to 2199, found "
         "\"2200-01-01T00:00:00Z\""},
        {"{\"name\":\"x\",\"clock\":{\"start\":\"2026-02-30T00:00:00Z\"}}",
         "x.json:1: $.clock.start: expected an instant like \"2026-03-02T09:00:00Z\", found "
         "\"2026-02-30T00:00:00Z\""},
        {"{\"name\":\"x\",\"clock\":{\"skew\":\"1h\"}}",
         "x.json:1: $.clock.skew: unknown key; known here: start, limit, settle"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

#define AT_RULE "x.json:1: $.hosts[\"mx.bigmail.test\"].rules[0]"
#define RULE_OF_RCPT(text)                                                                      \
    "{\"name\":\"x\"," BOB ",\"hosts\":{\"mx.bigmail.test\":{\"rules\":[{\"at\":\"rcpt\"," text \
    "}]}}}"

START_TEST(test_hosts_and_rules)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{},\n\"mx.a.test\":{}}}",
         "x.json:2: $.hosts[\"mx.a.test\"]: this key stands here twice, first on line 1; keep one "
         "of them"},
        {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{},\"MX.A.test\":{}}}",
         "x.json:1: $.hosts[\"MX.A.test\"]: the host \"mx.a.test\" stands here twice: "
         "capital letters are the same name; keep one of them"},
        {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"addresses\":[\"198.18.1.300\"]}}}",
         "x.json:1: $.hosts[\"mx.a.test\"].addresses[0]: expected an IP address like "
         "\"198.18.1.1\" or \"2001:db8:18:1::1\", found \"198.18.1.300\""},
        {"{\"name\":\"x\"," BOB
         ",\"hosts\":{\"mx.bigmail.test\":{\"addresses\":[\"198.18.1.1\"]},\n"
         "\"mx2.bigmail.test\":{\"addresses\":[\"198.18.1.1\"]}}}",
         "x.json:2: $.hosts[\"mx2.bigmail.test\"].addresses[0]: the address 198.18.1.1 is that of "
         "two "
         "hosts, mx.bigmail.test and mx2.bigmail.test; give one of them another, or none to get "
         "the "
         "next that is free"},
        {"{\"name\":\"x\"," BOB
         ",\"hosts\":{\"mx.bigmail.test\":{\"profile\":\"greylisting/postgray\"}}}",
         "x.json:1: $.hosts[\"mx.bigmail.test\"].profile: there is no profile "
         "\"greylisting/postgray\". It was looked for under "
         "\"profiles\" of the scenario, in fixtures/profiles and in fixtures"},
        {RULE_OF_RCPT("\"when\":{\"attempt\":\"5..2\"},\"then\":{\"reply\":\"450 4.2.0 no\"}"),
         AT_RULE ".when.attempt: \"5..2\" holds for nothing: its beginning lies behind its end"},
        {RULE_OF_RCPT("\"then\":{\"close\":true,\"hang\":true}"),
         AT_RULE ".then.hang: contradicts \"close\": a rule can do only one of them"},
        {RULE_OF_RCPT("\"then\":{\"reply\":\"450 4.2.0 no\",\"swallow\":true}"),
         AT_RULE ".then.swallow: contradicts \"reply\": a rule can do only one of them"},
        {RULE_OF_RCPT(
             "\"when\":{\"rate\":{\"of\":\"messages\",\"over\":\"10/0s\"}},\"then\":{\"reply\":"
             "\"450 4.2.0 no\"}"),
         AT_RULE
         ".when.rate.over: expected a rate like \"100/1m\", found \"10/0s\": the time behind "
         "the \"/\", 0s, must be longer than nothing"},
        {"{\"name\":\"x\",\"hosts\":{\"mx\":{}}}",
         "x.json:1: $.hosts.mx: \"mx\" is no name of a host: it has no domain"},
        {"{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{},\n\"mx.bigmial.test\":{}}," BOB "}",
         "x.json:2: $.hosts[\"mx.bigmial.test\"]: mx.bigmial.test lies outside every zone: no "
         "recipient is at bigmial.test, and no record of \"dns\" names this host; if it is meant, "
         "name "
         "it there: {\"zones\": {\"bigmial.test\": [\"@ MX 10 mx.bigmial.test.\"]}}"},
        {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"rules\":[{\"at\":\"rcpt\",\"then\":"
         "{\"dealy\":\"5s\"}}]}}}",
         "x.json:1: $.hosts[\"mx.a.test\"].rules[0].then.dealy: unknown key; did you mean "
         "\"delay\"?"},
        {"{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"rules\":[{\"name\":\"all\",\"at\":\"rcpt\","
         "\"then\":{\"reply\":\"450 4.2.0 no\"}},{\"name\":\"late\",\"at\":\"rcpt\",\"then\":"
         "{\"reply\":\"550 5.1.1 no\"}}]}}}",
         "x.json:1: $.hosts[\"mx.a.test\"].rules[1]: \"late\" can never fire: \"all\" stands "
         "before it, has no condition and decides at this stage"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_a_reply_that_is_no_reply_code)
{
    const char *error =
        error_of("{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"rules\":[{\"at\":\"rcpt\",\"then\":"
                 "{\"reply\":\"999 no\"}}]}}}");
    ck_assert_ptr_nonnull(strstr(error, "x.json:1: $.hosts[\"mx.a.test\"].rules[0].then.reply: "));
    fx.count = 0;
    done();
}
END_TEST

START_TEST(test_messages)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"id\":\"a\"}]}",
         "x.json:1: $.messages[0]: \"to\" is missing"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob\"}]}",
         "x.json:1: $.messages[0].to: expected an address like \"bob@bigmail.test\", found "
         "\"bob\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":[\"bob@bigmail.test\",\"a b@c.test\"]}]}",
         "x.json:1: $.messages[0].to[1]: expected an address like \"bob@bigmail.test\", found "
         "\"a b@c.test\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"u{5..1}@bigmail.test\"}]}",
         "x.json:1: $.messages[0].to: \"u{5..1}@bigmail.test\": expected one sequence like "
         "\"user{1..5000}@a.test\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"u{1..9000000}@bigmail.test\"}]}",
         "x.json:1: $.messages[0].to: \"u{1..9000000}@bigmail.test\" stands for more than 1000000 "
         "texts"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"file\":\"a\","
         "\"text\":\"b\"}]}",
         "x.json:1: $.messages[0].text: a message has \"text\" or \"file\", not both"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"port\":26}]}",
         "x.json:1: $.messages[0].port: expected 25, 465 or 587, found the number 26"},
        {"{\"name\":\"x\"," HOSTS
         ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"pipelining\":\"yes\"}]}",
         "x.json:1: $.messages[0].pipelining: expected true or false, found \"yes\""},
        {"{\"name\":\"x\"," HOSTS
         ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"per-connection\":0}]}",
         "x.json:1: $.messages[0][\"per-connection\"]: expected a whole number from 1 to 1000000, "
         "found the number 0"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\","
         "\"per-connection\":20,\"own-connection\":true}]}",
         "x.json:1: $.messages[0][\"per-connection\"]: 20 messages cannot share a connection that "
         "is each one's own: leave one of \"per-connection\" and \"own-connection\" out"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\","
         "\"require-tls\":true}]}",
         "x.json:1: $.messages[0][\"require-tls\"]: this is for servers that know REQUIRETLS; say "
         "so in "
         "\"mta\": {\"settings\": {\"require-tls\": true}}"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"at\":\"8d\"}]}",
         "x.json:1: $.messages[0].at: the run has ended by then (\"clock\": \"limit\")"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\",\"headers\":"
         "[\"no colon\"]}]}",
         "x.json:1: $.messages[0].headers[0]: expected a header line like \"X-Campaign: "
         "spring\", found \"no colon\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"id\":\"a\",\"to\":\"bob@bigmail.test\"},\n"
         "{\"id\":\"a\",\"to\":\"bob@bigmail.test\"}]}",
         "x.json:2: $.messages[1]: another message has the id \"a\": that at $.messages[0]"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"id\":\"a b\",\"to\":\"bob@bigmail.test\"}]}",
         "x.json:1: $.messages[0].id: expected an id of letters, digits, \"-\", \"_\" and \".\" "
         "(it travels in a header line), found \"a b\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmial.test\"},{\"to\":"
         "\"bob@bigmail.test\"}]}",
         "x.json:1: $.messages[0].to: no host and no zone is there for bigmial.test; did you "
         "mean bigmail.test? If mail to it shall fail, expect that ({\"to\": \"bob@bigmial.test\", "
         "\"is\": "
         "\"bounced\"})"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_a_missing_fixture_names_where_it_was_looked_for)
{
    const char *error = error_of("{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":"
                                 "\"bob@bigmail.test\",\"file\":\"fixtures/no.eml\"}]}");
    ck_assert_ptr_nonnull(strstr(error, "x.json:1: $.messages[0].file: no such file: neither "));
    ck_assert_ptr_nonnull(strstr(error, "/fixtures/no.eml is there"));
    fx.count = 0;
    write_file("letter.eml", "Subject: x\r\n\r\n");
    error = error_of("{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"bob@bigmail.test\","
                     "\"file\":\"leter.eml\"}]}");
    ck_assert_ptr_nonnull(strstr(error, "; did you mean letter.eml?"));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"extend\":\"z\"}");
    ck_assert_ptr_null(strstr(error, "did you mean"));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"extend\":\"leter.eml\"}");
    ck_assert_ptr_nonnull(strstr(error, "/leter.eml; did you mean letter.eml?"));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":\"leter.eml\"}}}");
    ck_assert_ptr_nonnull(strstr(error, "x.json:1: $.dns.zones[\"a.test\"]: no such file: "));
    ck_assert_ptr_nonnull(strstr(error, "; did you mean letter.eml?"));
    fx.count = 0;
    done();
}
END_TEST

START_TEST(test_the_timeline)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"2h\",\"do\":\"mta-restart\"},\n"
         "{\"at\":\"1h\",\"do\":\"mta-restart\"}]}",
         "x.json:2: $.timeline[1]: the timeline goes back: 1h stands behind 2h; put the entries in "
         "order"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-kil\"}]}",
         "x.json:1: $.timeline[0].do: \"mta-kil\": no such word; did you mean \"mta-kill\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-pause\"}]}",
         "x.json:1: $.timeline[0]: \"mta-pause\" needs \"for\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"do\":\"mta-restart\"}]}",
         "x.json:1: $.timeline[0]: \"at\" is missing"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"disk-full\","
         "\"leaves\":\"much\"}]}",
         "x.json:1: $.timeline[0].leaves: expected a size like \"512kB\", \"25MB\" or \"1GiB\", "
         "found "
         "\"much\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"network-down\","
         "\"as\":\"silence\"}]}",
         "x.json:1: $.timeline[0].as: \"silence\": no such word; did you mean \"silent\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"dns-down\","
         "\"as\":\"silent\"}]}",
         "x.json:1: $.timeline[0].as: unknown key; did you mean \"at\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-skew\","
         "\"skew\":\"late\"}]}",
         "x.json:1: $.timeline[0].skew: a span like \"+11m\" or \"-2h\" is expected"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-reload\","
         "\"settings\":{\"smart-host\":\"a.test\"}}]}",
         "x.json:1: $.timeline[0].settings[\"smart-host\"]: \"smart-host\" cannot change while the "
         "server runs"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"host-down\","
         "\"host\":\"mx.bigmial.test\"}]}",
         "x.json:1: $.timeline[0].host: \"mx.bigmial.test\": no such host; did you mean "
         "\"mx.bigmail.test\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"dns-set\","
         "\"zone\":\"other.test\",\"records\":[\"@ A 198.18.0.1\"]}]}",
         "x.json:1: $.timeline[0].zone: there is no zone other.test"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"rotate-key\","
         "\"host\":\"mx.bigmail.test\",\"dane\":\"stay\"}]}",
         "x.json:1: $.timeline[0].dane: \"stay\": no such word; did you mean \"stays\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"9d\",\"do\":\"mta-restart\"}]}",
         "x.json:1: $.timeline[0].at: the run has ended by then (\"clock\": \"limit\")"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_orders_and_repetition_in_the_timeline)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"queue-hold\","
         "\"message\":\"m2\"}]}",
         "x.json:1: $.timeline[0].message: \"m2\": no such message; did you mean \"m1\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"queue-flush\","
         "\"to\":\"ann@bigmail.test\"}]}",
         "x.json:1: $.timeline[0].to: \"ann@bigmail.test\": no such recipient of a message; did "
         "you mean \"bob@bigmail.test\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"queue-list\","
         "\"to\":\"bob@bigmail.test\"}]}",
         "x.json:1: $.timeline[0].to: unknown key; did you mean \"do\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"queue-hold\","
         "\"to\":\"/(/\"}]}",
         "x.json:1: $.timeline[0].to: \"/(/\" is no regular expression: Unmatched ( or \\("},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-restart\","
         "\"every\":\"1m\"}]}",
         "x.json:1: $.timeline[0].every: it needs \"times\": how often it happens"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-restart\","
         "\"times\":3}]}",
         "x.json:1: $.timeline[0].times: it needs \"every\": so long after each other"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-restart\","
         "\"every\":\"1m\",\"times\":0}]}",
         "x.json:1: $.timeline[0].times: expected a whole number from 1 to 10000, found the "
         "number 0"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-restart\","
         "\"every\":\"0s\",\"times\":2}]}",
         "x.json:1: $.timeline[0].every: expected a span of more than nothing, found \"0s\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-restart\","
         "\"every\":\"1d\",\"times\":10}]}",
         "x.json:1: $.timeline[0]: the run has ended before it has happened 10 times (\"clock\": "
         "\"limit\")"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-pause\","
         "\"for\":\"1m\",\"every\":\"1m\",\"times\":10}]}",
         "x.json:1: $.timeline[0].every: it begins again before it is over; make it longer than "
         "\"for\" (\"then-restart-after\")"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_expectations)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"deliverd\"}]}",
         "x.json:1: $.expect[0].is: \"deliverd\": no such word; did you mean \"delivered\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"to\":\"bob@bigmail.test\"}]}",
         "x.json:1: $.expect[0]: expects nothing: say what must hold, as in \"is\": "
         "\"delivered\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"attemps\":2}]}",
         "x.json:1: $.expect[0].attemps: unknown key; did you mean \"attempts\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"to\":\"ann@bigmail.test\",\"is\":"
         "\"delivered\"}]}",
         "x.json:1: $.expect[0].to: \"ann@bigmail.test\": no such recipient of a message; did you "
         "mean \"bob@bigmail.test\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB
         ",\"expect\":[{\"message\":\"m2\",\"is\":\"delivered\"}]}",
         "x.json:1: $.expect[0].message: \"m2\": no such message; did you mean \"m1\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB
         "," LETTER("order") ",\"expect\":[{\"message\":\"ordr\",\"is\":\"delivered\"}]}",
         "x.json:1: $.expect[0].message: \"ordr\": no such message; did you mean \"order\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB
         "," LETTER("order") ",\"expect\":[{\"message\":\"order\",\"to\":\"bob@*\",\"is\":"
                             "\"delivered\"}]}",
         "x.json:1: $.expect[0].to: \"bob@*\": no such recipient of a message; known are: "
         "bob@bigmail.test"},
        {"{\"name\":\"x\"," HOSTS "," BOB "," LETTER("m1") "}",
         "x.json:1: $.clients: X-Mailrange-Id: m1 names a letter of a client, but one of "
         "\"messages\" has this id: give one of them another"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"host\":\"mx.bigmial.test\","
         "\"connections\":1}]}",
         "x.json:1: $.expect[0].host: \"mx.bigmial.test\": no such host; did you mean "
         "\"mx.bigmail.test\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB
         ",\"expect\":[{\"provider\":\"big\",\"score\":\"70..\"}]}",
         "x.json:1: $.expect[0].provider: the scenario has no \"providers\""},
        {"{\"name\":\"x\",\"providers\":{\"bigmail\":{}},\"hosts\":{\"mx.bigmail.test\":{"
         "\"provider\":"
         "\"bigmail\"}}," BOB ",\"expect\":[{\"provider\":\"bigmial\",\"score\":\"70..\"}]}",
         "x.json:1: $.expect[0].provider: \"bigmial\": no such provider; did you mean "
         "\"bigmail\"?"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"host\":\"mx.bigmail.test\"}]}",
         "x.json:1: $.expect[0]: expects nothing of the host: say a rate, a count, or a rule that "
         "fired"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"host\":\"mx.bigmail.test\",\"rate\":"
         "\"100\"}]}",
         "x.json:1: $.expect[0].rate: expected a rate like \"100/1m\", found \"100\": no "
         "\"/\" stands between how many and in which time"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"tls\":{\"version\":"
         "\"2.0\"}}]}",
         "x.json:1: $.expect[0].tls.version: expected a version like \">=1.2\", \"1.3\" or "
         "\"1.2..1.3\", found \"2.0\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"within\":\"1h\","
         "\"not-before\":\"2h\"}]}",
         "x.json:1: $.expect[0]: \"not-before\" lies behind \"within\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"dsn\":{}}]}",
         "x.json:1: $.expect[0].dsn: \"dsn\" describes a bounce: it needs \"is\": \"bounced\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"for\":{\"a\":1}}]}",
         "x.json:1: $.expect[0].for: \"for\" picks cells of a \"matrix\", and there is none"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"delivered\",\"level\":\"may\"}]}",
         "x.json:1: $.expect[0].level: \"may\": no such word; known are: must, should, info"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

/* Six of these make a million runs. */
#define TEN(name) "\"" name "\":[0,1,2,3,4,5,6,7,8,9]"

START_TEST(test_what_people_mistake_most)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\"," HOSTS ",\"messages\":{\"to\":\"bob@bigmail.test\"}}",
         "x.json:1: $.messages: expected an array, a list between \"[\" and \"]\", found an "
         "object"},
        {"{\"name\":\"x\",\"clock\":{\"limit\":30}}",
         "x.json:1: $.clock.limit: expected a duration like \"250ms\", \"30s\", \"5m\" or "
         "\"1h30m\", found the number 30: the unit is missing, as in \"30s\" or \"30m\""},
        {RULE_OF_RCPT("\"then\":{\"delay\":\"5\"}"),
         AT_RULE ".then.delay: expected a range of durations like \"5m..2h\", \">=10m\" or "
                 "\"..1d\", found 5: the unit is missing, as in \"5s\" or \"5m\""},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"expect\":[{\"is\":\"deferred\"}]}",
         "x.json:1: $.expect[0].is: \"deferred\" is no end: a message that is deferred is tried "
         "again; say \"attempts\": \"2..\", or \"is\": \"queued\""},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"Bob <bob@bigmail.test>\"}]}",
         "x.json:1: $.messages[0].to: expected an address like \"bob@bigmail.test\", found \"Bob "
         "<bob@bigmail.test>\"; only what stands between \"<\" and \">\" is the address"},
        {"{\"name\":\"x\"," HOSTS ",\"messages\":[{\"to\":\"a@bigmail.test,b@bigmail.test\"}]}",
         "x.json:1: $.messages[0].to: expected an address like \"bob@bigmail.test\", found "
         "\"a@bigmail.test,b@bigmail.test\"; several addresses are an array, [\"bob@a.test\", "
         "\"ann@a.test\"]"},
        {"{\"name\":\"x\"," BOB
         ",\"hosts\":{\"mx.bigmail.test\":{\"addresses\":[\"192.0.2.10\"]}}}",
         "x.json:1: $.hosts[\"mx.bigmail.test\"]: 192.0.2.10 is the address of the server under "
         "test; give the host another, or none to get the next that is free"},
        {"{\"name\":\"x\"," HOSTS "," BOB ",\"matrix\":{\"mode\":[\"on\",\"off\"]},\"expect\":[{"
         "\"is\":\"delivered\",\"for\":{\"mode\":\"maybe\"}}]}",
         "x.json:1: $.expect[0].for.mode: \"maybe\": no such value in the matrix; known are: on, "
         "off"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_records_with_the_other_kind_of_address)
{
    const char *error = error_of("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":[\"mx AAAA "
                                 "192.0.2.1\"]}}}");
    ck_assert_ptr_nonnull(strstr(error, "ADDRESS is an IPv6 address, and for IPv4 there is A"));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":[\"mx A 2001:db8::1\"]}}}");
    ck_assert_ptr_nonnull(strstr(error, "ADDRESS is an IPv4 address, and for IPv6 there is AAAA"));
    fx.count = 0;
    done();
}
END_TEST

START_TEST(test_matrix_and_extend)
{
    static const struct bad CASES[] = {
        {"{\"name\":\"x\",\"matrix\":{\"a\":[]}}",
         "x.json:1: $.matrix.a: expected an array of values, found an empty array"},
        {"{\"name\":\"${b}\",\"matrix\":{\"a\":[1]}}",
         "x.json:1: $.name: \"${b}\": no such name in \"matrix\"; did you mean \"${a}\"?"},
        {"{\"name\":\"${b}\"}",
         "x.json:1: $.name: \"${b}\" stands for nothing: this scenario has no \"matrix\" (a "
         "literal \"${\" is written \"$${\")"},
        {"{\"name\":\"x\",\"matrix\":{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15],\"b\":[1,2,3,4,5,"
         "6,7,8,9,10,11,12,13,14,15]}}",
         "x.json:1: $.matrix: makes 225 runs, and at most 200 are allowed; take fewer values, or "
         "make several "
         "scenarios of it (\"extend\")"},
        {"{\"name\":\"x\",\"matrix\":{" TEN("a") "," TEN("b") "," TEN("c") "," TEN("d") "," TEN(
             "e") "," TEN("f") "}}",
         "x.json:1: $.matrix: makes 1000000 runs, and at most 200 are allowed; take fewer values, "
         "or make several "
         "scenarios of it (\"extend\")"},
    };
    check_all(CASES, sizeof CASES / sizeof CASES[0]);
}
END_TEST

START_TEST(test_a_scenario_that_extends_itself)
{
    const char *error = error_of("{\"name\":\"x\",\"extend\":\"x.json\"}");
    ck_assert_str_eq(error, "x.json:1: $.extend: extends itself: x.json \xe2\x86\x92 x.json; one "
                            "of them must stand alone");
    fx.count = 0;
    write_file("b.json", "{\n\"extend\":\"x.json\"}");
    write_file("a.json", "{\"extend\":\"./b.json\"}");
    error = error_of("{\"name\":\"x\",\"extend\":\"a.json\"}");
    ck_assert_ptr_nonnull(strstr(error, "b.json:2: $.extend: extends itself: x.json \xe2\x86\x92 "
                                        "a.json \xe2\x86\x92 b.json \xe2\x86\x92 x.json; "));
    fx.count = 0;
    write_file("9.json", "{\"name\":\"9\"}");
    for (int i = 8; i >= 0; i--) {
        char name[16];
        char text[64];
        snprintf(name, sizeof name, "%d.json", i);
        snprintf(text, sizeof text, "{\"extend\":\"%d.json\"}", i + 1);
        write_file(name, text);
    }
    error = error_of("{\"name\":\"x\",\"extend\":\"0.json\"}");
    ck_assert_ptr_nonnull(strstr(error, "7.json:1: $.extend: more than 8 files extend each other: "
                                        "x.json \xe2\x86\x92 0.json \xe2\x86\x92 1.json"));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"extend\":\"nowhere.json\"}");
    ck_assert_ptr_nonnull(strstr(error, "x.json:1: $.extend: no such file: "));
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"extend\":\"/tmp\"}");
    ck_assert_str_eq(error, "x.json:1: $.extend: /tmp is no file; expected a scenario to extend");
    fx.count = 0;
    done();
}
END_TEST

START_TEST(test_zone_files_are_told_with_their_line)
{
    write_file("a.zone", "$TTL 300\n@ MX 10 mx\n@ MX ten mx\n");
    const char *error = error_of("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":\"a.zone\"}}}");
    ck_assert_msg(strstr(error, "a.zone:3") != NULL, "%s", error);
    fx.count = 0;
    error = error_of("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":[\"@ MX ten mx\"]}}}");
    ck_assert_msg(strstr(error, "x.json:1: $.dns.zones[\"a.test\"][0]: ") == error, "%s", error);
    fx.count = 0;
    done();
}
END_TEST

UNIT_MAIN(test_what_people_mistake_most, test_records_with_the_other_kind_of_address,
          test_the_document, test_the_clock, test_hosts_and_rules,
          test_a_reply_that_is_no_reply_code, test_messages,
          test_a_missing_fixture_names_where_it_was_looked_for, test_the_timeline,
          test_orders_and_repetition_in_the_timeline, test_expectations, test_matrix_and_extend,
          test_a_scenario_that_extends_itself, test_zone_files_are_told_with_their_line)
