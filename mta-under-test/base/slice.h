/*
 * Borrowed bytes: a pointer and a length. A slice owns nothing and is valid as long as what it
 * points into. It may hold any byte, NUL included; it need not end in NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t len;
};

/* For printf: printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) ((int)(s).len), ((s).data != NULL ? (s).data : "")

/* A slice of a string literal. */
#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

static inline struct slice slice_from(const char *data, size_t len)
{
    return (struct slice){data, len};
}

/* A slice of a text that ends in NUL; NULL gives the empty slice. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text != NULL ? strlen(text) : 0};
}

bool slice_equal(struct slice a, struct slice b);
/* Letters of US-ASCII compare without case, as SMTP verbs and domain names do. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *text);
bool slice_is_nocase(struct slice a, const char *text);
bool slice_starts_with(struct slice a, struct slice prefix);
bool slice_starts_with_nocase(struct slice a, struct slice prefix);
bool slice_ends_with_nocase(struct slice a, struct slice suffix);

/* As memcmp, the shorter first where one is the beginning of the other. */
int slice_compare(struct slice a, struct slice b);

/* The part from `from` (clamped to the length) to the end; the first `len` bytes. */
struct slice slice_skip(struct slice a, size_t from);
struct slice slice_first(struct slice a, size_t len);
/* The first sentence of a text, with its full stop; all of it where there is but one. */
struct slice slice_first_sentence(struct slice text);

/* The index of the first (last) byte `c`, or SIZE_MAX. */
size_t slice_find(struct slice a, char c);
size_t slice_find_last(struct slice a, char c);
/* The index of the first place where `part` stands, or SIZE_MAX. */
size_t slice_find_slice(struct slice a, struct slice part);

/* Without spaces, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice a);

/*
 * Takes the part up to `separator` off the front of *rest into *part, and the separator with it.
 * False when nothing is left: "a,b" gives "a", "b"; "a," gives "a", "". Start with *rest.data set.
 */
bool slice_split(struct slice *rest, char separator, struct slice *part);
