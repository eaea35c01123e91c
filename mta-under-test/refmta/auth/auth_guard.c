#include "mta-under-test/refmta/auth/auth_guard.h"

#include "mta-under-test/base/poison.h"

void auth_guard_init(struct auth_guard *guard, const struct auth_guard_limits *limits)
{
    guard->limits = *limits;
    recent_init(&guard->failures, sizeof(unsigned), limits->clients_max, limits->forget_us);
}

void auth_guard_deinit(struct auth_guard *guard)
{
    recent_deinit(&guard->failures);
}

bool auth_guard_is_blocked(struct auth_guard *guard, struct slice client, int64_t now_us)
{
    const unsigned *failures = recent_find(&guard->failures, client, now_us);
    return failures != NULL && *failures >= guard->limits.failures_max;
}

int64_t auth_guard_failed(struct auth_guard *guard, struct slice client, int64_t now_us)
{
    unsigned *failures = recent_touch(&guard->failures, client, now_us);
    int64_t delay_us = guard->limits.delay_us;
    for (unsigned i = 0; i < *failures && delay_us < guard->limits.delay_max_us; i++)
        delay_us *= 2;
    ++*failures;
    return delay_us < guard->limits.delay_max_us ? delay_us : guard->limits.delay_max_us;
}

void auth_guard_succeeded(struct auth_guard *guard, struct slice client, int64_t now_us)
{
    unsigned *failures = recent_find(&guard->failures, client, now_us);
    if (failures != NULL)
        *failures /= 2;
}
