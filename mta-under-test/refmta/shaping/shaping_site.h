/*
 * What is known of one receiver as seen from one of our addresses: how many connections are open,
 * which measures its replies have put in force, when the next message may go. A pure state
 * machine: time comes in as a number (monotonic for pacing, the wall clock for warm-up days), and
 * nothing is sent from here.
 *
 * After a suspension the site probes: one connection, and one more for each PROBE_SUCCESSES
 * messages that were taken, as Google advises; a new refusal suspends it again.
 */
#pragma once

#include "mta-under-test/refmta/shaping/shaping_rules.h"

enum { SHAPING_PROBE_SUCCESSES = 5 };

/* One measure in force. */
struct shaping_measure {
    const struct reply_rule *rule; /* NULL: none */
    int64_t until_us;              /* monotonic; INT64_MAX: until the successes are there */
    unsigned successes_left;       /* 0: by time only */
};

struct shaping_site {
    const struct shaping_receiver *receiver;
    const struct shaping_warm_up *warm_up; /* NULL: the address needs none */
    unsigned connections;                  /* open */
    unsigned probe_connections;            /* 0: not probing */
    unsigned probe_successes;
    int64_t next_send_us;
    struct shaping_measure suspended;
    struct shaping_measure slow;
    struct shaping_measure shrunk;
    int64_t day; /* of the warm-up, that `sent` counts */
    unsigned sent;
};

struct shaping_now {
    int64_t monotonic_us;
    int64_t wall_us;
};

void shaping_site_init(struct shaping_site *site, const struct shaping_receiver *receiver,
                       const struct shaping_warm_up *warm_up);

/* When the next message may go, in monotonic time: now, or later. */
int64_t shaping_site_send_at(const struct shaping_site *site, struct shaping_now now);
/* When another connection may be opened: now, later, or INT64_MAX: when one of its own ends.
 * `most` is the configured limit where the receiver has none. */
int64_t shaping_site_connect_at(const struct shaping_site *site, struct shaping_now now,
                                unsigned most);

/* More connections are open than may be. */
bool shaping_site_is_over(const struct shaping_site *site, struct shaping_now now, unsigned most);

/* A message is being sent. */
void shaping_site_sent(struct shaping_site *site, struct shaping_now now);
/* A message was taken. */
void shaping_site_succeeded(struct shaping_site *site);
/* A reply fits the rule: its measure comes into force, or is prolonged. */
void shaping_site_apply(struct shaping_site *site, const struct reply_rule *rule,
                        struct shaping_now now);

/* The rule that holds mail back now; NULL: none does. */
const struct reply_rule *shaping_site_reason(const struct shaping_site *site,
                                             struct shaping_now now);
