/*
 * The grammar of domain-specs and macro-strings (RFC 7208 section 7.1), without expanding them.
 */
#pragma once

#include "mta-under-test/base/slice.h"

/* One "%{...}". */
struct spf_macro {
    char letter;     /* in lower case */
    bool is_escaped; /* the letter was in upper case: URL-escape the result */
    bool is_reversed;
    unsigned parts;          /* right-hand parts to keep; 0 = all */
    struct slice delimiters; /* empty = "." */
};

/* Where a macro-string stands: %{c}, %{r} and %{t} are for explanations only (7.2). */
enum spf_macro_place { SPF_PLACE_DOMAIN, SPF_PLACE_EXPLANATION };

/* Reads the macro at the start of `text` ("%{d2r-}", "%%", "%_", "%-") into *macro (letter '%', '_'
 * or '-' for the last three). Returns its length, 0 if it is none. */
size_t spf_macro_parse(struct slice text, enum spf_macro_place place, struct spf_macro *macro);

/* The text is a macro-string (with spaces, in an explanation). */
bool spf_syntax_is_macro_string(struct slice text, enum spf_macro_place place);

/* The text is a domain-spec: a macro-string that ends in a macro or in "." toplabel. */
bool spf_syntax_is_domain_spec(struct slice text);
