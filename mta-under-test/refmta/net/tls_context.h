/*
 * OpenSSL contexts for both sides of SMTP.
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/base/err.h"

/* For listeners: certificate chain and key from PEM files. NULL with a text. */
SSL_CTX *tls_context_server(const char *certificate, const char *key, struct err *err) MUST_CHECK;

/* Whose certificates of clients count, from a PEM file: for those connections alone for which
 * tls_context_ask_client() is called before the handshake. A client without a certificate, or with
 * one that does not count, comes in all the same: SSL_get_verify_result() tells. */
int tls_context_trust_clients(SSL_CTX *context, const char *authorities,
                              struct err *err) MUST_CHECK;
void tls_context_ask_client(SSL *tls);

/* For deliveries. `trust` is a PEM file of authorities, NULL for the system's. Each connection says
 * by itself what the certificate of the server must pass. */
SSL_CTX *tls_context_client(const char *trust, struct err *err) MUST_CHECK;
