/*
 * TLS of hosts on the loopback, good and broken.
 */
#include "tests/unit/sim/mx/mx_stand.h"

/* ---- TLS */

static SSL_CTX *client_context(struct stand *stand)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *bio = BIO_new_mem_buf(tls_authority_root_pem(stand->authority), -1);
    X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    X509_free(root);
    BIO_free(bio);
    return context;
}

static int client_handshake(struct stand *stand, SSL_CTX *context, SSL_SESSION *session)
{
    stand->ssl = SSL_new(context);
    SSL_set_fd(stand->ssl, stand->fd);
    SSL_set_tlsext_host_name(stand->ssl, "mx.a.test");
    SSL_set1_host(stand->ssl, "mx.a.test");
    if (session != NULL)
        SSL_set_session(stand->ssl, session);
    return SSL_connect(stand->ssl);
}

static void client_starttls(struct stand *stand)
{
    SSL_CTX *context = client_context(stand);
    SSL_SESSION *session = NULL;
    for (int i = 0; i < 2; i++) {
        dial(stand);
        hear(stand, "220");
        say(stand, "EHLO client.test");
        hear(stand, "250");
        say(stand, "STARTTLS");
        hear(stand, "220");
        ck_assert_int_eq(client_handshake(stand, context, session), 1);
        ck_assert_int_eq(SSL_get_verify_result(stand->ssl), X509_V_OK);
        send_message(stand);
        say(stand, "QUIT");
        hear(stand, "221");
        hear_end(stand);
        SSL_SESSION_free(session);
        session = SSL_get1_session(stand->ssl);
        SSL_shutdown(stand->ssl); /* else OpenSSL takes the session for broken */
        hang_up(stand);
    }
    SSL_SESSION_free(session);
    SSL_CTX_free(context);
}

static unsigned keys_seen;

static void count_key(void *context, const char *line)
{
    (void)context;
    keys_seen += strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0 ||
                 strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0;
}

START_TEST(test_starttls)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    tls_authority_listen_keys(stand.authority, count_key, NULL);
    stand_serve(&stand, client_starttls);
    stand_check_log(&stand, "\"ok\":true,\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_"
                            "SHA384\",\"sni\":\"mx.a.test\",\"resumed\":false,\"client-"
                            "certificate\":\"\",\"identity\":\"valid\"");
    stand_check_log(&stand, "\"resumed\":true");
    stand_check_log(&stand, "\"tls\":\"TLSv1.3\"");
    ck_assert_uint_eq(keys_seen, 4);
    stand_close(&stand);
}
END_TEST

static void client_old_version(struct stand *stand)
{
    SSL_CTX *context = client_context(stand);
    dial(stand);
    ck_assert_int_eq(client_handshake(stand, context, NULL), 1);
    ck_assert_str_eq(SSL_get_version(stand->ssl), "TLSv1.2");
    ck_assert_int_eq(SSL_get_verify_result(stand->ssl), X509_V_ERR_CERT_HAS_EXPIRED);
    hear(stand, "220");
    send_message(stand);
    hang_up(stand);
    SSL_CTX_free(context);
}

START_TEST(test_implicit_tls_with_a_version_and_an_identity)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{\"tls\":{\"identity\":\"expired\",\"versions\":\"1.2\"}}}",
               "mx.a.test", 465);
    stand_serve(&stand, client_old_version);
    stand_check_log(&stand, "\"version\":\"TLSv1.2\"");
    stand_check_log(&stand, "\"identity\":\"expired\"");
    stand_check_log(&stand, "\"port\":465");
    stand_close(&stand);
}
END_TEST

static void client_broken_tls(struct stand *stand)
{
    SSL_CTX *context = client_context(stand);
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hear(stand, "250");
    say(stand, "STARTTLS");
    hear(stand, "220");
    ck_assert_int_ne(client_handshake(stand, context, NULL), 1);
    hang_up(stand);
    SSL_CTX_free(context);
}

START_TEST(test_tls_faults)
{
    static const char *const FAULTS[] = {"garbage", "close", "reset", "alert"};
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
        struct stand stand = {0};
        char hosts[128];
        char error[128];
        snprintf(hosts, sizeof hosts, "{\"mx.a.test\":{\"tls\":{\"fault\":\"%s\"}}}", FAULTS[i]);
        snprintf(error, sizeof error, "\"error\":\"%s on purpose\"", FAULTS[i]);
        stand_open(&stand, hosts, "mx.a.test", 25);
        stand_serve(&stand, client_broken_tls);
        stand_check_log(&stand, "\"ok\":false");
        stand_check_log(&stand, error);
        ck_assert_uint_eq(mx_server_connection_count(stand.server), 0);
        stand_close(&stand);
    }
}
END_TEST

/* ---- after a handshake that was right */

/* What the client finds at the end: an announced one, or one that is not. */
static int last_error;

static void client_to_the_end(struct stand *stand)
{
    SSL_CTX *context = client_context(stand);
    char c;
    dial(stand);
    ck_assert_int_eq(client_handshake(stand, context, NULL), 1);
    hear(stand, "220");
    send_message(stand);
    say(stand, "QUIT");
    hear(stand, "221");
    last_error = SSL_get_error(stand->ssl, SSL_read(stand->ssl, &c, 1));
    hang_up(stand);
    SSL_CTX_free(context);
}

static void client_of_a_cut_record(struct stand *stand)
{
    SSL_CTX *context = client_context(stand);
    char c;
    dial(stand);
    ck_assert_int_eq(client_handshake(stand, context, NULL), 1);
    last_error = SSL_get_error(stand->ssl, SSL_read(stand->ssl, &c, 1));
    hang_up(stand);
    SSL_CTX_free(context);
}

START_TEST(test_slips_after_the_handshake)
{
    static const struct {
        const char *tls;
        void (*client)(struct stand *stand);
        int error;
    } CASES[] = {
        {"{}", client_to_the_end, SSL_ERROR_ZERO_RETURN},
        {"{\"fault\":\"no-close-notify\"}", client_to_the_end, SSL_ERROR_SSL},
        {"{\"fault\":\"renegotiate\"}", client_to_the_end, SSL_ERROR_ZERO_RETURN},
        {"{\"fault\":\"renegotiate\",\"versions\":\"1.2\"}", client_to_the_end,
         SSL_ERROR_ZERO_RETURN},
        {"{\"fault\":\"cut-record\"}", client_of_a_cut_record, SSL_ERROR_SSL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct stand stand = {0};
        char hosts[128];
        snprintf(hosts, sizeof hosts, "{\"mx.a.test\":{\"tls\":%s}}", CASES[i].tls);
        stand_open(&stand, hosts, "mx.a.test", 465);
        stand_serve(&stand, CASES[i].client);
        stand_check_log(&stand, "\"ok\":true");
        ck_assert_msg(last_error == CASES[i].error, "%s: %d", CASES[i].tls, last_error);
        stand_close(&stand);
    }
}
END_TEST

static unsigned handshakes_begun;

static void count_handshakes(const SSL *ssl, int where, int result)
{
    (void)ssl;
    (void)result;
    handshakes_begun += (where & SSL_CB_HANDSHAKE_START) != 0;
}

/* A client with a certificate of its own, in TLS 1.2. */
static void client_with_certificate(struct stand *stand)
{
    struct err err;
    const struct tls_identity_wish wish = {.kind = TLS_IDENTITY_SELF_SIGNED,
                                           .host_name = "client.test",
                                           .generation = 1,
                                           .now_us = time_now_us()};
    struct tls_identity *own = tls_identity_make(stand->authority, &wish, &err);
    SSL_CTX *context = client_context(stand);
    ck_assert_ptr_nonnull(own);
    SSL_CTX_set_info_callback(context, count_handshakes);
    ck_assert_int_eq(SSL_CTX_use_certificate(context, own->certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(context, own->key), 1);
    dial(stand);
    ck_assert_int_eq(client_handshake(stand, context, NULL), 1);
    hear(stand, "220");
    send_message(stand);
    hang_up(stand);
    SSL_CTX_free(context);
    tls_identity_free(&own);
}

START_TEST(test_a_client_shows_its_certificate_and_is_asked_again)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"tls\":{\"versions\":\"1.2\",\"ask-certificate\":true,"
               "\"fault\":\"renegotiate\"}}}",
               "mx.a.test", 465);
    stand_serve(&stand, client_with_certificate);
    stand_check_log(&stand, "\"client-certificate\":\"CN=client.test,O=");
    stand_check_log(&stand, "\"verified\":true");
    ck_assert_uint_eq(handshakes_begun, 2);
    stand_close(&stand);
}
END_TEST

static void client_no_tls(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hear(stand, "250");
    say(stand, "STARTTLS");
    hear(stand, "220");
    say(stand, "this is no ClientHello at all, only some text that is long enough");
    char c;
    while (recv(stand->fd, &c, 1, 0) > 0)
        ;
    hang_up(stand);
}

START_TEST(test_a_client_that_speaks_no_tls)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_no_tls);
    stand_check_log(&stand, "\"ok\":false");
    ck_assert_uint_eq(mx_server_connection_count(stand.server), 0);
    stand_close(&stand);
}
END_TEST

UNIT_MAIN(test_starttls, test_implicit_tls_with_a_version_and_an_identity, test_tls_faults,
          test_slips_after_the_handshake, test_a_client_shows_its_certificate_and_is_asked_again,
          test_a_client_that_speaks_no_tls)
