/*
 * Gathers what DMARC found in the mail of strangers, and reports it once a day to the domains that
 * ask for it (RFC 7489 7.2): in the first four hours (UTC) of the next day, at a random time, so
 * that receivers do not get all at once. What DNS or the disk hold up is tried again each hour for
 * two days. There is no timer while nothing was gathered.
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/refmta/app/report_sender.h"
#include "mta-under-test/refmta/delivery/resolver.h"

struct dmarc_reporter;

struct dmarc_reporter_options {
    const struct config *config; /* dmarc_reports */
    struct event_base *base;
    struct log *log;
    struct resolver *resolver;
    uint64_t seed;
    const struct report_sender *sender; /* complete when the loop runs */
};

/* NULL with a text. */
struct dmarc_reporter *dmarc_reporter_open(const struct dmarc_reporter_options *options,
                                           struct err *err) MUST_CHECK;
/* When the resolver and the queue are closed: then no report is under way. */
void dmarc_reporter_close(struct dmarc_reporter **reporter);

/* Counts one message (dmarc_tally_add()). */
void dmarc_reporter_note(void *reporter, const struct dmarc_report *one);
