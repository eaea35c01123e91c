/*
 * One resource record: from text, to text, and its data as bytes. ldns parses and prints; the
 * model keeps the data in wire form, names uncompressed.
 */
#pragma once

#include <ldns/ldns.h>

#include "mta-under-test/base/err.h"
#include "sim/dns/dns_name.h"

enum {
    DNS_RECORD_TEXT_BYTES_MAX = 128 * 1024,
    DNS_RDATA_BYTES_MAX = 65535,
};

/* Parses "NAME [TTL] [IN] TYPE DATA", relative to `origin` ("@" is the origin itself). The caller
 * frees *rr with ldns_rr_free(). -1 with what is wrong (without the place). */
int dns_record_parse(const char *text, struct slice origin, uint32_t ttl, ldns_rr **rr,
                     struct err *err) MUST_CHECK;

/* Why ldns refused a record, in words for people; `text` may be NULL. Returns -1. */
int dns_record_error(ldns_status status, const char *text, struct err *err);

/* -1 if the model cannot hold such a record: not of class IN, of a type that only queries have. */
int dns_record_check(const ldns_rr *rr, struct err *err) MUST_CHECK;

/* The owner as a lower-case name. */
int dns_record_owner(const ldns_rr *rr, struct dns_name *owner, struct err *err) MUST_CHECK;

/* Appends the data in wire form; false if it does not fit into `out`. */
bool dns_record_data(const ldns_rr *rr, struct buf *out);

/* A record made from bytes, or NULL if they are no such data. Free with ldns_rr_free(). */
ldns_rr *dns_record_make(struct slice owner, uint16_t type, uint32_t ttl, struct slice data);

/* Appends the data as text, names without the final dot: "10 mx.a.test". */
void dns_record_data_to_text(uint16_t type, struct slice data, struct buf *out);

/* "MX", or "TYPE65280" for a type that has no name; returns `text`. */
enum { DNS_TYPE_TEXT_BYTES = 24 };
const char *dns_type_to_text(uint16_t type, char text[DNS_TYPE_TEXT_BYTES]);
/* -1 if there is no such type. */
int dns_type_from_text(const char *text, uint16_t *type) MUST_CHECK;

/* "NXDOMAIN"; returns `text`. */
enum { DNS_RCODE_TEXT_BYTES = 16 };
const char *dns_rcode_to_text(int rcode, char text[DNS_RCODE_TEXT_BYTES]);
