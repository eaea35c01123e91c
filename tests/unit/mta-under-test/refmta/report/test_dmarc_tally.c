#include "mta-under-test/refmta/report/dmarc_tally.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/refmta-tally-XXXXXX";
static struct dmarc_tally *tally;
static struct arena arena;
static struct dmarc_report report;

static void open_tally(void)
{
    struct err err = {.text = ""};
    tally = dmarc_tally_open(path, &err);
    ck_assert_msg(tally != NULL, "%s", err.text);
}

static void start(void)
{
    memcpy(path, "/tmp/refmta-tally-XXXXXX", sizeof path);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    arena_init(&arena);
    open_tally();
}

static void stop(void)
{
    dmarc_tally_close(&tally);
    arena_deinit(&arena);
    ck_assert_int_eq(unlink(path), 0);
}

static void add(const char *domain, const char *source, const char *disposition, int64_t at_us)
{
    struct err err = {.text = ""};
    struct dmarc_report_result spf = {
        .domain = SLICE("f.test"), .scope = SLICE("mfrom"), .result = SLICE("pass")};
    struct dmarc_report_reason reason = {.type = SLICE("local_policy")};
    struct dmarc_report_row row = {.source_ip = slice_of(source),
                                   .disposition = slice_of(disposition),
                                   .dkim = SLICE("fail"),
                                   .spf = SLICE("fail"),
                                   .header_from = slice_of(domain),
                                   .reason_count = 1,
                                   .reasons = &reason,
                                   .spf_count = 1,
                                   .spf_results = &spf};
    struct dmarc_report one = {
        .domain = slice_of(domain), .p = SLICE("reject"), .count = 1, .rows = &row};
    ck_assert_msg(dmarc_tally_add(tally, &one, at_us, &err) == 0, "%s", err.text);
}

static void done(int64_t day_us, const char *domain)
{
    struct err err = {.text = ""};
    ck_assert_msg(dmarc_tally_done(tally, day_us, domain, &err) == 0, "%s", err.text);
}

static void count_domain(void *arg, const char *domain)
{
    (void)domain;
    (*(unsigned *)arg)++;
}

static unsigned domains_of(int64_t day_us)
{
    unsigned count = 0;
    dmarc_tally_each(tally, day_us, count_domain, &count);
    return count;
}

START_TEST(equal_messages_are_one_row)
{
    start();
    add("a.test", "203.0.113.9", "reject", TIME_DAY + 1);
    add("a.test", "203.0.113.9", "reject", TIME_DAY + 2);
    add("a.test", "203.0.113.9", "none", TIME_DAY + 3);
    add("b.test", "203.0.113.9", "none", TIME_DAY + 3);
    dmarc_tally_report(tally, TIME_DAY, "a.test", &arena, &report);
    ck_assert_uint_eq(report.count, 2);
    ck_assert_uint_eq(report.rows[0].count, 2);
    ck_assert(slice_is(report.rows[0].disposition, "reject"));
    ck_assert(slice_is(report.rows[0].spf_results[0].domain, "f.test"));
    ck_assert_uint_eq(report.rows[0].reason_count, 1);
    ck_assert(slice_is(report.rows[0].reasons[0].type, "local_policy"));
    ck_assert_uint_eq(report.rows[1].count, 1);
    ck_assert(slice_is(report.domain, "a.test") && slice_is(report.p, "reject"));
    ck_assert_int_eq(report.begin_s, 86400);
    ck_assert_int_eq(report.end_s, 2 * 86400 - 1);
    stop();
}
END_TEST

START_TEST(a_restart_forgets_nothing_and_repeats_nothing)
{
    start();
    add("a.test", "203.0.113.9", "none", TIME_DAY + 1);
    add("b.test", "203.0.113.9", "none", TIME_DAY + 1);
    add("a.test", "203.0.113.9", "none", 2 * TIME_DAY + 1);
    for (unsigned i = 0; i < 2; i++) { /* the second time from the file as it was written anew */
        dmarc_tally_close(&tally);
        open_tally();
        ck_assert_uint_eq(domains_of(TIME_DAY), 2);
    }
    done(TIME_DAY, "a.test");
    dmarc_tally_close(&tally);
    open_tally();
    ck_assert_int_eq(dmarc_tally_first_day_us(tally), TIME_DAY);
    ck_assert_uint_eq(domains_of(TIME_DAY), 1);
    done(TIME_DAY, "b.test");
    ck_assert_int_eq(dmarc_tally_first_day_us(tally), 2 * TIME_DAY);
    done(2 * TIME_DAY, "a.test");
    ck_assert_int_eq(dmarc_tally_first_day_us(tally), INT64_MAX);
    stop();
}
END_TEST

START_TEST(what_is_no_row_is_left_out)
{
    struct err err = {.text = ""};
    start();
    add("a.test", "203.0.113.9", "none", TIME_DAY);
    dmarc_tally_close(&tally);
    struct buf text;
    buf_init(&text, 1 << 16);
    ck_assert_int_eq(file_read(path, &text, &err), 0);
    buf_add_text(&text,
                 "1 5 {\"policy\":\n1 5 {}\n7 x\n9 3 []\n2 0 a.test\n1 1 {\"policy\": {\"do");
    ck_assert_int_eq(file_write(path, buf_slice(&text), &err), 0);
    buf_deinit(&text);
    open_tally();
    ck_assert_uint_eq(domains_of(TIME_DAY), 1);
    ck_assert_uint_eq(domains_of(9 * TIME_DAY), 0);
    dmarc_tally_report(tally, TIME_DAY, "a.test", &arena, &report);
    ck_assert_uint_eq(report.rows[0].count, 1);
    stop();
}
END_TEST

UNIT_MAIN(equal_messages_are_one_row, a_restart_forgets_nothing_and_repeats_nothing,
          what_is_no_row_is_left_out)
