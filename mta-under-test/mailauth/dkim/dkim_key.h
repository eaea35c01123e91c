/*
 * Public keys in DNS (RFC 6376 section 3.6, RFC 8463 section 4).
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/base/map.h"
#include "mta-under-test/mailauth/core/dns.h"
#include "mta-under-test/mailauth/core/facts.h"

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519 };

enum dkim_key_status {
    DKIM_KEY_OK,
    DKIM_KEY_BAD_SYNTAX,   /* no tag list, or a tag is missing or wrong */
    DKIM_KEY_BAD_VERSION,  /* v= is something else than DKIM1, or does not stand first */
    DKIM_KEY_REVOKED,      /* p= is empty */
    DKIM_KEY_UNKNOWN_TYPE, /* k= */
    DKIM_KEY_NOT_FOR_MAIL, /* s= */
    DKIM_KEY_BAD_DATA      /* p= is no key of that type */
};

/* A key record. */
struct dkim_key {
    enum dkim_key_status status;
    const char *problem; /* in words, "" if there is none */
    enum dkim_key_type type;
    EVP_PKEY *key; /* with DKIM_KEY_OK */
    unsigned bits;
    bool allows_sha1; /* h= */
    bool allows_sha256;
    bool is_testing; /* t=y */
    bool is_strict;  /* t=s: the domain of i= must be d= itself */
};

/*
 * Keys that were read, by the text of their records: reading a key takes longer than a check with
 * it. Whoever owns it decides how long it lives; it may be shared by all checks of a program, not
 * by threads. When it holds `max` keys it is emptied.
 */
struct dkim_key_cache {
    struct map keys;
    size_t max;
};

void dkim_key_cache_init(struct dkim_key_cache *cache, size_t max);
void dkim_key_cache_deinit(struct dkim_key_cache *cache);

/* Reads a key record, through the cache. The key belongs to the cache, and is valid until the next
 * call. */
const struct dkim_key *dkim_key_read(struct dkim_key_cache *cache, struct slice record);

/* "SELECTOR._domainkey.DOMAIN" in A-labels (RFC 8616 3); false if it is no domain name. */
bool dkim_key_name(struct arena *arena, struct slice selector, struct slice domain,
                   struct slice *name);

/* Reads a private key: PEM (PKCS#8 or PKCS#1), RSA or Ed25519. NULL if it is none; release with
 * EVP_PKEY_free(). */
EVP_PKEY *dkim_key_read_private(struct slice pem);
