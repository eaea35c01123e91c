#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/sts/sts_policy.h"
#include "mta-under-test/mailauth/sts/sts_record.h"
#include "tests/unit/unit.h"

#include "mta-under-test/base/poison.h"

START_TEST(patterns_match_one_label)
{
    struct arena arena;
    struct sts_policy policy;
    arena_init(&arena);
    ck_assert_ptr_null(sts_policy_parse(&arena,
                                        SLICE("version: STSv1\nmode: enforce\nmx: mail.x.test\n"
                                              "mx: *.y.test\nmax_age: 10\n"),
                                        &policy));
    ck_assert(sts_policy_allows(&policy, SLICE("MAIL.x.test.")));
    ck_assert(!sts_policy_allows(&policy, SLICE("a.mail.x.test")));
    ck_assert(sts_policy_allows(&policy, SLICE("a.y.test")));
    ck_assert(!sts_policy_allows(&policy, SLICE("y.test")));
    ck_assert(!sts_policy_allows(&policy, SLICE("a.b.y.test")));
    arena_deinit(&arena);
}
END_TEST

START_TEST(kept_policies_hold_until_they_run_out)
{
    struct sts_kept kept = {.id = SLICE("1"), .fetched_us = 0, .max_age_s = 100};
    int64_t before = 100 * TIME_SECOND;
    ck_assert_int_eq(sts_policy_decide(&kept, SLICE("1"), before), STS_USE_KEPT);
    ck_assert_int_eq(sts_policy_decide(&kept, SLICE("2"), before), STS_FETCH);
    ck_assert_int_eq(sts_policy_decide(&kept, SLICE(""), before), STS_USE_KEPT);
    ck_assert_int_eq(sts_policy_decide(&kept, SLICE("1"), before + 1), STS_FETCH);
    ck_assert_int_eq(sts_policy_decide(&kept, SLICE(""), before + 1), STS_DO_NOTHING);
    ck_assert_int_eq(sts_policy_decide(NULL, SLICE("1"), 0), STS_FETCH);
    ck_assert_int_eq(sts_policy_decide(NULL, SLICE(""), 0), STS_DO_NOTHING);
}
END_TEST

START_TEST(one_record_is_chosen)
{
    struct sts_record record;
    struct dns_record records[] = {{.data = SLICE("hello")},
                                   {.data = SLICE("v=STSv1; id=1")},
                                   {.data = SLICE("v=STSv1; id=2")}};
    struct dns_answer answer = {.status = DNS_OK, .count = 2, .records = records};
    ck_assert_ptr_null(sts_record_choose(&answer, &record));
    ck_assert(slice_is(record.id, "1"));
    answer.count = 3;
    ck_assert_ptr_nonnull(sts_record_choose(&answer, &record));
    answer.count = 1;
    ck_assert_ptr_nonnull(sts_record_choose(&answer, &record));
}
END_TEST

UNIT_MAIN(patterns_match_one_label, kept_policies_hold_until_they_run_out, one_record_is_chosen)
