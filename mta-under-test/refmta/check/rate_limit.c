#include "mta-under-test/refmta/check/rate_limit.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { KEYS_MAX = 200000 };

void rate_limit_init(struct rate_limit *limit)
{
    /* The longest time of a rule is a day: what is older has leaked away. */
    recent_init(&limit->busy_until, sizeof(int64_t), KEYS_MAX, TIME_DAY);
}

void rate_limit_deinit(struct rate_limit *limit)
{
    recent_deinit(&limit->busy_until);
}

bool rate_limit_take(struct rate_limit *limit, struct slice key, unsigned count, int64_t span_us,
                     int64_t now_us)
{
    int64_t share_us = span_us / count;
    int64_t *busy_until_us = recent_touch(&limit->busy_until, key, now_us);
    int64_t from_us = *busy_until_us > now_us ? *busy_until_us : now_us;
    if (from_us + share_us - now_us > span_us)
        return false;
    *busy_until_us = from_us + share_us;
    return true;
}
