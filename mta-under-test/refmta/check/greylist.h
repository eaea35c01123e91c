/*
 * Greylisting (RFC 6647): who comes for the first time is asked to come again later, which real
 * servers do. Remembers who came, by the client's network, the sender and the recipient; only in
 * memory: after a restart all are new once. No I/O.
 */
#pragma once

#include "mta-under-test/base/recent.h"

struct greylist {
    struct recent visits;
};

enum greylist_result {
    GREYLIST_NEW,   /* never seen */
    GREYLIST_EARLY, /* seen, but the delay is not over */
    GREYLIST_KNOWN, /* came again in time, now or before */
};

/* Who has come: of the client only the network counts, IPv4 /24 and IPv6 /64, since large senders
 * try again from another address. */
struct greylist_visit {
    struct slice client; /* 4 or 16 bytes */
    const char *sender;
    const char *recipient;
};

void greylist_init(struct greylist *greylist);
void greylist_deinit(struct greylist *greylist);

/* Notes the visit. `delay_us` is how long who is new has to wait; who does not come again within
 * two days is new again, who came is known for five weeks after the last visit. */
enum greylist_result greylist_visit(struct greylist *greylist, const struct greylist_visit *visit,
                                    int64_t delay_us, int64_t now_us);
const char *greylist_result_name(enum greylist_result result);
