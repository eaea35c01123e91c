#include "sim/tls/tls_spec.h"

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

/* A list in which OpenSSL knows nothing would make a host without TLS. */
static int tls_ciphers_read(struct spec spec, struct tls_settings *tls, struct err *err)
{
    struct spec member;
    if (spec_get(spec, "ciphers", &member)) {
        if (spec_read_text(member, &tls->ciphers, err) != 0)
            return -1;
        if (!tls_ciphers_are_known(tls->ciphers, NULL))
            return spec_expected(member, err,
                                 "ciphers of TLS 1.2 and below that OpenSSL knows, as in "
                                 "\"ECDHE-RSA-AES128-GCM-SHA256\" (openssl ciphers)");
    }
    if (spec_get(spec, "suites", &member)) {
        if (spec_read_text(member, &tls->suites, err) != 0)
            return -1;
        if (!tls_ciphers_are_known(NULL, tls->suites))
            return spec_expected(member, err,
                                 "cipher suites of TLS 1.3, as in \"TLS_AES_128_GCM_SHA256\"");
    }
    return 0;
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
        tls_ciphers_read(spec, settings, err) != 0 ||
        (spec_get(spec, "tickets", &member) && spec_read_bool(member, &tickets, err) != 0) ||
        (spec_get(spec, "ask-certificate", &member) &&
         spec_read_bool(member, &settings->ask_certificate, err) != 0))
        return -1;
    *identity = (enum tls_identity_kind)kind;
    settings->no_tickets = !tickets;
    return 0;
}
