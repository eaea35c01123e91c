/*
 * Runs checks (check/check.h) with the resolver: asks for what they need, and calls back when all
 * is known.
 */
#pragma once

#include "mta-under-test/refmta/check/check.h"
#include "mta-under-test/refmta/delivery/resolver.h"

struct server_check;

/* done() is called once, later or from inside this call; *work is NULL from then on. The check
 * stays the caller's, who leaves it alone until then, or cancels. */
void server_check_start(struct server_check **work, struct check *check, struct resolver *resolver,
                        void (*done)(void *arg), void *arg);
/* done() is not called any more. */
void server_check_cancel(struct server_check **work);
