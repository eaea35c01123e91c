#include "mta-under-test/mailauth/dane/dane_check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/core/domain.h"

#include "mta-under-test/base/poison.h"

enum { DANE_CHAIN_MAX = 100, DANE_NAME_BYTES = 256 };

/* What one verification needs; freed together. */
struct dane_run {
    SSL_CTX *ssl_context;
    SSL *ssl;
    X509_STORE_CTX *store_context;
    STACK_OF(X509) * chain;
};

static void dane_run_deinit(struct dane_run *run)
{
    X509_STORE_CTX_free(run->store_context);
    SSL_free(run->ssl);
    SSL_CTX_free(run->ssl_context);
    sk_X509_pop_free(run->chain, X509_free);
    ERR_clear_error();
}

static STACK_OF(X509) * dane_read_certificates(struct slice pem)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem.data != NULL ? pem.data : "", (int)pem.len);
    X509 *certificate = NULL;
    while (sk_X509_num(list) < DANE_CHAIN_MAX &&
           (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        sk_X509_push(list, certificate);
    BIO_free(bio);
    ERR_clear_error();
    return list;
}

static void dane_add_anchors(SSL_CTX *context, struct slice pem)
{
    STACK_OF(X509) *anchors = dane_read_certificates(pem);
    for (int i = 0; i < sk_X509_num(anchors); i++)
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), sk_X509_value(anchors, i));
    sk_X509_pop_free(anchors, X509_free);
}

/* As certificates have names: without a final dot, which OpenSSL would compare too. */
static const char *dane_reference_name(const char *name, char text[DANE_NAME_BYTES])
{
    struct slice plain = domain_without_dot(slice_of(name));
    (void)snprintf(text, DANE_NAME_BYTES, "%.*s", SLICE_ARG(plain));
    return text;
}

static int dane_run_init(struct dane_run *run, const struct dane_request *request, struct err *err)
{
    char name[DANE_NAME_BYTES];
    run->chain = dane_read_certificates(request->chain_pem);
    if (sk_X509_num(run->chain) == 0)
        return err_set(err, "the chain holds no certificate in PEM form");
    run->ssl_context = SSL_CTX_new(TLS_client_method());
    if (run->ssl_context == NULL || SSL_CTX_dane_enable(run->ssl_context) <= 0)
        return err_set(err, "OpenSSL cannot do DANE");
    dane_add_anchors(run->ssl_context, request->ca_pem);
    run->ssl = SSL_new(run->ssl_context);
    const char *base =
        request->name_count > 0 ? dane_reference_name(request->names[0], name) : NULL;
    if (run->ssl == NULL || SSL_dane_enable(run->ssl, base) <= 0)
        return err_set(err, "\"%s\" cannot be a TLSA base domain", base != NULL ? base : "");
    for (size_t i = 1; i < request->name_count; i++)
        SSL_add1_host(run->ssl, dane_reference_name(request->names[i], name));
    SSL_set_hostflags(run->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!request->checks_ee_names)
        SSL_dane_set_flags(run->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    SSL_set_connect_state(run->ssl);
    return 0;
}

static const char *dane_name_text(X509_NAME *name, char text[DANE_NAME_BYTES])
{
    X509_NAME_oneline(name, text, DANE_NAME_BYTES);
    return text;
}

/* What the server showed. */
static void dane_tell_chain(const struct dane_run *run, struct facts *facts)
{
    char subject[DANE_NAME_BYTES];
    char issuer[DANE_NAME_BYTES];
    for (int i = 0; facts != NULL && i < sk_X509_num(run->chain); i++) {
        X509 *certificate = sk_X509_value(run->chain, i);
        facts_add(facts, "certificate", "certificate %d: %s, issued by %s", i,
                  dane_name_text(X509_get_subject_name(certificate), subject),
                  dane_name_text(X509_get_issuer_name(certificate), issuer));
    }
}

static const char *dane_usage_words(uint8_t usage)
{
    static const char *const WORDS[] = {"PKIX-TA(0)", "PKIX-EE(1)", "DANE-TA(2)", "DANE-EE(3)"};
    return usage <= DANE_EE ? WORDS[usage] : "unknown usage";
}

static const char *dane_type_words(uint8_t matching_type)
{
    static const char *const WORDS[] = {"whole", "SHA2-256", "SHA2-512"};
    return matching_type <= 2 ? WORDS[matching_type] : "unknown matching type";
}

static void dane_add_records(struct dane_run *run, const struct dane_request *request,
                             struct facts *facts, struct dane_outcome *outcome)
{
    for (size_t i = 0; i < request->record_count; i++) {
        const struct dane_record *record = &request->records[i];
        enum dane_usability usability = dane_record_usability(record, request->in_smtp);
        if (facts != NULL)
            facts_add(facts, "record", "record %zu: %s, %s, %s, %zu bytes: %s", i + 1,
                      dane_usage_words(record->usage),
                      record->selector == 0   ? "certificate"
                      : record->selector == 1 ? "public key"
                                              : "unknown selector",
                      dane_type_words(record->matching_type), record->data.len,
                      dane_usability_name(usability));
        if (usability != DANE_USABLE)
            continue;
        int added =
            SSL_dane_tlsa_add(run->ssl, record->usage, record->selector, record->matching_type,
                              (const unsigned char *)record->data.data, record->data.len);
        outcome->usable += added > 0;
    }
    ERR_clear_error();
}

static int dane_find_match(const struct dane_run *run, const struct dane_request *request)
{
    uint8_t usage = 0;
    uint8_t selector = 0;
    uint8_t type = 0;
    const unsigned char *data = NULL;
    size_t len = 0;
    if (SSL_get0_dane_tlsa(run->ssl, &usage, &selector, &type, &data, &len) < 0)
        return -1;
    for (size_t i = 0; i < request->record_count; i++) {
        const struct dane_record *record = &request->records[i];
        if (record->usage == usage && record->selector == selector &&
            record->matching_type == type &&
            slice_equal(record->data, slice_from((const char *)data, len)))
            return (int)i;
    }
    return -1;
}

static int dane_verify(struct dane_run *run, const struct dane_request *request,
                       struct dane_outcome *outcome, struct err *err)
{
    run->store_context = X509_STORE_CTX_new();
    X509_STORE *store = SSL_CTX_get_cert_store(run->ssl_context);
    if (run->store_context == NULL ||
        X509_STORE_CTX_init(run->store_context, store, sk_X509_value(run->chain, 0), run->chain) !=
            1)
        return err_set(err, "OpenSSL cannot verify the chain");
    X509_STORE_CTX_set_default(run->store_context, "ssl_server");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(run->store_context);
    X509_VERIFY_PARAM_set1(param, SSL_get0_param(run->ssl));
    X509_VERIFY_PARAM_set_time(param, (time_t)(request->now_us / TIME_SECOND));
    X509_STORE_CTX_set0_dane(run->store_context, SSL_get0_dane(run->ssl));
    int verified = X509_verify_cert(run->store_context);
    outcome->error = X509_STORE_CTX_get_error(run->store_context);
    outcome->is_verified = verified > 0 && outcome->error == X509_V_OK;
    if (!outcome->is_verified && outcome->error == X509_V_OK)
        outcome->error = X509_V_ERR_UNSPECIFIED;
    outcome->error_text = X509_verify_cert_error_string(outcome->error);
    /* Which record matched is said only to those who say that all was well; but a chain that fails
     * by its name or its dates has a match that is worth knowing. */
    SSL_set_verify_result(run->ssl, X509_V_OK);
    outcome->depth = SSL_get0_dane_authority(run->ssl, NULL, NULL);
    outcome->matched = outcome->depth >= 0 ? dane_find_match(run, request) : -1;
    return 0;
}

static void dane_tell_result(const struct dane_outcome *outcome, struct facts *facts)
{
    if (outcome->matched >= 0)
        facts_add(facts, "match",
                  "record %d matches the certificate at depth %d (0 is the server's)",
                  outcome->matched + 1, outcome->depth);
    else
        facts_add(facts, "match", "none of %zu usable records matches (RFC 7671 4)",
                  outcome->usable);
    facts_add(facts, "result", "%s: %s", outcome->is_verified ? "verified" : "not verified",
              outcome->error_text);
}

int dane_check(const struct dane_request *request, struct facts *facts,
               struct dane_outcome *outcome, struct err *err)
{
    struct dane_run run = {0};
    memset(outcome, 0, sizeof *outcome);
    outcome->depth = -1;
    outcome->matched = -1;
    outcome->error_text = "";
    facts_open(facts, "dane", "DANE for %s",
               request->name_count > 0 ? request->names[0] : "no name");
    int status = dane_run_init(&run, request, err);
    if (status == 0) {
        dane_tell_chain(&run, facts);
        dane_add_records(&run, request, facts, outcome);
        status = dane_verify(&run, request, outcome, err);
    }
    if (status == 0 && facts != NULL)
        dane_tell_result(outcome, facts);
    facts_close(facts);
    dane_run_deinit(&run);
    return status;
}
