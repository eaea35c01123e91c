/*
 * One SASL exchange as the server, without I/O: PLAIN (RFC 4616), LOGIN (an old custom: user name,
 * then password), SCRAM-SHA-256 (RFC 7677, without channel binding). Messages are already decoded
 * from base64. Nothing tells a wrong user from a wrong password: neither the steps nor their time.
 *
 *     auth_exchange_start()
 *     auth_exchange_feed()   AUTH_CHALLENGE  send exchange->challenge, feed the answer
 *                            AUTH_GOOD       exchange->name has proved who it is
 *                            AUTH_BAD        the credentials are wrong
 *                            AUTH_MALFORMED  that was no message of this mechanism
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_users.h"

enum auth_mechanism { AUTH_PLAIN, AUTH_LOGIN, AUTH_SCRAM_SHA_256, AUTH_MECHANISM_COUNT };
enum auth_step { AUTH_CHALLENGE, AUTH_GOOD, AUTH_BAD, AUTH_MALFORMED };

enum { AUTH_MESSAGE_BYTES_MAX = 9216, AUTH_NONCE_BYTES = 24 };

struct auth_exchange {
    const struct auth_users *users;
    enum auth_mechanism mechanism;
    unsigned step;
    struct buf name;      /* of the user, as the client says */
    struct buf challenge; /* what the client hears next */
    /* SCRAM */
    struct auth_secret secret;
    bool is_known;
    struct buf nonce;        /* the client's, then both */
    struct buf header;       /* gs2-header */
    struct buf auth_message; /* of the signatures */
};

/* "PLAIN LOGIN ..."; NULL behind the last. */
const char *auth_mechanism_name(enum auth_mechanism mechanism);
int auth_mechanism_from_name(struct slice name, enum auth_mechanism *mechanism) MUST_CHECK;
/* Whether the client speaks first: without an initial response it gets an empty challenge. */
bool auth_mechanism_client_first(enum auth_mechanism mechanism);

/* `nonce` is printable text without a comma that never comes twice; only SCRAM uses it. */
void auth_exchange_start(struct auth_exchange *exchange, const struct auth_users *users,
                         enum auth_mechanism mechanism, const char *nonce);
void auth_exchange_deinit(struct auth_exchange *exchange);
enum auth_step auth_exchange_feed(struct auth_exchange *exchange, struct slice message) MUST_CHECK;
