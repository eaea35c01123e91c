/*
 * The small words of structured header fields: comments, folding white space, atoms, quoted
 * strings (RFC 5322 section 3.2), and the token of RFC 2045. All functions look at the front of a
 * text and return how many bytes belong to the word, 0 if it is none.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/slice.h"

enum { CFWS_NESTING_MAX = 100 };

/* Any run of FWS and comments. A comment that does not end is none. */
size_t cfws_len(struct slice text);
/* A quoted-string with its quotes. */
size_t cfws_quoted_len(struct slice text);
/* atext characters, dots left out; UTF-8 counts as atext (RFC 6532 3.2). */
size_t cfws_atom_len(struct slice text);
/* token of RFC 2045 5.1: no space, control, or tspecial. */
size_t cfws_token_len(struct slice text);

/* Without the spaces and tabs at both ends; line ends stay. */
struct slice cfws_trim(struct slice text);

/* The content of a quoted-string, without quotes, folding and the backslashes of pairs. */
struct slice cfws_unquote(struct arena *arena, struct slice quoted);

/* Appends a text as a quoted-string; control characters, which none may hold, become spaces. */
void cfws_add_quoted(struct buf *out, struct slice text);
