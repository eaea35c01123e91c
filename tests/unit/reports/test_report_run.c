/*
 * From the evidence in tests/fixtures/runs (made by hand from docs/events.md) to the model.
 */
#include "reports/report_run.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "reports/report_model.h"
#include "tests/unit/unit.h"

static struct report_run *load(const char *folder)
{
    struct err err = {0};
    struct report_run *run = report_run_load(folder, &err);
    ck_assert_msg(run != NULL, "%s", err.text);
    return run;
}

static char folder[64];

/* A folder with an event log of these lines. */
static void make_folder(const char *events)
{
    struct err err = {0};
    char path[128];
    snprintf(folder, sizeof folder, "/tmp/report-run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/events.jsonl", folder);
    ck_assert_int_eq(file_write(path, slice_of(events), &err), 0);
}

static void remove_folder(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/events.jsonl", folder);
    unlink(path);
    rmdir(folder);
}

#define START                                                                                    \
    "{\"seq\":0,\"at\":0,\"source\":\"run\",\"kind\":\"start\",\"scenario\":\"S\",\"file\":\"s." \
    "json\",\"started\":\"2026-03-02T09:00:00Z\",\"seed\":1,\"mta\":\"refmta\"}\n"
#define SUBMITTED                                                                               \
    "{\"seq\":1,\"at\":1,\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"m1\","    \
    "\"from\":\"a@s.test\",\"to\":[\"b@r.test\"],\"bytes\":9}\n"                                \
    "{\"seq\":2,\"at\":2,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"r.test\",\"type\":\"" \
    "MX\",\"data\":[\"10 mx.r.test\"]}\n"
#define MX(kind, facts)                                                                    \
    "{\"seq\":3,\"at\":5000000,\"source\":\"mx\",\"kind\":\"" kind "\",\"session\":\"mx.r" \
    ".test#1\"," facts "}\n"
#define CONNECT MX("connect", "\"host\":\"mx.r.test\",\"server\":\"198.18.1.1\",\"port\":25")

START_TEST(test_a_greylisted_message_has_three_attempts)
{
    struct report_run *run = load("tests/fixtures/runs/greylisting");
    ck_assert_str_eq(run->name, "Greylisting accepts the second attempt");
    ck_assert_str_eq(run->mta, "refmta");
    ck_assert_int_eq(run->verdict, REPORT_FAILED);
    ck_assert_uint_eq(run->delivery_count, 2);
    const struct report_delivery *bob = &run->deliveries[0];
    ck_assert_str_eq(bob->recipient, "bob@bigmail.test");
    ck_assert_int_eq(bob->end, REPORT_DELIVERED);
    ck_assert_uint_eq(bob->attempt_count, 3);
    ck_assert_int_eq(bob->attempts[0].outcome, REPORT_DEFERRED);
    ck_assert_int_eq(bob->attempts[0].code, 451);
    ck_assert_int_eq(bob->attempts[2].outcome, REPORT_ACCEPTED);
    ck_assert_int_eq(bob->within_us, 2 * TIME_HOUR);
    ck_assert_int_eq(run->deliveries[1].within_us, 10 * TIME_MINUTE);
    ck_assert_int_eq(run->queue.changes[0].by, 2);
    ck_assert_int_eq(run->queue.changes[run->queue.count - 1].by, -2);
    report_run_free(&run);
    ck_assert_ptr_null(run);
}
END_TEST

START_TEST(test_a_session_has_its_steps_queries_and_tls)
{
    struct report_run *run = load("tests/fixtures/runs/greylisting");
    ck_assert_uint_eq(run->session_count, 3);
    const struct report_session *first = &run->sessions[0];
    ck_assert_int_eq(first->outcome, REPORT_DEFERRED);
    ck_assert(first->tls_ok);
    ck_assert_str_eq(first->tls_version, "TLSv1.3");
    ck_assert_int_eq(first->steps[0].kind, REPORT_STEP_CONNECT);
    ck_assert_uint_eq(first->steps[0].packet, 15);
    ck_assert(!first->steps[1].encrypted);
    ck_assert(first->steps[first->step_count - 2].encrypted);
    ck_assert_uint_eq(run->queries[0].session, 1);
    ck_assert_int_eq(run->sessions[2].outcome, REPORT_ACCEPTED);
    report_run_free(&run);
}
END_TEST

START_TEST(test_a_check_knows_its_packet)
{
    struct report_run *run = load("tests/fixtures/runs/greylisting");
    ck_assert_uint_eq(report_run_count(run, REPORT_FAILED), 1);
    ck_assert_uint_eq(report_run_count(run, REPORT_WARNED), 1);
    ck_assert(!report_run_passed(run));
    ck_assert_int_eq(run->checks[1].verdict, REPORT_FAILED);
    ck_assert_uint_eq(run->checks[1].packet, (uint64_t)run->checks[1].seq + 1);
    report_run_free(&run);
}
END_TEST

START_TEST(test_a_connection_that_breaks_is_an_attempt_for_whom_it_may_have_been)
{
    make_folder(START SUBMITTED CONNECT MX("disconnect", "\"by\":\"reset\",\"quit\":false"));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->deliveries[0].attempt_count, 1);
    ck_assert_int_eq(run->deliveries[0].attempts[0].outcome, REPORT_BROKEN);
    ck_assert_int_eq(run->deliveries[0].attempts[0].at_us, 5 * TIME_SECOND);
    ck_assert_str_eq(report_attempt_host(run, run->deliveries[0].attempts), "mx.r.test");
    ck_assert_int_eq(run->deliveries[0].end, REPORT_QUEUED);
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_a_host_that_does_not_listen_is_an_attempt_without_a_session)
{
    static const struct {
        const char *how;
        const char *id;
        const char *attempt;
        const char *seen;
    } CASES[] = {
        {"reset", "mx.r.test (refused)", "connection refused", "a reset: nobody listens"},
        {"refused", "mx.r.test (refused)", "connection refused", "a reset in answer to the SYN"},
        {"unreachable", "mx.r.test (unreachable)", "the host is unreachable",
         "ICMP: the host is unreachable"},
        {"prohibited", "mx.r.test (prohibited)", "the network forbids connections",
         "ICMP: prohibited"},
        {"silent", "mx.r.test (no answer)", "no answer to the SYN", "no answer to the SYN"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *events = mem_text_format(
            START SUBMITTED "{\"seq\":3,\"at\":5,\"source\":\"mx\",\"kind\":\"refused\",\"host\":"
                            "\"mx.r.test\",\"server\":\"198.18.1.1\",\"client\":\"192.0.2.10\","
                            "\"port\":25,\"how\":\"%s\"}\n",
            CASES[i].how);
        make_folder(events);
        free(events);
        struct report_run *run = load(folder);
        ck_assert_uint_eq(run->session_count, 1);
        ck_assert(run->sessions[0].refused);
        ck_assert_str_eq(run->sessions[0].id, CASES[i].id);
        ck_assert_int_eq(run->sessions[0].steps[1].kind, REPORT_STEP_END);
        ck_assert_uint_eq(run->deliveries[0].attempt_count, 1);
        ck_assert_int_eq(run->deliveries[0].attempts[0].outcome, REPORT_BROKEN);
        ck_assert_str_eq(run->deliveries[0].attempts[0].text, CASES[i].attempt);
        ck_assert_uint_eq(run->sessions[0].step_count, 2);
        ck_assert_str_eq(run->sessions[0].steps[1].text, CASES[i].seen);
        report_run_free(&run);
        remove_folder();
    }
}
END_TEST

/* Ten messages to one domain, then a connection that is turned away, and the server's log about two
 * of them. */
START_TEST(test_the_log_says_for_whom_a_connection_was_where_it_may_have_been_for_many)
{
    struct buf events;
    buf_init(&events, 100000);
    buf_add_text(&events, START SUBMITTED);
    for (int i = 0; i < 10; i++)
        buf_format(
            &events,
            "{\"seq\":9,\"at\":3,\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"c/"
            "%d\",\"from\":\"a@s.test\",\"to\":[\"u%d@r.test\"],\"bytes\":9}\n",
            i, i);
    buf_add_text(&events,
                 CONNECT MX("reply", "\"stage\":\"connect\",\"code\":421,\"text\":\"Busy\"")
                     MX("disconnect", "\"by\":\"server\",\"quit\":false"));
    for (int i = 3; i < 5; i++)
        buf_format(&events,
                   "{\"seq\":9,\"at\":5000001,\"source\":\"mta\",\"kind\":\"log\",\"status\":"
                   "\"deferred\",\"recipient\":\"u%d@r.test\",\"text\":\"421 Busy\"}\n",
                   i);
    make_folder(buf_text(&events));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->attempts_seen, 2);
    for (size_t i = 0; i < run->delivery_count; i++) {
        const struct report_delivery *delivery = &run->deliveries[i];
        bool meant = strncmp(delivery->recipient, "u3@", 3) == 0 ||
                     strncmp(delivery->recipient, "u4@", 3) == 0;
        ck_assert_uint_eq(delivery->attempt_count, meant);
        if (meant) {
            ck_assert_int_eq(delivery->attempts[0].outcome, REPORT_DEFERRED);
            ck_assert_str_eq(report_attempt_host(run, delivery->attempts), "mx.r.test");
            ck_assert_uint_eq(delivery->attempts[0].session, 1);
        }
    }
    report_run_free(&run);
    remove_folder();
    buf_deinit(&events);
}
END_TEST

START_TEST(test_a_refusal_at_the_greeting_has_its_code)
{
    make_folder(START SUBMITTED CONNECT MX("reply", "\"stage\":\"connect\",\"code\":554,\"text\":"
                                                    "\"No\"")
                    MX("disconnect", "\"by\":\"server\",\"quit\":false"));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->deliveries[0].attempt_count, 1);
    ck_assert_int_eq(run->deliveries[0].attempts[0].outcome, REPORT_REJECTED);
    ck_assert_int_eq(run->deliveries[0].attempts[0].code, 554);
    ck_assert_int_eq(run->sessions[0].outcome, REPORT_REJECTED);
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_a_session_that_only_says_quit_is_no_attempt)
{
    make_folder(START SUBMITTED CONNECT MX("disconnect", "\"by\":\"client\",\"quit\":true"));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->deliveries[0].attempt_count, 0);
    report_run_free(&run);
    remove_folder();
}
END_TEST

#define ACCEPTED(more)                                                                        \
    MX("accepted", "\"host\":\"mx.r.test\",\"from\":\"a@s.test\",\"to\":[\"b@r.test\"],\"mes" \
                   "sage\":\"m1\",\"bytes\":9" more)

/* RFC 2033 4.2: behind the content each recipient has a reply of its own. */
START_TEST(test_in_lmtp_a_refusal_is_of_one_recipient)
{
    make_folder(
        START
        "{\"seq\":1,\"at\":1,\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"m1\","
        "\"from\":\"a@s.test\",\"to\":[\"b@r.test\",\"c@r.test\"],\"bytes\":9}\n" CONNECT MX(
            "command", "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@s.test>\"")
            MX("reply",
               "\"stage\":\"rcpt\",\"code\":250,\"text\":\"ok\",\"recipient\":\"b@r.test\"")
                MX("reply",
                   "\"stage\":\"rcpt\",\"code\":250,\"text\":\"ok\",\"recipient\":\"c@r.test\"")
                    MX("reply", "\"stage\":\"data-end\",\"code\":250,\"text\":\"ok\",\"recipient\":"
                                "\"b@r.test\"")
                        MX("reply", "\"stage\":\"data-end\",\"code\":452,\"text\":\"full\","
                                    "\"recipient\":\"c@r.test\"")
                            MX("accepted",
                               "\"host\":\"mx.r.test\",\"from\":\"a@s.test\",\"to\":[\"b@r.test\"],"
                               "\"message\":\"m1\",\"reply-sent\":true")
                                MX("disconnect", "\"by\":\"client\",\"quit\":true"));
    struct report_run *run = load(folder);
    const struct report_delivery *b = &run->deliveries[0];
    const struct report_delivery *c = &run->deliveries[1];
    ck_assert_int_eq(b->end, REPORT_DELIVERED);
    ck_assert_uint_eq(b->attempt_count, 1);
    ck_assert_int_eq(c->end, REPORT_QUEUED);
    ck_assert_uint_eq(c->attempt_count, 1);
    ck_assert_int_eq(c->attempts[0].code, 452);
    ck_assert_int_eq(c->attempts[0].outcome, REPORT_DEFERRED);
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_a_lost_reply_and_a_duplicate_are_seen)
{
    make_folder(START SUBMITTED CONNECT ACCEPTED(",\"reply-sent\":false")
                    ACCEPTED(",\"reply-sent\":true"));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->deliveries[0].copies, 2);
    ck_assert_uint_eq(run->deliveries[0].attempt_count, 2);
    ck_assert_int_eq(run->deliveries[0].attempts[0].outcome, REPORT_LOST);
    ck_assert_int_eq(run->deliveries[0].attempts[1].outcome, REPORT_ACCEPTED);
    ck_assert_str_eq(run->sessions[0].steps[1].note, ", its reply is lost on purpose");
    ck_assert_str_eq(run->sessions[0].steps[2].note, "");
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_a_bounce_ends_the_message_it_speaks_of)
{
    make_folder(START SUBMITTED CONNECT MX(
        "accepted",
        "\"host\":\"inbox.s.test\",\"from\":\"\",\"to\":[\"a@s.test\"],\"message\":\"\",\"dsn\":{"
        "\"message\":\"m1\",\"recipients\":[{\"recipient\":\"b@r.test\",\"action\":\"failed\","
        "\"status\":\"5.1.1\",\"diagnostic\":\"smtp; 550 no\"}]}"));
    struct report_run *run = load(folder);
    ck_assert_int_eq(run->deliveries[0].end, REPORT_RETURNED);
    ck_assert_int_eq(run->deliveries[0].attempts[0].outcome, REPORT_BOUNCED);
    ck_assert_str_eq(run->deliveries[0].attempts[0].text, "5.1.1 smtp; 550 no");
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_violations_of_one_kind_are_counted_together)
{
    make_folder(START CONNECT MX("violation", "\"what\":\"bare-lf\",\"text\":\"LF\",\"level\":"
                                              "\"must\",\"rfc\":\"RFC 5321 2.3.8\"")
                    MX("violation", "\"what\":\"bare-lf\",\"text\":\"LF\",\"level\":\"must\""));
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->finding_count, 1);
    ck_assert_uint_eq(run->findings[0].count, 2);
    ck_assert_str_eq(run->findings[0].session, "mx.r.test#1");
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_a_run_without_results_has_not_passed)
{
    make_folder(START SUBMITTED);
    struct report_run *run = load(folder);
    ck_assert(!report_run_passed(run));
    ck_assert_int_eq(run->verdict, REPORT_ERROR);
    ck_assert_ptr_nonnull(strstr(run->problem, "results.json is missing"));
    report_run_free(&run);
    remove_folder();
}
END_TEST

/* Not as a tree that is printed anew: that would round a large seed. */
START_TEST(test_results_go_on_as_they_are_but_on_one_line)
{
    struct err err = {0};
    make_folder(START);
    char *results = mem_text_format("%s/results.json", folder);
    ck_assert_int_eq(
        file_write(
            results,
            SLICE("{\n  \"verdict\": \"passed\",\n  \"scenario\": {\"seed\": "
                  "9007199254740993},\n\t\"text\" : \"a \\\" b\\\\\", \"n\": [1, 2.50]\r\n}\n"),
            &err),
        0);
    struct report_run *run = load(folder);
    ck_assert_str_eq(run->results,
                     "{\"verdict\":\"passed\",\"scenario\":{\"seed\":9007199254740993},"
                     "\"text\":\"a \\\" b\\\\\",\"n\":[1,2.50]}");
    report_run_free(&run);
    ck_assert_int_eq(file_write(results, SLICE("[1]"), &err), 0);
    ck_assert_ptr_null(report_run_load(folder, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "results.json: expected a JSON object"));
    unlink(results);
    free(results);
    remove_folder();
}
END_TEST

START_TEST(test_what_the_scenario_did_is_marked)
{
    make_folder(START "{\"seq\":1,\"at\":7,\"source\":\"timeline\",\"kind\":\"do\",\"action\":"
                      "\"host-down\",\"host\":\"mx.r.test\",\"over\":true}\n"
                      "{\"seq\":2,\"at\":8,\"source\":\"mta\",\"kind\":\"ready\"}\n"
                      "{\"seq\":3,\"at\":9,\"source\":\"mta\",\"kind\":\"exit\",\"status\":-11,"
                      "\"expected\":false}\n");
    struct report_run *run = load(folder);
    ck_assert_uint_eq(run->moment_count, 2);
    ck_assert_str_eq(run->moments[0].text, "host-down mx.r.test: over");
    ck_assert_int_eq(run->moments[1].at_us, 9);
    ck_assert_str_eq(run->moments[1].text, "the server ended by itself (-11)");
    report_run_free(&run);
    remove_folder();
}
END_TEST

START_TEST(test_broken_evidence_is_an_error_with_its_place)
{
    struct err err = {0};
    make_folder(START "half a li");
    ck_assert_ptr_null(report_run_load(folder, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "events.jsonl:2: "));
    remove_folder();
    ck_assert_ptr_null(report_run_load("/nonexistent", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
}
END_TEST

UNIT_MAIN(test_in_lmtp_a_refusal_is_of_one_recipient, test_a_greylisted_message_has_three_attempts,
          test_a_session_has_its_steps_queries_and_tls, test_a_check_knows_its_packet,
          test_a_connection_that_breaks_is_an_attempt_for_whom_it_may_have_been,
          test_a_host_that_does_not_listen_is_an_attempt_without_a_session,
          test_the_log_says_for_whom_a_connection_was_where_it_may_have_been_for_many,
          test_a_refusal_at_the_greeting_has_its_code,
          test_a_session_that_only_says_quit_is_no_attempt,
          test_a_lost_reply_and_a_duplicate_are_seen, test_a_bounce_ends_the_message_it_speaks_of,
          test_violations_of_one_kind_are_counted_together, test_what_the_scenario_did_is_marked,
          test_a_run_without_results_has_not_passed, test_results_go_on_as_they_are_but_on_one_line,
          test_broken_evidence_is_an_error_with_its_place)
