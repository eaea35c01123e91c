/* What is judged in every run, and what is only noticed. */
#include "tests/unit/sim/check/check_fixture.h"

static void begin_plain(void)
{
    begin("bob@a.test", "[{\"to\":\"bob@a.test\",\"is\":[\"delivered\",\"queued\",\"bounced\"]}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
}

START_TEST(test_a_plain_delivery_breaks_nothing)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->finding_count, 0);
    done();
}
END_TEST

/* The server's listing at the end. */
static void queue(bool is_empty)
{
    event("mta", "queue", "\"name\":\"refmta\",\"status\":0,\"lines\":%d,\"empty\":%s", !is_empty,
          is_empty ? "true" : "false");
}

static void order(const char *what, const char *message, const char *to, int status)
{
    event("mta", "order",
          "\"name\":\"refmta\",\"what\":\"%s\",\"all\":%s,\"message\":\"%s\",\"to\":[%s],"
          "\"status\":%d",
          what, to == NULL ? "true" : "false", message, to != NULL ? to : "", status);
}

START_TEST(test_what_the_operator_deletes_has_its_end)
{
    begin("bob@a.test", "[{\"to\":\"bob@a.test\",\"is\":\"deleted\",\"within\":\"2h\"}]");
    submit("bob@a.test");
    at(TIME_HOUR);
    order("delete", "m1", "\"bob@a.test\"", 0);
    queue(true);
    judge("limit"); /* nothing waits for it, and nothing is missing */
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    ck_assert_uint_eq(fx.report->finding_count, 0);
    ck_assert_int_eq(check_delivery_end_us(fx.report->history->deliveries[0]), TIME_HOUR);
    done();
}
END_TEST

START_TEST(test_deleting_all_mail_ends_what_waits)
{
    begin("bob@a.test", "[{\"to\":\"bob@a.test\",\"is\":\"deleted\"}]");
    submit("bob@a.test");
    order("delete", "", NULL, 0);
    judge("settled");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_deleted_mail_that_arrives_is_not_deleted)
{
    begin("bob@a.test", "[{\"to\":\"bob@a.test\",\"is\":\"deleted\"}]");
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    order("delete", "m1", "\"bob@a.test\"", 0);
    at(TIME_HOUR);
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_FAILED);
    done();
}
END_TEST

START_TEST(test_orders_that_come_to_nothing_are_told)
{
    begin_plain();
    order("delete", "m1", "\"bob@a.test\"", 1);
    order("hold", "", "", 0);
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    ck_assert_int_eq(check_delivery_end(fx.report->history->deliveries[0]), CHECK_DELIVERED);
    ck_assert(has_finding("order", "queue-delete: the server's command for m1 ended with 1"));
    ck_assert(has_finding("order", "queue-hold: no message that waited was meant by it"));
    done();
}
END_TEST

START_TEST(test_a_duplicate_fails_the_run)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    at(5 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
    judge("settled");
    const struct check_result *result = invariant("no-duplicate");
    ck_assert_int_eq(result->verdict, CHECK_FAILED);
    ck_assert_int_eq(fx.report->verdict, CHECK_FAILED);
    ck_assert_str_eq(result->actual,
                     "mx.a.test took it again, 5m after mx.a.test had confirmed it");
    ck_assert_str_eq(result->session, "mx.a.test#2");
    ck_assert_str_eq(result->recipient, "bob@a.test");
    done();
}
END_TEST

START_TEST(test_a_duplicate_after_a_lost_reply_is_explained)
{
    begin_plain();
    deliver("mx.a.test#1", ",\"reply-sent\":false");
    at(5 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert(has_finding("explained-duplicate", "the final reply of the first delivery was lost"));
    done();
}
END_TEST

START_TEST(test_a_duplicate_after_a_kill_is_explained)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    at(TIME_SECOND);
    event("mta", "kill", "\"name\":\"refmta\"");
    event("mta", "exit", "\"status\":-9,\"expected\":true");
    at(5 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert_int_eq(invariant("alive")->verdict, CHECK_PASSED);
    ck_assert(has_finding("explained-duplicate", "the server was killed"));
    done();
}
END_TEST

START_TEST(test_a_duplicate_around_an_outage_is_explained)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    at(5 * TIME_SECOND);
    event("timeline", "do", "\"action\":\"network-down\",\"over\":false");
    at(5 * TIME_MINUTE);
    event("timeline", "do", "\"action\":\"network-down\",\"over\":true");
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert(has_finding("explained-duplicate", "the network went away"));
    done();
}
END_TEST

START_TEST(test_an_outage_later_explains_nothing)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    at(TIME_MINUTE);
    event("timeline", "do", "\"action\":\"network-down\",\"over\":false");
    event("timeline", "do", "\"action\":\"network-down\",\"over\":true");
    at(5 * TIME_MINUTE);
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_FAILED);
    done();
}
END_TEST

START_TEST(test_what_had_to_be_handed_in_twice_may_arrive_twice)
{
    begin("bob@a.test", "[]");
    event("submitter", "submit",
          "\"message\":\"m1\",\"from\":\"news@sender.test\",\"to\":[\"bob@a.test\"]");
    event("submitter", "broken",
          "\"message\":\"m1\",\"to\":[\"bob@a.test\"],\"stage\":\"data-end\"");
    dns("a.test", "mx.a.test", "198.18.1.1");
    submit("bob@a.test");
    deliver("mx.a.test#1", "");
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_PASSED);
    ck_assert(has_finding("explained-duplicate", "it was handed in twice"));
    done();
}
END_TEST

START_TEST(test_an_answer_that_a_client_did_not_expect_fails_the_run)
{
    begin_plain();
    event("client", "reply", "\"client\":\"c\",\"step\":1,\"code\":220,\"text\":\"hello\"");
    judge("settled");
    ck_assert_int_eq(invariant("dialogue")->verdict, CHECK_PASSED);
    done();
    begin_plain();
    event("client", "reply",
          "\"client\":\"c\",\"step\":2,\"code\":250,\"enhanced\":\"2.1.0\",\"text\":\"OK\","
          "\"unexpected\":\"5*\"");
    event("client", "end",
          "\"client\":\"d\",\"step\":3,\"text\":\"the server has closed\",\"unexpected\":\"a "
          "reply\"");
    judge("settled");
    ck_assert_int_eq(invariant("dialogue")->verdict, CHECK_FAILED);
    ck_assert_uint_eq(invariant("dialogue")->count, 2);
    ck_assert_str_eq(invariant("dialogue")->actual,
                     "client \"c\", step 2: expected 5*, found \"250 2.1.0 OK\"");
    done();
}
END_TEST

START_TEST(test_a_kill_long_after_explains_nothing)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    at(TIME_HOUR);
    event("mta", "kill", "\"name\":\"refmta\"");
    at(2 * TIME_HOUR);
    deliver("mx.a.test#2", "");
    judge("settled");
    ck_assert_int_eq(invariant("no-duplicate")->verdict, CHECK_FAILED);
    done();
}
END_TEST

START_TEST(test_delivered_and_bounced_are_two_ends)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "news@sender.test", "failed");
    judge("settled");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("one-end")->actual,
                     "delivered at mx.a.test and returned as failed as well");
    done();
}
END_TEST

START_TEST(test_two_bounces_are_one_too_many)
{
    begin_plain();
    try_rcpt("mx.a.test#1", 550, "no");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "news@sender.test", "failed");
    bounce_to("inbox.sender.test#2", "", "news@sender.test", "failed");
    judge("settled");
    ck_assert_str_eq(invariant("one-end")->actual, "returned as failed 2 times");
    done();
}
END_TEST

#define LOST "neither delivered nor returned, and the server's queue is empty "

START_TEST(test_mail_that_is_not_in_the_queue_is_lost)
{
    begin_plain();
    try_rcpt("mx.a.test#1", 451, "later");
    queue(true);
    judge("limit");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("one-end")->actual, LOST "(1 attempt)");
    done();
    begin_plain();
    try_rcpt("mx.a.test#1", 451, "later");
    queue(false);
    judge("limit");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
}
END_TEST

/* Its bounce may be what was lost, as far as anybody can see. */
START_TEST(test_mail_whose_end_nobody_sees_is_not_lost)
{
    begin_plain();
    try_rcpt("mx.a.test#1", 550, "never");
    queue(true);
    judge("limit");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
    begin_plain();
    try_rcpt("mx.a.test#1", 451, "later");
    connect_to("inbox.sender.test", "inbox.sender.test#1", "198.18.1.9");
    mail("inbox.sender.test#1", "");
    rcpt("inbox.sender.test#1", "news@sender.test", 550, "no notifications");
    bye("inbox.sender.test#1");
    queue(true);
    judge("limit");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
    begin_plain();
    try_rcpt("mx.a.test#1", 451, "later");
    event("dns", "query",
          "\"name\":\"sender.test\",\"type\":\"MX\",\"client\":\"192.0.2.10\","
          "\"rcode\":\"NXDOMAIN\",\"answers\":0,\"data\":[]");
    queue(true);
    judge("limit");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
}
END_TEST

/* A warning is none, one that comes when it has given up may be all that it says. */
START_TEST(test_mail_whose_end_is_told_in_words_is_not_lost)
{
    for (int after = 0; after < 2; after++) {
        begin_plain();
        dns("sender.test", "inbox.sender.test", "198.18.9.9");
        try_rcpt("mx.a.test#1", 451, "later");
        at(TIME_HOUR);
        if (after)
            try_rcpt("mx.a.test#2", 451, "later");
        bounce_to("inbox.sender.test#1", "", "news@sender.test", "delayed");
        at(2 * TIME_HOUR);
        if (!after)
            try_rcpt("mx.a.test#2", 451, "later");
        queue(true);
        judge("limit");
        ck_assert_int_eq(invariant("one-end")->verdict, after ? CHECK_PASSED : CHECK_FAILED);
        done();
    }
}
END_TEST

/* Mail for the server itself is seen by no host; what a crash has eaten is not tried either. */
START_TEST(test_mail_that_a_kill_has_eaten_is_lost)
{
    static const struct {
        const char *host;
        bool killed;
        bool lost;
    } CASES[] = {
        {"mx.a.test", false, false}, {"mx.a.test", true, true}, {"mx.aa.test", true, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin_plain();
        fx.scenario.host_names = &CASES[i].host;
        fx.scenario.host_count = 1;
        if (CASES[i].killed)
            event("mta", "kill", "\"name\":\"refmta\"");
        queue(true);
        judge("limit");
        ck_assert_int_eq(invariant("one-end")->verdict,
                         CASES[i].lost ? CHECK_FAILED : CHECK_PASSED);
        if (CASES[i].lost)
            ck_assert_str_eq(invariant("one-end")->actual, LOST "(0 attempts)");
        done();
    }
}
END_TEST

START_TEST(test_a_host_outside_the_mx_set_is_wrong)
{
    begin_plain();
    connect_to("a.test", "a.test#1", "198.18.1.2");
    mail("a.test#1", "news@sender.test");
    rcpt("a.test#1", "bob@a.test", 250, "ok");
    bye("a.test#1");
    judge("limit");
    ck_assert_int_eq(invariant("right-host")->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("right-host")->actual,
                     "bob@a.test was tried at a.test (198.18.1.2), which no DNS answer names for "
                     "its domain");
    done();
}
END_TEST

/* The answers to MX and TLSA queries, whether DNSSEC vouches for them, and how many records. */
static void dane(const char *mx_vouched, const char *tlsa_vouched, int records)
{
    event("dns", "query",
          "\"name\":\"a.test\",\"type\":\"MX\",\"rcode\":\"NOERROR\",\"answers\":1,\"data\":[\"10 "
          "mx.a.test\"],\"authenticated\":%s",
          mx_vouched);
    event("dns", "query",
          "\"name\":\"_25._tcp.MX.a.test.\",\"type\":\"TLSA\",\"rcode\":\"NOERROR\",\"answers\":%d,"
          "\"data\":[],\"authenticated\":%s",
          records, tlsa_vouched);
}

static void fetch_sts(const char *facts)
{
    event("policy", "request", "\"host\":\"mta-sts.a.test\",\"status\":200%s", facts);
}

START_TEST(test_policies_that_were_read_forbid_clear_text)
{
    static const struct {
        const char *mx; /* vouched for; NULL: TLSA records are not asked for */
        const char *tlsa;
        int records;
        const char *sts[2]; /* what comes of fetching the policy */
        int64_t later_us;
        const char *accepted;
        const char *actual; /* NULL: it is right so */
    } CASES[] = {
        {"true",
         "true",
         1,
         {NULL},
         0,
         "",
         "mx.a.test took it in clear, although the server had read the host's TLSA records, which "
         "DNSSEC "
         "vouches for"},
        {"true", "true", 1, {NULL}, 0, ",\"tls\":\"TLSv1.3\"", NULL},
        {"true", "true", 1, {NULL}, 0, ",\"tls-not-required\":true", NULL},
        {"true", "true", 0, {NULL}, 0, "", NULL},
        {"true", "false", 1, {NULL}, 0, "", NULL},
        {"false", "true", 1, {NULL}, 0, "", NULL},
        {NULL,
         NULL,
         0,
         {",\"mode\":\"enforce\",\"max-age\":3600"},
         3599 * TIME_SECOND,
         "",
         "mx.a.test took it in clear, although the server had read the domain's MTA-STS policy, "
         "which "
         "enforces"},
        {NULL, NULL, 0, {",\"mode\":\"enforce\",\"max-age\":3600"}, TIME_HOUR, "", NULL},
        {NULL, NULL, 0, {",\"mode\":\"testing\",\"max-age\":3600"}, 0, "", NULL},
        {NULL,
         NULL,
         0,
         {",\"mode\":\"enforce\",\"max-age\":3600", ",\"mode\":\"none\",\"max-age\":3600"},
         0,
         "",
         NULL},
        {NULL,
         NULL,
         0,
         {",\"mode\":\"enforce\",\"max-age\":3600", ""},
         0,
         "",
         "mx.a.test took it in clear, although the server had read the domain's MTA-STS policy, "
         "which "
         "enforces"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin_plain();
        if (CASES[i].mx != NULL)
            dane(CASES[i].mx, CASES[i].tlsa, CASES[i].records);
        for (size_t k = 0; k < 2 && CASES[i].sts[k] != NULL; k++)
            fetch_sts(CASES[i].sts[k]);
        at(fx.now_us + CASES[i].later_us);
        deliver("mx.a.test#1", CASES[i].accepted);
        judge("settled");
        const struct check_result *result = invariant("no-clear-text");
        ck_assert_msg((result->verdict == CHECK_FAILED) == (CASES[i].actual != NULL), "case %zu",
                      i);
        if (CASES[i].actual != NULL)
            ck_assert_str_eq(result->actual, CASES[i].actual);
        done();
    }
}
END_TEST

START_TEST(test_requiretls_forbids_clear_text)
{
    static const char *const TLS[] = {"", ",\"tls\":\"TLSv1.3\""};
    for (size_t i = 0; i < 2; i++) {
        begin_plain();
        fx.messages[0].require_tls = true;
        deliver("mx.a.test#1", TLS[i]);
        judge("settled");
        ck_assert_int_eq(invariant("no-clear-text")->verdict, i == 0 ? CHECK_FAILED : CHECK_PASSED);
        if (i == 0)
            ck_assert_str_eq(invariant("no-clear-text")->rfc, "RFC 8689 4.2.1");
        done();
    }
}
END_TEST

START_TEST(test_without_mx_the_domain_itself_is_right)
{
    begin("bob@a.test", "[{\"is\":\"delivered\"}]");
    submit("bob@a.test");
    event("dns", "query",
          "\"name\":\"a.test\",\"type\":\"MX\",\"rcode\":\"NOERROR\",\"answers\":0,"
          "\"data\":[]");
    event("dns", "query",
          "\"name\":\"A.test.\",\"type\":\"AAAA\",\"rcode\":\"NOERROR\",\"answers\":"
          "1,\"data\":[\"2001:db8::1\"]");
    connect_to("a.test", "a.test#1", "2001:db8::1");
    mail("a.test#1", "news@sender.test");
    rcpt("a.test#1", "bob@a.test", 250, "ok");
    accepted("a.test#1", "a.test", "bob@a.test", "");
    bye("a.test#1");
    judge("settled");
    ck_assert_int_eq(invariant("right-host")->verdict, CHECK_PASSED);
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_aliases_are_followed)
{
    begin("bob@a.test", "[{\"is\":\"delivered\"}]");
    submit("bob@a.test");
    event("dns", "query",
          "\"name\":\"a.test\",\"type\":\"MX\",\"answers\":1,\"data\":[\"10 "
          "mail.a.test\"]");
    event("dns", "query",
          "\"name\":\"mail.a.test\",\"type\":\"A\",\"answers\":2,\"data\":"
          "[\"mx.a.test\",\"198.18.1.1\"]");
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(invariant("right-host")->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_relay_takes_all_mail)
{
    begin_plain();
    fx.scenario.smart_host = true;
    connect_to("relay.test", "relay.test#1", "198.18.1.2");
    mail("relay.test#1", "news@sender.test");
    rcpt("relay.test#1", "bob@a.test", 250, "ok");
    bye("relay.test#1");
    judge("limit");
    ck_assert_int_eq(invariant("right-host")->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_notification_with_a_reverse_path_is_wrong)
{
    begin_plain();
    try_rcpt("mx.a.test#1", 550, "no");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "mailer-daemon@sender.test", "news@sender.test", "failed");
    judge("settled");
    ck_assert_int_eq(invariant("bounce")->verdict, CHECK_FAILED);
    ck_assert_str_eq(
        invariant("bounce")->actual,
        "a notification was sent with the reverse-path <mailer-daemon@sender.test>; it "
        "must be the null one");
    ck_assert_str_eq(invariant("bounce")->rfc, "RFC 3464 2");
    done();
}
END_TEST

START_TEST(test_a_notification_to_somebody_else_is_wrong)
{
    begin_plain();
    try_rcpt("mx.a.test#1", 550, "no");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "postmaster@sender.test", "failed");
    judge("settled");
    ck_assert_str_eq(invariant("bounce")->actual, "the notification went to "
                                                  "postmaster@sender.test; the sender is "
                                                  "news@sender.test");
    done();
}
END_TEST

START_TEST(test_a_bounce_of_a_bounce_is_wrong)
{
    begin("bob@a.test", "[{\"is\":\"bounced\"}]");
    fx.messages[0].from = "";
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "");
    rcpt("mx.a.test#1", "bob@a.test", 550, "no");
    bye("mx.a.test#1");
    dns("sender.test", "inbox.sender.test", "198.18.9.9");
    bounce_to("inbox.sender.test#1", "", "postmaster@sender.test", "failed");
    judge("settled");
    ck_assert_int_eq(invariant("bounce")->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("bounce")->actual,
                     "a message with the null reverse-path was answered by a notification");
    done();
}
END_TEST

START_TEST(test_mail_without_a_sender_is_discarded)
{
    begin("bob@a.test", "[{\"is\":\"discarded\",\"within\":\"5m\",\"attempts\":1},{\"is\":"
                        "\"queued\"}]");
    fx.messages[0].from = "";
    submit("bob@a.test");
    dns("a.test", "mx.a.test", "198.18.1.1");
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "");
    rcpt("mx.a.test#1", "bob@a.test", 550, "no such user");
    bye("mx.a.test#1");
    queue(true);
    judge("limit");
    ck_assert_int_eq(expectation(0)->verdict, CHECK_PASSED);
    ck_assert_str_eq(expectation(1)->actual,
                     "refused for good at mx.a.test (550 no such user), with nobody to be told");
    ck_assert_int_eq(invariant("one-end")->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_host_that_refuses_connections_was_tried)
{
    begin("bob@a.test", "[{\"is\":\"delivered\",\"attempts\":1,\"hosts\":[\"mx0.a.test\","
                        "\"mx.a.test\"]},{\"host\":\"mx0.a.test\",\"connections\":1}]");
    submit("bob@a.test");
    dns("a.test", "mx0.a.test", "198.18.1.9");
    dns("a.test", "mx.a.test", "198.18.1.1");
    event("mx", "refused", "\"host\":\"mx0.a.test\",\"server\":\"198.18.1.9\",\"port\":25");
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert_int_eq(fx.report->verdict, CHECK_PASSED);
    done();
}
END_TEST

START_TEST(test_a_try_says_what_the_network_did)
{
    static const char *const CASES[][2] = {
        {"reset", "the host refuses connections"},
        {"refused", "the host refuses connections"},
        {"unreachable", "the host is unreachable (an ICMP message says so)"},
        {"prohibited", "the network forbids connections to the host (an ICMP message says so)"},
        {"silent", "the host does not answer"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        begin_plain();
        event("mx", "refused",
              "\"host\":\"mx.a.test\",\"server\":\"198.18.1.1\",\"port\":25,\"how\":\"%s\"",
              CASES[i][0]);
        judge("limit");
        ck_assert_str_eq(fx.report->history->deliveries[0]->attempts[0].text, CASES[i][1]);
        done();
    }
}
END_TEST

START_TEST(test_broken_protocol_fails_by_its_level)
{
    begin_plain();
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    event("mx", "violation",
          "\"session\":\"mx.a.test#1\",\"what\":\"bare-lf\",\"text\":\"a line "
          "ended with LF alone\",\"rfc\":\"RFC 5321 2.3.8\",\"level\":\"must\"");
    event("mx", "violation",
          "\"session\":\"mx.a.test#1\",\"what\":\"no-quit\",\"text\":\"closed "
          "without QUIT\",\"rfc\":\"RFC 5321 4.1.1.10\",\"level\":\"should\"");
    event("mx", "violation",
          "\"session\":\"mx.a.test#1\",\"what\":\"no-quit\",\"text\":\"closed "
          "without QUIT\",\"rfc\":\"RFC 5321 4.1.1.10\",\"level\":\"should\"");
    judge("limit");
    ck_assert_int_eq(invariant("protocol")->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("protocol")->actual, "bare-lf: a line ended with LF alone");
    ck_assert_str_eq(invariant("protocol")->rfc, "RFC 5321 2.3.8");
    ck_assert_uint_eq(invariant("protocol")->count, 1);
    ck_assert(has_finding("no-quit", "closed without QUIT"));
    done();
}
END_TEST

START_TEST(test_a_server_that_dies_fails_the_run)
{
    begin_plain();
    event("mta", "exit", "\"status\":-11,\"expected\":false");
    judge("mta-failed");
    ck_assert_int_eq(fx.report->verdict, CHECK_FAILED);
    ck_assert_str_eq(invariant("alive")->actual, "the server under test was ended by signal 11");
    done();
}
END_TEST

START_TEST(test_mail_that_nobody_asked_for_is_noticed)
{
    begin_plain();
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "root@mail.sender.test");
    rcpt("mx.a.test#1", "eve@a.test", 250, "ok");
    event("mx", "accepted",
          "\"session\":\"mx.a.test#1\",\"host\":\"mx.a.test\",\"from\":"
          "\"root@mail.sender.test\",\"to\":[\"eve@a.test\"],\"message\":\"\","
          "\"subject\":\"cron\"");
    bye("mx.a.test#1");
    judge("limit");
    ck_assert(has_finding("unasked", "mx.a.test accepted mail from <root@mail.sender.test> to "
                                     "<eve@a.test> that nobody asked for (subject: cron)"));
    done();
}
END_TEST

START_TEST(test_a_report_to_its_mailbox_is_asked_for)
{
    begin_plain();
    connect_to("mx.a.test", "mx.a.test#1", "198.18.1.1");
    mail("mx.a.test#1", "root@mail.sender.test");
    rcpt("mx.a.test#1", "tls@a.test", 250, "ok");
    event("mx", "accepted",
          "\"session\":\"mx.a.test#1\",\"host\":\"mx.a.test\",\"from\":"
          "\"root@mail.sender.test\",\"to\":[\"tls@a.test\"],\"message\":\"\"");
    event("policy", "report", "\"type\":\"tls\",\"via\":\"mail\",\"to\":\"tls@a.test\"");
    bye("mx.a.test#1");
    judge("limit");
    ck_assert(!has_finding("unasked", ""));
    done();
}
END_TEST

START_TEST(test_hammering_is_noticed)
{
    begin_plain();
    for (int i = 1; i <= 5; i++) {
        char session[32];
        snprintf(session, sizeof session, "mx.a.test#%d", i);
        try_rcpt(session, 451, "later");
        at(fx.now_us + TIME_SECOND);
    }
    judge("limit");
    ck_assert(has_finding("hammering", "tried at mx.a.test (198.18.1.1) more than 3 times"));
    done();
}
END_TEST

START_TEST(test_rules_and_hosts_that_stayed_silent_are_noticed)
{
    static const struct scenario_rule RULES[] = {
        {"mx.a.test", NULL, "greylist", "$.hosts[\"mx.a.test\"].rules[0]"},
        {"mx.a.test", NULL, "full", "$.hosts[\"mx.a.test\"].rules[1]"}};
    static const char *const HOSTS[] = {"mx.a.test", "mx2.a.test"};
    begin_plain();
    fx.scenario.rules = RULES;
    fx.scenario.rule_count = 2;
    fx.scenario.host_names = HOSTS;
    fx.scenario.host_count = 2;
    event("mx", "rule", "\"host\":\"mx.a.test\",\"stage\":\"rcpt\",\"rule\":\"greylist\"");
    deliver("mx.a.test#1", "");
    judge("settled");
    ck_assert(has_finding("silent-rule", "rule \"full\" of mx.a.test never fired"));
    ck_assert(!has_finding("silent-rule", "greylist"));
    ck_assert(has_finding("silent-host", "nobody connected to mx2.a.test"));
    done();
}
END_TEST

START_TEST(test_a_run_that_was_cut_off_is_no_verdict)
{
    begin_plain();
    deliver("mx.a.test#1", "");
    judge("stopped");
    ck_assert_int_eq(fx.report->verdict, CHECK_ERROR);
    ck_assert_str_eq(fx.report->problem, "the run was stopped before its end");
    done();
}
END_TEST

UNIT_MAIN(test_what_the_operator_deletes_has_its_end, test_deleting_all_mail_ends_what_waits,
          test_deleted_mail_that_arrives_is_not_deleted, test_orders_that_come_to_nothing_are_told,
          test_a_plain_delivery_breaks_nothing, test_a_duplicate_fails_the_run,
          test_a_duplicate_after_a_lost_reply_is_explained,
          test_a_duplicate_after_a_kill_is_explained,
          test_a_duplicate_around_an_outage_is_explained, test_an_outage_later_explains_nothing,
          test_what_had_to_be_handed_in_twice_may_arrive_twice,
          test_a_kill_long_after_explains_nothing, test_delivered_and_bounced_are_two_ends,
          test_two_bounces_are_one_too_many, test_mail_that_is_not_in_the_queue_is_lost,
          test_mail_whose_end_nobody_sees_is_not_lost,
          test_mail_whose_end_is_told_in_words_is_not_lost, test_mail_that_a_kill_has_eaten_is_lost,
          test_a_host_outside_the_mx_set_is_wrong, test_policies_that_were_read_forbid_clear_text,
          test_requiretls_forbids_clear_text, test_without_mx_the_domain_itself_is_right,
          test_aliases_are_followed, test_a_relay_takes_all_mail,
          test_a_notification_with_a_reverse_path_is_wrong,
          test_a_notification_to_somebody_else_is_wrong, test_a_bounce_of_a_bounce_is_wrong,
          test_mail_without_a_sender_is_discarded, test_a_host_that_refuses_connections_was_tried,
          test_a_try_says_what_the_network_did, test_broken_protocol_fails_by_its_level,
          test_a_server_that_dies_fails_the_run, test_mail_that_nobody_asked_for_is_noticed,
          test_a_report_to_its_mailbox_is_asked_for, test_hammering_is_noticed,
          test_an_answer_that_a_client_did_not_expect_fails_the_run,
          test_rules_and_hosts_that_stayed_silent_are_noticed,

          test_a_run_that_was_cut_off_is_no_verdict)
