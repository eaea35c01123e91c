/*
 * What stands on the page: the timeline, the ladder, the tables; and that a campaign stays small.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"
#include "tests/unit/unit.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024,
    CAMPAIGN = 3000,
    CAMPAIGN_PAGE_MAX = 1024 * 1024,
};

static struct buf out;

static void print_page(const char *folder)
{
    struct err err = {0};
    struct report_run *run = report_run_load(folder, &err);
    ck_assert_msg(run != NULL, "%s", err.text);
    report_run_set_wall(run, 420000);
    struct report_suite suite = {
        .runs = &run, .run_count = 1, .command = "mailrange run x.json", .wall_us = 500000};
    buf_init(&out, OUTPUT_MAX);
    report_html_print(&suite, "", &out);
    report_run_free(&run);
}

static void has(const char *text)
{
    ck_assert_msg(strstr(buf_text(&out), text) != NULL, "missing: %s", text);
}

static size_t count(const char *text)
{
    size_t found = 0;
    for (const char *at = buf_text(&out); (at = strstr(at, text)) != NULL; at += strlen(text))
        found++;
    return found;
}

START_TEST(test_the_verdict_says_what_when_and_where)
{
    print_page("tests/fixtures/runs/greylisting");
    has("<h1>Failed: 1 of 7 checks</h1>");
    has("<td class=\"expected\">delivered within 10m</td><td class=\"actual\">delivered after 12m "
        "0s</td><td class=\"seen\"><time title=\"2026-03-02T09:12:00");
    has("href=\"#retry-greylisting/session-3\">mx.bigmail.test#3</a>");
    has("all 4 invariants hold");
    has("420 ms real");
    has("<code>mailrange run x.json</code>");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_authentication_opens_into_the_chain_of_facts)
{
    print_page("tests/fixtures/runs/hostile");
    has("/authentication\">Authentication</a>");
    has("<span class=\"badge fail\" "
        "title=\"&lt;script&gt;alert(&#39;spf&#39;)&lt;/script&gt;\">fail</span> "
        "<small>aligned</small></td>");
    has("&lt;u&gt;evil.test<br><small>p=reject</small>");
    has("<summary>nothing &quot;aligned&quot; &amp; &lt;i&gt;done&lt;/i&gt;</summary>");
    has("<ul class=\"tree\"><li>SPF of a&lt;b&gt;<ul "
        "class=\"tree\">"
        "<li>v=spf1 &lt;img src=x onerror=alert(1)&gt; -all</li>"
        "<li>fail</li></ul></li>"
        "<li>0 of 10</li></ul>");
    has("<td class=\"quiet\">not checked</td>");
    buf_deinit(&out);
    print_page("tests/fixtures/runs/greylisting");
    ck_assert_msg(strstr(buf_text(&out), "/authentication") == NULL, "nothing was looked at");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_a_limit_has_a_dot_for_each_time_it_was_judged)
{
    print_page("tests/fixtures/runs/hostile");
    has("mx.evil.test: \"&lt;b&gt;too fast\" <span class=\"quiet\">messages in 1m, limit 4, "
        "highest 5, "
        "judged 4 times</span>");
    ck_assert_uint_eq(count("<circle class=\"under\""), 2); /* two are the same dot */
    ck_assert_uint_eq(count("<circle class=\"over\""), 1);
    has(">limit 4</text>");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_the_timeline_has_a_mark_for_each_attempt_and_the_window)
{
    print_page("tests/fixtures/runs/greylisting");
    ck_assert_uint_eq(count("<use class=\"mark deferred\" href=\"#m-deferred\" x="), 4);
    ck_assert_uint_eq(count("<use class=\"mark accepted\" href=\"#m-accepted\" x="), 2);
    ck_assert_uint_eq(count("<rect class=\"window\""), 2);
    has("<title>expected within 2h</title>");
    has("delivered +12m");
    /* The same for those who do not see the chart. */
    has("451 4.2.0 Greylisted, please come back in 60 seconds</td>");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_the_ladder_has_dns_tcp_clear_text_and_tls)
{
    print_page("tests/fixtures/runs/greylisting");
    has("<tr class=\"dns\" data-at=\"");
    has("<code>MX bigmail.test</code><i class=\"both\"></i><code>10 mx.bigmail.test</code>");
    has("<span>TCP connection to 198.18.1.1</span>");
    has("<td class=\"when\">+300 \xC2\xB5s</td><td class=\"packet\">17</td>");
    has("<span>TLSv1.3, TLS_AES_256_GCM_SHA384</span>");
    has("<tr class=\"command inside\" data-at=");
    has("<code>RCPT TO:&lt;bob@bigmail.test&gt;</code>");
    has("<tr class=\"reply warn inside\" data-at=");
    has("<td class=\"by\">greylist</td>");
    buf_deinit(&out);
}
END_TEST

START_TEST(test_the_tables_of_facts)
{
    print_page("tests/fixtures/runs/greylisting");
    has("<span class=\"badge pass\">Established</span>");
    has("<svg class=\"chart curve queue\"");
    has("Recipients in the queue <span class=\"quiet\">at most 2</span>");
    has("<td><code>mx.bigmail.test</code></td><td>AAAA</td>");
    has("The rule &quot;full mailbox&quot; of mx.bigmail.test never fired.");
    buf_deinit(&out);
}
END_TEST

static void add_event(struct buf *events, int64_t at_us, const char *source, const char *kind,
                      const char *facts)
{
    buf_format(events, "{\"seq\":0,\"at\":%" PRId64 ",\"source\":\"%s\",\"kind\":\"%s\",%s}\n",
               at_us, source, kind, facts);
}

static void add_message(struct buf *events, int number)
{
    char *facts = mem_text_format("\"message\":\"c/%d\",\"from\":\"a@s.test\",\"to\":[\"u%d@r.test"
                                  "\"],\"bytes\":9",
                                  number, number);
    add_event(events, number, "submitter", "accepted", facts);
    free(facts);
}

static void add_session(struct buf *events, int number)
{
    char *facts = mem_text_format("\"session\":\"mx.r.test#%d\",\"host\":\"mx.r.test\",\"server\":"
                                  "\"198.18.1.1\",\"port\":25,\"from\":\"a@s.test\",\"to\":[\"u%d@"
                                  "r.test\"],\"message\":\"c/%d\",\"quit\":true,\"by\":\"client\"",
                                  number, number, number);
    const int64_t at_us = INT64_C(1000000) * number;
    add_event(events, at_us, "mx", "connect", facts);
    add_event(events, at_us, "mx", "accepted", facts);
    add_event(events, at_us, "mx", "disconnect", facts);
    free(facts);
}

/* A first try of the 2,000th message, which is put off. */
static void add_deferral(struct buf *events)
{
    static const char SESSION[] = "\"session\":\"mx.r.test#0\",\"host\":\"mx.r.test\"";
    const char *const KINDS[][2] = {
        {"connect", "\"server\":\"198.18.1.1\",\"port\":25"},
        {"command", "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@s.test>\""},
        {"reply", "\"stage\":\"mail\",\"code\":250,\"text\":\"ok\""},
        {"command", "\"verb\":\"RCPT\",\"line\":\"RCPT TO:<u2000@r.test>\""},
        {"reply",
         "\"stage\":\"rcpt\",\"code\":451,\"text\":\"later\",\"recipient\":\"u2000@r.test\""},
        {"disconnect", "\"by\":\"client\",\"quit\":true"},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        char *facts = mem_text_format("%s,%s", SESSION, KINDS[i][1]);
        add_event(events, CAMPAIGN, "mx", KINDS[i][0], facts);
        free(facts);
    }
}

START_TEST(test_a_campaign_gives_a_small_page_that_says_what_it_leaves_out)
{
    char folder[] = "/tmp/report-html-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mem_text_format("%s/events.jsonl", folder);
    struct buf events;
    struct err err = {0};
    buf_init(&events, OUTPUT_MAX);
    for (int i = 1; i <= CAMPAIGN; i++)
        add_message(&events, i);
    add_deferral(&events);
    for (int i = 1; i <= CAMPAIGN; i++)
        add_session(&events, i);
    ck_assert_int_eq(file_write(path, buf_slice(&events), &err), 0);
    print_page(folder);
    ck_assert_uint_lt(out.len, CAMPAIGN_PAGE_MAX);
    has("<b>3000<small>/3000</small></b><span>recipients reached</span>");
    has("14 of 3000 recipients");
    has(">u2000@r.test<"); /* with two attempts it comes before those with one */
    has("60 of 3001 sessions");
    buf_deinit(&out);
    buf_deinit(&events);
    unlink(path);
    rmdir(folder);
    free(path);
}
END_TEST

START_TEST(test_a_check_that_is_only_info_is_noted_and_does_not_count)
{
    char folder[] = "/tmp/report-html-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mem_text_format("%s/results.json", folder);
    struct err err = {0};
    const char *results = "{\"scenario\":{\"name\":\"N\"},\"verdict\":\"passed\",\"expectations\":["
                          "{\"text\":\"a\",\"level\":\"must\",\"verdict\":\"passed\"},"
                          "{\"text\":\"b\",\"level\":\"info\",\"verdict\":\"failed\"}]}";
    ck_assert_int_eq(file_write(path, slice_of(results), &err), 0);
    print_page(folder);
    has("<h1>Passed</h1>");
    has("<b>1</b>/1 checks");
    has("<span class=\"badge none\">Noted</span>");
    buf_deinit(&out);
    unlink(path);
    rmdir(folder);
    free(path);
}
END_TEST

/* Two hosts: one has TLSA records and takes mail in TLS; of the other's domain a policy was
 * fetched, its handshake failed, and mail went in clear all the same. */
static const char TLS_EVENTS[] =
    "{\"seq\":0,\"at\":1,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"b.test\",\"type\":\"MX\","
    "\"rcode\":\"NOERROR\",\"answers\":1,\"data\":[\"10 mx.b.test\"]}\n"
    "{\"seq\":1,\"at\":1,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"_25._tcp.mx.a.test\","
    "\"type\":\"TLSA\",\"rcode\":\"NOERROR\",\"answers\":2,\"authenticated\":true}\n"
    "{\"seq\":2,\"at\":1,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"_mta-sts.b.test\","
    "\"type\":\"TXT\",\"rcode\":\"NOERROR\",\"answers\":1}\n"
    "{\"seq\":3,\"at\":1,\"source\":\"policy\",\"kind\":\"request\",\"host\":\"mta-sts.b.test\","
    "\"status\":200,\"mode\":\"enforce\"}\n"
    "{\"seq\":4,\"at\":2,\"source\":\"mx\",\"kind\":\"connect\",\"session\":\"mx.a.test#1\","
    "\"host\":"
    "\"mx.a.test\"}\n"
    "{\"seq\":5,\"at\":2,\"source\":\"mx\",\"kind\":\"tls\",\"session\":\"mx.a.test#1\",\"ok\":"
    "true}\n"
    "{\"seq\":6,\"at\":2,\"source\":\"mx\",\"kind\":\"accepted\",\"session\":\"mx.a.test#1\"}\n"
    "{\"seq\":7,\"at\":2,\"source\":\"mx\",\"kind\":\"connect\",\"session\":\"mx.b.test#1\","
    "\"host\":"
    "\"mx.b.test\"}\n"
    "{\"seq\":8,\"at\":2,\"source\":\"mx\",\"kind\":\"tls\",\"session\":\"mx.b.test#1\",\"ok\":"
    "false,"
    "\"error\":\"reset\"}\n"
    "{\"seq\":9,\"at\":2,\"source\":\"mx\",\"kind\":\"connect\",\"session\":\"mx.b.test#2\","
    "\"host\":"
    "\"mx.b.test\"}\n"
    "{\"seq\":10,\"at\":2,\"source\":\"mx\",\"kind\":\"accepted\",\"session\":\"mx.b.test#2\"}\n";

/* The page of a run of which only this event log is there. */
static void print_events(const char *events)
{
    char folder[] = "/tmp/report-html-XXXXXX";
    struct err err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mem_text_format("%s/events.jsonl", folder);
    ck_assert_int_eq(file_write(path, slice_of(events), &err), 0);
    print_page(folder);
    free(path);
    unit_erase_folder(folder);
}

static const char CLIENT_EVENTS[] =
    "{\"seq\":0,\"at\":0,\"source\":\"run\",\"kind\":\"start\",\"hostname\":\"mail.s.test\"}\n"
    "{\"seq\":1,\"at\":1,\"source\":\"client\",\"kind\":\"reply\",\"client\":\"good\",\"step\":1,"
    "\"code\":220,\"text\":\"hello\"}\n"
    "{\"seq\":2,\"at\":2,\"source\":\"client\",\"kind\":\"say\",\"client\":\"bad\",\"step\":1,"
    "\"text\":\"NO<OP>\",\"times\":7}\n"
    "{\"seq\":3,\"at\":3,\"source\":\"client\",\"kind\":\"reply\",\"client\":\"bad\",\"step\":1,"
    "\"code\":421,\"enhanced\":\"4.7.0\",\"text\":\"enough\",\"unexpected\":\"250 *\"}\n"
    "{\"seq\":4,\"at\":4,\"source\":\"client\",\"kind\":\"end\",\"client\":\"good\",\"step\":2,"
    "\"text\":\"the client has said all\"}\n";

START_TEST(test_a_client_has_its_ladder_and_what_left_the_script_is_told)
{
    print_events(CLIENT_EVENTS);
    has("/clients\">Clients of the server under test</a>");
    has("<span class=\"name\">good</span>");
    has("<span class=\"chip \">as scripted</span>");
    has("<span>the client has said all</span>");
    has("<span class=\"chip fail\">left the script</span>"
        "<span class=\"last quiet\">wanted: 250 *</span>");
    has("<code>NO&lt;OP&gt;</code><small>7 times</small><i class=\"to-right\">");
    has("<code><b>421</b> 4.7.0 enough</code></div></td><td class=\"by\">step 1, wanted: 250 "
        "*</td>");
    has("<span>bad</span><span>mail.s.test <small>server under test</small></span>");
    ck_assert_uint_eq(count("<table class=\"ladder\">"), 2);
    buf_deinit(&out);
}
END_TEST

/* One of them failed; each has this many sessions. */
START_TEST(test_of_many_runs_that_passed_less_is_shown)
{
    enum { RUNS = 21, SESSIONS = 12 };
    char folder[] = "/tmp/report-html-XXXXXX";
    struct report_run *runs[RUNS];
    struct err err = {0};
    struct buf events;
    buf_init(&events, OUTPUT_MAX);
    for (int i = 1; i <= SESSIONS; i++)
        add_session(&events, i);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mem_text_format("%s/events.jsonl", folder);
    ck_assert_int_eq(file_write(path, buf_slice(&events), &err), 0);
    for (size_t i = 0; i < RUNS; i++) {
        runs[i] = report_run_load(folder, &err);
        ck_assert_ptr_nonnull(runs[i]);
        runs[i]->verdict = i == 0 ? REPORT_FAILED : REPORT_PASSED;
    }
    struct report_suite suite = {.runs = runs, .run_count = RUNS};
    buf_init(&out, OUTPUT_MAX);
    report_html_print(&suite, "", &out);
    ck_assert_uint_eq(count("<p class=\"note\">8 of 12 sessions"), 1);
    ck_assert_uint_eq(count("<p class=\"note\">3 of 12 sessions"), RUNS - 1);
    for (size_t i = 0; i < RUNS; i++)
        report_run_free(&runs[i]);
    buf_deinit(&out);
    buf_deinit(&events);
    free(path);
    unit_erase_folder(folder);
}
END_TEST

START_TEST(test_the_tls_table_says_what_was_known_and_what_came_of_it)
{
    print_events(TLS_EVENTS);
    has("<td>mx.a.test</td><td>2 records, authenticated</td><td>not asked</td>");
    has("<span class=\"badge pass\">encrypted</span><br><small>DANE says who the host must be");
    has("<td>mx.b.test</td><td>not asked</td><td>enforce</td><td><span class=\"badge fail\">"
        "Failed</span><br><small>reset</small>");
    has("<span class=\"badge warn\">no mail</span><br><small>a policy demands TLS</small>");
    has("STARTTLS was not used</td><td><span class=\"badge fail\">in "
        "clear</span><br><small>although "
        "a policy forbids it");
    buf_deinit(&out);
}
END_TEST

#define MX_ANSWER                                                                          \
    "{\"at\":1,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"a.test\",\"type\":\"MX\"," \
    "\"rcode\":"                                                                           \
    "\"NOERROR\",\"answers\":2,\"data\":[\"10 mx2.x.a.test\",\"20 x.a.test\"]}\n"
#define FETCH(at, facts)                                                                  \
    "{\"at\":" at                                                                         \
    ",\"source\":\"policy\",\"kind\":\"request\",\"host\":\"mta-sts.a.test\",\"status\":" \
    "200" facts "}\n"
#define SESSION(at, number, end)                                                               \
    "{\"at\":" at ",\"source\":\"mx\",\"kind\":\"connect\",\"session\":\"x.a.test#" number     \
    "\",\"host\":\"x.a.test\"}\n"                                                              \
    "{\"at\":" at ",\"source\":\"mx\",\"kind\":\"tls\",\"session\":\"x.a.test#" number         \
    "\",\"ok\":true}\n"                                                                        \
    "{\"at\":" at ",\"source\":\"mx\",\"kind\":\"accepted\",\"session\":\"x.a.test#" number    \
    "\"}\n"                                                                                    \
    "{\"at\":" end ",\"source\":\"mx\",\"kind\":\"disconnect\",\"session\":\"x.a.test#" number \
    "\"}\n"

/* Each session is judged by what was known at its time: a policy holds until it has run out, or
 * another one came. */
START_TEST(test_the_tls_table_knows_the_time)
{
    print_events(MX_ANSWER SESSION("2", "1", "3")
                     FETCH("1000000", ",\"mode\":\"enforce\",\"max-age\":60")
                         SESSION("2000000", "2", "2000001") FETCH("3000000", "")
                             SESSION("4000000", "3", "4000001") SESSION("61000000", "4", "61000001")
                                 FETCH("70000000", ",\"mode\":\"none\",\"max-age\":60")
                                     SESSION("71000000", "5", "71000001"));
    static const struct {
        const char *sts;
        const char *why;
    } ROWS[] = {
        {"not asked", "nothing said who the host must be"},
        {"enforce", "MTA-STS says who the host must be"},
        {"enforce, kept: the policy&#39;s host failed", "MTA-STS says who the host must be"},
        {"enforce, run out", "nothing said who the host must be"},
        {"none", "nothing said who the host must be"},
    };
    const char *rest = buf_text(&out);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char cell[200];
        snprintf(cell, sizeof cell, "<td>not asked</td><td>%s</td>", ROWS[i].sts);
        rest = strstr(rest, cell);
        ck_assert_msg(rest != NULL, "%s", cell);
        const char *end = strstr(rest, "</tr>");
        rest = strstr(rest, ROWS[i].why);
        ck_assert_msg(rest != NULL && rest < end, "%s", cell);
    }
    buf_deinit(&out);
}
END_TEST

/* What the zones' own servers answer is not vouched for: the resolver that asked judges it. */
START_TEST(test_the_tls_table_leaves_the_judgement_to_a_resolver)
{
    static const char *const SERVERS[][2] = {
        {"198.18.0.53", "<td>1 record, not authenticated</td>"},
        {"2001:db8:18::54", "<td>1 record, which a resolver judged</td>"},
    };
    for (size_t i = 0; i < 2; i++) {
        char *events = mem_text_format(
            "{\"at\":1,\"source\":\"dns\",\"kind\":\"query\",\"name\":\"_25._tcp.x.a.test\","
            "\"type\":"
            "\"TLSA\",\"rcode\":\"NOERROR\",\"answers\":1,\"server\":\"%s\"}\n" SESSION("2", "1",
                                                                                        "3"),
            SERVERS[i][0]);
        print_events(events);
        has(SERVERS[i][1]);
        has(i == 0 ? "nothing said who the host must be"
                   : "DANE says who the host must be, if the resolver vouched for it");
        free(events);
        buf_deinit(&out);
    }
}
END_TEST

/* The word at the line of a limit keeps clear of the words of the axis above the chart. */
START_TEST(test_a_limit_at_the_top_has_its_word_below_the_line)
{
    static const struct {
        const char *limit;
        const char *word;
    } CASES[] = {{"100", "y=\"49.0\">limit 100"}, {"60", "y=\"79.8\">limit 60"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *events = mem_text_format(
            "{\"at\":1,\"source\":\"mx\",\"kind\":\"gauge\",\"host\":\"mx.a.test\",\"rule\":\"r\","
            "\"counts\":\"messages\",\"value\":1,\"limit\":%s,\"window\":60000000}\n"
            "{\"at\":3600000000,\"source\":\"run\",\"kind\":\"end\",\"reason\":\"settled\"}\n",
            CASES[i].limit);
        print_events(events);
        has(CASES[i].word);
        free(events);
        buf_deinit(&out);
    }
}
END_TEST

static const char PROVIDER_EVENTS[] =
    "{\"seq\":0,\"at\":1,\"source\":\"provider\",\"kind\":\"verdict\",\"provider\":\"big<mail\","
    "\"placement\":\"inbox\",\"recipients\":3}\n"
    "{\"seq\":1,\"at\":2,\"source\":\"provider\",\"kind\":\"verdict\",\"provider\":\"big<mail\","
    "\"placement\":\"deferred\",\"recipients\":0}\n"
    "{\"seq\":2,\"at\":9,\"source\":\"provider\",\"kind\":\"complaint\",\"provider\":\"big<mail\"}"
    "\n"
    "{\"seq\":3,\"at\":86400000000,\"source\":\"provider\",\"kind\":\"reputation\",\"provider\":"
    "\"big<mail\",\"of\":\"ip\",\"key\":\"192.0.2.10\",\"score\":64,\"allowance\":20,\"accepted\":"
    "3,"
    "\"complaints\":1}\n"
    "{\"seq\":4,\"at\":86400000000,\"source\":\"run\",\"kind\":\"end\",\"reason\":\"settled\"}\n";

START_TEST(test_a_provider_has_its_placements_and_its_opinion)
{
    print_events(PROVIDER_EVENTS);
    has("big&lt;mail: placement");
    has("</span>3 inbox ");
    has("</span>1 deferred ");
    has("1 complained, 0 unsubscribed");
    has("<title>3 inbox</title>");
    has("<title>ip 192.0.2.10: 64</title>");
    has("<td>ip</td><td>192.0.2.10</td><td class=\"number\">64</td><td class=\"number\">20</td>");
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(test_the_verdict_says_what_when_and_where,
          test_the_timeline_has_a_mark_for_each_attempt_and_the_window,
          test_the_ladder_has_dns_tcp_clear_text_and_tls, test_the_tables_of_facts,
          test_authentication_opens_into_the_chain_of_facts,
          test_the_tls_table_says_what_was_known_and_what_came_of_it,
          test_the_tls_table_knows_the_time, test_the_tls_table_leaves_the_judgement_to_a_resolver,
          test_a_limit_at_the_top_has_its_word_below_the_line,
          test_a_provider_has_its_placements_and_its_opinion,
          test_a_limit_has_a_dot_for_each_time_it_was_judged,
          test_a_check_that_is_only_info_is_noted_and_does_not_count,
          test_a_client_has_its_ladder_and_what_left_the_script_is_told,
          test_of_many_runs_that_passed_less_is_shown,
          test_a_campaign_gives_a_small_page_that_says_what_it_leaves_out)
