/*
 * Expansion of macro-strings (RFC 7208 section 7).
 */
#pragma once

#include "mta-under-test/mailauth/spf/spf_state.h"
#include "mta-under-test/mailauth/spf/spf_syntax.h"

enum { SPF_EXPANSION_BYTES_MAX = 16384 };

enum spf_expansion {
    SPF_EXPANSION_DONE,
    SPF_EXPANSION_UNUSABLE, /* %{s} or %{l} of a UTF-8 local-part, or too long */
    SPF_EXPANSION_PENDING   /* %{p} needs an answer */
};

/* Expands a domain-spec and cuts it from the left to 253 bytes (7.3). */
enum spf_expansion spf_macro_expand_domain(struct spf_state *state, struct slice text,
                                           struct slice *domain);

/* Expands an explanation; its syntax must have been checked. */
enum spf_expansion spf_macro_expand_text(struct spf_state *state, struct slice text,
                                         struct slice *expanded);
