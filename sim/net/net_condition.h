/*
 * What the network does to connections to a host: before any server sees them (a condition that
 * shuts), or on the line while they are open.
 *
 *     "network": "silent"
 *     "network": [ { "is": "unreachable", "family": "ipv6" }, { "is": "refused", "during": "1h..2h"
 * } ]
 *     "network": { "is": "resets", "after": "100kB" }
 */
#pragma once

#include "sim/value/address.h"
#include "sim/value/range.h"

#define NET_CONDITIONS(X)                                                              \
    X(OPEN, "open")               /* nothing is wrong */                               \
    X(REFUSED, "refused")         /* a reset in answer to the SYN: nothing listens */  \
    X(UNREACHABLE, "unreachable") /* ICMP: host unreachable */                         \
    X(PROHIBITED, "prohibited")   /* ICMP: a firewall forbids it */                    \
    X(SILENT, "silent")           /* no answer at all: the client must time out */     \
    X(RESETS, "resets")           /* a reset after so many bytes */                    \
    X(VANISHES, "vanishes")       /* from then on neither hears of the other */        \
    X(STALLS, "stalls")           /* packets get lost: it stands still now and then */ \
    X(BLACK_HOLE, "black-hole")   /* large packets to the host vanish, and no ICMP tells */

enum net_condition_kind {
#define X(name, word) NET_##name,
    NET_CONDITIONS(X)
#undef X
        NET_CONDITION_COUNT,
};

extern const char *const NET_CONDITION_WORDS[]; /* NULL-terminated, in the order of the enum */

enum { NET_CONDITIONS_MAX = 32 };

struct net_condition {
    enum net_condition_kind kind;
    bool ipv4; /* strikes addresses of this family */
    bool ipv6;
    bool windowed;
    struct window during;
    int64_t after_bytes;  /* of resets, vanishes: what the client has sent by then */
    int64_t every_bytes;  /* of stalls: between two of them */
    struct range stop_us; /* of stalls: how long each lasts */
    int64_t packet_bytes; /* of a black hole: the largest IP packet that gets through */
};

/* Whether it keeps connections from being made; those that do not, strike open ones. */
bool net_condition_shuts(enum net_condition_kind kind);

/* A word, an object, or a list of them; in `arena`. */
int net_conditions_read(struct spec spec, struct arena *arena, struct net_condition **list,
                        size_t *count, struct err *err) MUST_CHECK;

/* What holds for an address now: the first condition that fits; NULL if there is none. */
const struct net_condition *net_conditions_now(const struct net_condition *list, size_t count,
                                               const struct address *address, int64_t now_us,
                                               int64_t since_start_us);

/* When, after `since_start_us`, a window opens or closes next; INT64_MAX for never. Windows by the
 * time of day count as well. */
int64_t net_conditions_next_us(const struct net_condition *list, size_t count, int64_t now_us,
                               int64_t since_start_us);

/* Appends one line for each, for `explain`. */
void net_conditions_explain(const struct net_condition *list, size_t count, struct buf *out);
