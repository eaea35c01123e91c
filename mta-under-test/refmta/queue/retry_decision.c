#include "mta-under-test/refmta/queue/retry_decision.h"

#include "mta-under-test/base/poison.h"

struct retry_decision retry_decide(const struct retry_facts *facts)
{
    struct retry_decision decision = {.verdict = RETRY_WAIT};
    int64_t age_us = facts->now_us - facts->received_us;
    if (age_us >= facts->give_up_us) {
        decision.verdict = RETRY_GIVE_UP;
        return decision;
    }
    decision.wait_us = schedule_wait_us(facts->schedule, facts->attempts);
    /* The last attempt is made when the time is up, not some hours before or behind it. */
    if (age_us + decision.wait_us > facts->give_up_us) {
        decision.wait_us = facts->give_up_us - age_us;
        decision.cut = true;
    }
    decision.due_us = facts->now_us + decision.wait_us;
    decision.warn_sender =
        facts->warn_after_us > 0 && !facts->warned && age_us >= facts->warn_after_us;
    return decision;
}
