/*
 * What becomes of a recipient whose attempt failed for now (RFC 5321 4.5.4.1): wait, or give up.
 * A pure function of the facts, so that "why did it wait 40 minutes?" has one answer.
 */
#pragma once

#include "mta-under-test/refmta/config/schedule.h"

struct retry_facts {
    const struct schedule *schedule;
    int64_t received_us;
    int64_t now_us;
    int64_t give_up_us;    /* after receipt */
    int64_t warn_after_us; /* after receipt; 0: never */
    unsigned attempts;     /* failed ones, with this one */
    bool warned;
};

enum retry_verdict {
    RETRY_WAIT,    /* until due_us */
    RETRY_GIVE_UP, /* it has waited long enough */
};

struct retry_decision {
    enum retry_verdict verdict;
    int64_t due_us;
    int64_t wait_us;  /* from now to due_us */
    bool cut;         /* the wait is shorter than the schedule's, since it would pass give-up */
    bool warn_sender; /* now is the time to tell the sender of the delay */
};

struct retry_decision retry_decide(const struct retry_facts *facts);
