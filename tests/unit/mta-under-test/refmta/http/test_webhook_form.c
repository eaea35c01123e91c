#include "mta-under-test/refmta/http/webhook_form.h"

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

START_TEST(an_event_is_an_object_on_a_line)
{
    struct reason reason;
    struct buf out;
    buf_init(&out, 4096);
    reason_set(&reason, "5.1.1", true, "mx.x.test", "550 no such user");
    const struct queue_event event = {.kind = QUEUE_EVENT_BOUNCED,
                                      .id = 0xabc,
                                      .sender = "a@s.test",
                                      .recipient = "b@x.test",
                                      .submitter = "ann",
                                      .reason = &reason,
                                      .attempts = 1};
    webhook_event_write(&event, TIME_DAY, &out);
    ck_assert_str_eq(buf_text(&out),
                     "{\"event\":\"bounced\",\"time\":\"1970-01-02T00:00:00Z\","
                     "\"queue-id\":\"0000000000abc\",\"sender\":\"a@s.test\","
                     "\"recipient\":\"b@x.test\",\"submitter\":\"ann\",\"host\":\"mx.x.test\","
                     "\"status\":\"5.1.1\",\"reply\":\"550 no such user\",\"attempts\":1}");
    buf_deinit(&out);
}
END_TEST

START_TEST(the_signature_is_hmac_over_time_and_body)
{
    struct buf out;
    buf_init(&out, 4096);
    /* printf %s '1000.[]' | openssl dgst -sha256 -hmac key */
    webhook_sign(SLICE("key"), SLICE("[]"), 1000 * TIME_SECOND, &out);
    ck_assert_str_eq(buf_text(&out),
                     "t=1000,v1=66c8a919761683b163bdc36a4ae77dcb33585f52bcb4123f935a6f20a254a993");
    buf_deinit(&out);
}
END_TEST

UNIT_MAIN(an_event_is_an_object_on_a_line, the_signature_is_hmac_over_time_and_body)
