#include "sim/tls/tls_spec.h"

#include <openssl/err.h>

#include "mta-under-test/base/poison.h"

static int tls_versions_read(struct spec spec, struct tls_settings *tls, struct err *err)
{
    const char *text;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    struct slice all = slice_of(text);
    size_t dots = slice_find_slice(all, SLICE(".."));
    struct slice from = dots == SIZE_MAX ? all : slice_first(all, dots);
    struct slice to = dots == SIZE_MAX ? all : slice_skip(all, dots + 2);
    tls->version_min = from.len == 0 ? TLS1_VERSION : tls_version_from_text(from);
    tls->version_max = to.len == 0 ? TLS1_3_VERSION : tls_version_from_text(to);
    if (tls->version_min == 0 || tls->version_max == 0 || tls->version_min > tls->version_max)
        return spec_error(spec, err,
                          "expected TLS versions, as in \"1.2\" or \"1.0..1.2\" "
                          "(1.0 to 1.3), found \"%s\"",
                          text);
    return 0;
}

typedef int tls_list_setter(SSL_CTX *context, const char *list);

/* A list in OpenSSL's notation, of which it must know something: else no handshake ever succeeds.
 */
static int tls_list_read(struct spec spec, tls_list_setter *set, const char *example,
                         const char **list, struct err *err)
{
    /* Kept for good: a hundred thousand hosts may have a list, and a context takes long to make. */
    static SSL_CTX *probe;
    if (spec_read_text(spec, list, err) != 0)
        return -1;
    if (probe == NULL)
        probe = SSL_CTX_new(TLS_server_method());
    bool known = probe != NULL && set(probe, *list) == 1;
    ERR_clear_error();
    return known ? 0
                 : spec_error(spec, err,
                              "expected names that OpenSSL knows, with colons between them, as in "
                              "\"%s\" (openssl ciphers -v 'ALL:@SECLEVEL=0' lists them), found "
                              "\"%s\"",
                              example, *list);
}

int tls_spec_read(struct spec spec, enum tls_identity_kind *identity, struct tls_settings *settings,
                  struct err *err)
{
    struct spec member;
    size_t kind = *identity;
    bool tickets = !settings->no_tickets;
    if ((spec_get(spec, "identity", &member) &&
         spec_read_word(member, TLS_IDENTITY_WORDS, &kind, err) != 0) ||
        (spec_get(spec, "versions", &member) && tls_versions_read(member, settings, err) != 0) ||
        (spec_get(spec, "ciphers", &member) &&
         tls_list_read(member, SSL_CTX_set_cipher_list, "ECDHE-ECDSA-AES128-GCM-SHA256",
                       &settings->ciphers, err) != 0) ||
        (spec_get(spec, "suites", &member) &&
         tls_list_read(member, SSL_CTX_set_ciphersuites, "TLS_AES_128_GCM_SHA256",
                       &settings->suites, err) != 0) ||
        (spec_get(spec, "tickets", &member) && spec_read_bool(member, &tickets, err) != 0) ||
        (spec_get(spec, "ask-certificate", &member) &&
         spec_read_bool(member, &settings->ask_certificate, err) != 0))
        return -1;
    *identity = (enum tls_identity_kind)kind;
    settings->no_tickets = !tickets;
    return 0;
}
