/*
 * How fast receivers want their mail, and what their replies mean: the rules of a JSON file. What
 * may stand in it is told in the README of this folder. All belongs to the arena.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"
#include "mta-under-test/refmta/config/rate.h"
#include "mta-under-test/refmta/net/ip.h"

enum reply_action {
    REPLY_NOTHING,
    REPLY_SUSPEND, /* nothing goes to this receiver from this address for a time, then one probe */
    REPLY_SLOW,    /* messages are paced */
    REPLY_SHRINK,  /* fewer connections */
    REPLY_SWITCH,  /* another of our addresses takes over for a time */
};

/* What a refusal counts as, whatever its code says: some say 550 for a limit that passes, and some
 * 421 for ever. */
enum reply_sense { REPLY_AS_IT_SAYS, REPLY_AS_TEMPORARY, REPLY_AS_PERMANENT };

/* All patterns are globs (glob.h); NULL fits everything. */
struct reply_rule {
    const char *name;
    const char *code;   /* "421", "4*" */
    const char *status; /* of the enhanced status, "4.7.28"; a reply without one does not fit */
    const char *text;   /* of the whole reply, code and status included */
    enum reply_action action;
    enum reply_sense sense;
    int64_t for_us;       /* how long it is in force; 0: until `successes` */
    unsigned successes;   /* it ends after so many messages that were taken; 0: by time only */
    struct rate rate;     /* REPLY_SLOW */
    unsigned connections; /* REPLY_SHRINK */
};

/* Destinations that are one receiver: by the domain, or by the name of their best MX. */
struct shaping_receiver {
    const char *name;
    const char **domains; /* globs */
    size_t domain_count;
    const char **hosts; /* globs */
    size_t host_count;
    unsigned connections;             /* 0: as configured for all */
    unsigned messages_per_connection; /* 0: likewise */
    struct rate rate;                 /* count 0: no limit */
    struct reply_rule *rules;         /* the first that fits counts */
    size_t rule_count;
};

/* How much a new address of ours may send to each receiver, day by day. */
struct shaping_warm_up {
    struct ip_address source;
    int64_t start_us; /* of the first day */
    unsigned *per_day;
    size_t day_count; /* behind them there is no limit */
};

struct shaping_rules {
    struct shaping_receiver *receivers;
    size_t receiver_count;
    struct shaping_receiver others; /* its rules also come after those of each receiver */
    struct shaping_warm_up *warm_ups;
    size_t warm_up_count;
};

/* -1 with a text that has the file, and the line or the JSON path. `name` stands for the file. */
int shaping_rules_parse(struct shaping_rules *rules, struct arena *arena, const char *name,
                        struct slice json, struct err *err) MUST_CHECK;
int shaping_rules_load(struct shaping_rules *rules, struct arena *arena, const char *path,
                       struct err *err) MUST_CHECK;

/* Never NULL. `host` is the best MX; NULL if it is not known. */
const struct shaping_receiver *shaping_rules_find(const struct shaping_rules *rules,
                                                  const char *domain, const char *host);

/* The rule that fits a reply, "421 4.7.28 text": the receiver's own before those for all; NULL. */
const struct reply_rule *shaping_rules_match(const struct shaping_rules *rules,
                                             const struct shaping_receiver *receiver,
                                             struct slice reply);

const char *reply_action_name(enum reply_action action);
