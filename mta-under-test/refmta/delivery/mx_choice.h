/*
 * From the MX records of a domain to the hosts to try, in order (RFC 5321 5.1, RFC 7505). Pure
 * functions of the facts.
 */
#pragma once

#include "mta-under-test/base/rng.h"
#include "mta-under-test/refmta/delivery/dns_answer.h"

enum mx_verdict {
    MX_HOSTS,    /* these are the hosts */
    MX_IMPLICIT, /* no MX: the domain itself is the host */
    MX_NULL,     /* "MX 0 .": takes no mail (RFC 7505) */
    MX_LOOP,     /* we are the best MX, so the mail would come back to us */
    MX_BROKEN,   /* MX records, but none of them names a host */
};

enum { MX_HOSTS_MAX = 20 };

struct mx_host {
    const char *name;
    uint16_t preference;
};

struct mx_choice {
    enum mx_verdict verdict;
    struct mx_host hosts[MX_HOSTS_MAX]; /* by preference; equal ones in the order of the answer */
    size_t count;
};

/* `hostname` is ours. The names are those of the records. */
void mx_choose(const struct dns_record *records, size_t count, const char *hostname,
               struct mx_choice *choice);

/* Where a host stands, and its share among those that stand there. */
struct mx_rank {
    uint16_t preference;
    unsigned weight; /* at least 1 */
};

/*
 * Shuffles `order`, which has the indexes of the hosts: by preference, and among equal ones by
 * chance, the heavy ones more often to the front (RFC 5321 5.1: the sender must randomise them to
 * spread the load).
 */
void mx_shuffle(struct mx_rank *ranks, size_t count, struct rng *rng, size_t *order);
