/*
 * TLS settings of a simulated server as a scenario writes them:
 *
 *     { "identity": "expired", "versions": "1.0..1.2", "ciphers": "AES128-SHA", "suites": "...",
 *       "tickets": false, "ask-certificate": true }
 */
#pragma once

#include "sim/tls/tls_context.h"
#include "sim/value/spec.h"

/* The keys that tls_spec_read() knows, for spec_check_keys(). */
#define TLS_SPEC_KEYS "identity", "versions", "ciphers", "suites", "tickets", "ask-certificate"

/* What is not given stays as it is. Texts are borrowed from the document. Keys are not checked. */
int tls_spec_read(struct spec spec, enum tls_identity_kind *identity, struct tls_settings *settings,
                  struct err *err) MUST_CHECK;
