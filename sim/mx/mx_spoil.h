/*
 * Replies that go wrong on the wire: well meant, but not what RFC 5321 4.2 lets a server say. A
 * client should treat them as a failure that passes, and never believe half of them.
 */
#pragma once

#include "mta-under-test/base/buf.h"

#define MX_SPOILS(X)                                                               \
    X(NONE, "none")                                                                \
    X(BARE_LF, "bare-lf")         /* lines end by LF alone */                      \
    X(NO_END, "no-end")           /* the last end of line never comes */           \
    X(NUL, "nul")                 /* a NUL byte behind the code */                 \
    X(LONG, "long")               /* a line of 2,000 bytes (512 are allowed) */    \
    X(MIXED_CODES, "mixed-codes") /* a line of another class in front */           \
    X(TWICE, "twice")             /* said twice: all that follows is off by one */ \
    X(EIGHT_BIT, "eight-bit")     /* text in Latin-1 */

enum mx_spoil {
#define X(name, word) MX_SPOIL_##name,
    MX_SPOILS(X)
#undef X
        MX_SPOIL_COUNT,
};

extern const char *const MX_SPOIL_WORDS[]; /* NULL-terminated, in the order of the enum */

/* Spoils the lines of one reply that stand in `out` from `from` on. */
void mx_spoil_reply(enum mx_spoil spoil, struct buf *out, size_t from);
