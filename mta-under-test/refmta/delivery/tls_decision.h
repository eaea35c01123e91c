/*
 * How much TLS a connection is to have: one place for the policy, a pure function of the facts.
 */
#pragma once

#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/delivery/client_session.h"

struct tls_facts {
    enum config_delivery_tls mode;
    bool has_password;  /* one will be said to the host */
    bool failed_lately; /* a handshake with this address failed not long ago */
};

struct tls_decision {
    enum client_tls tls;
    bool verify;     /* the certificate must be right, for the name of the host */
    const char *why; /* for the log */
};

struct tls_decision tls_decide(const struct tls_facts *facts);
