/*
 * The providers' readers and lists at work in the world: complaints become reports of a feedback
 * loop (RFC 5965) by SMTP, unsubscriptions become one-click requests (RFC 8058) by HTTPS, and who
 * comes onto a provider's list, or off it, is seen in the zone that shows it (RFC 5782).
 *
 * Everything happens at its own time on the event loop, not only when the next message comes.
 */
#pragma once

#include <event2/event.h>

#include "sim/event/event_log.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_model.h"
#include "sim/tls/tls_authority.h"

struct readers;

struct readers_options {
    struct mx_model *mx;
    const struct policy_model *policy;
    struct dns_model *dns;
    struct mx_verifier *verifier; /* finds hosts, as the simulated receivers do */
    struct tls_authority *authority;
};

/* All that is given must outlive it; `log` may not be NULL. NULL with `err`. */
struct readers *readers_open(struct event_base *base, struct event_log *log,
                             const struct readers_options *options, struct err *err) MUST_CHECK;
/* What is under way is given up. */
void readers_close(struct readers **readers);
