#include "sim/mta/mta_dkim.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

const char MTA_DKIM_KEY_FILE[] = "/etc/mailrange/dkim.pem";

enum { MTA_ED25519_BYTES = 32 };

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

int mta_dkim_write_key(const struct mta_dkim *dkim, EVP_PKEY *key, struct buf *pem,
                       struct buf *record, struct err *err)
{
    if (!mta_dkim_add_private(key, pem))
        return err_set(err, "the key for DKIM cannot be written");
    buf_format(record, "v=DKIM1; k=%s; p=", dkim->is_ed25519 ? "ed25519" : "rsa");
    mta_dkim_add_public(key, dkim->is_ed25519, record);
    return 0;
}
