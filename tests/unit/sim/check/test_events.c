/* Expectations of any event of the log. */
#include "mta-under-test/base/file.h"
#include "tests/unit/sim/check/check_fixture.h"

static enum check_verdict verdict_of(const char *expect)
{
    begin("bob@a.test", expect);
    at(TIME_HOUR);
    event("policy", "request", "\"host\":\"mta-sts.a.test\",\"status\":200,\"ok\":true");
    event("policy", "request", "\"host\":\"mta-sts.b.test\",\"status\":404,\"ok\":false");
    event("mx", "tls",
          "\"results\":[\"one\",\"two\"],\"auth\":{\"spf\":{\"result\":\"pass\"}},"
          "\"list\":[{\"of\":[{\"word\":\"a\"}]},{\"of\":[{\"word\":\"b\"}]}]");
    judge("settled");
    enum check_verdict verdict = fx.report->expectations[0].verdict;
    done();
    return verdict;
}

START_TEST(test_events_are_counted_by_their_facts)
{
    static const struct {
        const char *expect;
        enum check_verdict verdict;
    } CASES[] = {
        {"[{\"event\":\"policy request\"}]", CHECK_PASSED},
        {"[{\"event\":\"policy *\",\"count\":2}]", CHECK_PASSED},
        {"[{\"event\":\"policy report\"}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"host\":\"mta-sts.a.*\"},\"count\":1}]",
         CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":200},\"count\":1}]", CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":\"400..499\"},\"count\":1}]",
         CHECK_PASSED},
        {"[{\"event\":\"policy request\",\"with\":{\"status\":500}}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"ok\":true,\"status\":404}}]", CHECK_FAILED},
        {"[{\"event\":\"policy request\",\"with\":{\"ok\":false,\"status\":404}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"results\":\"two\"}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"results\":\"three\"}}]", CHECK_FAILED},
        {"[{\"event\":\"mx tls\",\"with\":{\"auth.spf.result\":\"pass\"}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"auth.dkim.result\":\"pass\"}}]", CHECK_FAILED},
        {"[{\"event\":\"mx tls\",\"with\":{\"list.of.word\":\"b\"}}]", CHECK_PASSED},
        {"[{\"event\":\"mx tls\",\"with\":{\"list.of.word\":\"c\"}}]", CHECK_FAILED},
        {"[{\"event\":\"mx tls\",\"with\":{\"list.word\":\"b\"}}]", CHECK_FAILED},
        {"[{\"event\":\"mx tls\",\"with\":{\"list\":\"b\"}}]", CHECK_FAILED},
        {"[{\"event\":\"policy *\",\"during\":\"..30m\",\"count\":0}]", CHECK_PASSED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        ck_assert_msg(verdict_of(CASES[i].expect) == CASES[i].verdict, "%s", CASES[i].expect);
}
END_TEST

static bool is_known(const char *source, struct slice kind)
{
    char json[200];
    struct err err = {0};
    struct arena arena = {0};
    struct check_event_wish wish = {0};
    snprintf(json, sizeof json, "\"%s %.*s\"", source, SLICE_ARG(kind));
    struct spec_document *document = spec_document_parse("event", slice_of(json), &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    ck_assert_int_eq(pattern_read(spec_root(document), &arena, &wish.event, &err), 0);
    bool known = check_event_check(spec_root(document), &wish, &err) == 0;
    check_event_release(&wish);
    spec_document_free(&document);
    arena_deinit(&arena);
    return known;
}

/* "| `listed`, `delisted` | ..." below "## policy ...": all of them can be expected. */
START_TEST(test_all_events_of_the_documentation_are_known)
{
    struct buf text;
    char source[40] = "";
    struct slice line;
    int count = 0;
    buf_init(&text, 1000000);
    ck_assert_int_eq(file_read("docs/events.md", &text, NULL), 0);
    struct slice rest = buf_slice(&text);
    while (slice_split(&rest, '\n', &line)) {
        struct slice part;
        if (slice_equal(slice_first(line, 3), SLICE("## ")))
            snprintf(source, sizeof source, "%.*s", (int)strcspn(line.data + 3, " \n"),
                     line.data + 3);
        if (source[0] == '\0' || !slice_equal(slice_first(line, 3), SLICE("| `")))
            continue;
        line = slice_first(slice_skip(line, 2), slice_find(slice_skip(line, 2), '|'));
        while (slice_split(&line, ',', &part)) {
            part = slice_trim(part);
            part = slice_first(slice_skip(part, 1), part.len - 2);
            ck_assert_msg(is_known(source, part), "%s %.*s", source, SLICE_ARG(part));
            count++;
        }
    }
    ck_assert_int_gt(count, 40);
    ck_assert(!is_known("mx", SLICE("acepted")));
    buf_deinit(&text);
}
END_TEST

UNIT_MAIN(test_events_are_counted_by_their_facts, test_all_events_of_the_documentation_are_known)
