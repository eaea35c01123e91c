/*
 * How much TLS single destinations must have, as the operator wishes it ("tls-destinations").
 */
#pragma once

#include "mta-under-test/mailauth/dane/dane_record.h"
#include "mta-under-test/refmta/config/config_key.h"
#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

struct config_tls_destination {
    const char **domains; /* globs */
    size_t domain_count;
    enum tls_mode use;
    const char **fingerprints;
    size_t fingerprint_count;
    struct dane_record *pins; /* the fingerprints, in their order */
};

/* Becomes a struct config_tls_destination. */
extern const struct config_object CONFIG_TLS_DESTINATION;
