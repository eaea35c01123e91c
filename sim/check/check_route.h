/*
 * Where mail for a domain may go, learnt from the DNS answers that the server under test was given
 * in the run: the addresses of the domain's MX hosts, or its own where it has no MX (RFC 5321
 * section 5.1).
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/map.h"

struct check_route {
    struct map names; /* what was answered about a name: struct check_route_name */
    struct arena *arena;
    struct buf plain; /* the name that is looked for */
};

enum check_route_verdict {
    CHECK_ROUTE_RIGHT,
    CHECK_ROUTE_WRONG,
    CHECK_ROUTE_UNKNOWN, /* answers were cut, or the recipient has an address literal */
};

void check_route_init(struct check_route *route, struct arena *arena);
void check_route_deinit(struct check_route *route);

/* A `query` event. */
void check_route_note(struct check_route *route, const cJSON *event);

/* May mail for this recipient go to this address? */
enum check_route_verdict check_route_judge(struct check_route *route, const char *recipient,
                                           const char *server) MUST_CHECK;
