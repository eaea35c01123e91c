#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/delivery.h"

#include "mta-under-test/base/poison.h"

enum { CONNECTIONS_MAX = 2000 };

const struct delivery_limits DELIVERY_LIMITS_DEFAULT = {
    .connections_max = CONNECTIONS_MAX,
    /* Dead hosts hold theirs until the time limit: the rest is for those that take mail. */
    .opening_max = CONNECTIONS_MAX - CONNECTIONS_MAX / 4,
    .opening_many = 64,
    .patience_us = 4 * TIME_SECOND, /* Linux has asked three times by then */
    .finding_max = 250,             /* the answers to more overflow a UDP socket */
    .idle_us = 2 * TIME_SECOND,
    .quit_us = 10 * TIME_SECOND,
};
