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
    return facts->null_sender ? REPORT_NULL_SENDER : REPORT_SEND;
}
