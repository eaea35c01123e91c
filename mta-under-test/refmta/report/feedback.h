/*
 * Reads what comes back about mail of ours: notifications of failure (RFC 3464), and complaints of
 * a feedback loop (ARF, RFC 5965), as multipart/report. A pure reader over bytes that anybody may
 * have sent: what has not the form is nothing.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/refmta/message/reason.h"

enum feedback_kind { FEEDBACK_NONE, FEEDBACK_FAILED, FEEDBACK_COMPLAINT };

struct feedback_item {
    const char *recipient;
    const char *sender;   /* FEEDBACK_COMPLAINT: the reverse-path; NULL: it is not told */
    struct reason reason; /* FEEDBACK_FAILED: status and what was said */
};

struct feedback {
    enum feedback_kind kind;
    struct feedback_item *items;
    size_t count;
};

enum { FEEDBACK_ITEMS_MAX = 100 };

/* Everything lives in the arena. */
void feedback_read(struct slice message, struct arena *arena, struct feedback *feedback);

/*
 * Variable envelope return paths: the reverse-path "news@sender.test" for the recipient
 * "ann@big.test" becomes "news+ann=big.test@sender.test", so that even a bounce without form tells
 * whom it is about. Writing: false when it would be too long, or for an address with quotes.
 */
bool feedback_verp_write(const char *sender, const char *recipient, struct buf *out) MUST_CHECK;
/* Reading the recipient back; false if it is no such address. */
bool feedback_verp_read(struct slice address, struct buf *recipient) MUST_CHECK;
