#include "sim/inside/settle.h"

#include "tests/unit/unit.h"

static void event(struct settle *settle, const char *line)
{
    settle_on_event(settle, 0, slice_of(line));
}

static const char ACCEPTED[] = "{\"source\":\"submitter\",\"kind\":\"accepted\",\"message\":\"m1\","
                               "\"to\":[\"a@x.test\",\"b@x.test\"]}";

START_TEST(test_each_recipient_needs_its_own_end)
{
    struct settle settle;
    settle_init(&settle, NULL, NULL);
    ck_assert(settle_is_settled(&settle));
    event(&settle, ACCEPTED);
    ck_assert(!settle_is_settled(&settle));
    event(&settle, "{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m1\","
                   "\"to\":[\"A@X.test\"]}");
    ck_assert(!settle_is_settled(&settle));
    event(&settle, "{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m2\","
                   "\"to\":[\"b@x.test\"]}");
    ck_assert(!settle_is_settled(&settle));
    event(&settle, "{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m1\","
                   "\"to\":[\"b@x.test\"]}");
    ck_assert(settle_is_settled(&settle));
    settle_deinit(&settle);
}
END_TEST

START_TEST(test_a_bounce_ends_what_failed_and_a_warning_does_not)
{
    struct settle settle;
    settle_init(&settle, NULL, NULL);
    event(&settle, ACCEPTED);
    event(&settle,
          "{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"\",\"to\":[\"s@y.test\"],"
          "\"dsn\":{\"message\":\"m1\",\"recipients\":["
          "{\"recipient\":\"a@x.test\",\"action\":\"failed\"},"
          "{\"recipient\":\"b@x.test\",\"action\":\"delayed\"}]}}");
    ck_assert_uint_eq(settle.open.count, 1);
    ck_assert_ptr_nonnull(map_get_text(&settle.open, "m1\nb@x.test"));
    settle_deinit(&settle);
}
END_TEST

START_TEST(test_what_is_delivered_before_it_is_confirmed_has_its_end)
{
    struct settle settle;
    settle_init(&settle, NULL, NULL);
    event(&settle, "{\"source\":\"mx\",\"kind\":\"accepted\",\"message\":\"m1\","
                   "\"to\":[\"a@x.test\",\"b@x.test\"]}");
    event(&settle, ACCEPTED);
    ck_assert(settle_is_settled(&settle));
    settle_deinit(&settle);
}
END_TEST

START_TEST(test_what_the_operator_deletes_has_its_end)
{
    struct settle settle;
    settle_init(&settle, NULL, NULL);
    event(&settle, ACCEPTED);
    ck_assert(settle_is_open(&settle, "m1", "A@x.test"));
    event(&settle, "{\"source\":\"mta\",\"kind\":\"order\",\"what\":\"hold\",\"all\":true,"
                   "\"message\":\"\",\"to\":[],\"status\":0}");
    event(&settle, "{\"source\":\"mta\",\"kind\":\"order\",\"what\":\"delete\",\"all\":true,"
                   "\"message\":\"\",\"to\":[],\"status\":1}");
    ck_assert_uint_eq(settle.open.count, 2);
    event(&settle, "{\"source\":\"mta\",\"kind\":\"order\",\"what\":\"delete\",\"all\":false,"
                   "\"message\":\"m1\",\"to\":[\"b@x.test\"],\"status\":0}");
    ck_assert(!settle_is_open(&settle, "m1", "b@x.test"));
    ck_assert(settle_is_open(&settle, "m1", "a@x.test"));
    event(&settle, "{\"source\":\"mta\",\"kind\":\"order\",\"what\":\"delete\",\"all\":true,"
                   "\"message\":\"\",\"to\":[],\"status\":0}");
    ck_assert(settle_is_settled(&settle));
    settle_deinit(&settle);
}
END_TEST

UNIT_MAIN(test_what_the_operator_deletes_has_its_end,
          test_what_is_delivered_before_it_is_confirmed_has_its_end,
          test_each_recipient_needs_its_own_end,
          test_a_bounce_ends_what_failed_and_a_warning_does_not)
