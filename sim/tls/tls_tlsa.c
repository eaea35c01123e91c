#include "sim/tls/tls_tlsa.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { TLSA_PKIX_TA = 0, TLSA_DANE_TA = 2, TLSA_SPKI = 1, TLSA_WHOLE = 0, TLSA_SHA512 = 2 };

const char *const TLS_TLSA_SUBJECT_WORDS[] = {
#define X(name, word) word,
    TLS_TLSA_SUBJECTS(X)
#undef X
        NULL,
};

int tls_tlsa_from_text(struct slice text, struct tls_tlsa *tlsa)
{
    uint8_t *const fields[] = {&tlsa->usage, &tlsa->selector, &tlsa->matching};
    size_t count = 0;
    struct slice word;
    while (text.len > 0 && slice_split(&text, ' ', &word)) {
        uint64_t number;
        if (count == sizeof fields / sizeof fields[0] || text_to_u64(word, &number) != 0 ||
            number > UINT8_MAX)
            return -1;
        *fields[count++] = (uint8_t)number;
    }
    return count == sizeof fields / sizeof fields[0] ? 0 : -1;
}

static bool tls_tlsa_is_anchor(const struct tls_tlsa *tlsa)
{
    return tlsa->usage == TLSA_PKIX_TA || tlsa->usage == TLSA_DANE_TA;
}

/* Another key of the same host, as many generations on. */
static X509 *tls_tlsa_other_key(struct tls_authority *authority,
                                const struct tls_identity_wish *wish, unsigned generation,
                                struct err *err)
{
    struct tls_identity_wish other = *wish;
    other.generation = generation;
    struct tls_identity *identity = tls_identity_make(authority, &other, err);
    X509 *certificate = identity != NULL ? identity->certificate : NULL;
    if (certificate != NULL)
        X509_up_ref(certificate);
    tls_identity_free(&identity);
    return certificate;
}

static X509 *tls_tlsa_another(const struct tls_tlsa *tlsa, struct tls_authority *authority,
                              const struct tls_identity_wish *wish, struct err *err)
{
    if (!tls_tlsa_is_anchor(tlsa)) {
        struct tls_identity_wish other = *wish;
        other.host_name = "another-host.invalid";
        return tls_tlsa_other_key(authority, &other, 0, err);
    }
    const struct tls_signer *unknown = tls_authority_unknown(authority, err);
    if (unknown != NULL)
        X509_up_ref(unknown->certificate);
    return unknown != NULL ? unknown->certificate : NULL;
}

/* The certificate that the record is about; the caller frees it. */
static X509 *tls_tlsa_choose(const struct tls_tlsa *tlsa, struct tls_authority *authority,
                             const struct tls_identity_wish *wish,
                             const struct tls_identity *identity, struct err *err)
{
    bool issuer = tlsa->subject == TLS_TLSA_ISSUER ||
                  (tlsa->subject == TLS_TLSA_DEFAULT && tls_tlsa_is_anchor(tlsa));
    X509 *chosen = issuer && identity->issuer != NULL ? identity->issuer : identity->certificate;
    if (tlsa->subject == TLS_TLSA_ANOTHER)
        return tls_tlsa_another(tlsa, authority, wish, err);
    if (tlsa->subject == TLS_TLSA_PREVIOUS)
        return tls_tlsa_other_key(authority, wish, wish->generation - 1, err);
    if (tlsa->subject == TLS_TLSA_NEXT)
        return tls_tlsa_other_key(authority, wish, wish->generation + 1, err);
    if (tlsa->subject == TLS_TLSA_ROOT)
        chosen = tls_authority_root(authority);
    X509_up_ref(chosen);
    return chosen;
}

/* The selected bytes, to be freed by OPENSSL_free(); their number, or below 1. */
static int tls_tlsa_select(const struct tls_tlsa *tlsa, X509 *certificate, unsigned char **bytes)
{
    *bytes = NULL;
    return tlsa->selector == TLSA_SPKI ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), bytes)
                                       : i2d_X509(certificate, bytes);
}

static void tls_tlsa_add_hex(const struct tls_tlsa *tlsa, const unsigned char *data, size_t len,
                             struct buf *out)
{
    buf_format(out, "%u %u %u ", tlsa->usage, tlsa->selector, tlsa->matching);
    for (size_t i = 0; i + (tlsa->is_cut ? 1 : 0) < len; i++)
        buf_format(out, "%02x", data[i]);
}

int tls_tlsa_to_text(const struct tls_tlsa *tlsa, struct tls_authority *authority,
                     const struct tls_identity_wish *wish, const struct tls_identity *identity,
                     struct buf *out, struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    unsigned char *bytes = NULL;
    X509 *certificate = tls_tlsa_choose(tlsa, authority, wish, identity, err);
    if (certificate == NULL)
        return -1;
    int len = tls_tlsa_select(tlsa, certificate, &bytes);
    const EVP_MD *hash = tlsa->matching == TLSA_SHA512 ? EVP_sha512() : EVP_sha256();
    int result = 0;
    if (len < 1 || EVP_Digest(bytes, (size_t)len, digest, &digest_len, hash, NULL) != 1)
        result = tls_error(err, "cannot make a TLSA record");
    else if (tlsa->matching == TLSA_WHOLE)
        tls_tlsa_add_hex(tlsa, bytes, (size_t)len, out);
    else
        tls_tlsa_add_hex(tlsa, digest, digest_len, out);
    OPENSSL_free(bytes);
    X509_free(certificate);
    return result;
}
