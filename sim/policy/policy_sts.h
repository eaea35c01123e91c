/*
 * The MTA-STS policy of a domain as a scenario writes it (RFC 8461).
 *
 *     { "mode": "enforce", "mx": ["*.bigmail.test"], "max-age": "7d", "id": "20260302" }
 */
#pragma once

#include "sim/policy/policy_model.h"

#define POLICY_STS_PATH "/.well-known/mta-sts.txt"
/* Where the fault "redirect" leads. */
#define POLICY_STS_MOVED_PATH "/moved/mta-sts.txt"

/* The keys that policy_sts_read() knows, for spec_check_keys(). */
#define POLICY_STS_KEYS "mode", "mx", "max-age", "id", "text"

void policy_sts_set_defaults(struct policy_sts *sts);
/* What is not given stays as it is. Keys are not checked. */
int policy_sts_read(struct spec spec, struct arena *arena, struct policy_sts *sts,
                    struct err *err) MUST_CHECK;

/* Appends the policy file (3.2), and the TXT record that announces it (3.1). */
void policy_sts_write(const struct policy_sts *sts, struct buf *out);
void policy_sts_write_record(const struct policy_sts *sts, struct buf *out);
