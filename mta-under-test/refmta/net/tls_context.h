/*
 * OpenSSL contexts for both sides of SMTP.
 */
#pragma once

#include <openssl/ssl.h>

#include "mta-under-test/base/err.h"

/* For listeners: certificate chain and key from PEM files. NULL with a text. */
SSL_CTX *tls_context_server(const char *certificate, const char *key, struct err *err) MUST_CHECK;

/* For deliveries. `trust` is a PEM file of authorities, NULL for the system's. Each connection says
 * by itself what the certificate of the server must pass. */
SSL_CTX *tls_context_client(const char *trust, struct err *err) MUST_CHECK;
