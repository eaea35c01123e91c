#include "mta-under-test/refmta/tlspolicy/sts_store.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define NOW (1000 * TIME_DAY)
#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: *.x.test\r\nmax_age: 604800\r\n"
#define ONE SLICE("v=STSv1; id=one;")
#define TWO SLICE("v=STSv1; id=two;")

static char folder[] = "/tmp/refmta-sts-XXXXXX";
static struct sts_store *store;

static void start(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    store = sts_store_open(folder);
}

static void stop(void)
{
    char command[64];
    sts_store_close(&store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static enum sts_action decide(struct slice record, int64_t now_us)
{
    struct sts_advice advice = sts_store_decide(store, "x.test", &record, record.len > 0, now_us);
    ck_assert(!advice.in_background);
    return advice.action;
}

static void put(const char *id, int64_t now_us)
{
    struct err err = {.text = ""};
    ck_assert_ptr_null(sts_store_put(store, "x.test", slice_of(id), SLICE(POLICY), now_us, &err));
    ck_assert_str_eq(err.text, "");
}

START_TEST(a_policy_is_fetched_once_for_each_id)
{
    start();
    ck_assert_int_eq(decide(SLICE(""), NOW), STS_DO_NOTHING);
    ck_assert_int_eq(decide(SLICE("v=spf1 -all"), NOW), STS_DO_NOTHING);
    ck_assert_int_eq(decide(ONE, NOW), STS_FETCH);
    put("one", NOW);
    ck_assert_int_eq(decide(ONE, NOW + TIME_HOUR), STS_USE_KEPT);
    ck_assert_int_eq(decide(TWO, NOW + TIME_HOUR), STS_FETCH);
    /* RFC 8461 5.1: it holds although the record is gone. */
    ck_assert_int_eq(decide(SLICE(""), NOW + TIME_HOUR), STS_USE_KEPT);
    ck_assert(sts_policy_allows(sts_store_get(store, "x.test", NOW), SLICE("mx.x.test")));
    stop();
}
END_TEST

START_TEST(a_policy_runs_out)
{
    start();
    put("one", NOW);
    ck_assert_ptr_nonnull(sts_store_get(store, "x.test", NOW + 7 * TIME_DAY));
    ck_assert_ptr_null(sts_store_get(store, "x.test", NOW + 8 * TIME_DAY));
    ck_assert_int_eq(decide(ONE, NOW + 8 * TIME_DAY), STS_FETCH);
    stop();
}
END_TEST

START_TEST(a_policy_outlives_a_restart)
{
    start();
    put("one", NOW);
    sts_store_close(&store);
    store = sts_store_open(folder);
    ck_assert_int_eq(decide(ONE, NOW + TIME_HOUR), STS_USE_KEPT);
    ck_assert_int_eq((int)sts_store_get(store, "x.test", NOW)->mode, STS_MODE_ENFORCE);
    stop();
}
END_TEST

START_TEST(an_old_policy_is_renewed_behind_the_scenes)
{
    struct slice record = ONE;
    start();
    put("one", NOW);
    struct sts_advice advice = sts_store_decide(store, "x.test", &record, 1, NOW + 25 * TIME_HOUR);
    ck_assert_int_eq(advice.action, STS_FETCH);
    ck_assert(advice.in_background && slice_is(advice.id, "one"));
    /* Not again for each message. */
    ck_assert_int_eq(decide(ONE, NOW + 25 * TIME_HOUR + TIME_MINUTE), STS_USE_KEPT);
    stop();
}
END_TEST

START_TEST(a_failed_fetch_is_not_repeated_at_once)
{
    struct err err = {.text = ""};
    start();
    put("one", NOW);
    ck_assert_ptr_nonnull(sts_store_put(store, "x.test", SLICE("two"),
                                        SLICE("version: STSv1\nmode: what\n"), NOW, &err));
    /* The policy of before goes on. */
    ck_assert_int_eq(decide(TWO, NOW + TIME_MINUTE), STS_USE_KEPT);
    ck_assert_int_eq(decide(TWO, NOW + 6 * TIME_MINUTE), STS_FETCH);
    sts_store_note_failure(store, "y.test", SLICE("one"), NOW);
    stop();
}
END_TEST

UNIT_MAIN(a_policy_is_fetched_once_for_each_id, a_policy_runs_out, a_policy_outlives_a_restart,
          an_old_policy_is_renewed_behind_the_scenes, a_failed_fetch_is_not_repeated_at_once)
