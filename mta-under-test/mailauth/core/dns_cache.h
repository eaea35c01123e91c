/*
 * Answers that are known: the resolver for a program that does its look-ups by itself. It gives
 * what was put in; for anything else it says DNS_PENDING and notes the question, so that the
 * program may look the questions up, put the answers in, and run the check again:
 *
 *     do {
 *         spf_check(&request, &resolver, ...);
 *         while (dns_cache_next_question(&cache, &type, &name))
 *             dns_cache_put(&cache, type, name, look_up(type, name));
 *     } while (outcome.result == SPF_PENDING);
 *
 * It has no notion of time: whoever fills it knows how long an answer holds.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/mailauth/core/dns.h"

struct dns_question;

/* The caller's storage. */
struct dns_cache {
    struct arena arena;
    struct map answers;         /* type and name -> answer */
    struct dns_question *first; /* questions without an answer, in the order of asking */
    struct dns_question **last;
};

void dns_cache_init(struct dns_cache *cache);
void dns_cache_deinit(struct dns_cache *cache);

/* The resolver interface of it, valid as long as the cache. */
struct dns_resolver dns_cache_resolver(struct dns_cache *cache);

/* Puts an answer in; everything is copied. The name in lower case, without the final dot. Returns
 * the copy. */
const struct dns_answer *dns_cache_put(struct dns_cache *cache, enum dns_type type,
                                       struct slice name, const struct dns_answer *answer);

/* What is known, or NULL. Notes no question. */
const struct dns_answer *dns_cache_get(struct dns_cache *cache, enum dns_type type,
                                       struct slice name);

/* Takes the oldest question that was asked without an answer; false if there is none. The name is
 * valid as long as the cache. */
bool dns_cache_next_question(struct dns_cache *cache, enum dns_type *type, struct slice *name);
