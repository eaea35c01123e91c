/*
 * libsodium, loaded with the first Ed25519 signature (see base/library.h): where all keys are RSA
 * it is never needed.
 */
#pragma once

#include <sodium.h>

struct sodium_library {
    __typeof__(sodium_init) *init;
    __typeof__(crypto_sign_detached) *sign_detached;
    __typeof__(crypto_sign_verify_detached) *verify_detached;
};

/* Ready for use, or NULL where it cannot be loaded. That is found out once: to look for a library
 * in vain takes as long as a signature. Any thread may call it. */
const struct sodium_library *sodium_library(void);
