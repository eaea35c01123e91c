#include "mta-under-test/mailauth/dkim/sodium_library.h"

#include <pthread.h>

#include "mta-under-test/base/library.h"

#include "mta-under-test/base/poison.h"

static struct sodium_library sodium_calls;
static bool sodium_is_ready;

static void sodium_library_start(void)
{
    static const struct library_symbol SYMBOLS[] = {
        {"sodium_init", &sodium_calls.init},
        {"crypto_sign_detached", &sodium_calls.sign_detached},
        {"crypto_sign_verify_detached", &sodium_calls.verify_detached},
    };
    static struct library library = {
        .file = "libsodium.so.23", .symbols = SYMBOLS, .count = sizeof SYMBOLS / sizeof SYMBOLS[0]};
    struct err err;
    sodium_is_ready = library_load(&library, &err) == 0 && sodium_calls.init() >= 0;
}

const struct sodium_library *sodium_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sodium_library_start);
    return sodium_is_ready ? &sodium_calls : NULL;
}
