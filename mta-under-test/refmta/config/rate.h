/*
 * A rate as it stands in files of configuration: "100/1h", so many in so long.
 */
#pragma once

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

struct rate {
    unsigned count; /* 0: none is given */
    int64_t span_us;
};

/* Reads a rate of at least 1 and at most `count_max`, in any span above zero; -1 if it is none. */
int rate_from_text(struct slice text, unsigned count_max, struct rate *rate) MUST_CHECK;
