/*
 * Who may log in, and by what ("auth").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

/* Somebody whose tokens are taken. */
struct config_issuer {
    const char *issuer;
    const char *audience;
    const char *claim;
    const char *key; /* file */
};

struct config_auth {
    const char *users;       /* file of those who have a password here; NULL: nobody */
    const char *authorities; /* file of those who sign certificates of users; NULL: none */
    struct config_issuer *tokens;
    size_t token_count;
    int64_t leeway_us;
    bool on_loopback; /* without TLS, from this machine */
};

/* Becomes a struct config_auth. */
extern const struct config_object CONFIG_AUTH;

/* Whether anybody can log in. */
bool config_auth_is_there(const struct config_auth *auth);
