/*
 * The key with which the server under test signs (RFC 6376), made for each run: the private half
 * for its configuration, the public half as the record of its zone.
 */
#pragma once

#include <openssl/evp.h>

#include "sim/mta/mta_settings.h"

enum { MTA_DKIM_RSA_BITS = 2048 };

/* Where the private key stands in the world; every user of it may read the file. */
extern const char MTA_DKIM_KEY_FILE[];

/* Appends the private key as PEM (PKCS#8) and the text of the key record. */
int mta_dkim_write_key(const struct mta_dkim *dkim, EVP_PKEY *key, struct buf *pem,
                       struct buf *record, struct err *err) MUST_CHECK;
