/*
 * DNS blocklists (RFC 5782): zones in which an address stands, turned round, while it is listed.
 */
#pragma once

#include "sim/policy/policy_model.h"

/* One entry of "blocklists". */
int policy_blocklist_read(struct spec spec, const char *zone, struct arena *arena,
                          struct policy_blocklist **list, struct err *err) MUST_CHECK;

/* "192.0.2.10", "192.0.2.0/24": only whole octets (nibbles of IPv6) can stand in a zone. */
int policy_blocklist_read_prefix(struct spec spec, struct prefix *prefix,
                                 struct err *err) MUST_CHECK;

/* Makes the zone, with what is listed from the start and the test entry of RFC 5782 section 5. */
int policy_blocklist_publish(const struct policy_blocklist *list, struct dns_model *dns,
                             struct err *err) MUST_CHECK;

/* The prefix is listed from now on, or no more. */
int policy_blocklist_add(const struct policy_blocklist *list, const struct prefix *prefix,
                         struct dns_model *dns, struct err *err) MUST_CHECK;
int policy_blocklist_remove(const struct policy_blocklist *list, const struct prefix *prefix,
                            struct dns_model *dns, struct err *err) MUST_CHECK;
