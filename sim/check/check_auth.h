/*
 * What a simulated host found out about the sender of a message (SPF, DKIM, DMARC, ARC, iprev), as
 * the `accepted` event tells it (docs/events.md), and as expectations ask for it.
 */
#pragma once

#include <cjson/cJSON.h>

#include "mta-under-test/base/json_out.h"

#define CHECK_AUTH_METHODS(X)  \
    X(SPF, "spf", "SPF")       \
    X(DKIM, "dkim", "DKIM")    \
    X(DMARC, "dmarc", "DMARC") \
    X(ARC, "arc", "ARC")       \
    X(IPREV, "iprev", "iprev")

enum check_auth_method {
#define X(name, word, title) CHECK_AUTH_##name,
    CHECK_AUTH_METHODS(X)
#undef X
        CHECK_AUTH_COUNT,
};

extern const char *const CHECK_AUTH_WORDS[];  /* keys of expectations and of the event */
extern const char *const CHECK_AUTH_TITLES[]; /* as people write them */

struct check_collector;

/* "" where the host did not look. */
struct check_auth {
    const char *results[CHECK_AUTH_COUNT];
    const char *reasons[CHECK_AUTH_COUNT];
};

/* From the object "auth" of an event (NULL if it has none), kept: the one before where it says the
 * same, as with each message of a campaign. */
const struct check_auth *check_auth_read(struct check_collector *c, const cJSON *json);
/* Adds the object "auth" of results.json; nothing if the host did not look at all. */
void check_auth_write(const struct check_auth *auth, struct json_out *out);
