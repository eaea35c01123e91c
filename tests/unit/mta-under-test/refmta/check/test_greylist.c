#include "mta-under-test/refmta/check/greylist.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

static struct greylist greylist;

static const char *visit_from(const char *client, size_t len, const char *sender, int64_t now_us)
{
    const struct greylist_visit visit = {slice_from(client, len), sender, "bob@b.test"};
    return greylist_result_name(greylist_visit(&greylist, &visit, 5 * TIME_MINUTE, now_us));
}

static const char *visit(const char *sender, int64_t now_us)
{
    return visit_from("\xc0\x00\x02\x01", 4, sender, now_us);
}

START_TEST(who_comes_again_is_known)
{
    const int64_t now_us = TIME_DAY;
    greylist_init(&greylist);
    ck_assert_str_eq(visit("a@s.test", now_us), "new");
    ck_assert_str_eq(visit("a@s.test", now_us + TIME_MINUTE), "early");
    ck_assert_str_eq(visit("other@s.test", now_us + TIME_MINUTE), "new");
    ck_assert_str_eq(visit("A@s.test", now_us + 5 * TIME_MINUTE), "known");
    /* Another address of the same network. */
    ck_assert_str_eq(visit_from("\xc0\x00\x02\xff", 4, "a@s.test", now_us + TIME_HOUR), "known");
    ck_assert_str_eq(visit_from("\xc0\x00\x03\x01", 4, "a@s.test", now_us + TIME_HOUR), "new");
    /* Known for five weeks after the last visit. */
    ck_assert_str_eq(visit("a@s.test", now_us + 30 * TIME_DAY), "known");
    ck_assert_str_eq(visit("a@s.test", now_us + 60 * TIME_DAY), "known");
    ck_assert_str_eq(visit("a@s.test", now_us + 96 * TIME_DAY), "new");
    greylist_deinit(&greylist);
}
END_TEST

START_TEST(who_comes_again_too_late_is_new)
{
    greylist_init(&greylist);
    ck_assert_str_eq(visit("a@s.test", TIME_DAY), "new");
    ck_assert_str_eq(visit("a@s.test", 4 * TIME_DAY), "new");
    ck_assert_str_eq(visit("a@s.test", 4 * TIME_DAY + TIME_HOUR), "known");
    greylist_deinit(&greylist);
}
END_TEST

START_TEST(ipv6_counts_by_64)
{
    static const char A[] = "\x20\x01\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1";
    static const char B[] = "\x20\x01\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\2";
    static const char C[] = "\x20\x01\x0d\xb8\0\0\0\2\0\0\0\0\0\0\0\1";
    greylist_init(&greylist);
    ck_assert_str_eq(visit_from(A, 16, "a@s.test", TIME_DAY), "new");
    ck_assert_str_eq(visit_from(B, 16, "a@s.test", TIME_DAY + TIME_HOUR), "known");
    ck_assert_str_eq(visit_from(C, 16, "a@s.test", TIME_DAY + TIME_HOUR), "new");
    greylist_deinit(&greylist);
}
END_TEST

UNIT_MAIN(who_comes_again_is_known, who_comes_again_too_late_is_new, ipv6_counts_by_64)
