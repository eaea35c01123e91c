/*
 * What a TLS connection says about its client: bytes that both its ends know and nobody between
 * them can have (channel binding, RFC 5056), and the names in the client's certificate.
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/base/slice.h"

enum { AUTH_BINDINGS_MAX = 2, AUTH_BINDING_BYTES_MAX = 64, AUTH_CHANNEL_NAMES_MAX = 8 };

struct auth_binding {
    const char *name; /* "tls-exporter" (RFC 9266), "tls-server-end-point" (RFC 5929 4) */
    unsigned char bytes[AUTH_BINDING_BYTES_MAX];
    size_t len;
};

/* The caller's storage; zeroes are the channel of no TLS. */
struct auth_channel {
    struct auth_binding bindings[AUTH_BINDINGS_MAX];
    size_t binding_count;
    /* Of a certificate that the server's authorities signed: its mail addresses (RFC 5280 4.2.1.6),
     * else its common name. */
    char *names[AUTH_CHANNEL_NAMES_MAX];
    size_t name_count;
};

/* The handshake must be done, and `tls` be the server's end. */
void auth_channel_read(struct auth_channel *channel, SSL *tls);
/* Forgets all. */
void auth_channel_deinit(struct auth_channel *channel);

/* NULL if there is none of that name. */
const struct auth_binding *auth_channel_binding(const struct auth_channel *channel,
                                                struct slice name);
