/*
 * The key with which the server under test signs (RFC 6376), made for each run: the private half
 * for its configuration, the public half as the record of its zone.
 */
#pragma once

#include "sim/mta/mta_settings.h"

/* Where the private key stands in the world; every user of it may read the file. */
extern const char MTA_DKIM_KEY_FILE[];

/* Appends the private key as PEM (PKCS#8) and the text of the key record. An Ed25519 key follows
 * from the seed; an RSA key is a new one each time, for OpenSSL cannot make it from a seed. */
int mta_dkim_make_key(const struct mta_dkim *dkim, uint64_t seed, struct buf *pem,
                      struct buf *record, struct err *err) MUST_CHECK;
