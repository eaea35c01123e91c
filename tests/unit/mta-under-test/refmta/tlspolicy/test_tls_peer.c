/* Handshakes in memory against a server with a certificate that signs itself. */
#include "mta-under-test/refmta/tlspolicy/tls_peer.h"

#include <openssl/x509v3.h>

#include "mta-under-test/refmta/tlspolicy/tls_pin.h"
#include "tests/unit/unit.h"

enum { STEPS_MAX = 20, DIGEST_BYTES = 32 };

static EVP_PKEY *key;
static X509 *certificate;
static SSL_CTX *server;
static struct tls_sessions *sessions;
static unsigned char digest[DIGEST_BYTES];

static void start(void)
{
    struct err err = {.text = ""};
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"other.test", -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(key, &spki);
    ck_assert_int_eq(EVP_Digest(spki, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(spki);
    server = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(server, certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, key), 1);
    sessions = tls_sessions_open(NULL, &err);
    ck_assert_msg(sessions != NULL, "%s", err.text);
}

static void stop(void)
{
    tls_sessions_close(&sessions);
    SSL_CTX_free(server);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Both sides in turn; true if the client is content. */
static bool shake(SSL *client, SSL *peer)
{
    char byte;
    bool done = false;
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        done = SSL_do_handshake(client) == 1;
        (void)SSL_do_handshake(peer);
        if (done)
            (void)SSL_read(client, &byte, 1); /* takes the tickets */
    }
    return done;
}

static bool handshake(const struct tls_peer *peer, struct tls_peer_result *result, bool *resumed)
{
    BIO *near = NULL;
    BIO *far = NULL;
    SSL *client = SSL_new(tls_sessions_context(sessions));
    SSL *other = SSL_new(server);
    ck_assert_int_eq(BIO_new_bio_pair(&near, 0, &far, 0), 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(other, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(other);
    SSL_set1_host(client, peer->host);
    tls_peer_prepare(sessions, client, peer, "192.0.2.1 25");
    bool done = shake(client, other);
    *result = tls_peer_result(client);
    *resumed = SSL_session_reused(client) == 1;
    SSL_shutdown(client);
    SSL_free(client);
    SSL_free(other);
    return done;
}

START_TEST(without_demands_any_certificate_does)
{
    struct tls_peer peer = {.host = "mx.x.test", .next_hop = "x.test"};
    struct tls_peer_result result;
    bool resumed;
    start();
    ck_assert(handshake(&peer, &result, &resumed));
    ck_assert(!result.is_verified && result.why_not != NULL);
    ck_assert_str_eq(result.report_as, "certificate-not-trusted");
    stop();
}
END_TEST

START_TEST(pkix_refuses_an_unknown_authority)
{
    struct tls_peer peer = {.verify = TLS_VERIFY_PKIX, .host = "mx.x.test", .next_hop = "x.test"};
    struct tls_peer_result result;
    bool resumed;
    start();
    ck_assert(!handshake(&peer, &result, &resumed));
    ck_assert(!result.is_verified);
    stop();
}
END_TEST

START_TEST(a_tlsa_record_makes_up_for_authority_and_name)
{
    struct dane_record record = {DANE_EE, 1, 1, {(const char *)digest, DIGEST_BYTES}};
    struct tls_peer peer = {.verify = TLS_VERIFY_DANE,
                            .host = "mx.x.test",
                            .next_hop = "x.test",
                            .records = &record,
                            .record_count = 1};
    struct tls_peer_result result;
    bool resumed;
    start();
    ck_assert(handshake(&peer, &result, &resumed));
    ck_assert(result.is_verified);
    ck_assert_str_eq(result.how, "dane");
    digest[0] ^= 1;
    ck_assert(!handshake(&peer, &result, &resumed));
    ck_assert_str_eq(result.report_as, "tlsa-invalid");
    stop();
}
END_TEST

/* RFC 8689 4.2.1 wants what RFC 7672 3.1.1 leaves alone. */
START_TEST(where_the_sender_requires_tls_the_name_counts_too)
{
    struct dane_record record = {DANE_EE, 1, 1, {(const char *)digest, DIGEST_BYTES}};
    struct tls_peer peer = {.verify = TLS_VERIFY_DANE,
                            .host = "mx.x.test",
                            .next_hop = "x.test",
                            .records = &record,
                            .record_count = 1};
    struct tls_peer_result result;
    bool resumed;
    start();
    ck_assert(handshake(&peer, &result, &resumed));
    ck_assert(!result.is_refused);
    peer.needs_name = true; /* and the session that was opened without is of no use */
    ck_assert(!handshake(&peer, &result, &resumed));
    ck_assert(result.is_refused);
    ck_assert_str_eq(result.report_as, "certificate-host-mismatch");
    peer.host = "other.test";
    ck_assert(handshake(&peer, &result, &resumed));
    ck_assert(result.is_verified);
    stop();
}
END_TEST

START_TEST(a_named_key_makes_up_for_authority_and_name)
{
    char text[sizeof "key:" + DIGEST_BYTES * 3];
    struct arena arena = {0};
    struct dane_record record;
    struct tls_peer peer = {.verify = TLS_VERIFY_PIN,
                            .host = "mx.x.test",
                            .next_hop = "x.test",
                            .records = &record,
                            .record_count = 1};
    struct tls_peer_result result;
    bool resumed;
    start();
    size_t len = (size_t)snprintf(text, sizeof text, "key:");
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%02X", i > 0 ? ":" : "", digest[i]);
    ck_assert(tls_pin_parse(&arena, slice_of(text), &record));
    ck_assert(handshake(&peer, &result, &resumed));
    ck_assert_str_eq(result.how, "fingerprint");
    /* The same digest, of the certificate this time. */
    ck_assert(tls_pin_parse(&arena, slice_of(text + 4), &record));
    ck_assert(!handshake(&peer, &result, &resumed));
    ck_assert_str_eq(result.why_not, "the certificate is none of those that are named for it");
    ck_assert(!tls_pin_parse(&arena, slice_of(text + 6), &record));
    ck_assert(!tls_pin_parse(&arena, SLICE(""), &record));
    arena_deinit(&arena);
    stop();
}
END_TEST

START_TEST(a_session_is_resumed_under_the_same_demands_only)
{
    struct dane_record record = {DANE_EE, 1, 1, {(const char *)digest, DIGEST_BYTES}};
    struct tls_peer lax = {.host = "mx.x.test", .next_hop = "x.test"};
    struct tls_peer strict = lax;
    struct tls_peer_result result;
    bool resumed;
    strict.verify = TLS_VERIFY_DANE;
    strict.records = &record;
    strict.record_count = 1;
    start();
    ck_assert(handshake(&lax, &result, &resumed) && !resumed);
    ck_assert(handshake(&lax, &result, &resumed) && resumed);
    ck_assert(handshake(&strict, &result, &resumed) && !resumed);
    ck_assert(handshake(&strict, &result, &resumed) && resumed);
    ck_assert(result.is_verified);
    stop();
}
END_TEST

UNIT_MAIN(a_named_key_makes_up_for_authority_and_name, without_demands_any_certificate_does,
          pkix_refuses_an_unknown_authority, a_tlsa_record_makes_up_for_authority_and_name,
          a_session_is_resumed_under_the_same_demands_only,
          where_the_sender_requires_tls_the_name_counts_too)
