/*
 * What a submission server asks of a client before it takes mail for anywhere (RFC 6409 3.3): TLS
 * by STARTTLS (RFC 3207), then AUTH PLAIN (RFC 4616, RFC 4954). Whose certificate it is does not
 * matter here: nobody stands between.
 */
#pragma once

#include <event2/bufferevent.h>
#include <openssl/ssl.h>

#include "mta-under-test/base/buf.h"

struct submit_login {
    const char *user;
    const char *password;
};

/* The connected stream, spoken in TLS from now on, with the handshake under way; it takes over the
 * old one with its call backs. NULL if OpenSSL cannot. `context` is whose connection it is
 * (borrowed; NULL: of a client that has no certificate). */
struct bufferevent *submit_login_wrap(struct bufferevent *stream, SSL_CTX *context);

/* Appends the command "AUTH PLAIN ..." without CRLF. */
void submit_login_command(const struct submit_login *login, struct buf *out);
