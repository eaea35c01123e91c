#include "mta-under-test/refmta/queue/report_decision.h"

#include "mta-under-test/refmta/message/envelope.h"
#include "mta-under-test/refmta/report/dsn.h"

#include "mta-under-test/base/poison.h"

enum report_verdict report_decide(const struct report_decision_facts *facts)
{
    static const uint8_t NEEDED[] = {[DSN_FAILED] = ENVELOPE_NOTIFY_FAILURE,
                                     [DSN_DELAYED] = ENVELOPE_NOTIFY_DELAY,
                                     [DSN_DELIVERED] = ENVELOPE_NOTIFY_SUCCESS,
                                     [DSN_RELAYED] = ENVELOPE_NOTIFY_SUCCESS};
    /* Without NOTIFY a failure is told, and a delay may be (RFC 3461 4.1). */
    uint8_t notify =
        facts->notify != 0 ? facts->notify : ENVELOPE_NOTIFY_FAILURE | ENVELOPE_NOTIFY_DELAY;
    if ((notify & NEEDED[facts->kind]) == 0)
        return REPORT_NOT_WANTED;
    if (facts->null_sender)
        return REPORT_NULL_SENDER;
    return facts->is_doubtful ? REPORT_DOUBTFUL : REPORT_SEND;
}

const char *report_verdict_text(enum report_verdict verdict)
{
    static const char *const TEXTS[] = {
        [REPORT_SEND] = "",
        [REPORT_NOT_WANTED] = "NOTIFY does not ask for it",
        [REPORT_NULL_SENDER] = "the message has the null reverse-path",
        [REPORT_DOUBTFUL] = "SPF or DMARC failed, so the reverse-path may be forged",
        [REPORT_TOO_MANY] = "that sender has had `reports-per-hour` of them in this hour",
    };
    return TEXTS[verdict];
}
