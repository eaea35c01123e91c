/*
 * Where programs hear what becomes of mail ("webhooks").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

struct config_webhooks {
    const char *url; /* NULL: there are none */
    const char *secret_file;
    const char **events; /* none: all of them */
    size_t event_count;
    int64_t give_up_us;
};

/* Becomes a struct config_webhooks. */
extern const struct config_object CONFIG_WEBHOOKS;
