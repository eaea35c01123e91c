/*
 * Unsubscription by one click (RFC 8058, "unsubscribe").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

struct config_unsubscribe {
    const char **senders; /* globs; NULL: nothing is added */
    size_t sender_count;
    const char *url;
    const char *secret_file;
    struct ip_endpoint endpoint; /* that answers */
};

/* Becomes a struct config_unsubscribe. */
extern const struct config_object CONFIG_UNSUBSCRIBE;
