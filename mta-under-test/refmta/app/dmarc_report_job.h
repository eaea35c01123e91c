/*
 * One DMARC report on its way (RFC 7489 7.2): asks DNS where it is wanted, and whether it is
 * welcome there, then sends it by mail. It frees itself.
 */
#pragma once

#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/refmta/app/report_sender.h"
#include "mta-under-test/refmta/delivery/resolver.h"

enum dmarc_report_end {
    DMARC_REPORT_DONE,  /* sent, or never to be: why not is in the log */
    DMARC_REPORT_LATER, /* what stands against it may go away */
};

/* All parts outlive the job, but for the config, which is used during the call. */
struct dmarc_report_job_options {
    const struct config *config;
    struct resolver *resolver;
    const struct report_sender *sender;
    /* Called once, later or from inside the call. */
    void (*done)(void *arg, const char *domain, enum dmarc_report_end end);
    void *arg;
};

/* Completes the report with who made it and its id, and starts. Takes over the arena, in which the
 * report lives. */
void dmarc_report_job_start(const struct dmarc_report_job_options *options, struct arena *arena,
                            const struct dmarc_report *report);
