/*
 * Server contexts by their settings: a hundred thousand hosts that are set alike share one, of
 * which each would take some 20 kB. What differs between them, the certificate and whose sessions
 * may be resumed, is set for each connection.
 */
#pragma once

#include "sim/tls/tls_context.h"

struct tls_contexts;

/* `authority` gets the keys of all connections and must live longer. */
struct tls_contexts *tls_contexts_new(struct tls_authority *authority);
/* Connections that were made from them must be freed before. */
void tls_contexts_free(struct tls_contexts **contexts);

/* The server's side of a connection (SSL_free), which shows `identity` and resumes only sessions
 * that the same `owner` began: any bytes, 1 to SSL_MAX_SID_CTX_LENGTH of them (RFC 8446 section
 * 4.6.1: a ticket is of use where it was given). NULL with `err`. */
SSL *tls_contexts_connect(struct tls_contexts *contexts, const struct tls_settings *settings,
                          const struct tls_identity *identity, struct slice owner,
                          struct err *err) MUST_CHECK;
