/*
 * The key with which the server under test signs (RFC 6376), made for each run: the private half
 * for its configuration, the public half as the record of its zone.
 */
#pragma once

#include "sim/mta/mta_settings.h"
#include "sim/tls/tls_random.h"

/* Where the private key stands in the world; every user of it may read the file. */
extern const char MTA_DKIM_KEY_FILE[];

/* Appends the private key as PEM (PKCS#8) and the text of the key record. The key follows from
 * `random` and from the names of domain and selector. */
int mta_dkim_make_key(const struct mta_dkim *dkim, struct tls_random *random, struct buf *pem,
                      struct buf *record, struct err *err) MUST_CHECK;
