/*
 * How the server gives up what it does not need: as another user, without capabilities, writing to
 * its own folders only, making no calls but those of a mail server.
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"

struct confinement {
    int landlock; /* its version; 0: not in force */
    bool seccomp;
};

/* Behind the last port that is bound, before the first thread and the first file that is written.
 */
int confinement_begin(struct confinement *confinement, const struct config *config,
                      struct err *err) MUST_CHECK;
/* When everything has been opened. */
int confinement_end(struct confinement *confinement, const struct config *config,
                    struct err *err) MUST_CHECK;
