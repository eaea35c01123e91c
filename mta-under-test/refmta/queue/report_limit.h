/*
 * How many notifications one address may get from us in an hour. Who forges a reverse-path makes us
 * send bounces to somebody who has nothing to do with it (back-scatter); a limit keeps a flood from
 * going through us. In memory: a restart begins anew.
 */
#pragma once

#include "mta-under-test/base/map.h"

/* The caller's storage; all zero is empty. */
struct report_limit {
    struct map addresses;
    int64_t since_us; /* when the hour at hand began */
};

void report_limit_deinit(struct report_limit *limit);

/* Counts one; false when the address has had `max` in this hour (0: no limit). */
bool report_limit_take(struct report_limit *limit, const char *address, unsigned max,
                       int64_t now_us) MUST_CHECK;
