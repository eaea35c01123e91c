/*
 * Signs messages with DKIM (RFC 6376): rsa-sha256, or ed25519-sha256 (RFC 8463), by the key.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

struct signer;

/* Reads the private key (PEM). NULL with the file in `err` if it is none, or cannot sign for that
 * domain and selector. */
struct signer *signer_open(const char *domain, const char *selector, const char *key_file,
                           struct err *err) MUST_CHECK;
void signer_close(struct signer **signer);

/* Appends the field "DKIM-Signature: ..." with its CRLF for a message, in relaxed form on both
 * sides. It covers the fields that a reader sees, each as often as it is there, and one From more,
 * so that nobody can add a second one (RFC 6376 5.4, 8.15). A message without From is not signed:
 * -1. */
int signer_sign(const struct signer *signer, struct slice content, int64_t now_us, struct buf *out,
                struct err *err) MUST_CHECK;
