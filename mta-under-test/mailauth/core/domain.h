/*
 * Domain names as the mail-authentication RFCs compare and cut them. Names are slices without a
 * final dot unless said otherwise; they compare without case.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { DOMAIN_BYTES_MAX = 253, DOMAIN_LABEL_BYTES_MAX = 63 };

/* The name without one final dot. */
struct slice domain_without_dot(struct slice name);

/* Can be put into a DNS query: no empty label, labels of at most 63 bytes, 253 bytes in all. Says
 * nothing about the characters. */
bool domain_is_queryable(struct slice name);

/* Letters, digits, hyphens and underscores, with hyphens only inside labels; queryable; at least
 * one label (RFC 5890 2.3.1 with the underscore of attribute leaves). */
bool domain_is_ldh(struct slice name);

/* sub-domain of RFC 5321 4.1.2 separated by dots: as above without underscores. */
bool domain_is_hostname(struct slice name);

size_t domain_label_count(struct slice name);
/* The last `count` labels of the name (all if it has fewer). */
struct slice domain_last_labels(struct slice name, size_t count);
/* The name without its first label; empty at the last one. */
struct slice domain_parent(struct slice name);

/* `name` is `parent` or stands below it. */
bool domain_is_within(struct slice name, struct slice parent);

/*
 * Writes the name in A-label form (RFC 5891; UTS 46 mapping), in lower case: the form in which
 * names are looked up and compared (RFC 8616 section 3). Names of US-ASCII are only put into
 * lower case. False if the name is not valid UTF-8 or no valid internationalised name.
 */
bool domain_to_ascii(struct arena *arena, struct slice name, struct slice *ascii);
