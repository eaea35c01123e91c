/*
 * Small things done to text: numbers, hex, base64, UTF-8, the nearest word. Nothing here depends
 * on the locale.
 */
#pragma once

#include "mta-under-test/base/buf.h"

char text_lower(char c);
bool text_is_digit(char c);
bool text_is_alpha(char c);
bool text_is_alnum(char c);
/* Lower case of all US-ASCII letters, in place. */
void text_to_lower(char *text);

/* The whole slice as a decimal number without sign or space; -1 if it is none or too large. */
int text_to_u64(struct slice text, uint64_t *number) MUST_CHECK;
/* The same with a leading "-" allowed. */
int text_to_i64(struct slice text, int64_t *number) MUST_CHECK;

/* Lower-case hex, behind what `out` has. */
void text_to_hex(struct buf *out, const void *data, size_t len);
/* -1 at an odd length or a character that is no hex digit. */
int text_from_hex(struct buf *out, struct slice text) MUST_CHECK;

/* Base64 (RFC 4648 section 4), in one line. */
void text_to_base64(struct buf *out, const void *data, size_t len);
/* Strict: padding needed, no other character allowed (white space neither); -1 otherwise. */
int text_from_base64(struct buf *out, struct slice text) MUST_CHECK;

/* The length of the valid UTF-8 character (RFC 3629) at the front, 0 if there is none. */
size_t text_utf8_len(struct slice text);
bool text_is_utf8(struct slice text);
bool text_is_ascii(struct slice text);

/*
 * Of `words` (NULL-terminated) the one that is nearest to `wrong` by edit distance, for messages
 * like "did you mean ...?"; NULL if none is near enough to be meant.
 */
const char *text_nearest(const char *wrong, const char *const *words);

/* Writes `text` with control characters, quotes and non-UTF-8 shown as \xNN, cut at `max` bytes
 * with "..." behind it: safe for a terminal. */
void text_to_printable(struct buf *out, struct slice text, size_t max);
