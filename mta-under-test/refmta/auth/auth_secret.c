#include "mta-under-test/refmta/auth/auth_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static const char PREFIX[] = "SCRAM-SHA-256$";

void auth_hmac(const unsigned char key[AUTH_KEY_BYTES], struct slice text,
               unsigned char out[AUTH_KEY_BYTES])
{
    unsigned len = 0;
    if (HMAC(EVP_sha256(), key, AUTH_KEY_BYTES, (const unsigned char *)text.data, text.len, out,
             &len) == NULL)
        abort(); /* only without memory */
}

void auth_hash(struct slice text, unsigned char out[AUTH_KEY_BYTES])
{
    SHA256((const unsigned char *)text.data, text.len, out);
}

bool auth_keys_equal(const unsigned char a[AUTH_KEY_BYTES], const unsigned char b[AUTH_KEY_BYTES])
{
    return CRYPTO_memcmp(a, b, AUTH_KEY_BYTES) == 0;
}

void auth_secret_make(struct auth_secret *secret, struct slice password)
{
    unsigned char salted[AUTH_KEY_BYTES];
    unsigned char client_key[AUTH_KEY_BYTES];
    const char *text = password.len > 0 ? password.data : "";
    if (PKCS5_PBKDF2_HMAC(text, (int)password.len, secret->salt, (int)secret->salt_bytes,
                          (int)secret->iterations, EVP_sha256(), AUTH_KEY_BYTES, salted) != 1)
        abort(); /* only without memory */
    auth_hmac(salted, SLICE("Client Key"), client_key);
    auth_hash(slice_from((const char *)client_key, AUTH_KEY_BYTES), secret->stored_key);
    auth_hmac(salted, SLICE("Server Key"), secret->server_key);
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(client_key, sizeof client_key);
}

bool auth_secret_is_of(const struct auth_secret *secret, struct slice password)
{
    struct auth_secret other = *secret;
    auth_secret_make(&other, password);
    return auth_keys_equal(other.stored_key, secret->stored_key);
}

void auth_secret_to_text(const struct auth_secret *secret, struct buf *out)
{
    buf_format(out, "%s%u:", PREFIX, secret->iterations);
    text_to_base64(out, secret->salt, secret->salt_bytes);
    buf_add_char(out, '$');
    text_to_base64(out, secret->stored_key, AUTH_KEY_BYTES);
    buf_add_char(out, ':');
    text_to_base64(out, secret->server_key, AUTH_KEY_BYTES);
}

/* Base64 of min to max bytes. */
static int take_bytes(struct slice text, unsigned char *out, size_t min, size_t max, size_t *len)
{
    struct buf bytes;
    buf_init(&bytes, AUTH_SALT_BYTES_MAX);
    int result = text_from_base64(&bytes, text);
    if (buf_overflowed(&bytes) || bytes.len < min || bytes.len > max)
        result = -1;
    if (result == 0) {
        memcpy(out, bytes.data, bytes.len);
        *len = bytes.len;
    }
    buf_deinit(&bytes);
    return result;
}

int auth_secret_from_text(struct slice text, struct auth_secret *secret)
{
    struct slice part;
    uint64_t iterations = 0;
    size_t len = 0;
    *secret = (struct auth_secret){.iterations = 0};
    if (!slice_starts_with(text, slice_of(PREFIX)))
        return -1;
    text = slice_skip(text, sizeof PREFIX - 1);
    if (!slice_split(&text, ':', &part) || text_to_u64(part, &iterations) != 0 ||
        iterations < AUTH_ITERATIONS_MIN || iterations > AUTH_ITERATIONS_MAX)
        return -1;
    secret->iterations = (unsigned)iterations;
    if (!slice_split(&text, '$', &part) ||
        take_bytes(part, secret->salt, 8, AUTH_SALT_BYTES_MAX, &secret->salt_bytes) != 0)
        return -1;
    if (!slice_split(&text, ':', &part) ||
        take_bytes(part, secret->stored_key, AUTH_KEY_BYTES, AUTH_KEY_BYTES, &len) != 0)
        return -1;
    return take_bytes(text, secret->server_key, AUTH_KEY_BYTES, AUTH_KEY_BYTES, &len);
}
