#include "sim/check/check_history.h"

#include "tests/unit/unit.h"

enum { MANY = 1000 };

static struct check_delivery delivery_to(const char *to)
{
    return (struct check_delivery){.to = to};
}

START_TEST(test_a_message_is_found_with_its_recipient_without_case)
{
    struct check_index index = {0};
    struct check_delivery bob = delivery_to("Bob@a.test");
    struct check_delivery eve = delivery_to("eve@a.test");
    ck_assert_ptr_null(check_index_find(&index, "m1", "bob@a.test"));
    check_index_set(&index, "m1", &bob);
    check_index_set(&index, "m1", &eve);
    ck_assert_ptr_eq(check_index_find(&index, "m1", "bob@A.TEST"), &bob);
    ck_assert_ptr_eq(check_index_find(&index, "m1", "eve@a.test"), &eve);
    ck_assert_ptr_null(check_index_find(&index, "M1", "bob@a.test"));
    ck_assert_ptr_null(check_index_find(&index, "m", "1bob@a.test"));
    check_index_deinit(&index);
    ck_assert_ptr_null(check_index_find(&index, "m1", "bob@a.test"));
}
END_TEST

START_TEST(test_a_later_one_takes_the_place)
{
    struct check_index index = {0};
    struct check_delivery first = delivery_to("bob@a.test");
    struct check_delivery second = delivery_to("BOB@a.test");
    check_index_set(&index, "m1", &first);
    check_index_set(&index, "m1", &second);
    ck_assert_ptr_eq(check_index_find(&index, "m1", "bob@a.test"), &second);
    ck_assert_uint_eq(index.count, 1);
    check_index_set(&index, "m2", &first);
    check_index_set(&index, "m3", &first);
    ck_assert_ptr_null(check_index_find(&index, "m2", "bob@a.test"));
    ck_assert_ptr_eq(check_index_find(&index, "m3", "bob@a.test"), &first);
    ck_assert_uint_eq(index.count, 2);
    check_index_deinit(&index);
}
END_TEST

START_TEST(test_many_are_found_and_both_kinds_stand_side_by_side)
{
    static struct check_delivery deliveries[MANY];
    static char names[MANY][24];
    struct check_index messages = {0};
    struct check_index recipients = {.kind = CHECK_INDEX_RECIPIENTS};
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%d@a.test", i);
        deliveries[i] = delivery_to(names[i]);
        check_index_set(&messages, names[i], &deliveries[i]);
        check_index_set(&recipients, "", &deliveries[i]);
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_ptr_eq(check_index_find(&messages, names[i], names[i]), &deliveries[i]);
        ck_assert_ptr_eq(check_index_find(&recipients, "", names[i]), &deliveries[i]);
    }
    ck_assert_ptr_null(check_index_find(&messages, "", names[0]));
    check_index_deinit(&messages);
    check_index_deinit(&recipients);
}
END_TEST

UNIT_MAIN(test_a_message_is_found_with_its_recipient_without_case, test_a_later_one_takes_the_place,
          test_many_are_found_and_both_kinds_stand_side_by_side)
