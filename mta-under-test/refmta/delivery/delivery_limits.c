#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/delivery.h"

#include "mta-under-test/base/poison.h"

enum { OPENING_MANY = 64 };

struct delivery_limits delivery_limits_of(size_t connections_max)
{
    /* Dead hosts hold theirs until the time limit: the rest is for those that take mail. */
    size_t opening_max = connections_max - connections_max / 4;
    return (struct delivery_limits){
        .connections_max = connections_max,
        .opening_max = opening_max,
        .opening_many = opening_max > 2 * (size_t)OPENING_MANY ? OPENING_MANY : opening_max / 2,
        .silent_max = opening_max / 4,
        .patience_us = 4 * TIME_SECOND,           /* Linux has asked three times by then */
        .greeting_patience_us = 30 * TIME_SECOND, /* those that test who is patient take less */
        .finding_max = 250,                       /* the answers to more overflow a UDP socket */
        .idle_us = 2 * TIME_SECOND,
        .quit_us = 10 * TIME_SECOND,
    };
}
