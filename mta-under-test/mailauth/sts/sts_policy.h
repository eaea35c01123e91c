/*
 * The MTA-STS policy file (RFC 8461 section 3.2), how MX hosts match it (section 4.1), and how long
 * it is good for (sections 3.3 and 5).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { STS_MAX_AGE_S = 31557600, STS_MX_MAX = 1000, STS_POLICY_BYTES_MAX = 65536 };

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

struct sts_policy {
    enum sts_mode mode;
    uint32_t max_age_s;
    size_t mx_count;
    struct slice *mx; /* patterns: a host name, or "*." and one */
};

/* Reads a whole file; lines end in LF or CRLF. Returns NULL, or in few words what is wrong. Unknown
 * fields are ignored, and of a field that stands twice (mx left out) only the first counts. */
const char *sts_policy_parse(struct arena *arena, struct slice text, struct sts_policy *policy);

const char *sts_mode_name(enum sts_mode mode);

/* The host is allowed: it is one of the patterns, where "*." stands for exactly one label. */
bool sts_policy_allows(const struct sts_policy *policy, struct slice mx);

/* What to do before a delivery, with a policy that was kept since `fetched_us` (NULL: none) and the
 * record that DNS gives now (an empty id: there is none, or it could not be asked for). */
enum sts_action {
    STS_USE_KEPT, /* the kept policy holds */
    STS_FETCH, /* fetch the policy; should that fail, the kept one holds while it has not run out */
    STS_DO_NOTHING /* MTA-STS does not apply */
};

struct sts_kept {
    struct slice id; /* of the record when it was fetched */
    int64_t fetched_us;
    uint32_t max_age_s;
};

enum sts_action sts_policy_decide(const struct sts_kept *kept, struct slice record_id,
                                  int64_t now_us);
/* The kept policy has not run out. */
bool sts_policy_is_fresh(const struct sts_kept *kept, int64_t now_us);
