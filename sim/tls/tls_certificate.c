#include "sim/tls/tls_certificate.h"

#include <openssl/x509v3.h>

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { TLS_EXTENSION_TEXT_BYTES = 320 };

static bool tls_certificate_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL)
        return false;
    bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool tls_certificate_set_time(ASN1_TIME *field, int64_t at_us)
{
    time_t at = (time_t)(at_us / TIME_SECOND);
    return ASN1_TIME_set(field, at) != NULL;
}

static bool tls_certificate_set_name(X509_NAME *name, const char *common_name)
{
    /* RFC 5280 limits a common name to 64 characters; longer host names stand in the SAN only. */
    if (strlen(common_name) > 64)
        common_name = "long name";
    const char *const organisation = "Mailrange simulated internet";
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)organisation,
                                      -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                      -1, -1, 0) == 1;
}

static bool tls_certificate_fill(X509 *certificate, const struct tls_certificate_wish *wish)
{
    X509 *issuer = wish->signer != NULL ? wish->signer->certificate : certificate;
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), wish->serial) == 1 &&
           tls_certificate_set_time(X509_getm_notBefore(certificate), wish->from_us) &&
           tls_certificate_set_time(X509_getm_notAfter(certificate), wish->until_us) &&
           tls_certificate_set_name(X509_get_subject_name(certificate), wish->common_name) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
           X509_set_pubkey(certificate, wish->key) == 1;
}

static bool tls_certificate_fill_extensions(X509 *certificate,
                                            const struct tls_certificate_wish *wish)
{
    X509 *issuer = wish->signer != NULL ? wish->signer->certificate : certificate;
    const char *basic = wish->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE";
    const char *usage =
        wish->is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";
    if (!tls_certificate_extend(certificate, issuer, NID_basic_constraints, basic) ||
        !tls_certificate_extend(certificate, issuer, NID_key_usage, usage) ||
        !tls_certificate_extend(certificate, issuer, NID_subject_key_identifier, "hash") ||
        !tls_certificate_extend(certificate, issuer, NID_authority_key_identifier, "keyid:always"))
        return false;
    if (wish->subject == NULL)
        return true;
    char name[TLS_EXTENSION_TEXT_BYTES];
    snprintf(name, sizeof name, "%s:%s", strchr(wish->subject, '@') != NULL ? "email" : "DNS",
             wish->subject);
    return tls_certificate_extend(certificate, issuer, NID_ext_key_usage,
                                  wish->is_client ? "clientAuth" : "serverAuth") &&
           tls_certificate_extend(certificate, issuer, NID_subject_alt_name, name);
}

/* The same certificate for use outside of the library context that it was signed in. */
static X509 *tls_certificate_move(X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    const unsigned char *at = der;
    X509 *moved = len > 0 ? d2i_X509(NULL, &at, len) : NULL;
    OPENSSL_free(der);
    return moved;
}

X509 *tls_certificate_make(const struct tls_certificate_wish *wish, struct err *err)
{
    char label[TLS_EXTENSION_TEXT_BYTES];
    EVP_PKEY *signing_key = wish->signer != NULL ? wish->signer->key : wish->key;
    X509 *moved = NULL;
    snprintf(label, sizeof label, "signature %lld", (long long)wish->serial);
    if (tls_random_restart(wish->random, label, err) != 0)
        return NULL;
    X509 *certificate = X509_new_ex(tls_random_library(wish->random), NULL);
    if (certificate != NULL && tls_certificate_fill(certificate, wish) &&
        tls_certificate_fill_extensions(certificate, wish) &&
        X509_sign(certificate, signing_key, EVP_sha256()) > 0)
        moved = tls_certificate_move(certificate);
    X509_free(certificate);
    if (moved == NULL)
        tls_error(err, "cannot make a certificate");
    return moved;
}
