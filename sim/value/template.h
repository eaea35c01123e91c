/*
 * Templates in replies, "Unusual rate of mail from {source-ip}": names in braces are put in when
 * the text is used. A literal brace is written twice.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "sim/value/spec.h"

/* The value of a name, or NULL if the name is not known here. */
typedef const char *template_lookup(void *context, const char *name);

/* -1 if a name in `text` is none of the NULL-terminated `names`, or a brace stands alone. */
int template_check(struct spec spec, const char *text, const char *const *names,
                   struct err *err) MUST_CHECK;
/* Appends the filled-in text. Unknown names stay as they stand. */
void template_fill(struct buf *out, const char *text, template_lookup *lookup, void *context);

/* Sequences in addresses: "user{1..5000}@a.test" stands for 5,000 texts. Returns how many (1 for a
 * text without one, at most `max`), 0 with `err` if the range is wrong. */
size_t sequence_count(struct spec spec, const char *text, size_t max, struct err *err) MUST_CHECK;
/* The i-th of them, from 0. */
void sequence_text(struct buf *out, const char *text, size_t i);
