/*
 * What a receiver finds out about who sent a message: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC
 * 7489), ARC (RFC 8617), and iprev, the name of the client's address and back (RFC 8601 section
 * 3). The checks are the authentication library's; here they are put in the order of a session and
 * into words.
 *
 * Everything that is found lives in the arena that is given (the transaction's).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"
#include "sim/mx/mx_facts.h"

#define MX_AUTH_METHODS(X) \
    X(SPF, "spf")          \
    X(DKIM, "dkim")        \
    X(DMARC, "dmarc")      \
    X(ARC, "arc")          \
    X(IPREV, "iprev")

enum mx_auth_method {
#define X(name, word) MX_AUTH_##name,
    MX_AUTH_METHODS(X)
#undef X
        MX_AUTH_METHOD_COUNT,
};

extern const char *const MX_AUTH_METHOD_WORDS[]; /* NULL-terminated, in the order of the enum */

/* The words that a method can come to, NULL-terminated (RFC 8601 section 2.7). */
const char *const *mx_auth_words(enum mx_auth_method method);

/* What one method came to. */
struct mx_auth_result {
    const char *word;    /* NULL: not checked */
    const char *reason;  /* in words */
    struct facts *facts; /* the chain behind it; NULL where it was not kept */
};

struct mx_auth_signature {
    struct mx_auth_result result;
    const char *domain; /* "" where the signature cannot be read */
    const char *selector;
    const char *algorithm;
};

struct spf_outcome;

struct mx_auth {
    struct mx_auth_result results[MX_AUTH_METHOD_COUNT];
    const char *spf_domain;
    const char *spf_identity;      /* mailfrom, helo */
    const struct spf_outcome *spf; /* for DMARC */
    struct mx_auth_signature *signatures;
    size_t signature_count;
    const char *from_domain; /* DMARC: the author's domain */
    const char *policy;      /* that it publishes: none, quarantine, reject; "" without a record */
    const char *disposition; /* what the policy wants done with this message */
    bool spf_aligned;
    bool dkim_aligned;
    const char *client_name; /* iprev: the name that the address has, "" if there is none */
    bool wants_soa;          /* set by the session: somebody asks for the next one */
    const char *sender_soa;  /* whether MAIL's domain exists, by its SOA record: pass, fail,
                              * temperror; NULL: not checked, or the null reverse-path */
};

struct mx_verifier;

/* A resolver as it answers at `now_us`; its answers must live until the next call. */
typedef struct dns_resolver mx_resolver_at(void *context, int64_t now_us);

/* One for all hosts of a run. The chain of facts is kept for the first messages of the run only
 * (MX_VERIFIER_TOLD_MAX): a campaign does not need it a million times. */
struct mx_verifier *mx_verifier_new(mx_resolver_at *resolver_at, void *context);
void mx_verifier_free(struct mx_verifier **verifier);

/* What is known before the message comes: iprev, and SPF and the SOA once MAIL was given. What
 * stands in `auth` already is not checked again. */
void mx_verifier_check_client(struct mx_verifier *verifier, const struct mx_facts *facts,
                              struct arena *arena, struct mx_auth *auth);

/* All methods; `content` is the whole message, `seed` draws for pct= of DMARC (RFC 7489 6.6.4). The
 * time of the facts is that of the signatures' t= and x=. */
void mx_verifier_check_message(struct mx_verifier *verifier, const struct mx_facts *facts,
                               struct slice content, uint64_t seed, struct arena *arena,
                               struct mx_auth *auth);

/* Where mail for a domain goes first, as a sender would look it up: 1 with an address, 0 if the
 * domain takes no mail or is none, -1 if the DNS does not say. */
int mx_verifier_find_mail_host(struct mx_verifier *verifier, const char *domain, int64_t now_us,
                               struct address *address) MUST_CHECK;

/* The address of a host; false if it has none or the DNS does not say. */
bool mx_verifier_find_host(struct mx_verifier *verifier, const char *name, int64_t now_us,
                           struct address *address) MUST_CHECK;

/* Adds the object "auth" of an event (docs/events.md); nothing if no method was checked. */
void mx_auth_write(const struct mx_auth *auth, struct json_out *event);
