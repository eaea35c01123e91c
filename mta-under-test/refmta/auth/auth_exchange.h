/*
 * One SASL exchange as the server, without I/O. Messages are already decoded from base64. Nothing
 * tells a wrong user from a wrong password: neither the steps nor their time.
 *
 *     auth_exchange_start()
 *     auth_exchange_feed()   AUTH_CHALLENGE  send exchange->challenge, feed the answer
 *                            AUTH_GOOD       exchange->name has proved who it is
 *                            AUTH_BAD        the credentials are wrong
 *                            AUTH_MALFORMED  that was no message of this mechanism
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_channel.h"
#include "mta-under-test/refmta/auth/auth_token.h"
#include "mta-under-test/refmta/auth/auth_users.h"

enum auth_mechanism {
    AUTH_PLAIN,              /* RFC 4616 */
    AUTH_LOGIN,              /* an old custom: user name, then password */
    AUTH_SCRAM_SHA_256,      /* RFC 7677 */
    AUTH_SCRAM_SHA_256_PLUS, /* the same, bound to the TLS connection */
    AUTH_EXTERNAL,           /* RFC 4422 A: by the client's certificate */
    AUTH_OAUTHBEARER,        /* RFC 7628 */
    AUTH_XOAUTH2,            /* the same in the words of Google and Microsoft */
    AUTH_MECHANISM_COUNT
};
enum auth_step { AUTH_CHALLENGE, AUTH_GOOD, AUTH_BAD, AUTH_MALFORMED };

enum { AUTH_MESSAGE_BYTES_MAX = 9216, AUTH_NONCE_BYTES = 24 };

/* What there is to prove oneself by; borrowed, each may be NULL. A mechanism is offered where it
 * has what it needs. */
struct auth_means {
    const struct auth_users *users;
    const struct auth_issuers *issuers;
    const struct auth_channel *channel; /* of the session's TLS */
};

struct auth_exchange {
    struct auth_means means;
    enum auth_mechanism mechanism;
    int64_t now_us;
    unsigned step;
    struct buf name;      /* of the user, as the client says */
    struct buf challenge; /* what the client hears next */
    const char *reason;   /* why it is AUTH_BAD where that gives nothing away; only for the log */
    /* SCRAM */
    struct auth_secret secret;
    bool is_known;
    struct buf nonce;        /* the client's, then both */
    struct buf binding;      /* what "c=" must say: the gs2-header, then the channel's own bytes */
    struct buf auth_message; /* of the signatures */
};

/* "PLAIN", "LOGIN" ...; NULL behind the last. */
const char *auth_mechanism_name(enum auth_mechanism mechanism);
int auth_mechanism_from_name(struct slice name, enum auth_mechanism *mechanism) MUST_CHECK;
bool auth_mechanism_is_offered(enum auth_mechanism mechanism, const struct auth_means *means);
/* Whether the client speaks first: without an initial response it gets an empty challenge. */
bool auth_mechanism_client_first(enum auth_mechanism mechanism);

/* The mechanism must be offered. `nonce` is printable text without a comma that never comes twice;
 * only SCRAM uses it. `now_us` is the date, for tokens. */
void auth_exchange_start(struct auth_exchange *exchange, const struct auth_means *means,
                         enum auth_mechanism mechanism, const char *nonce, int64_t now_us);
void auth_exchange_deinit(struct auth_exchange *exchange);
enum auth_step auth_exchange_feed(struct auth_exchange *exchange, struct slice message) MUST_CHECK;
