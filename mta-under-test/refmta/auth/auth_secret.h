/*
 * A password as it is kept: the keys of SCRAM-SHA-256 (RFC 5802 3, RFC 7677), from which the
 * password cannot be had back. PLAIN and LOGIN are checked against the same keys. As a text:
 *
 *     SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY      (the last three in base64)
 *
 * A password is bytes (UTF-8 as the client sends it, without SASLprep's mapping).
 */
#pragma once

#include "mta-under-test/base/buf.h"

enum {
    AUTH_KEY_BYTES = 32,
    AUTH_SALT_BYTES_MAX = 64,
    AUTH_SALT_BYTES = 16,
    AUTH_ITERATIONS_MIN = 4096,      /* RFC 7677 4 */
    AUTH_ITERATIONS_MAX = 1000000,   /* what a login may cost us */
    AUTH_ITERATIONS_DEFAULT = 10000, /* about 5 ms of processor time */
    AUTH_NAME_BYTES_MAX = 255,       /* of a user */
    AUTH_PASSWORD_BYTES_MAX = 1024,
};

struct auth_secret {
    unsigned iterations;
    unsigned char salt[AUTH_SALT_BYTES_MAX];
    size_t salt_bytes;
    unsigned char stored_key[AUTH_KEY_BYTES];
    unsigned char server_key[AUTH_KEY_BYTES];
};

/* Fills in the keys; salt and iterations are there. */
void auth_secret_make(struct auth_secret *secret, struct slice password);
/* Takes the time of one auth_secret_make(), whatever the outcome. */
bool auth_secret_is_of(const struct auth_secret *secret, struct slice password) MUST_CHECK;

void auth_secret_to_text(const struct auth_secret *secret, struct buf *out);
/* -1 if it is no such text. */
int auth_secret_from_text(struct slice text, struct auth_secret *secret) MUST_CHECK;

/* HMAC-SHA-256 and SHA-256, for the exchange. */
void auth_hmac(const unsigned char key[AUTH_KEY_BYTES], struct slice text,
               unsigned char out[AUTH_KEY_BYTES]);
void auth_hash(struct slice text, unsigned char out[AUTH_KEY_BYTES]);
/* In a time that tells nothing of where they differ. */
bool auth_keys_equal(const unsigned char a[AUTH_KEY_BYTES], const unsigned char b[AUTH_KEY_BYTES]);
