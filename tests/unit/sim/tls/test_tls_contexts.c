/* Many hosts of one context: what each shows, and whose sessions it resumes. */
#include "mta-under-test/base/time_text.h"
#include "sim/tls/tls_contexts.h"
#include "tests/unit/unit.h"

static struct tls_authority *authority;
static struct tls_contexts *contexts;
static SSL_CTX *client_context;

static void setup(int version)
{
    struct err err;
    authority = tls_authority_new(time_now_us(), 1, &err);
    ck_assert_ptr_nonnull(authority);
    contexts = tls_contexts_new(authority);
    client_context = tls_context_make_client(authority, NULL, &err);
    ck_assert_ptr_nonnull(client_context);
    SSL_CTX_set_max_proto_version(client_context, version);
}

static void done(void)
{
    SSL_CTX_free(client_context);
    tls_contexts_free(&contexts);
    tls_authority_free(&authority);
}

static struct tls_identity *identity_of(const char *host)
{
    const struct tls_identity_wish wish = {.host_name = host, .now_us = time_now_us()};
    struct err err;
    struct tls_identity *identity = tls_identity_make(authority, &wish, &err);
    ck_assert_msg(identity != NULL, "%s", err.text);
    return identity;
}

struct outcome {
    char shown[64]; /* the common name of the certificate */
    bool resumed;
    SSL_SESSION *session; /* for the next time */
};

/* Both ends in memory, turn by turn, until a byte of the server has come. */
static void talk(SSL *client, SSL *server)
{
    char byte = 0;
    bool written = false;
    for (int i = 0; i < 10 && byte != 'x'; i++) {
        SSL_do_handshake(client);
        if (SSL_do_handshake(server) == 1 && !written)
            written = SSL_write(server, "x", 1) == 1;
        SSL_read(client, &byte, 1);
    }
    ck_assert_int_eq(byte, 'x');
}

/* Connects to a host, offering a session (NULL: none). */
static struct outcome connect_to(const struct tls_identity *identity, const char *owner,
                                 SSL_SESSION *session)
{
    static const struct tls_settings SETTINGS = {0};
    struct outcome outcome = {0};
    struct err err;
    BIO *client_side = NULL;
    BIO *server_side = NULL;
    SSL *server = tls_contexts_connect(contexts, &SETTINGS, identity, slice_of(owner), &err);
    SSL *client = SSL_new(client_context);
    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(BIO_new_bio_pair(&client_side, 0, &server_side, 0), 1);
    SSL_set_bio(client, client_side, client_side);
    SSL_set_bio(server, server_side, server_side);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    if (session != NULL)
        SSL_set_session(client, session);
    SSL_SESSION_free(session);
    talk(client, server);
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(client)),
                              NID_commonName, outcome.shown, sizeof outcome.shown);
    outcome.resumed = SSL_session_reused(client) == 1;
    SSL_shutdown(client); /* else OpenSSL takes the session for broken */
    outcome.session = SSL_get1_session(client);
    SSL_free(client);
    SSL_free(server);
    return outcome;
}

static void check_two_hosts(int version)
{
    setup(version);
    struct tls_identity *a = identity_of("mx.a.test");
    struct tls_identity *b = identity_of("mx.b.test");
    struct outcome first = connect_to(a, "a", NULL);
    ck_assert_str_eq(first.shown, "mx.a.test");
    ck_assert(!first.resumed);
    struct outcome again = connect_to(a, "a", first.session);
    ck_assert_str_eq(again.shown, "mx.a.test");
    ck_assert(again.resumed);
    struct outcome other = connect_to(b, "b", again.session);
    ck_assert_str_eq(other.shown, "mx.b.test");
    ck_assert(!other.resumed);
    struct outcome owned = connect_to(b, "b", other.session);
    ck_assert(owned.resumed);
    SSL_SESSION_free(owned.session);
    tls_identity_free(&a);
    tls_identity_free(&b);
    done();
}

START_TEST(test_a_session_is_of_use_only_where_it_began)
{
    check_two_hosts(TLS1_3_VERSION);
    check_two_hosts(TLS1_2_VERSION);
}
END_TEST

START_TEST(test_hosts_that_are_set_alike_share_a_context)
{
    static const struct {
        struct tls_settings settings;
        bool same;
    } CASES[] = {
        {{0}, true},
        {{.version_min = TLS1_VERSION}, false},
        {{.version_max = TLS1_2_VERSION}, false},
        {{.no_tickets = true}, false},
        {{.ask_certificate = true}, false},
        {{.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}, false},
        {{.suites = "TLS_AES_128_GCM_SHA256"}, false},
    };
    struct err err;
    setup(TLS1_3_VERSION);
    struct tls_identity *a = identity_of("mx.a.test");
    const struct tls_settings plain = {0};
    SSL *first = tls_contexts_connect(contexts, &plain, a, SLICE("a"), &err);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SSL *ssl = tls_contexts_connect(contexts, &CASES[i].settings, a, SLICE("b"), &err);
        ck_assert_ptr_nonnull(ssl);
        ck_assert_int_eq(SSL_get_SSL_CTX(ssl) == SSL_get_SSL_CTX(first), CASES[i].same);
        SSL_free(ssl);
    }
    const struct tls_settings unknown = {.ciphers = "NO-SUCH-CIPHER"};
    ck_assert_ptr_null(tls_contexts_connect(contexts, &unknown, a, SLICE("a"), &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot set up TLS"));
    SSL_free(first);
    tls_identity_free(&a);
    done();
}
END_TEST

UNIT_MAIN(test_a_session_is_of_use_only_where_it_began,
          test_hosts_that_are_set_alike_share_a_context)
