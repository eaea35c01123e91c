/*
 * The domains whose mail ends here, as the configuration says it ("local").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

struct recipient_map;

struct config_local {
    const char **domains; /* lower case; none: nothing is local */
    size_t domain_count;
    const char *recipients;          /* file */
    const char *maildirs;            /* folder; NULL: by LMTP */
    const char *lmtp;                /* server; NULL: into Maildirs */
    uint64_t quota_bytes;            /* of a Maildir; 0: none */
    const struct recipient_map *map; /* put here by whoever read `recipients` */
};

/* Becomes a struct config_local. */
extern const struct config_object CONFIG_LOCAL;
