#include "mta-under-test/refmta/tlspolicy/tls_peer.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mta-under-test/base/map.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/dane/dane_check.h"
#include "mta-under-test/refmta/net/tls_context.h"

#include "mta-under-test/base/poison.h"

enum { SESSIONS_MAX = 2000, KEY_BYTES_MAX = 4096 };

struct tls_sessions {
    SSL_CTX *context;
    struct map kept; /* by what was demanded of whom -> SSL_SESSION */
};

/* What is tied to an SSL: the demands, and under which key its session is kept. */
struct tie {
    struct tls_sessions *sessions;
    const struct tls_peer *peer;
    char *key;
};

static void tie_free(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long argl,
                     void *argp)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    struct tie *tie = pointer;
    if (tie != NULL)
        free(tie->key);
    free(tie);
}

static int tie_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, tie_free);
    return index;
}

static void free_session(void *session)
{
    SSL_SESSION_free(session);
}

/* The server gave a session (with TLS 1.3: a ticket, some time after the handshake). */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tie *tie = SSL_get_ex_data(ssl, tie_index());
    if (tie == NULL || tie->key == NULL)
        return 0;
    struct map *kept = &tie->sessions->kept;
    if (kept->count >= SESSIONS_MAX)
        free_session(map_remove(kept, map_key_slice(map_first(kept))));
    free_session(map_set_text(kept, tie->key, session));
    return 1;
}

static struct slice chain_as_pem(X509_STORE_CTX *store, BIO *bio)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(store);
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    char *text = NULL;
    PEM_write_bio_X509(bio, leaf);
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (sk_X509_value(chain, i) != leaf)
            PEM_write_bio_X509(bio, sk_X509_value(chain, i));
    long len = BIO_get_mem_data(bio, &text);
    return slice_from(text, (size_t)len);
}

static bool names_host(X509_STORE_CTX *store, const struct tls_peer *peer)
{
    return X509_check_host(X509_STORE_CTX_get0_cert(store), peer->host, 0,
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* The X509_V_... of the check by TLSA records. */
static int check_dane(X509_STORE_CTX *store, const struct tls_peer *peer)
{
    struct err err = {.text = ""};
    struct dane_outcome outcome;
    BIO *bio = BIO_new(BIO_s_mem());
    struct dane_request request = {
        .chain_pem = chain_as_pem(store, bio),
        .record_count = peer->record_count,
        .records = peer->records,
        .name_count = 2,
        .names = {peer->host, peer->next_hop},
        .in_smtp = true,
        .now_us = time_now_us(),
    };
    int result = dane_check(&request, NULL, &outcome, &err);
    BIO_free(bio);
    if (result != 0)
        return X509_V_ERR_UNSPECIFIED;
    if (!outcome.is_verified)
        return outcome.error;
    return peer->needs_name && !names_host(store, peer) ? X509_V_ERR_HOSTNAME_MISMATCH : X509_V_OK;
}

static bool goes_by_records(const struct tls_peer *peer)
{
    return peer->verify == TLS_VERIFY_DANE || peer->verify == TLS_VERIFY_PIN;
}

static int on_certificate(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct tie *tie = SSL_get_ex_data(ssl, tie_index());
    if (tie != NULL && goes_by_records(tie->peer)) {
        X509_STORE_CTX_set_error(store, check_dane(store, tie->peer));
        return X509_STORE_CTX_get_error(store) == X509_V_OK;
    }
    return X509_verify_cert(store);
}

struct tls_sessions *tls_sessions_open(const char *trust, struct err *err)
{
    SSL_CTX *context = tls_context_client(trust, err);
    if (context == NULL)
        return NULL;
    struct tls_sessions *sessions = mem_alloc(sizeof *sessions);
    sessions->context = context;
    map_init(&sessions->kept);
    SSL_CTX_set_cert_verify_callback(context, on_certificate, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
    return sessions;
}

void tls_sessions_close(struct tls_sessions **where)
{
    struct tls_sessions *sessions = *where;
    *where = NULL;
    if (sessions == NULL)
        return;
    map_deinit(&sessions->kept, free_session);
    SSL_CTX_free(sessions->context);
    free(sessions);
}

SSL_CTX *tls_sessions_context(struct tls_sessions *sessions)
{
    return sessions->context;
}

/* Address, name and every demand: a session of a laxer connection must not pass for a strict one,
 * since a resumed handshake shows no certificate. */
static char *session_key(const struct tls_peer *peer, const char *address)
{
    struct buf key;
    buf_init(&key, KEY_BYTES_MAX);
    buf_format(&key, "%s %s %s %d %d", address, peer->host, peer->next_hop, (int)peer->verify,
               (int)peer->needs_name);
    for (size_t i = 0; goes_by_records(peer) && i < peer->record_count; i++) {
        const struct dane_record *record = &peer->records[i];
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int len = 0;
        if (EVP_Digest(record->data.data, record->data.len, digest, &len, EVP_sha256(), NULL) != 1)
            abort();
        buf_format(&key, " %u%u%u", record->usage, record->selector, record->matching_type);
        for (unsigned k = 0; k < len; k++)
            buf_format(&key, "%02x", digest[k]);
    }
    if (buf_overflowed(&key)) {
        buf_deinit(&key);
        return NULL;
    }
    return buf_take(&key);
}

void tls_peer_prepare(struct tls_sessions *sessions, SSL *ssl, const struct tls_peer *peer,
                      const char *address)
{
    struct tie *tie = mem_alloc(sizeof *tie);
    *tie = (struct tie){sessions, peer, session_key(peer, address)};
    if (SSL_set_ex_data(ssl, tie_index(), tie) != 1)
        abort();
    /* Unverified, old versions are still better than clear text (RFC 7435). */
    SSL_set_min_proto_version(ssl, peer->verify == TLS_VERIFY_NONE ? TLS1_VERSION : TLS1_2_VERSION);
    SSL_set_verify(ssl, peer->verify == TLS_VERIFY_NONE ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (tie->key == NULL)
        return;
    SSL_SESSION *session = map_get_text(&sessions->kept, tie->key);
    if (session != NULL && SSL_SESSION_is_resumable(session))
        SSL_set_session(ssl, session);
}

static const char *report_type(long error)
{
    switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "certificate-host-mismatch";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "certificate-expired";
    case X509_V_ERR_DANE_NO_MATCH:
        return "tlsa-invalid";
    case X509_V_OK: /* the handshake failed in another way */
        return "validation-failure";
    default:
        return "certificate-not-trusted";
    }
}

static const char *how_of(const struct tie *tie)
{
    if (tie != NULL && tie->peer->verify == TLS_VERIFY_PIN)
        return "fingerprint";
    return tie != NULL && tie->peer->verify == TLS_VERIFY_DANE ? "dane" : "pkix";
}

struct tls_peer_result tls_peer_result(const SSL *ssl)
{
    const struct tie *tie = SSL_get_ex_data(ssl, tie_index());
    bool is_pinned = tie != NULL && tie->peer->verify == TLS_VERIFY_PIN;
    long error = SSL_get_verify_result(ssl);
    struct tls_peer_result result = {.how = "none"};
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    result.is_verified = error == X509_V_OK && certificate != NULL && SSL_is_init_finished(ssl);
    if (result.is_verified) {
        result.how = how_of(tie);
        return result;
    }
    result.is_refused = error != X509_V_OK && error != X509_V_ERR_UNSPECIFIED;
    result.why_not = error != X509_V_OK ? X509_verify_cert_error_string(error)
                                        : "the handshake did not come to an end";
    result.report_as = report_type(error);
    if (is_pinned && error == X509_V_ERR_DANE_NO_MATCH) {
        result.why_not = "the certificate is none of those that are named for it";
        result.report_as = "certificate-not-trusted";
    }
    return result;
}
