/*
 * A scripted SMTP server on the loopback, in the event loop of the test, which takes one
 * connection; and what the tests need of messages and events.
 */
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "sim/event/event_file.h"
#include "sim/submit/submit_login.h"
#include "tests/unit/unit.h"

struct fake {
    struct event_base *base;
    struct evconnlistener *listener;
    struct bufferevent *stream; /* of the one connection */
    uint16_t port;
    bool in_data;
    const char *refuse;        /* part of a command that gets a 550 */
    const char *offers;        /* one more line of the reply to EHLO; NULL = none */
    bool waits_for_data;       /* it answers nothing from MAIL to before DATA */
    const char *reply_to_data; /* instead of 354; NULL = that */
    size_t piece_bytes;        /* replies are sent in pieces of so many; 0 = as they are */
    size_t cut_bytes;          /* after so many of the replies from MAIL on it closes; 0 = never */
    bool was_pipelined;        /* a command came before the reply to the one before it */
    bool is_waiting;
    struct evbuffer *held; /* replies that are not sent yet */
    const struct submit_login *login;
    SSL_CTX *tls; /* what STARTTLS begins; NULL where it is not known */
    char received[65536];
};

/* Sends what is held, the rest of it later where it goes in pieces. */
static inline void fake_release(evutil_socket_t fd, short what, void *context)
{
    struct fake *fake = context;
    const struct timeval at_once = {0};
    size_t len = evbuffer_get_length(fake->held);
    (void)fd, (void)what;
    if (fake->piece_bytes > 0 && fake->piece_bytes < len) {
        len = fake->piece_bytes;
        event_base_once(fake->base, -1, EV_TIMEOUT, fake_release, fake, &at_once);
    }
    evbuffer_remove_buffer(fake->held, bufferevent_get_output(fake->stream), len);
}

/* Sends the first bytes of what is held, and closes. */
static inline void fake_cut(struct fake *fake)
{
    int len = (int)fake->cut_bytes;
    ck_assert_int_eq(evbuffer_write_atmost(fake->held, bufferevent_getfd(fake->stream), len), len);
    bufferevent_free(fake->stream);
    fake->stream = NULL;
}

static inline void fake_say(struct fake *fake, const char *text)
{
    evbuffer_add(fake->held, text, strlen(text));
    if (!fake->is_waiting)
        fake_release(-1, 0, fake);
}

static inline void fake_on_read(struct bufferevent *stream, void *context);

/* A context with a certificate that it has signed itself. */
static inline SSL_CTX *fake_tls(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(tls, certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return tls;
}

static inline void fake_begin_tls(struct fake *fake)
{
    fake_say(fake, "220 2.0.0 go on\r\n");
    bufferevent_flush(fake->stream, EV_WRITE, BEV_FLUSH);
    fake->stream = bufferevent_openssl_filter_new(fake->base, fake->stream, SSL_new(fake->tls),
                                                  BUFFEREVENT_SSL_ACCEPTING,
                                                  BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    bufferevent_setcb(fake->stream, fake_on_read, NULL, NULL, fake);
    bufferevent_enable(fake->stream, EV_READ | EV_WRITE);
}

/* Whether DATA, whose reply this is, begins the content. */
static inline bool fake_data(struct fake *fake)
{
    const char *reply = fake->reply_to_data != NULL ? fake->reply_to_data : "354 go on";
    fake_say(fake, reply);
    fake_say(fake, "\r\n");
    return reply[0] == '3';
}

static inline void fake_line(struct fake *fake, const char *line)
{
    size_t used = strlen(fake->received);
    snprintf(fake->received + used, sizeof fake->received - used, "%s\n", line);
    if (fake->in_data) {
        fake->in_data = strcmp(line, ".") != 0;
        if (!fake->in_data)
            fake_say(fake, "250 2.0.0 queued\r\n");
    } else if (fake->refuse != NULL && strstr(line, fake->refuse) != NULL) {
        fake_say(fake, "550 5.1.1 no such user\r\n");
    } else if (strcmp(line, "STARTTLS") == 0 && fake->tls != NULL) {
        fake_begin_tls(fake);
    } else if (strncmp(line, "EHLO", 4) == 0) {
        fake_say(fake, "250-fake.test\r\n250-SIZE 1000000\r\n250-");
        fake_say(fake, fake->offers != NULL ? fake->offers : "HELP");
        fake_say(fake, "\r\n250 8BITMIME\r\n");
    } else if (strcmp(line, "DATA") == 0) {
        fake->in_data = fake_data(fake);
    } else {
        fake_say(fake, "250 2.0.0 OK\r\n");
    }
}

static inline void fake_on_read(struct bufferevent *stream, void *context)
{
    struct fake *fake = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    char *line = NULL;
    while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
        bool is_data = strcmp(line, "DATA") == 0;
        if (!fake->in_data && evbuffer_get_length(input) > 0)
            fake->was_pipelined = true;
        if (fake->waits_for_data && strncmp(line, "MAIL", 4) == 0)
            fake->is_waiting = true;
        fake_line(fake, line);
        free(line);
        if (is_data && fake->is_waiting) {
            fake->is_waiting = false;
            if (fake->cut_bytes > 0)
                fake_cut(fake);
            else
                fake_release(-1, 0, fake);
        }
        if (stream != fake->stream)
            return; /* what comes now is TLS, or nothing */
    }
}

static inline void fake_on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                                  struct sockaddr *address, int len, void *context)
{
    struct fake *fake = context;
    (void)listener;
    (void)address;
    (void)len;
    ck_assert_ptr_null(fake->stream);
    fake->stream = bufferevent_socket_new(fake->base, fd, BEV_OPT_CLOSE_ON_FREE);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
    bufferevent_setcb(fake->stream, fake_on_read, NULL, NULL, fake);
    bufferevent_enable(fake->stream, EV_READ | EV_WRITE);
    fake_say(fake, "220 fake.test ESMTP\r\n");
}

static inline void fake_open(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    fake->base = event_base_new();
    fake->held = evbuffer_new();
    fake->listener =
        evconnlistener_new_bind(fake->base, fake_on_accept, fake, LEV_OPT_CLOSE_ON_FREE, 16,
                                (const struct sockaddr *)&address, (int)len);
    ck_assert_ptr_nonnull(fake->listener);
    getsockname(evconnlistener_get_fd(fake->listener), (struct sockaddr *)&address, &len);
    fake->port = ntohs(address.sin_port);
}

static inline void fake_close(struct fake *fake)
{
    if (fake->stream != NULL)
        bufferevent_free(fake->stream);
    evbuffer_free(fake->held);
    SSL_CTX_free(fake->tls);
    evconnlistener_free(fake->listener);
    event_base_free(fake->base);
}

/* A copy of the first event of the kind, or NULL. */
static inline cJSON *find(const char *log_path, const char *kind)
{
    struct err err = {0};
    struct event_file *file = event_file_open(log_path, &err);
    const cJSON *event = NULL;
    while (event_file_next(file, &event, &err) == 1) {
        if (strcmp(event_text(event, "kind"), kind) == 0)
            break;
        event = NULL;
    }
    cJSON *found = cJSON_Duplicate(event, true);
    event_file_close(&file);
    return found;
}

#define NO_PARAMETERS .mail_parameters = "", .rcpt_parameters = ""

static const char *const TO[] = {"a@x.test", "b@x.test"};
