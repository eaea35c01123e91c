/* A token of anybody, as it comes and made of the bytes as its three parts: nobody has signed it
 * with our key, so it is never good. */
#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/auth/auth_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct auth_issuers *issuers, struct slice token)
{
    struct buf user;
    buf_init(&user, 255);
    assert(auth_token_check(issuers, token, INT64_C(1800000000000000), &user) != NULL);
    assert(user.len == 0);
    buf_deinit(&user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth_issuer issuer = {.name = "i", .audience = "a", .claim = "sub"};
    const struct auth_issuers issuers = {.list = &issuer, .count = 1};
    struct slice rest = slice_from((const char *)data, size);
    struct slice part;
    struct buf token;
    if (issuer.key == NULL)
        issuer.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (size == 0)
        return 0;
    check(&issuers, rest);
    buf_init(&token, 20000);
    while (slice_split(&rest, '\n', &part)) {
        if (token.len > 0)
            buf_add_char(&token, '.');
        text_to_base64(&token, part.data, part.len);
    }
    for (size_t i = 0; i < token.len; i++)
        token.data[i] = token.data[i] == '+' ? '-' : token.data[i] == '/' ? '_' : token.data[i];
    while (token.len > 0 && token.data[token.len - 1] == '=')
        buf_truncate(&token, token.len - 1);
    check(&issuers, buf_slice(&token));
    buf_deinit(&token);
    return 0;
}
