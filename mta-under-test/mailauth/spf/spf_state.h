/*
 * Inside of the SPF evaluation: what one run of check_host() carries along.
 */
#pragma once

#include "mta-under-test/mailauth/spf/spf_check.h"
#include "mta-under-test/mailauth/spf/spf_record.h"

enum { SPF_NAMES_MAX = 64 };

struct spf_state {
    const struct spf_request *request;
    const struct dns_resolver *resolver;
    const struct spf_limits *limits;
    struct arena *arena;
    struct facts *facts; /* may be NULL */

    struct slice local_part;
    struct slice sender_domain;
    struct slice helo;
    struct slice domain; /* <domain> of the record at hand: changes in include and redirect */
    /* A local-part with other characters than US-ASCII: %{s} and %{l} never match (RFC 8616 4). */
    bool local_part_is_utf8;

    unsigned lookups;
    unsigned void_lookups;

    /* The validated names of the client (5.5), once they were looked up. */
    bool has_names;
    unsigned name_voids; /* void look-ups that it took */
    size_t name_count;
    struct slice names[SPF_NAMES_MAX];

    enum spf_reason reason;
    struct slice term;
    const char *problem;
};

/* What a mechanism says. */
enum spf_match {
    SPF_MATCH_YES,
    SPF_MATCH_NO,
    SPF_MATCH_TEMPERROR,
    SPF_MATCH_PERMERROR,
    SPF_MATCH_PENDING
};

/* Asks DNS and notes the fact. */
const struct dns_answer *spf_state_lookup(struct spf_state *state, enum dns_type type,
                                          struct slice name);

/* Asks DNS for a mechanism: SPF_MATCH_YES with records, SPF_MATCH_NO without, or the error; counts
 * void look-ups. */
enum spf_match spf_state_query(struct spf_state *state, enum dns_type type, struct slice name,
                               const struct dns_answer **answer);

/* Notes an error and returns the match for it. */
enum spf_match spf_state_fail(struct spf_state *state, enum spf_match match, enum spf_reason reason,
                              const char *problem);

/* a, mx, ptr, exists. */
enum spf_match spf_mechanism_match(struct spf_state *state, const struct spf_term *term);

/* There were more void look-ups than allowed: notes the error. */
bool spf_state_is_void_exceeded(struct spf_state *state);

/* Looks the validated names of the client up, for ptr and %{p}, if that was not done yet; false if
 * an answer is pending. Counts void look-ups. */
bool spf_find_names(struct spf_state *state);

/* The explanation of a fail (6.2); false if an answer is pending. */
bool spf_explanation_find(struct spf_state *state, struct slice exp, struct slice *explanation);
