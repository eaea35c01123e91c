/*
 * Domain names in wire form (RFC 1035 section 3.1), uncompressed: labels with their length in
 * front, the root label at the end. Inside the model names are lower case, so that equal bytes are
 * equal names (RFC 4343). A name is kept as a `struct dns_name`, or borrowed as a slice.
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum {
    DNS_NAME_BYTES_MAX = 255,
    DNS_LABEL_BYTES_MAX = 63,
    DNS_LABELS_MAX = 128, /* the root label included */
};

struct dns_name {
    size_t len;
    char bytes[DNS_NAME_BYTES_MAX];
};

/* Reads a text such as "mx.a.test" (with or without the final dot; "." or "" is the root; escapes
 * as in RFC 1035 section 5.1). -1 if it is no domain name. The result is lower case. */
int dns_name_from_text(struct slice text, struct dns_name *name) MUST_CHECK;

/* Reads the uncompressed name at the front of `wire`, as lower case. Returns its length, 0 if there
 * is none (cut off, too long, or with a compression pointer). */
size_t dns_name_from_wire(struct slice wire, struct dns_name *name) MUST_CHECK;

/* The length of the uncompressed name at the front of `wire`, 0 if there is none. */
size_t dns_wire_len(struct slice wire);

static inline struct slice dns_name_slice(const struct dns_name *name)
{
    return slice_from(name->bytes, name->len);
}

/* Appends the text without a final dot; the root is ".". Special characters are escaped. */
void dns_name_to_text(struct slice wire, struct buf *out);

/* True for the root (a single zero byte). */
static inline bool dns_wire_is_root(struct slice wire)
{
    return wire.len <= 1;
}

/* The name without its first label; the root's parent is the root. */
static inline struct slice dns_wire_parent(struct slice wire)
{
    return dns_wire_is_root(wire) ? wire : slice_skip(wire, 1 + (size_t)(unsigned char)*wire.data);
}

/* How many labels stand before the root label. */
size_t dns_wire_labels(struct slice wire);

/* True if `name` is `ancestor` or stands below it; both lower case. */
bool dns_wire_is_within(struct slice name, struct slice ancestor);

/* Orders names as DNSSEC does (RFC 4034 section 6.1): <0, 0, >0. Both lower case. */
int dns_wire_compare(struct slice a, struct slice b);

/* Puts the label "*" in front; -1 if the name gets too long. */
int dns_name_wildcard(struct slice parent, struct dns_name *name) MUST_CHECK;
