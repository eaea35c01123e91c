/*
 * What an operator can have a server do with the mail in its queue. Each adapter translates it into
 * the server's own commands; a server that has none for it is "not applicable" where a scenario
 * wants it.
 */
#pragma once

#include "mta-under-test/base/err.h"

struct mta_adapter;
struct mta_settings;

enum mta_operation {
    MTA_HOLD,    /* is not tried any more, until it is released */
    MTA_RELEASE, /* what was held waits again */
    MTA_FLUSH,   /* is tried now */
    MTA_DELETE,  /* ends, and nobody is told */
    MTA_BOUNCE,  /* ends, and the sender is told */
    MTA_EXPLAIN, /* the server says why it waits */
    MTA_LIST,    /* the queue is listed; of all mail only */
    MTA_OPERATION_COUNT,
};

extern const char *const MTA_OPERATION_WORDS[]; /* in the order of the enum */

/* -1 with the reason if the server has no command for an operation that the settings ask for, or
 * none for single messages where they ask for that. */
int mta_operation_suits(const struct mta_adapter *adapter, const struct mta_settings *settings,
                        struct err *err) MUST_CHECK;
