#include "sim/mta/mta_dkim.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

const char MTA_DKIM_KEY_FILE[] = "/etc/mailrange/dkim.pem";

enum { MTA_DKIM_RSA_BITS = 2048, MTA_ED25519_BYTES = 32 };

static EVP_PKEY *mta_dkim_make(const struct mta_dkim *dkim, struct tls_random *random,
                               struct err *err)
{
    unsigned char secret[MTA_ED25519_BYTES];
    char *label = mem_text_format("dkim/%s/%s", dkim->selector, dkim->domain);
    EVP_PKEY *key = NULL;
    if (!dkim->is_ed25519)
        key = tls_random_key(random, label, MTA_DKIM_RSA_BITS, err);
    else if (tls_random_bytes(random, label, secret, sizeof secret, err) == 0)
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
    free(label);
    return key;
}

/* p= is a SubjectPublicKeyInfo for RSA (RFC 6376 3.6.1), the bare key for Ed25519 (RFC 8463 4). */
static void mta_dkim_add_public(EVP_PKEY *key, bool is_ed25519, struct buf *record)
{
    unsigned char raw[MTA_ED25519_BYTES];
    size_t raw_len = sizeof raw;
    unsigned char *der = NULL;
    if (is_ed25519) {
        if (EVP_PKEY_get_raw_public_key(key, raw, &raw_len) == 1)
            text_to_base64(record, raw, raw_len);
        return;
    }
    int len = i2d_PUBKEY(key, &der);
    if (len > 0)
        text_to_base64(record, der, (size_t)len);
    OPENSSL_free(der);
}

static bool mta_dkim_add_private(EVP_PKEY *key, struct buf *pem)
{
    char *bytes = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    bool written = PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
    long len = BIO_get_mem_data(out, &bytes);
    if (written)
        buf_add(pem, bytes, (size_t)len);
    BIO_free(out);
    return written;
}

int mta_dkim_make_key(const struct mta_dkim *dkim, struct tls_random *random, struct buf *pem,
                      struct buf *record, struct err *err)
{
    struct err why = {.text = "out of memory"};
    EVP_PKEY *key = mta_dkim_make(dkim, random, &why);
    if (key == NULL || !mta_dkim_add_private(key, pem)) {
        EVP_PKEY_free(key);
        return err_set(err, "the key for DKIM cannot be made: %s", why.text);
    }
    buf_format(record, "v=DKIM1; k=%s; p=", dkim->is_ed25519 ? "ed25519" : "rsa");
    mta_dkim_add_public(key, dkim->is_ed25519, record);
    EVP_PKEY_free(key);
    return 0;
}
