/*
 * What signer.c (DKIM) and signer_seal.c (ARC) share.
 */
#pragma once

#include <openssl/evp.h>

#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/refmta/sign/signer.h"

enum { SIGNER_NAMES_BYTES_MAX = 4096 };

struct loaded_key {
    char *domain;
    char *selector;
    int64_t from_us;
    int64_t until_us;
    bool is_for_all;
    EVP_PKEY *key;
};

struct signer {
    struct loaded_key *keys;
    size_t count;
};

/* The names of the fields that a signature covers, as h= has them. */
void signer_add_names(const struct message *message, struct buf *names);
