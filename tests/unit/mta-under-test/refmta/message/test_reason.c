#include "mta-under-test/refmta/message/reason.h"

#include "tests/unit/unit.h"

START_TEST(a_reason_survives_being_text)
{
    struct reason reason;
    struct reason again;
    struct buf text;
    buf_init(&text, 4096);
    reason_set(&reason, "5.1.1", true, "mx.b.test", "550 5.1.1 No %s", "such user");
    reason_to_text(&reason, &text);
    ck_assert_str_eq(buf_text(&text), "5.1.1 smtp mx.b.test 550 5.1.1 No such user");
    reason_from_text(buf_slice(&text), &again);
    ck_assert_str_eq(again.status, "5.1.1");
    ck_assert_str_eq(again.host, "mx.b.test");
    ck_assert_str_eq(again.text, "550 5.1.1 No such user");
    ck_assert(again.said);
    buf_reset(&text);
    reason_to_sentence(&again, &text);
    ck_assert_str_eq(buf_text(&text), "mx.b.test said: 550 5.1.1 No such user");

    buf_reset(&text);
    reason_set(&reason, "4.4.3", false, "", "no DNS\r\nat all");
    reason_to_text(&reason, &text);
    ck_assert_str_eq(buf_text(&text), "4.4.3 local - no DNS  at all");
    reason_from_text(buf_slice(&text), &again);
    ck_assert_str_eq(again.host, "");
    ck_assert(!again.said);
    buf_deinit(&text);
}
END_TEST

START_TEST(any_text_is_taken)
{
    struct reason reason;
    reason_from_text(SLICE("nonsense"), &reason);
    ck_assert_str_eq(reason.text, "nonsense");
    ck_assert_str_eq(reason.status, "");
    reason_from_text(slice_from(NULL, 0), &reason);
    ck_assert_str_eq(reason.text, "");
}
END_TEST

UNIT_MAIN(a_reason_survives_being_text, any_text_is_taken)
