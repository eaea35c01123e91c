/*
 * What goes wrong at a policy host: at its port, in TLS, in HTTP, or with what it says. The first
 * fault whose window is open decides; without one all is right.
 *
 *     "fault": "redirect"
 *     "fault": [ { "is": "503", "during": "..2h" }, { "is": "slow", "during": "2h..3h" } ]
 */
#pragma once

#include "sim/value/range.h"

#define POLICY_FAULTS(X)                                                              \
    X(NONE, "none")                                                                   \
    X(STATUS, "status")           /* written as the status itself: "404", "503" */    \
    X(REDIRECT, "redirect")       /* 301 to a path that would answer right */         \
    X(EMPTY, "empty")             /* 200 and no body */                               \
    X(MALFORMED, "malformed")     /* 200 and a body that is no policy */              \
    X(WRONG_TYPE, "wrong-type")   /* the right body, said to be HTML */               \
    X(HUGE, "huge")               /* the right body, and a megabyte of fields more */ \
    X(SLOW, "slow")               /* a byte a second */                               \
    X(CUT, "cut")                 /* the connection ends in the middle of the body */ \
    X(HANG, "hang")               /* no answer to the request */                      \
    X(CLOSE, "close")             /* closes instead of an answer */                   \
    X(RESET, "reset")             /* resets instead of an answer */                   \
    X(GARBAGE, "garbage")         /* bytes that are no HTTP */                        \
    X(REFUSED, "refused")         /* no connection at all */                          \
    X(TLS_HANG, "tls-hang")       /* no answer to the ClientHello */                  \
    X(TLS_CLOSE, "tls-close")     /* closes at the ClientHello */                     \
    X(TLS_ALERT, "tls-alert")     /* a fatal alert at the ClientHello */              \
    X(TLS_GARBAGE, "tls-garbage") /* bytes that are no TLS */

enum policy_fault_kind {
#define X(name, word) POLICY_FAULT_##name,
    POLICY_FAULTS(X)
#undef X
        POLICY_FAULT_COUNT,
};

enum { POLICY_FAULTS_MAX = 32 };

struct policy_fault {
    enum policy_fault_kind kind;
    int status; /* of STATUS */
    bool windowed;
    struct window during;
};

/* A word, an object, or a list of them. Texts and the list live in `arena`. */
int policy_faults_read(struct spec spec, struct arena *arena, struct policy_fault **faults,
                       size_t *count, struct err *err) MUST_CHECK;

/* The fault that is on; one of kind NONE if there is none. */
struct policy_fault policy_faults_now(const struct policy_fault *faults, size_t count,
                                      int64_t now_us, int64_t since_start_us);

/* "redirect", "503"; as the scenario writes it. */
const char *policy_fault_text(const struct policy_fault *fault, struct arena *arena);
