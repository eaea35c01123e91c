#include "mta-under-test/refmta/net/tls_context.h"

#include <openssl/err.h>

#include "mta-under-test/base/poison.h"

static int fail(struct err *err, const char *what, const char *file)
{
    char reason[160] = "unknown reason";
    unsigned long code = ERR_get_error();
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, "%s %s: %s", what, file, reason);
}

static SSL_CTX *new_context(const SSL_METHOD *method, struct err *err)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL) {
        fail(err, "cannot set up", "TLS");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

SSL_CTX *tls_context_server(const char *certificate, const char *key, struct err *err)
{
    SSL_CTX *context = new_context(TLS_server_method(), err);
    if (context == NULL)
        return NULL;
    int result = 0;
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        result = fail(err, "cannot use the certificate", certificate);
    else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        result = fail(err, "cannot use the key", key);
    if (result != 0) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

int tls_context_trust_clients(SSL_CTX *context, const char *authorities, struct err *err)
{
    static const unsigned char SESSIONS[] = "refmta";
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities);
    if (names == NULL || SSL_CTX_load_verify_locations(context, authorities, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail(err, "cannot use the authorities", authorities);
    }
    SSL_CTX_set_client_CA_list(context, names);
    /* A session that is resumed must be one of ours (SSL_set_verify(3)). */
    SSL_CTX_set_session_id_context(context, SESSIONS, sizeof SESSIONS - 1);
    return 0;
}

static int take_any(int is_good, X509_STORE_CTX *store)
{
    (void)is_good;
    (void)store;
    return 1;
}

void tls_context_ask_client(SSL *tls)
{
    SSL_set_verify(tls, SSL_VERIFY_PEER, take_any);
}

SSL_CTX *tls_context_client(const char *trust, struct err *err)
{
    SSL_CTX *context = new_context(TLS_client_method(), err);
    if (context == NULL)
        return NULL;
    int loaded = trust != NULL ? SSL_CTX_load_verify_locations(context, trust, NULL)
                               : SSL_CTX_set_default_verify_paths(context);
    if (loaded != 1) {
        fail(err, "cannot use the authorities", trust != NULL ? trust : "of the system");
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}
