/*
 * How a client of the scenario logs in (AUTH, RFC 4954): what it says first, and what it answers to
 * each challenge. Each mechanism by its own RFC; no I/O.
 *
 *     "login": { "mechanism": "SCRAM-SHA-256-PLUS", "user": "ann", "password": "secret" }
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/base/buf.h"
#include "sim/value/spec.h"

#define CLIENT_MECHANISMS(X)                                                      \
    X(PLAIN, "PLAIN")                           /* RFC 4616 */                    \
    X(LOGIN, "LOGIN")                           /* of no RFC, and everywhere */   \
    X(SCRAM_SHA_256, "SCRAM-SHA-256")           /* RFC 7677 */                    \
    X(SCRAM_SHA_256_PLUS, "SCRAM-SHA-256-PLUS") /* the same with RFC 5802 6 */    \
    X(EXTERNAL, "EXTERNAL")                     /* RFC 4422 A: the certificate */ \
    X(OAUTHBEARER, "OAUTHBEARER")               /* RFC 7628 */                    \
    X(XOAUTH2, "XOAUTH2")                       /* Google's and Microsoft's */

enum client_mechanism {
#define X(name, word) CLIENT_##name,
    CLIENT_MECHANISMS(X)
#undef X
};

/* What a client that uses SCRAM says of channel binding (RFC 5802 6). */
enum client_binding {
    CLIENT_BINDING_USUAL,      /* "tls-exporter" with -PLUS, and that it cannot ("n") without */
    CLIENT_BINDING_EXPORTER,   /* RFC 9266 */
    CLIENT_BINDING_END_POINT,  /* RFC 5929 4 */
    CLIENT_BINDING_ELSEWHERE,  /* of another connection: somebody stands between */
    CLIENT_BINDING_UNHEARD_OF, /* it could, but did not hear that the server can ("y") */
};

/* Texts are borrowed from the document. */
struct client_login {
    enum client_mechanism mechanism;
    const char *user; /* NULL: not said */
    const char *password;
    const char *token;
    enum client_binding binding;
};

int client_login_read(struct spec spec, struct client_login *login, struct err *err) MUST_CHECK;
const char *client_mechanism_name(enum client_mechanism mechanism);

/* One login that is under way. */
struct client_login_course {
    const struct client_login *login;
    const char *nonce; /* of SCRAM: printable, without "," */
    const SSL *tls;    /* NULL: in the clear */
    unsigned answers;  /* given so far */
    struct buf binding;
    struct buf auth_message;
    struct buf server_signature;
};

/* Writes "AUTH ..." without CRLF; -1 with why it cannot be said. The rest is borrowed. Release with
 * client_login_end(), also after -1. */
int client_login_begin(struct client_login_course *course, struct buf *line,
                       struct err *err) MUST_CHECK;
/* Writes the line that answers the challenge (the text behind "334 "), "*" where the mechanism has
 * none; -1 where the server is not who it should be, or says what it must not. */
int client_login_answer(struct client_login_course *course, struct slice challenge,
                        struct buf *line, struct err *err) MUST_CHECK;
void client_login_end(struct client_login_course *course);
