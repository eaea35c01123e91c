/*
 * The server's side of a TLS handshake on a connection, and the ways in which it goes wrong on
 * purpose.
 */
#include <openssl/err.h>

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_connection_state.h"
#include "sim/mx/mx_tls.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_SESSION_ID_TEXT_BYTES = 2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1,
    MX_SUBJECT_TEXT_BYTES = 256,
};

static void mx_handshake_give_up(struct mx_connection *connection, const char *error,
                                 const char *by)
{
    mx_session_tls_failed(connection->session, time_now_us(), error);
    mx_connection_end(connection, by);
}

void mx_handshake_begin(struct mx_connection *connection)
{
    struct err err = {0};
    enum mx_tls_fault fault = mx_session_tls_fault(connection->session);
    if (fault != MX_TLS_FAULT_NONE) {
        mx_connection_set_phase(connection, MX_PHASE_TLS_FAULT);
        mx_connection_set_timer(connection, connection->home->limits->handshake_us);
        return;
    }
    connection->ssl = mx_tls_connect(connection->host, connection->home->authority,
                                     connection->home->contexts, &err);
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->fd) != 1) {
        mx_handshake_give_up(connection, err.text, "server");
        return;
    }
    mx_connection_set_phase(connection, MX_PHASE_HANDSHAKE);
    mx_connection_set_timer(connection, connection->home->limits->handshake_us);
    mx_handshake_step(connection);
}

static void mx_handshake_name_session(SSL *ssl, char text[MX_SESSION_ID_TEXT_BYTES])
{
    unsigned len = 0;
    const unsigned char *id = SSL_SESSION_get_id(SSL_get_session(ssl), &len);
    for (size_t i = 0; i < len && i < SSL_MAX_SSL_SESSION_ID_LENGTH; i++)
        snprintf(text + i * 2, 3, "%02x", id[i]);
}

/* "CN=mail.sender.test", or "" where the client showed no certificate. */
static void mx_handshake_name_client(SSL *ssl, char text[MX_SUBJECT_TEXT_BYTES])
{
    const X509 *shown = SSL_get0_peer_certificate(ssl);
    BIO *out = shown != NULL ? BIO_new(BIO_s_mem()) : NULL;
    if (out == NULL)
        return;
    char *bytes = NULL;
    X509_NAME_print_ex(out, X509_get_subject_name(shown), 0, XN_FLAG_RFC2253);
    long len = BIO_get_mem_data(out, &bytes);
    snprintf(text, MX_SUBJECT_TEXT_BYTES, "%.*s", len > 0 ? (int)len : 0,
             bytes != NULL ? bytes : "");
    BIO_free(out);
}

/* Asks the client for another handshake, which it must make or refuse (RFC 5246 7.4.1.1), or in TLS
 * 1.3, which has none, to change its keys (RFC 8446 4.6.3). It is written with the next record. */
static void mx_handshake_ask_again(SSL *ssl)
{
    if (SSL_version(ssl) >= TLS1_3_VERSION)
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    else
        SSL_renegotiate(ssl);
    SSL_do_handshake(ssl);
    ERR_clear_error();
}

static void mx_handshake_succeed(struct mx_connection *connection)
{
    SSL *ssl = connection->ssl;
    char name[MX_SESSION_ID_TEXT_BYTES] = "";
    char client[MX_SUBJECT_TEXT_BYTES] = "";
    mx_handshake_name_session(ssl, name);
    mx_handshake_name_client(ssl, client);
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const struct mx_tls_facts facts = {
        .version = SSL_get_version(ssl),
        .cipher = SSL_get_cipher_name(ssl),
        .sni = sni != NULL ? sni : "",
        .session = name,
        .resumed = SSL_session_reused(ssl) == 1,
        .client = client,
    };
    bool stray = connection->input.len > 0;
    buf_reset(&connection->input);
    event_del(&connection->timer);
    if (connection->host->tls_slip == MX_TLS_SLIP_RENEGOTIATE)
        mx_handshake_ask_again(ssl);
    mx_session_tls_started(connection->session, time_now_us(), &facts, stray);
    mx_connection_run(connection);
}

void mx_handshake_step(struct mx_connection *connection)
{
    ERR_clear_error();
    int result = SSL_accept(connection->ssl);
    if (result == 1) {
        mx_handshake_succeed(connection);
        return;
    }
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return;
    case SSL_ERROR_WANT_WRITE:
        event_add(&connection->writing, NULL);
        return;
    case SSL_ERROR_SSL: {
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        mx_handshake_give_up(connection, reason != NULL ? reason : "unknown error", "server");
        ERR_clear_error();
        return;
    }
    default:
        mx_handshake_give_up(connection, "the client closed the connection", "client");
        ERR_clear_error();
        return;
    }
}

static void mx_handshake_send(struct mx_connection *connection, struct slice bytes)
{
    /* A few bytes into an empty socket buffer; if they do not fit, the client gets none. */
    ssize_t sent = send(connection->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

void mx_handshake_fail(struct mx_connection *connection)
{
    static const char ALERT[] = "\x15\x03\x03\x00\x02\x02\x28"; /* fatal, handshake_failure */
    enum mx_tls_fault fault = mx_session_tls_fault(connection->session);
    /* The ClientHello is read, so that closing does not reset. */
    ssize_t got = recv(connection->fd, connection->home->read_buffer, MX_READ_BYTES, MSG_DONTWAIT);
    if (got == 0) {
        mx_handshake_give_up(connection, "the client closed the connection", "client");
        return;
    }
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    switch (fault) {
    case MX_TLS_FAULT_HANG:
        return;
    case MX_TLS_FAULT_GARBAGE:
        mx_handshake_send(connection, SLICE("\xf0\x9f\x97\x91 this is no TLS record\r\n"));
        break;
    case MX_TLS_FAULT_ALERT:
        mx_handshake_send(connection, slice_from(ALERT, sizeof ALERT - 1));
        break;
    case MX_TLS_FAULT_RESET:
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        mx_handshake_give_up(connection, "reset on purpose", "reset");
        return;
    case MX_TLS_FAULT_CLOSE:
    case MX_TLS_FAULT_NONE:
    case MX_TLS_FAULT_COUNT:
        break;
    }
    char error[64];
    snprintf(error, sizeof error, "%s on purpose", MX_TLS_FAULT_WORDS[fault]);
    mx_handshake_give_up(connection, error, "server");
}

void mx_handshake_cut_record(struct mx_connection *connection)
{
    struct slice reply = buf_slice(mx_session_output(connection->session));
    BIO *record = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    if (record == NULL)
        return;
    SSL_set0_wbio(connection->ssl, record); /* belongs to the SSL from now on */
    int written = SSL_write(connection->ssl, reply.data, (int)reply.len);
    long len = written > 0 ? BIO_get_mem_data(record, &bytes) : 0;
    if (len > 1)
        mx_handshake_send(connection, slice_from(bytes, (size_t)len / 2));
    ERR_clear_error();
}
