/*
 * One report on its way (RFC 8460): asks whether the domain wants it and where (the TXT record at
 * _smtp._tls), then hands it over by HTTPS or mail. It frees itself; what fails is in the log.
 */
#pragma once

#include "mta-under-test/mailauth/tlsrpt/tlsrpt_report.h"
#include "mta-under-test/refmta/app/report_sender.h"
#include "mta-under-test/refmta/delivery/resolver.h"
#include "mta-under-test/refmta/net/https_client.h"

/* All parts outlive the job, but for the config, which is used during the call. */
struct tls_report_job_options {
    const struct config *config;
    struct log *log;
    struct resolver *resolver;
    struct https_client *https;
    struct report_sender sender;
    int64_t start_us;
    int64_t end_us;
};

/* Completes the report with who, when and its id, and starts. It is borrowed during the call. */
void tls_report_job_start(const struct tls_report_job_options *options, const char *domain,
                          struct tlsrpt_report *report);
