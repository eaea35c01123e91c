/*
 * What is done with a message, by the rules of the configuration, the results of the checks, and
 * what is known of earlier messages: rules are looked at in their order, the first of them at each
 * RCPT, the others when the content is there. No I/O.
 */
#pragma once

#include "mta-under-test/refmta/check/check.h"
#include "mta-under-test/refmta/check/greylist.h"
#include "mta-under-test/refmta/check/rate_limit.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/message/envelope.h"

/* Of all sessions. */
struct policy_memory {
    struct greylist greylist;
    struct rate_limit rates;
};

void policy_memory_init(struct policy_memory *memory);
void policy_memory_deinit(struct policy_memory *memory);

/* The message at hand, or the recipient that was named just now. */
struct policy_facts {
    const struct config *config;
    struct policy_memory *memory;
    bool is_own;               /* the client is ours: only rules for our own count */
    const struct check *check; /* what the checks found; NULL: no rule asks for that */
    const struct ip_address *client;
    const char *user; /* who has logged in, or NULL */
    const struct envelope *envelope;
    const char *recipient; /* of this RCPT; NULL: the content is there */
    int64_t now_us;        /* monotonic */
};

struct policy_verdict {
    const struct config_check *rule; /* that decided; NULL: none, the message is taken */
    const char *result;              /* of its check */
    const char *status;              /* enhanced, for a refusal (RFC 7372) without the class */
};

/* What a rule has said so far. */
struct policy_note {
    const char *result; /* of its check; NULL: it was not looked at */
    const char *mark;   /* the result that the message is tagged with; NULL: none */
};

/* What the rules have said in one transaction. What is not about single recipients is looked at
 * once, so a message to many counts as one. */
struct policy_notes {
    struct policy_note *rules; /* one for each, from the arena */
};

void policy_notes_init(struct policy_notes *notes, const struct config *config,
                       struct arena *arena);

/* By the rules for this moment: whom one accepts at RCPT the rules on the content still judge. */
struct policy_verdict policy_decide(const struct policy_facts *facts, struct policy_notes *notes);
bool policy_refuses(const struct policy_verdict *verdict);

/* Writes a field "X-Policy: ..." for each rule that has tagged the message or put it into
 * quarantine. */
void policy_write_fields(const struct config *config, const struct policy_notes *notes,
                         struct buf *fields);

/* Whether a check must be run before policy_decide() at RCPT: a rule asks for what DNS says. */
bool policy_asks_at_recipient(const struct config *config);

/* Whether anything is to be decided on mail of our own clients. */
bool policy_is_for_own(const struct config *config);

/* The rule in words: "spf", "dnsbl bl.example.net", "rate of sender". */
const char *policy_rule_text(const struct config_check *rule, struct arena *arena);
/* The word of the check: "spf". */
const char *policy_check_name(enum config_check_kind kind);

/* The zones of the rules, in their order, at most CHECK_ZONES_MAX; returns how many. */
size_t policy_zones(const struct config *config, const char *zones[CHECK_ZONES_MAX]);
