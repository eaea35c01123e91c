/*
 * DMARC aggregate reports in both forms, that of RFC 7489 (section 7.2 and appendix C) and that of
 * RFC 9990: one structure, a writer and a reader, for XML and for XML in gzip form.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/dmarc/dmarc_record.h"

enum {
    DMARC_REPORT_BYTES_MAX = 64 * 1024 * 1024, /* of XML */
    DMARC_REPORT_ROWS_MAX = 200000,
    DMARC_REPORT_RESULTS_MAX = 100, /* of one kind in a row; of the reasons too */
};

#define DMARC_REPORT_NAMESPACE "urn:ietf:params:xml:ns:dmarc-2.0"

/* One <dkim> or <spf> of <auth_results>. */
struct dmarc_report_result {
    struct slice domain;
    struct slice selector; /* dkim */
    struct slice scope;    /* spf: "mfrom" or "helo" */
    struct slice result;
    struct slice human_result;
};

/* One <reason>: why the disposition is not what the policy asks for. */
struct dmarc_report_reason {
    struct slice type; /* "local_policy", "mailing_list", ... */
    struct slice comment;
};

/* One <record>. */
struct dmarc_report_row {
    struct slice source_ip;
    uint64_t count;
    struct slice disposition; /* "none", "quarantine", "reject"; in RFC 9990 also "pass" */
    struct slice dkim;        /* aligned results: "pass" or "fail" */
    struct slice spf;
    size_t reason_count;
    struct dmarc_report_reason *reasons;
    struct slice header_from;
    struct slice envelope_from;
    struct slice envelope_to;
    size_t dkim_count;
    struct dmarc_report_result *dkim_results;
    size_t spf_count;
    struct dmarc_report_result *spf_results;
};

struct dmarc_report {
    enum dmarc_version form; /* RFC 9990 has an XML namespace of its own */
    struct slice version;
    struct slice org_name;
    struct slice email;
    struct slice extra_contact_info;
    struct slice report_id;
    int64_t begin_s;
    int64_t end_s;
    struct slice error;     /* the first, when there are several */
    struct slice generator; /* RFC 9990 */
    /* <policy_published>; what is empty is not written */
    struct slice domain;
    struct slice adkim;
    struct slice aspf;
    struct slice p;
    struct slice sp;
    struct slice pct; /* RFC 7489 */
    struct slice fo;
    struct slice np; /* RFC 9990, as what follows */
    struct slice testing;
    struct slice discovery_method; /* "psl" or "treewalk" */
    size_t count;
    struct dmarc_report_row *rows;
};

/* Writes the XML in the form that the report names; what only the other form knows is left out. */
void dmarc_report_write(const struct dmarc_report *report, struct buf *out);

/* Reads a report of either form, XML or gzip by its first bytes. No external entity is loaded, and
 * a document with a DTD is refused. -1 with what is wrong. Everything lives in the arena. */
int dmarc_report_read(struct arena *arena, struct slice bytes, struct dmarc_report *report,
                      struct err *err) MUST_CHECK;

/* gzip of bytes, and back up to `max` bytes. -1 if it is no gzip, or too long. The output of
 * dmarc_report_gzip() carries no time, so that it is deterministic. */
void dmarc_report_gzip(struct slice bytes, struct buf *out);
int dmarc_report_gunzip(struct slice bytes, size_t max, struct buf *out) MUST_CHECK;

/* The file name of RFC 7489 7.2.1.1: "RECEIVER!DOMAIN!BEGIN!END.xml.gz". */
void dmarc_report_file_name(const struct dmarc_report *report, struct slice receiver,
                            struct buf *out);
