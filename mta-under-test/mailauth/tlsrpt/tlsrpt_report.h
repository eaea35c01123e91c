/*
 * SMTP TLS reports (RFC 8460 section 4): one structure, a writer and a reader, as JSON.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

enum { TLSRPT_BYTES_MAX = 64 * 1024 * 1024, TLSRPT_ITEMS_MAX = 100000 };

/* One of "failure-details" (4.3.2, 4.4); what is empty is not written. */
struct tlsrpt_failure {
    struct slice result_type; /* "starttls-not-supported", "certificate-expired", ... */
    struct slice sending_mta_ip;
    struct slice receiving_mx_hostname;
    struct slice receiving_mx_helo;
    struct slice receiving_ip;
    uint64_t failed_sessions;
    struct slice additional_information;
    struct slice failure_reason_code;
};

/* One of "policies". */
struct tlsrpt_policy {
    struct slice type; /* "sts", "tlsa" or "no-policy-found" */
    struct slice domain;
    size_t string_count;
    struct slice *strings; /* "policy-string" */
    size_t mx_count;
    struct slice *mx_hosts;
    uint64_t successful_sessions;
    uint64_t failed_sessions;
    size_t failure_count;
    struct tlsrpt_failure *failures;
};

struct tlsrpt_report {
    struct slice organization_name;
    struct slice start; /* RFC 3339 */
    struct slice end;
    struct slice contact_info;
    struct slice report_id;
    size_t count;
    struct tlsrpt_policy *policies;
};

void tlsrpt_report_write(const struct tlsrpt_report *report, struct buf *out);

/* -1 with what is wrong. Everything lives in the arena. Unknown members are passed over. */
int tlsrpt_report_read(struct arena *arena, struct slice json, struct tlsrpt_report *report,
                       struct err *err) MUST_CHECK;

/* The result types of section 4.3; false for others. */
bool tlsrpt_result_type_is_known(struct slice type);
