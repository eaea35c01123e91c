/* Profiles that a scenario brings itself, and what its hosts would do to a client. */
#include "sim/scenario/scenario_predict.h"
#include "tests/unit/sim/scenario/scenario_fixture.h"

#define SHARED                                                                                     \
    "{\"name\":\"x\",\"profiles\":{\"busy\":{\"latency\":\"10ms\",\"rules\":[{\"name\":\"later\"," \
    "\"at\":\"rcpt\",\"when\":{\"age\":\"..10m\"},\"then\":{\"reply\":\"451 4.7.1 later\"}}]}%s}," \
    "\"hosts\":{\"mx1.bigmail.test\":{\"profile\":\"busy\"},\"mx2.bigmail.test\":{\"profile\":"    \
    "\"busy\"},\"mx.other.test\":{\"rules\":[{\"name\":\"no spf\",\"at\":\"data-end\",\"when\":{"  \
    "\"spf\":[\"!pass\"]},\"then\":{\"reply\":\"550 5.7.1 no\"}}]}},"                              \
    "\"messages\":[{\"to\":[\"bob@bigmail.test\",\"eve@other.test\"]}]}"

static const struct scenario *load_shared(const char *more)
{
    char text[2000];
    snprintf(text, sizeof text, SHARED, more);
    return load_one(text);
}

START_TEST(test_hosts_share_a_profile_of_the_scenario)
{
    const struct scenario *s = load_shared("");
    ck_assert_uint_eq(s->rule_count, 2);
    bool found = false;
    for (size_t i = 0; i < s->rule_count; i++)
        found |= s->rules[i].host == NULL && strcmp(s->rules[i].profile, "busy") == 0 &&
                 strcmp(s->rules[i].rule, "later") == 0;
    ck_assert(found);
    done();
}
END_TEST

START_TEST(test_a_profile_that_nobody_uses_is_noticed)
{
    const struct scenario *s = load_shared(",\"idle\":{\"rules\":[]}");
    ck_assert_uint_eq(s->finding_count, 2);
    ck_assert_str_eq(s->findings[0].text, "no host uses the profile \"idle\"");
    done();
}
END_TEST

START_TEST(test_wrong_profiles_are_named)
{
    ck_assert_ptr_nonnull(strstr(error_of("{\"name\":\"x\",\"profiles\":[]}"),
                                 "$.profiles: expected profiles by name"));
    ck_assert_ptr_nonnull(strstr(error_of("{\"name\":\"x\",\"profiles\":{\"a\":{\"rules\":[{\"at\":"
                                          "\"rcpt\",\"then\":{\"profile\":\"a\"}}]}},\"hosts\":{"
                                          "\"mx.a.test\":{\"profile\":\"a\"}}}"),
                                 "the profile \"a\" comes back to itself"));
    /* No host uses it, or only a rule goes on with it: it is not to be wrong either. */
    ck_assert_ptr_nonnull(strstr(error_of("{\"name\":\"x\",\"profiles\":{\"a\":{\"offrs\":[]}}}"),
                                 "$.profiles.a.offrs: unknown key; did you mean \"offers\"?"));
    ck_assert_ptr_nonnull(
        strstr(error_of("{\"name\":\"x\",\"profiles\":{\"a\":{\"latency\":\"x\"}},"
                        "\"hosts\":{\"mx.a.test\":{\"rules\":[{\"at\":\"ehlo\","
                        "\"then\":{\"profile\":\"a\"}}]}}}"),
               "$.profiles.a.latency: expected"));
    ck_assert_ptr_nonnull(strstr(error_of("{\"name\":\"x\",\"profiles\":{\"a\":{\"sources\":5}}}"),
                                 "$.profiles.a.sources: expected"));
    done();
}
END_TEST

/* What the hosts say to a visit of these words ("" = none). */
static const char *answers(const struct scenario *s, const char *const *words, int wanted)
{
    static char kept[8000];
    struct scenario_visit visit = {0};
    struct buf out;
    struct err err = {0};
    int result = 0;
    buf_init(&out, 100000);
    for (; *words != NULL && result == 0; words++)
        result = scenario_visit_take(&visit, *words, &err);
    if (result == 0)
        result = scenario_predict(s, &visit, &out, &err);
    ck_assert_msg(result == wanted, "%s", err.text);
    snprintf(kept, sizeof kept, "%s", result == 0 ? buf_text(&out) : err.text);
    buf_deinit(&out);
    return kept;
}

#define ANSWERS(s, wanted, ...) answers(s, (const char *const[]){__VA_ARGS__, NULL}, wanted)

START_TEST(test_a_visit_is_foretold)
{
    const struct scenario *s = load_shared("");
    const char *text = ANSWERS(s, 0, "every=6m");
    ck_assert_ptr_nonnull(strstr(text, "192.0.2.10 (mail.sender.test) says mail.sender.test"));
    const char *second = strstr(text, "\nmx2.bigmail.test\n");
    ck_assert_ptr_nonnull(strstr(text, "\nmx1.bigmail.test\nattempt 1, 0s after the start\n"));
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "by rule \"later\" (reply), when the first attempt was so "
                                         "long ago: at most 10m\n"));
    ck_assert_ptr_nonnull(strstr(second, "attempt 3, 12m after the start\n"));
    ck_assert_ptr_null(strstr(second, "attempt 4"));
    done();
}
END_TEST

/* The hosts look SPF up in the scenario's own DNS. */
START_TEST(test_the_sender_is_judged)
{
    const struct scenario *s = load_shared("");
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, 0, "to=eve@other.test", "tls=no"), "\ntaken\n"));
    const char *text = ANSWERS(s, 0, "to=eve@other.test", "client=203.0.113.9", "attempts=1");
    ck_assert_ptr_nonnull(strstr(text, "203.0.113.9 (without a name)"));
    ck_assert_ptr_nonnull(strstr(text, "550 5.7.1 no\n            by rule \"no spf\""));
    ck_assert_ptr_nonnull(strstr(text, "\nnot taken\n"));
    done();
}
END_TEST

/* What is left out is the scenario's message to that recipient; a file may end its lines as it
 * likes. */
START_TEST(test_the_message_is_the_scenarios)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx.a.test\":{\"rules\":["
        "{\"name\":\"bulk\",\"at\":\"data-end\",\"when\":{\"header\":{\"X-Campaign\":\"spring\"}},"
        "\"then\":{\"reply\":\"550 5.7.1 bulk\"}},"
        "{\"name\":\"dots\",\"at\":\"data-end\",\"when\":{\"subject\":\"*dot*\"},"
        "\"then\":{\"reply\":\"450 4.7.1 dots\"}}]}},"
        "\"messages\":[{\"to\":\"ann@a.test\"},"
        "{\"to\":\"bob@a.test\",\"headers\":[\"X-Campaign: spring\"]}]}");
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, 0, "attempts=1"), "\ntaken\n"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, 0, "to=bob@a.test", "attempts=1"), "by rule \"bulk\""));
    char file[200];
    write_file("dots.eml", "Subject: dots\n\n.\n..\nend\n");
    snprintf(file, sizeof file, "file=%s/dots.eml", fx.folder);
    const char *text = ANSWERS(s, 0, "attempts=1", file);
    ck_assert_msg(strstr(text, "data-end  450 4.7.1 dots\n") != NULL, "%s", text);
    done();
}
END_TEST

START_TEST(test_a_host_is_visited_in_its_family)
{
    const struct scenario *s =
        load_one("{\"name\":\"x\",\"hosts\":{\"mx4.a.test\":{\"addresses\":\"198.18.1.1\"},"
                 "\"mx6.a.test\":{\"addresses\":\"2001:db8:18:1::1\"}},\"messages\":[{\"to\":\"b@a."
                 "test\"}]}");
    const char *text = ANSWERS(s, 0, "attempts=1");
    ck_assert_ptr_nonnull(strstr(text, "192.0.2.10 (mail.sender.test) says"));
    ck_assert_ptr_nonnull(strstr(text, "\nmx4.a.test\nattempt 1"));
    const char *other =
        strstr(text, "\nmx6.a.test\nfrom 2001:db8::10 (mail.sender.test)\nattempt 1");
    ck_assert_msg(other != NULL && strstr(other, "\ntaken\n") != NULL, "%s", text);
    text = ANSWERS(s, 0, "attempts=1", "client=203.0.113.9", "host=mx6.a.test");
    ck_assert_ptr_nonnull(strstr(text, "network   the host has no address in IPv4\n"));
    done();
}
END_TEST

/* Each host is visited as if nobody had come before, though the two share a provider. */
START_TEST(test_the_providers_reason_is_told)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"providers\":{\"big\":{\"warm-up\":{\"by\":[\"ip\"],\"start\":1,"
        "\"growth\":100},"
        "\"rules\":[{\"name\":\"reverse "
        "DNS\",\"needs\":\"fcrdns\",\"of\":\"all\",\"then\":\"rejected\",\"reply\":\"550 5.7.25 "
        "no\"},"
        "{\"name\":\"DKIM\",\"needs\":\"dkim\",\"of\":\"all\",\"then\":\"junk\"}]}},"
        "\"hosts\":{\"mx1.a.test\":{\"provider\":\"big\"},\"mx2.a.test\":{\"provider\":\"big\"}},"
        "\"messages\":[{\"to\":\"ann@a.test\"}]}");
    const char *text = ANSWERS(s, 0, "attempts=1");
    const char *first = strstr(text, "into the junk folder, by provider big: DKIM\ntaken\n");
    ck_assert_msg(first != NULL, "%s", text);
    ck_assert_msg(strstr(first + 1, "by provider big: DKIM\ntaken\n") != NULL, "%s", text);
    text = ANSWERS(s, 0, "attempts=1", "client=203.0.113.9");
    ck_assert_msg(strstr(text, "550 5.7.25 no\n            by provider big: reverse DNS\n") != NULL,
                  "%s", text);
    done();
}
END_TEST

START_TEST(test_wrong_visits_are_named)
{
    const struct scenario *s = load_shared("");
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "attemps=3"), "did you mean \"attempts\"?"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "attempts"), "expected KEY=VALUE"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "client=x"), "\"x\" is no address"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "attempts=0"), "from 1 to 100"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "at=soon"), "expected a span"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "every=often"), "expected a span"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "tls=perhaps"), "yes or no"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "to=x"), "to whom?"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "to=a@far.test"), "no host takes mail for"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "host=mx9.a.test"), "no host \"mx9.a.test\""));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, -1, "file=/nowhere.eml"), "/nowhere.eml"));
    done();
}
END_TEST

START_TEST(test_a_visitor_has_the_name_of_its_ptr_record)
{
    const struct scenario *s = load_one(
        "{\"name\":\"x\",\"hosts\":{\"mx.bigmail.test\":{}},\"dns\":{\"zones\":{"
        "\"2.0.192.in-addr.arpa\":[\"10 PTR host10.dyn.isp.test.\"]}},\"messages\":[{\"to\":"
        "\"bob@bigmail.test\"}]}");
    ck_assert_ptr_nonnull(
        strstr(ANSWERS(s, 0, "attempts=1"), "192.0.2.10 (host10.dyn.isp.test) says"));
    ck_assert_ptr_nonnull(strstr(ANSWERS(s, 0, "name=other.test"), "192.0.2.10 (other.test) says"));
    done();
}
END_TEST

UNIT_MAIN(test_a_host_is_visited_in_its_family, test_a_visitor_has_the_name_of_its_ptr_record,
          test_hosts_share_a_profile_of_the_scenario, test_a_profile_that_nobody_uses_is_noticed,
          test_wrong_profiles_are_named, test_a_visit_is_foretold, test_the_sender_is_judged,
          test_the_message_is_the_scenarios, test_the_providers_reason_is_told,
          test_wrong_visits_are_named)
