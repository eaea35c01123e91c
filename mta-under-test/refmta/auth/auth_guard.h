/*
 * Who guesses passwords is slowed down, and after a while not heard any more: counts failures by
 * the client's address (IPv6: its /64). Not by user: then anybody could lock a user out. No I/O.
 */
#pragma once

#include "mta-under-test/base/recent.h"

struct auth_guard_limits {
    unsigned failures_max; /* of one client; then it is refused without a look */
    int64_t delay_us;      /* before the answer to the first failure; doubles with each */
    int64_t delay_max_us;
    int64_t forget_us;    /* a client without failures for so long is as new */
    unsigned clients_max; /* the one that is quiet for the longest is forgotten first */
};

struct auth_guard {
    struct auth_guard_limits limits;
    struct recent failures; /* of each client, in a row */
};

void auth_guard_init(struct auth_guard *guard, const struct auth_guard_limits *limits);
void auth_guard_deinit(struct auth_guard *guard);

/* `client` is any key that stands for the client. */
bool auth_guard_is_blocked(struct auth_guard *guard, struct slice client, int64_t now_us);
/* How long the answer is to wait. */
int64_t auth_guard_failed(struct auth_guard *guard, struct slice client, int64_t now_us);
/* Halves the count: who knows one password may not guess others without end. */
void auth_guard_succeeded(struct auth_guard *guard, struct slice client, int64_t now_us);
