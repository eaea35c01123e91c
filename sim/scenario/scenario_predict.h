/*
 * What the hosts of a scenario would do to a given client, envelope and time, and which rule says
 * so: for `explain --visit`. Nothing runs; the rules and the DNS are those of the scenario as it
 * begins.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "sim/scenario/model/scenario_model.h"

/* "to=bob@bigmail.test", "at=2h": one word of a visit. NULL where nothing is said. */
#define SCENARIO_VISIT_WORDS(X)                                                            \
    X(HOST, "host")         /* pattern of names; those that take mail for the recipient */ \
    X(CLIENT, "client")     /* its address; the first of the server under test */          \
    X(NAME, "name")         /* of that address; what the DNS says */                       \
    X(HELO, "helo")         /* the hostname of the server under test */                    \
    X(FROM, "from")         /* that of the first message */                                \
    X(TO, "to")             /* likewise */                                                 \
    X(FILE, "file")         /* the message */                                              \
    X(AT, "at")             /* the first attempt, since the start; 0s */                   \
    X(ATTEMPTS, "attempts") /* 5 */                                                        \
    X(EVERY, "every")       /* between them; 15m */                                        \
    X(TLS, "tls")           /* yes, no; yes */

enum scenario_visit_word {
#define X(name, word) SCENARIO_VISIT_##name,
    SCENARIO_VISIT_WORDS(X)
#undef X
        SCENARIO_VISIT_WORD_COUNT,
};

extern const char *const SCENARIO_VISIT_KEYS[]; /* NULL-terminated, in the order of the enum */

struct scenario_visit {
    const char *words[SCENARIO_VISIT_WORD_COUNT];
};

/* Takes "KEY=VALUE"; -1 with what is wrong. The text must live as long as the visit. */
int scenario_visit_take(struct scenario_visit *visit, const char *text, struct err *err) MUST_CHECK;
/* Appends it in words. -1 if a value makes no sense, or no host is meant. */
int scenario_predict(const struct scenario *scenario, const struct scenario_visit *visit,
                     struct buf *out, struct err *err) MUST_CHECK;
