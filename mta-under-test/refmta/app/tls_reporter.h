/*
 * Gathers what became of TLS sessions and reports it, once a day, to the domains that ask for it
 * (RFC 8460): by HTTPS, by mail, or both. The day is that of UTC; a report leaves at a random time
 * in the first four hours of the next one, so that receivers do not get all at once. There is no
 * timer while nothing was gathered.
 */
#pragma once

#include "mta-under-test/refmta/app/report_sender.h"
#include "mta-under-test/refmta/delivery/resolver.h"
#include "mta-under-test/refmta/net/https_client.h"
#include "mta-under-test/refmta/tlspolicy/tls_results.h"

struct tls_reporter;

struct tls_reporter_options {
    const struct config *config; /* tls_reports_... */
    struct log *log;
    struct event_base *base;
    struct resolver *resolver;
    struct https_client *https;
    uint64_t seed;
    const struct report_sender *sender; /* complete when the loop runs */
};

struct tls_reporter *tls_reporter_open(const struct tls_reporter_options *options) MUST_CHECK;
void tls_reporter_close(struct tls_reporter **reporter);

/* A session's outcome. */
void tls_reporter_note(void *reporter, const struct tls_session *session);
