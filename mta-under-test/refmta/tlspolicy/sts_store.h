/*
 * The MTA-STS policies that are known (RFC 8461 5): kept in memory and, one file for each domain,
 * in a folder, so that a restart forgets none: an attacker who can make a server restart must not
 * gain a first contact. Also remembers that a fetch failed, so that it is not repeated for each
 * message. No network here.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/mailauth/sts/sts_policy.h"

struct sts_store;

/* `folder` is made when the first policy is kept. */
struct sts_store *sts_store_open(const char *folder) MUST_CHECK;
void sts_store_close(struct sts_store **store);

/* What to do about a domain. */
struct sts_advice {
    enum sts_action action;
    struct slice id;    /* of the one record, valid as long as the records are; may be empty */
    bool in_background; /* STS_FETCH: the policy that is kept holds, but should be renewed */
};

/* `records` are the TXT records at _mta-sts.DOMAIN (none: there are none, or DNS does not tell). */
struct sts_advice sts_store_decide(struct sts_store *store, const char *domain,
                                   const struct slice *records, size_t record_count,
                                   int64_t now_us) MUST_CHECK;

/* The policy that holds now; NULL if there is none. Valid until the store is changed. */
const struct sts_policy *sts_store_get(struct sts_store *store, const char *domain, int64_t now_us);

/* A policy was fetched. NULL, or what is wrong with it, in few words: then the old one stays. That
 * the file cannot be written is told in `err` only. */
const char *sts_store_put(struct sts_store *store, const char *domain, struct slice id,
                          struct slice text, int64_t now_us, struct err *err);
/* A fetch failed: none is tried for this id for five minutes (RFC 8461 3.3). */
void sts_store_note_failure(struct sts_store *store, const char *domain, struct slice id,
                            int64_t now_us);
