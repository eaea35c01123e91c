#include "reports/compare.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

#define DELIVERY(end, host, tls, second)                                            \
    "\"deliveries\":[{\"message\":\"m\",\"to\":\"bob@a.test\",\"end\":\"" end       \
    "\",\"ended\":300000000,\"host\":\"" host "\",\"tls\":\"" tls                   \
    "\",\"copies\":1,\"attempts\":2,\"tries\":[{\"at\":0,\"host\":\"mx1.a.test\"}," \
    "{\"at\":0,\"host\":\"mx2.a.test\",\"retry\":false},{\"at\":" second            \
    ",\"host\":\"mx1.a.test\",\"retry\":true}]}]"

static const char PASSED[] =
    "{\"verdict\":\"passed\"," DELIVERY("delivered", "mx1.a.test", "TLSv1.3", "300000000") "}";
static const char FAILED[] =
    "{\"verdict\":\"failed\",\"expectations\":[{\"verdict\":\"failed\",\"level\":\"must\",\"text\":"
    "\"<b>in time</b>\",\"actual\":\"late\"}]," DELIVERY("delivered", "mx1.a.test", "",
                                                         "900000000") "}";

static void add(struct compare *compare, size_t row, size_t server, const char *results)
{
    struct err err = {0};
    ck_assert_int_eq(compare_add_results(compare, row, server, "x", slice_of(results), &err), 0);
}

/* Three servers: two alike, one late and in clear text; a fourth that cannot be told. */
static void make(struct compare *compare)
{
    *compare = (struct compare){0};
    static const char *const NAMES[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++)
        compare_add_server(compare, NAMES[i], "1.0");
    size_t row = compare_add_row(compare, "scenarios/a.json", "A <scenario>", "");
    add(compare, row, 0, PASSED);
    add(compare, row, 1, PASSED);
    add(compare, row, 2, FAILED);
    compare_add_problem(compare, row, 3, COMPARE_NOT_APPLICABLE, "has no smart-host");
    compare_make_lines(compare);
}

static const struct compare_line *line_of(const struct compare *compare, const char *aspect)
{
    for (size_t i = 0; i < compare->rows[0].line_count; i++) {
        if (slice_is(slice_of(compare->rows[0].lines[i].aspect), aspect))
            return &compare->rows[0].lines[i];
    }
    ck_abort_msg("no line of %s", aspect);
}

START_TEST(lines_say_what_each_did)
{
    struct compare compare;
    make(&compare);
    ck_assert_str_eq(line_of(&compare, "end")->texts[0], "delivered by mx1.a.test");
    ck_assert_str_eq(line_of(&compare, "spacing")->texts[0], "5m");
    ck_assert_str_eq(line_of(&compare, "times")->texts[2], "+0s, +15m");
    ck_assert_str_eq(line_of(&compare, "hosts")->texts[0],
                     "mx1.a.test \xE2\x86\x92 mx2.a.test \xE2\x86\x92 mx1.a.test");
    ck_assert_str_eq(line_of(&compare, "TLS")->texts[2], "clear text");
    ck_assert_str_eq(line_of(&compare, "did not hold")->texts[2], "must: <b>in time</b> (late)");
    ck_assert_ptr_null(line_of(&compare, "end")->texts[3]);
    compare_deinit(&compare);
}
END_TEST

START_TEST(the_odd_one_is_marked)
{
    struct compare compare;
    make(&compare);
    ck_assert(!line_of(&compare, "end")->differs);
    const struct compare_line *spacing = line_of(&compare, "spacing");
    ck_assert(spacing->differs && spacing->odd[2]);
    ck_assert(!spacing->odd[0] && !spacing->odd[1] && !spacing->odd[3]);
    compare_deinit(&compare);
}
END_TEST

START_TEST(the_worst_of_several_runs_counts)
{
    struct compare compare;
    make(&compare);
    size_t row = compare_add_row(&compare, "scenarios/a.json", "A <scenario>", "");
    ck_assert_uint_eq(row, 0);
    add(&compare, row, 2, PASSED);
    ck_assert_int_eq(compare.rows[0].cells[2].verdict, COMPARE_FAILED);
    add(&compare, row, 0, FAILED);
    ck_assert_int_eq(compare.rows[0].cells[0].verdict, COMPARE_FAILED);
    compare_deinit(&compare);
}
END_TEST

START_TEST(writers_show_all_and_escape)
{
    struct compare compare;
    struct buf out;
    struct err err = {0};
    make(&compare);
    const char notes[] = "[{\"server\":\"three\",\"text\":\"It is late.\",\"rfc\":\"RFC 5321 "
                         "4.5.4.1\",\"scenarios\":[\"a\"]},{\"server\":\"one\",\"text\":\"It "
                         "passed\",\"scenarios\":[\"a\"]}]";
    ck_assert_int_eq(compare_add_notes(&compare, slice_of(notes), &err), 0);
    buf_init(&out, 1024 * 1024);
    compare_print_html(&compare, &out);
    ck_assert_ptr_null(strstr(buf_text(&out), "<b>in time"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "A &lt;scenario&gt;"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "class=\"odd\""));
    buf_reset(&out);
    compare_print_markdown(&compare, &out);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "A \\<scenario\\>"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "It is late. *RFC 5321 4.5.4.1.* Shown by [a]"));
    ck_assert_ptr_null(strstr(buf_text(&out), "It passed"));
    ck_assert_ptr_null(strstr(buf_text(&out), "in time"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "- n/a 1: has no smart-host"));
    buf_reset(&out);
    compare_print_text(&compare, false, &out);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "FAIL"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "n/a"));
    buf_reset(&out);
    compare_print_json(&compare, &out);
    cJSON *json = cJSON_Parse(buf_text(&out));
    ck_assert(cJSON_IsObject(json));
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "servers")), 4);
    cJSON_Delete(json);
    buf_deinit(&out);
    compare_deinit(&compare);
}
END_TEST

START_TEST(a_finding_about_other_scenarios_has_no_heading)
{
    struct compare compare;
    struct buf out;
    struct err err = {0};
    make(&compare);
    const char notes[] = "[{\"server\":\"three\",\"text\":\"Of b.\",\"scenarios\":[\"b\"]}]";
    ck_assert_int_eq(compare_add_notes(&compare, slice_of(notes), &err), 0);
    buf_init(&out, 1024 * 1024);
    compare_print_html(&compare, &out);
    ck_assert_ptr_null(strstr(buf_text(&out), "Findings"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "<small>three</small><span class=\"badge fail\""));
    buf_deinit(&out);
    compare_deinit(&compare);
}
END_TEST

/* The cells of a matrix are one row, and a cell that no finding explains says what failed. */
START_TEST(the_scoreboard_folds_a_matrix)
{
    static const char *const CELLS[] = {"answer=none", "answer=refused", "answer=servfail"};
    struct compare compare = {0};
    struct buf out;
    struct err err = {0};
    compare_add_server(&compare, "one", "1.0");
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "DNS is out (%s) for long", CELLS[i] + 7);
        size_t row = compare_add_row(&compare, "scenarios/dns/outage.json", name, CELLS[i]);
        add(&compare, row, 0, i == 0 ? PASSED : FAILED);
    }
    const char notes[] =
        "[{\"server\":\"one\",\"text\":\"Known.\",\"scenarios\":[\"dns/outage:answer=refused\"]}]";
    ck_assert_int_eq(compare_add_notes(&compare, slice_of(notes), &err), 0);
    compare_make_lines(&compare);
    buf_init(&out, 1024 * 1024);
    compare_print_markdown(&compare, &out);
    const char *text = buf_text(&out);
    ck_assert_ptr_nonnull(strstr(text, "| [DNS is out (\xE2\x80\xA6) for long](../scenarios/dns/"
                                       "outage.json) | \xF0\x9F\x9F\xA2 1 \xF0\x9F\x94\xB4 2 |"));
    ck_assert_ptr_nonnull(strstr(text, "Known. Shown by [dns/outage](../scenarios/dns/outage.json) "
                                       "(answer=refused)."));
    ck_assert_ptr_nonnull(strstr(text, "(answer=servfail): must: \\<b\\>in time"));
    buf_deinit(&out);
    compare_deinit(&compare);
}
END_TEST

START_TEST(broken_results_are_told)
{
    struct compare compare = {0};
    struct err err = {0};
    compare_add_server(&compare, "one", "");
    size_t row = compare_add_row(&compare, "a.json", "A", "");
    ck_assert_int_eq(compare_add_results(&compare, row, 0, "x", SLICE("[1"), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "results.json"));
    ck_assert_int_eq(compare_add_notes(&compare, SLICE("7"), &err), -1);
    ck_assert_int_eq(compare_add_notes(&compare, SLICE("[{\"server\":\"one\"}]"), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "needs server, text and scenarios"));
    compare_deinit(&compare);
}
END_TEST

UNIT_MAIN(lines_say_what_each_did, the_odd_one_is_marked, the_worst_of_several_runs_counts,
          writers_show_all_and_escape, a_finding_about_other_scenarios_has_no_heading,
          the_scoreboard_folds_a_matrix, broken_results_are_told)
