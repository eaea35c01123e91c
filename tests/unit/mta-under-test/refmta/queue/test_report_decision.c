#include "mta-under-test/refmta/queue/report_decision.h"

#include "mta-under-test/refmta/message/envelope.h"
#include "mta-under-test/refmta/report/dsn.h"
#include "tests/unit/unit.h"

START_TEST(the_sender_is_told_what_it_wants_to_know)
{
    static const struct {
        bool null_sender;
        uint8_t notify;
        enum dsn_kind kind;
        enum report_verdict verdict;
    } CASES[] = {
        {false, 0, DSN_FAILED, REPORT_SEND},
        {false, 0, DSN_DELAYED, REPORT_SEND},
        {false, 0, DSN_RELAYED, REPORT_NOT_WANTED},
        {true, 0, DSN_FAILED, REPORT_NULL_SENDER},
        {true, 0, DSN_DELAYED, REPORT_NULL_SENDER},
        {false, ENVELOPE_NOTIFY_NEVER, DSN_FAILED, REPORT_NOT_WANTED},
        {false, ENVELOPE_NOTIFY_NEVER, DSN_DELAYED, REPORT_NOT_WANTED},
        {false, ENVELOPE_NOTIFY_SUCCESS, DSN_RELAYED, REPORT_SEND},
        {false, ENVELOPE_NOTIFY_SUCCESS, DSN_FAILED, REPORT_NOT_WANTED},
        {false, ENVELOPE_NOTIFY_FAILURE, DSN_DELAYED, REPORT_NOT_WANTED},
        {true, ENVELOPE_NOTIFY_SUCCESS, DSN_RELAYED, REPORT_NULL_SENDER},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct report_decision_facts facts = {.null_sender = CASES[i].null_sender,
                                              .notify = CASES[i].notify,
                                              .kind = (int)CASES[i].kind};
        ck_assert_msg(report_decide(&facts) == CASES[i].verdict, "case %zu", i);
    }
}
END_TEST

START_TEST(a_forged_sender_is_told_nothing)
{
    struct report_decision_facts facts = {.is_doubtful = true, .kind = DSN_FAILED};
    ck_assert_int_eq(report_decide(&facts), REPORT_DOUBTFUL);
    ck_assert_ptr_nonnull(strstr(report_verdict_text(REPORT_DOUBTFUL), "forged"));
    facts.notify = ENVELOPE_NOTIFY_NEVER;
    ck_assert_int_eq(report_decide(&facts), REPORT_NOT_WANTED);
}
END_TEST

UNIT_MAIN(a_forged_sender_is_told_nothing, the_sender_is_told_what_it_wants_to_know)
