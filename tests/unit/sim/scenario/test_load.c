/* What a scenario gets by default, and how its parts come together. */
#include "sim/dns/dns_model.h"
#include "sim/mta/mta_operation.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/scenario/scenario_init.h"
#include "sim/scenario/scenario_zone.h"
#include "tests/unit/sim/scenario/scenario_fixture.h"

#define BOB "\"messages\":[{\"to\":\"bob@bigmail.test\"}]"

static const char *addresses_of(const struct mx_host *host)
{
    static char text[300];
    text[0] = '\0';
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        char one[ADDRESS_TEXT_BYTES];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "",
                 address_to_text(mx_host_address(host, i), one));
    }
    return text;
}

static bool zone_text_has(const struct scenario *s, const char *part)
{
    struct buf out;
    buf_init(&out, 100000);
    dns_model_explain(s->dns, true, &out);
    bool found = strstr(buf_text(&out), part) != NULL;
    if (!found)
        fprintf(stderr, "%s\n", buf_text(&out));
    buf_deinit(&out);
    return found;
}

START_TEST(test_eight_lines_are_a_scenario)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB
                 ",\"expect\":[{\"to\":\"bob@bigmail.test\",\"is\":\"delivered\"}]}");
    ck_assert_uint_eq(s->seed, 1);
    ck_assert_int_eq(s->limit_us, 7 * TIME_DAY);
    ck_assert_int_eq(s->settle_us, TIME_HOUR);
    char start[TIME_TEXT_BYTES];
    ck_assert_str_eq(time_to_rfc3339(s->start_us, start), "2026-03-02T09:00:00Z");
    ck_assert_str_eq(s->label, "x.json");
    ck_assert_str_eq(s->cell, "");
    ck_assert_str_eq(s->messages[0].from, "news@sender.test");
    ck_assert_str_eq(s->messages[0].id, "m1");
    ck_assert_uint_eq(s->messages[0].instances, 1);
    ck_assert_int_eq(s->messages[0].port, 25);
    ck_assert_uint_eq(s->finding_count, 0);
    ck_assert_uint_eq(s->host_count, 1);
    /* The receiver. */
    ck_assert_str_eq(addresses_of(mx_model_find_host(s->mx, "mx.bigmail.test")),
                     "198.18.1.1 2001:db8:18:1::1");
    ck_assert(zone_text_has(s, "bigmail.test 300 MX 10 mx.bigmail.test"));
    ck_assert(zone_text_has(s, "mx.bigmail.test 300 A 198.18.1.1"));
    ck_assert(zone_text_has(s, "mx.bigmail.test 300 AAAA 2001:db8:18:1::1"));
    ck_assert(zone_text_has(s, "1.1.18.198.in-addr.arpa 300 PTR mx.bigmail.test"));
    /* The sender. */
    ck_assert(zone_text_has(s, "sender.test 300 MX 10 inbox.sender.test"));
    ck_assert(zone_text_has(s, "mail.sender.test 300 A 192.0.2.10"));
    ck_assert(zone_text_has(s, "mail.sender.test 300 AAAA 2001:db8::10"));
    ck_assert(zone_text_has(s, "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all"));
    ck_assert(zone_text_has(s, "10.2.0.192.in-addr.arpa 300 PTR mail.sender.test"));
    ck_assert_str_eq(addresses_of(mx_model_find_host(s->mx, "inbox.sender.test")),
                     "198.18.1.2 2001:db8:18:1::2");
    done();
}
END_TEST

START_TEST(test_hosts_of_one_domain_get_preferences_in_order)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx2.bigmail.test\":{},\"mx1.bigmail.test\":{}}," BOB "}");
    ck_assert(zone_text_has(s, "bigmail.test 300 MX 10 mx2.bigmail.test"));
    ck_assert(zone_text_has(s, "bigmail.test 300 MX 20 mx1.bigmail.test"));
    done();
}
END_TEST

START_TEST(test_a_host_takes_mail_for_the_domains_that_name_it)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"dns\":{\"zones\":{\"a.test\":[\"@ MX 10 mx.provider.test.\"],"
                 "\"b.test\":[\"@ A 198.18.7.7\"]}},"
                 "\"hosts\":{\"mx.provider.test\":{},\"b.test\":{}},"
                 "\"messages\":[{\"to\":[\"x@a.test\",\"y@b.test\"]}]}");
    const struct mx_host *provider = mx_model_find_host(s->mx, "mx.provider.test");
    const struct mx_host *b = mx_model_find_host(s->mx, "b.test");
    ck_assert_int_eq(mx_host_judge_recipient(provider, SLICE("x@a.test")), MX_RECIPIENT_KNOWN);
    ck_assert_int_eq(mx_host_judge_recipient(provider, SLICE("x@b.test")), MX_RECIPIENT_FOREIGN);
    ck_assert_int_eq(mx_host_judge_recipient(b, SLICE("y@b.test")), MX_RECIPIENT_KNOWN);
    /* Its address is the one that its zone gives it. */
    ck_assert_str_eq(addresses_of(b), "198.18.7.7");
    done();
}
END_TEST

START_TEST(test_records_of_the_scenario_come_first)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"dns\":{\"zones\":{\"bigmail.test\":[\"@ MX 5 mx\",\"@ MX 7 old\"],"
        "\"sender.test\":[\"@ MX 10 mx\",\"@ TXT \\\"v=spf1 ?all\\\"\"]}},"
        "\"hosts\":{\"mx.bigmail.test\":{\"addresses\":[\"198.18.200.1\"]}}," BOB "}");
    ck_assert(zone_text_has(s, "bigmail.test 300 MX 5 mx.bigmail.test"));
    ck_assert(zone_text_has(s, "mx.bigmail.test 300 A 198.18.200.1"));
    ck_assert(!dns_model_has_record(s->dns, "mx.bigmail.test", "AAAA"));
    ck_assert_ptr_null(mx_model_find_host(s->mx, "inbox.sender.test"));
    ck_assert(zone_text_has(s, "v=spf1 ?all"));
    /* An MX host without an address is allowed, and worth a word. */
    bool found = false;
    for (size_t i = 0; i < s->finding_count; i++)
        found = found ||
                strcmp(s->findings[i].text,
                       "bigmail.test has an MX host old.bigmail.test that has no address") == 0;
    ck_assert(found);
    done();
}
END_TEST

START_TEST(test_a_zone_that_says_nothing_about_mail_gets_its_host)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"dns\":{\"zones\":{\"bigmail.test\":[\"_dmarc TXT "
                 "\\\"v=DMARC1; p=none\\\"\"]}},\"hosts\":{\"mx.bigmail.test\":{}}," BOB "}");
    ck_assert(zone_text_has(s, "bigmail.test 300 MX 10 mx.bigmail.test"));
    done();
}
END_TEST

START_TEST(test_messages_in_every_form)
{
    write_file("letter.eml", "Subject: x\r\n\r\nhello\r\n");
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}},\"messages\":["
        "{\"id\":\"a\",\"from\":\"\",\"to\":[\"bob@bigmail.test\",\"user{1..20}@bigmail.test\"],"
        "\"at\":\"1h\",\"rate\":\"5/"
        "1s\",\"port\":587,\"pipelining\":true,\"per-connection\":100,\"subject\":\"hi\","
        "\"headers\":[\"X-A: b\"]},"
        "{\"from\":\"me@other.test\",\"to\":\"bob@bigmail.test\",\"file\":\"letter.eml\","
        "\"size\":\"5MB\"}]}");
    const struct scenario_message *a = &s->messages[0];
    const struct scenario_message *b = &s->messages[1];
    ck_assert_uint_eq(a->instances, 21);
    ck_assert_str_eq(a->from, "");
    ck_assert_int_eq(a->at_us, TIME_HOUR);
    ck_assert_int_eq(a->rate.count, 5);
    ck_assert_int_eq(a->port, 587);
    ck_assert_str_eq(a->lines[0], "X-A: b");
    ck_assert(a->pipelining);
    ck_assert(!b->pipelining);
    ck_assert_uint_eq(a->per_connection, 100);
    ck_assert_uint_eq(b->per_connection, 0);
    ck_assert_str_eq(b->id, "m2");
    ck_assert_int_eq(b->size_bytes, 5000000);
    ck_assert_ptr_nonnull(strstr(b->file, "letter.eml"));
    /* Each domain that sends has an inbox. */
    ck_assert_ptr_nonnull(mx_model_find_host(s->mx, "inbox.other.test"));
    ck_assert_uint_eq(s->finding_count, 2);
    ck_assert_str_eq(s->findings[0].text, "nothing is expected of message \"a\"");
    ck_assert_ptr_nonnull(strstr(s->findings[0].place, "/x.json:1: $.messages[0]"));
    done();
}
END_TEST

START_TEST(test_a_message_that_requires_tls)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}},\"mta\":{\"settings\":{"
                 "\"require-tls\":true}},\"messages\":[{\"to\":\"bob@bigmail.test\",\"dsn\":{"
                 "\"return\":\"headers\"},\"require-tls\":true}]}");
    ck_assert(s->mta->require_tls);
    ck_assert(s->messages[0].require_tls);
    ck_assert_str_eq(s->messages[0].mail_parameters, " RET=HDRS REQUIRETLS");
    done();
}
END_TEST

START_TEST(test_a_timeline_in_order)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{},\"mx2.bigmail.test\":{}}," BOB
        ",\"timeline\":[{\"at\":\"30m\",\"do\":\"dns-set\",\"zone\":\"bigmail.test\",\"records\":"
        "[\"@ MX 10 mx2\"]},{\"at\":\"90m\",\"do\":\"mta-kill\",\"then-restart-after\":\"5m\"},"
        "{\"at\":\"2h\",\"do\":\"host-down\",\"host\":\"mx2.bigmail.test\"}]}");
    ck_assert_uint_eq(s->event_count, 3);
    ck_assert_int_eq(s->timeline[0].action, SCENARIO_DNS_SET);
    ck_assert_str_eq(s->timeline[0].records[0], "@ MX 10 mx2");
    ck_assert_int_eq(s->timeline[1].for_us, 5 * TIME_MINUTE);
    ck_assert_int_eq(s->timeline[2].for_us, -1);
    done();
}
END_TEST

START_TEST(test_what_the_operator_does_is_asked_of_the_server)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB
                 ",\"timeline\":[{\"at\":\"1m\",\"do\":\"queue-hold\",\"to\":\"bob@*\"},"
                 "{\"at\":\"2m\",\"do\":\"queue-release\"},"
                 "{\"at\":\"3m\",\"do\":\"queue-list\",\"every\":\"1h\",\"times\":5}]}");
    ck_assert_uint_eq(s->event_count, 3);
    ck_assert(pattern_matches(s->timeline[0].to, SLICE("bob@bigmail.test")));
    ck_assert_int_eq(s->timeline[0].times, 1);
    ck_assert_int_eq(s->timeline[2].times, 5);
    ck_assert_int_eq(s->timeline[2].every_us, TIME_HOUR);
    ck_assert_uint_eq(s->mta->operations, 1U << MTA_HOLD | 1U << MTA_RELEASE | 1U << MTA_LIST);
    ck_assert_uint_eq(s->mta->operations_on_one, 1U << MTA_HOLD);
    struct buf text;
    buf_init(&text, 10000);
    scenario_explain(s, &text);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "after 1m: the operator holds the mail that "
                                                  "waits, to bob@*\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "after 3m, then every 1h, 5 times in all: the "
                                                  "operator has the server list its queue\n"));
    buf_deinit(&text);
    done();
}
END_TEST

START_TEST(test_a_matrix_makes_a_run_for_each_cell)
{
    int count = load("{\"name\":\"x ${mode}\",\"matrix\":{\"mode\":[\"on\",\"off\"],\"n\":[1,2,3]},"
                     "\"seed\":\"${n}\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB
                     ",\"expect\":[{\"is\":\"delivered\"},{\"is\":\"bounced\",\"level\":\"info\","
                     "\"for\":{\"mode\":"
                     "\"off\",\"n\":[1,2]}}]}");
    ck_assert_msg(count == 6, "%s", fx.err.text);
    ck_assert_str_eq(fx.cells[0]->cell, "mode=on, n=1");
    ck_assert_str_eq(fx.cells[5]->cell, "mode=off, n=3");
    ck_assert_str_eq(fx.cells[4]->name, "x off");
    ck_assert_uint_eq(fx.cells[4]->seed, 2);
    static const size_t EXPECTED[] = {1, 1, 1, 2, 2, 1};
    for (size_t i = 0; i < 6; i++) {
        struct buf text;
        buf_init(&text, 100000);
        scenario_explain(fx.cells[i], &text);
        size_t bounced = strstr(buf_text(&text), "bounced") != NULL ? 2 : 1;
        ck_assert_uint_eq(bounced, EXPECTED[i]);
        buf_deinit(&text);
    }
    done();
}
END_TEST

START_TEST(test_one_cell_is_the_same_without_the_others)
{
    const struct scenario_options options = {.root = "."};
    int count = load("{\"name\":\"x ${mode}\",\"matrix\":{\"mode\":[\"on\",\"off\"],\"n\":[1,2,3]},"
                     "\"seed\":\"${n}\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB "}");
    ck_assert_msg(count == 6, "%s", fx.err.text);
    struct scenario *one = scenario_load_cell(fx.path, &options, 4, &fx.err);
    ck_assert_msg(one != NULL, "%s", fx.err.text);
    ck_assert_str_eq(one->cell, fx.cells[4]->cell);
    ck_assert_str_eq(one->name, fx.cells[4]->name);
    ck_assert_uint_eq(one->seed, fx.cells[4]->seed);
    scenario_free(&one);
    ck_assert_ptr_null(scenario_load_cell(fx.path, &options, 6, &fx.err));
    ck_assert_msg(strstr(fx.err.text, "x.json: has no cell 6") != NULL, "%s", fx.err.text);
    done();
}
END_TEST

START_TEST(test_a_scenario_may_extend_another)
{
    write_file("base.json", "{\"name\":\"base\",\"seed\":7,\"hosts\":{\"mx.bigmail.test\":{"
                            "\"rules\":[{\"name\":\"one\",\"at\":\"rcpt\",\"when\":{\"attempt\":"
                            "\"..1\"},\"then\":{\"reply\":\"451 4.3.0 no\"}}]}}," BOB "}");
    const struct scenario *s = load_one(
        "{\"extend\":\"base.json\",\"name\":\"more\",\"hosts\":{\"mx.bigmail.test\":{\"+rules\":"
        "[{\"name\":\"two\",\"at\":\"mail\",\"when\":{\"attempt\":\"..1\"},\"then\":{\"reply\":"
        "\"451 4.3.0 no\"}}]}}}");
    ck_assert_str_eq(s->name, "more");
    ck_assert_uint_eq(s->seed, 7);
    ck_assert_uint_eq(s->rule_count, 2);
    ck_assert_str_eq(s->rules[1].rule, "two");
    done();
}
END_TEST

START_TEST(test_the_server_s_own_name_and_addresses)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"mta\":{\"hostname\":\"out.example.test\",\"sources\":[\"192.0.2.77\"]},"
        "\"hosts\":{\"mx.bigmail.test\":{}}," BOB "}");
    ck_assert_str_eq(mta_settings_hostname(s->mta), "out.example.test");
    ck_assert(zone_text_has(s, "out.example.test 300 A 192.0.2.77"));
    ck_assert(zone_text_has(s, "v=spf1 ip4:192.0.2.77 -all"));
    ck_assert_str_eq(s->messages[0].from, "news@example.test");
    ck_assert_ptr_nonnull(mx_model_find_host(s->mx, "inbox.example.test"));
    done();
}
END_TEST

START_TEST(test_a_recipient_may_be_meant_to_have_no_zone)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"messages\":[{\"to\":\"bob@nowhere.test\"}],\"expect\":[{\"to\":"
                 "\"bob@nowhere.test\",\"is\":\"bounced\"}]}");
    ck_assert(!dns_model_has_name(s->dns, "nowhere.test"));
    done();
}
END_TEST

START_TEST(test_explain_tells_the_plan_in_words)
{
    const struct scenario *s = load_one(
        "{\"name\":\"A name\",\"about\":\"Why it matters.\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB
        ",\"timeline\":[{\"at\":\"1h\",\"do\":\"mta-pause\",\"for\":\"5m\"}]"
        ",\"expect\":[{\"to\":\"bob@bigmail.test\",\"is\":\"delivered\",\"within\":\"2h\"}]}");
    struct buf out;
    buf_init(&out, 100000);
    scenario_explain(s, &out);
    static const char *const PARTS[] = {"A name\n",
                                        "Why it matters.",
                                        "The clock starts at 2026-03-02T09:00:00Z.",
                                        "mx.bigmail.test",
                                        "m1: from news@sender.test to bob@bigmail.test",
                                        "bob@bigmail.test, handed in at port 25\n",
                                        "(5 records)\n  bigmail.test 300 MX 10 mx.bigmail.test\n",
                                        "after 1h: the server under test stands still for 5m",
                                        "to bob@bigmail.test: delivered within 2h"};
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        ck_assert_msg(strstr(buf_text(&out), PARTS[i]) != NULL, "%s missing in:\n%s", PARTS[i],
                      buf_text(&out));
    buf_deinit(&out);
    done();
}
END_TEST

START_TEST(test_the_starting_scenario_is_right)
{
    char *text = scenario_init_text("https://example.test/schema.json");
    const struct scenario *s = load_one(text);
    ck_assert_uint_eq(s->finding_count, 0);
    ck_assert_ptr_nonnull(strstr(scenario_init_readme(), "mailrange validate"));
    free(text);
    done();
}
END_TEST

START_TEST(test_a_sequence_may_stand_in_the_domain)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"hosts\":{\"mx.d1.test\":{},\"mx.d3.test\":{},"
                 "\"mx.above.test\":{}},\"messages\":"
                 "[{\"to\":[\"bob@d{1..3}.test\",\"ann@lists.above.test\"]}],"
                 "\"dns\":{\"zones\":{\"d2.test\":[\"@ MX 10 mx.d1\",\"mx.d1 A 198.18.1.1\"]}}}");
    ck_assert_uint_eq(s->messages[0].instances, 4);
    ck_assert(zone_text_has(s, "d1.test 300 MX 10 mx.d1.test"));
    ck_assert(zone_text_has(s, "d3.test 300 MX 10 mx.d3.test"));
    ck_assert(zone_text_has(s, "above.test 300 MX 10 mx.above.test"));
    done();
}
END_TEST

START_TEST(test_what_a_run_is_judged_by_outlives_its_internet)
{
    load_one("{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{\"rules\":[{\"name\":\"later\","
             "\"at\":\"connect\",\"then\":{\"reply\":\"421 4.3.2 later\"}}]}}," BOB "}");
    struct scenario *s = fx.cells[0];
    scenario_release_internet(s);
    ck_assert_ptr_null(s->mx);
    ck_assert_ptr_null(s->dns);
    ck_assert_ptr_null(s->policy);
    ck_assert_uint_eq(s->host_count, 1);
    ck_assert_str_eq(s->host_names[0], "mx.bigmail.test");
    ck_assert_uint_eq(s->rule_count, 1);
    ck_assert_str_eq(s->rules[0].host, "mx.bigmail.test");
    ck_assert_str_eq(s->rules[0].rule, "later");
    ck_assert_str_eq(s->messages[0].to[0], "bob@bigmail.test");
    done();
}
END_TEST

START_TEST(test_as_many_hosts_get_mx_records_as_an_answer_holds)
{
    static const char MIDDLE[] = "," BOB ",\"expect\":[{\"message\":\"m1\",\"is\":\"delivered\"}]}";
    struct buf text;
    buf_init(&text, 1000000);
    buf_add_text(&text, "{\"name\":\"x\",\"hosts\":{\"mx1.bigmail.test\":{}");
    for (int i = 2; i <= 3000; i++)
        buf_format(&text, ",\n\"mx%d.bigmail.test\":{}", i);
    buf_add_text(&text, "}");
    buf_add_text(&text, MIDDLE);
    const struct scenario *s = load_one(buf_text(&text));
    ck_assert_uint_eq(s->finding_count, 1);
    ck_assert_str_eq(s->findings[0].text,
                     "from here on the hosts of bigmail.test get no MX record: the 1651 before "
                     "them fill an answer; give MX records under \"dns\" to choose others");
    ck_assert_ptr_nonnull(
        strstr(s->findings[0].place, "/x.json:1652: $.hosts[\"mx1652.bigmail.test\"]"));
    ck_assert(dns_model_has_record(s->dns, "mx3000.bigmail.test", "A"));
    buf_deinit(&text);
    done();
}
END_TEST

START_TEST(test_records_that_no_answer_holds_are_told)
{
    struct buf text;
    buf_init(&text, 1000000);
    buf_add_text(&text, "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}}," BOB
                        ",\"expect\":[{\"message\":\"m1\",\"is\":\"delivered\"}],\n"
                        "\"dns\":{\"zones\":{\"bigmail.test\":[\"@ MX 10 mx\"");
    for (int i = 0; i < 4500; i++)
        buf_format(&text, ",\"huge A 198.18.%d.%d\"", i / 250, i % 250);
    for (int i = 0; i < 3900; i++)
        buf_format(&text, ",\"large A 198.18.%d.%d\"", i / 250, i % 250);
    buf_add_text(&text, "]}}}");
    const struct scenario *s = load_one(buf_text(&text));
    ck_assert_uint_eq(s->finding_count, 1);
    ck_assert_str_eq(s->findings[0].text,
                     "the 4500 A records of huge.bigmail.test do not fit into an answer, which has "
                     "at most 65535 bytes: whoever asks for them gets SERVFAIL");
    ck_assert_ptr_nonnull(strstr(s->findings[0].place, "/x.json:2: $.dns"));
    buf_deinit(&text);
    done();
}
END_TEST

UNIT_MAIN(test_eight_lines_are_a_scenario, test_hosts_of_one_domain_get_preferences_in_order,
          test_a_host_takes_mail_for_the_domains_that_name_it,
          test_records_of_the_scenario_come_first,
          test_a_zone_that_says_nothing_about_mail_gets_its_host, test_messages_in_every_form,
          test_a_message_that_requires_tls, test_a_timeline_in_order,
          test_what_the_operator_does_is_asked_of_the_server,
          test_a_matrix_makes_a_run_for_each_cell, test_one_cell_is_the_same_without_the_others,
          test_a_scenario_may_extend_another, test_the_server_s_own_name_and_addresses,
          test_a_recipient_may_be_meant_to_have_no_zone, test_explain_tells_the_plan_in_words,
          test_the_starting_scenario_is_right, test_a_sequence_may_stand_in_the_domain,
          test_what_a_run_is_judged_by_outlives_its_internet,
          test_as_many_hosts_get_mx_records_as_an_answer_holds,
          test_records_that_no_answer_holds_are_told)
