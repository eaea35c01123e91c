#include "sim/tls/tls_context.h"

#include <openssl/err.h>

#include "mta-under-test/base/poison.h"

/* Our place for the authority inside a context. */
static int tls_context_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static void tls_context_on_key(const SSL *ssl, const char *line)
{
    const struct tls_authority *authority =
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tls_context_index());
    if (authority != NULL)
        tls_authority_report_key(authority, line);
}

/* A client's certificate is looked at, never refused: what to think of it is the rules' matter. */
static int tls_context_on_verify(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

/* Whatever name is asked for, there is one certificate; taking the name lets sessions resume. */
static int tls_context_on_name(SSL *ssl, int *alert, void *context)
{
    (void)ssl;
    (void)alert;
    (void)context;
    return SSL_TLSEXT_ERR_OK;
}

static bool tls_context_set_identity(SSL_CTX *context, const struct tls_identity *identity)
{
    return SSL_CTX_use_certificate(context, identity->certificate) == 1 &&
           SSL_CTX_use_PrivateKey(context, identity->key) == 1 &&
           (identity->intermediate == NULL ||
            SSL_CTX_add1_chain_cert(context, identity->intermediate) == 1);
}

static bool tls_context_set_ciphers(SSL_CTX *context, const char *ciphers, const char *suites)
{
    return (ciphers == NULL || SSL_CTX_set_cipher_list(context, ciphers) == 1) &&
           (suites == NULL || SSL_CTX_set_ciphersuites(context, suites) == 1);
}

int tls_connection_show(SSL *ssl, const struct tls_identity *identity)
{
    return SSL_use_certificate(ssl, identity->certificate) == 1 &&
                   SSL_use_PrivateKey(ssl, identity->key) == 1 &&
                   (identity->intermediate == NULL ||
                    SSL_add1_chain_cert(ssl, identity->intermediate) == 1)
               ? 0
               : -1;
}

/* Level 0 lets short keys and old signatures in. */
static SSL_CTX *tls_context_new(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context != NULL)
        SSL_CTX_set_security_level(context, 0);
    return context;
}

static bool tls_context_set_versions(SSL_CTX *context, const struct tls_settings *settings)
{
    int min = settings->version_min != 0 ? settings->version_min : TLS1_2_VERSION;
    int max = settings->version_max != 0 ? settings->version_max : TLS1_3_VERSION;
    return SSL_CTX_set_min_proto_version(context, min) == 1 &&
           SSL_CTX_set_max_proto_version(context, max) == 1 &&
           tls_context_set_ciphers(context, settings->ciphers, settings->suites);
}

SSL_CTX *tls_context_make(struct tls_authority *authority, const struct tls_identity *identity,
                          const struct tls_settings *settings, struct err *err)
{
    SSL_CTX *context = tls_context_new(TLS_server_method());
    if (context == NULL || (identity != NULL && !tls_context_set_identity(context, identity)) ||
        !tls_context_set_versions(context, settings)) {
        SSL_CTX_free(context);
        tls_error(err, "cannot set up TLS");
        return NULL;
    }
    SSL_CTX_set_ex_data(context, tls_context_index(), authority);
    SSL_CTX_set_tlsext_servername_callback(context, tls_context_on_name);
    SSL_CTX_set_keylog_callback(context, tls_context_on_key);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    static const unsigned char ID[] = "mailrange";
    SSL_CTX_set_session_id_context(context, ID, sizeof ID - 1);
    if (settings->no_tickets) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    }
    if (settings->ask_certificate)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, tls_context_on_verify);
    return context;
}

SSL_CTX *tls_context_make_client(struct tls_authority *authority,
                                 const struct tls_identity *identity, struct err *err)
{
    SSL_CTX *context = tls_context_new(TLS_client_method());
    if (context == NULL || (identity != NULL && !tls_context_set_identity(context, identity))) {
        SSL_CTX_free(context);
        tls_error(err, "cannot set up TLS");
        return NULL;
    }
    SSL_CTX_set_ex_data(context, tls_context_index(), authority);
    SSL_CTX_set_keylog_callback(context, tls_context_on_key);
    return context;
}

bool tls_ciphers_are_known(const char *ciphers, const char *suites)
{
    /* One for all that are asked about: a hundred thousand hosts may have such a list. */
    static SSL_CTX *context = NULL;
    if (context == NULL)
        context = tls_context_new(TLS_server_method());
    if (context == NULL)
        return true; /* that is not the list's fault, and told when it is used */
    bool known = tls_context_set_ciphers(context, ciphers, suites);
    ERR_clear_error();
    return known;
}

int tls_version_from_text(struct slice text)
{
    static const struct {
        const char *word;
        int version;
    } VERSIONS[] = {
        {"1.0", TLS1_VERSION},
        {"1.1", TLS1_1_VERSION},
        {"1.2", TLS1_2_VERSION},
        {"1.3", TLS1_3_VERSION},
    };
    if (slice_starts_with_nocase(text, SLICE("TLSv")))
        text = slice_skip(text, 4);
    for (size_t i = 0; i < sizeof VERSIONS / sizeof VERSIONS[0]; i++) {
        if (slice_is(text, VERSIONS[i].word))
            return VERSIONS[i].version;
    }
    return 0;
}
