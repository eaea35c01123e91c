/*
 * Everything that the configuration stands for and that may change while the server runs: the
 * values, and what was read from the files named in them (secrets among it). A reload makes new
 * settings and puts them in the place of the old ones, which stay as long as a client or a delivery
 * that began under them is at work.
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_token.h"
#include "mta-under-test/refmta/auth/auth_users.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/http/submission_tokens.h"
#include "mta-under-test/refmta/recipients/recipient_map.h"
#include "mta-under-test/refmta/report/one_click.h"
#include "mta-under-test/refmta/server/server.h"
#include "mta-under-test/refmta/shaping/shaping_rules.h"

struct settings {
    struct list link; /* among those that were replaced */
    struct config config;
    struct auth_users users;
    struct auth_issuers issuers; /* of tokens */
    struct buf password;         /* at the smart host */
    struct buf srs_keys;
    struct buf unsubscribe_secret;
    struct one_click one_click; /* url NULL: there is none */
    SSL_CTX *tls_server;        /* NULL: no listener needs it */
    struct signer *signer;
    struct recipient_map *recipients; /* NULL: no local domains */
    struct submission_tokens tokens;
    struct arena rules; /* of the files of rules */
    struct shaping_rules shaping;
    struct routing_rules routing;
    struct server_limits limits;
};

/* Reads the file and those named in it; NULL with all that is wrong, a line each. */
struct settings *settings_open(const char *path, struct err *err) MUST_CHECK;
/* Nobody may be at work under them any more. Secrets are wiped. */
void settings_close(struct settings **settings);

/* Whether a running server can change over: -1 with the keys that need a restart. */
int settings_may_follow(const struct settings *before, const struct settings *after,
                        struct err *err) MUST_CHECK;

/* What the receiving side takes from them. */
void settings_to_server(const struct settings *settings, struct server_options *options);
