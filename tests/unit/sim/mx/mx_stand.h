/*
 * A server with hosts on the loopback, and a client in a thread of its own.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_server.h"
#include "tests/unit/unit.h"

enum { LINE_BYTES = 1024, CROWD = 300 };

struct stand {
    struct arena arena;
    struct spec_document *document;
    struct mx_model *model;
    struct event_base *base;
    struct event_log *log;
    int log_fd;
    struct tls_authority *authority;
    struct mx_server *server;
    struct mx_limits limits;
    struct mx_server_options options;
    char store[64];
    void (*client)(struct stand *stand);
    int done[2];
    /* what the client keeps */
    int fd;
    SSL *ssl;
};

static inline void stand_open(struct stand *stand, const char *hosts, const char *host,
                              uint16_t as_port)
{
    struct err err;
    stand->document = spec_document_parse("hosts", slice_of(hosts), &err);
    ck_assert_msg(stand->document != NULL, "%s", err.text);
    ck_assert_msg(
        mx_spec_parse(spec_root(stand->document), ".", 1, &stand->arena, &stand->model, &err) == 0,
        "%s", err.text);
    stand->log_fd = memfd_create("events", 0);
    stand->log = event_log_new(dup(stand->log_fd), time_now_us());
    stand->base = event_base_new();
    stand->authority = tls_authority_new(time_now_us(), 1, &err);
    if (stand->limits.idle_us == 0)
        stand->limits = MX_LIMITS_DEFAULT;
    const struct mx_listener listener = {"127.0.0.1", 0, as_port};
    stand->options.listeners = &listener;
    stand->options.listener_count = 1;
    stand->options.host = host;
    stand->options.start_us = time_now_us();
    stand->options.authority = stand->authority;
    stand->options.limits = &stand->limits;
    stand->server = mx_server_open(stand->base, stand->model, stand->log, &stand->options, &err);
    ck_assert_msg(stand->server != NULL, "%s", err.text);
}

static inline void *client_main(void *context)
{
    struct stand *stand = context;
    stand->client(stand);
    ck_assert_int_eq(write(stand->done[1], "x", 1), 1);
    return NULL;
}

static inline void on_done(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(context);
}

/* Serves until the client is done. */
static inline void stand_serve(struct stand *stand, void (*client)(struct stand *stand))
{
    pthread_t thread;
    stand->client = client;
    ck_assert_int_eq(pipe(stand->done), 0);
    struct event *done = event_new(stand->base, stand->done[0], EV_READ, on_done, stand->base);
    event_add(done, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, client_main, stand), 0);
    event_base_dispatch(stand->base);
    pthread_join(thread, NULL);
    /* what the client did last is still to be seen */
    event_base_loop(stand->base, EVLOOP_NONBLOCK);
    event_base_loop(stand->base, EVLOOP_NONBLOCK);
    event_free(done);
    close(stand->done[0]);
    close(stand->done[1]);
}

static inline void stand_check_log(struct stand *stand, const char *text)
{
    char path[64];
    struct buf all;
    struct err err;
    event_log_flush(stand->log);
    snprintf(path, sizeof path, "/proc/self/fd/%d", stand->log_fd);
    buf_init(&all, 64 * 1024 * 1024);
    ck_assert_msg(file_read(path, &all, &err) == 0, "%s", err.text);
    ck_assert_msg(slice_find_slice(buf_slice(&all), slice_of(text)) != SIZE_MAX,
                  "not in the log: %s\n%.2000s", text, buf_text(&all));
    buf_deinit(&all);
}

static inline void stand_close(struct stand *stand)
{
    struct err err;
    mx_server_close(&stand->server);
    ck_assert_int_eq(event_log_free(&stand->log, &err), 0);
    close(stand->log_fd);
    tls_authority_free(&stand->authority);
    mx_model_release(&stand->model);
    spec_document_free(&stand->document);
    arena_deinit(&stand->arena);
    event_base_free(stand->base);
}

/* ---- the client's side */

static inline int dial(struct stand *stand)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(mx_server_port(stand->server, 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    stand->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(stand->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ck_assert_int_eq(connect(stand->fd, (struct sockaddr *)&address, sizeof address), 0);
    return stand->fd;
}

static inline void hang_up(struct stand *stand)
{
    SSL_free(stand->ssl);
    stand->ssl = NULL;
    close(stand->fd);
}

static inline void say(struct stand *stand, const char *line)
{
    char text[LINE_BYTES];
    int len = snprintf(text, sizeof text, "%s\r\n", line);
    if (stand->ssl != NULL)
        ck_assert_int_eq(SSL_write(stand->ssl, text, len), len);
    else
        ck_assert_int_eq(send(stand->fd, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* One byte, 0 at the end, -1 with errno. */
static inline int hear_byte(struct stand *stand, char *c)
{
    if (stand->ssl == NULL)
        return (int)recv(stand->fd, c, 1, 0);
    return SSL_read(stand->ssl, c, 1) == 1 ? 1 : 0;
}

/* The next reply: its last line must begin with `wanted`. */
static inline void hear(struct stand *stand, const char *wanted)
{
    char line[LINE_BYTES] = "";
    do {
        size_t len = 0;
        char c = 0;
        while (c != '\n' && len + 1 < sizeof line) {
            ck_assert_msg(hear_byte(stand, &c) == 1, "the end instead of \"%s\"", wanted);
            line[len++] = c;
        }
        line[len] = '\0';
    } while (line[3] == '-');
    ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "heard \"%s\", not \"%s\"", line,
                  wanted);
}

static inline void hear_end(struct stand *stand)
{
    char c;
    ck_assert_int_eq(hear_byte(stand, &c), 0);
}

static inline void send_message(struct stand *stand)
{
    say(stand, "EHLO client.test");
    hear(stand, "250");
    say(stand, "MAIL FROM:<a@s.test>");
    hear(stand, "250");
    say(stand, "RCPT TO:<b@a.test>");
    hear(stand, "250");
    say(stand, "DATA");
    hear(stand, "354");
    say(stand, "Subject: hello");
    say(stand, "");
    say(stand, "..body");
    say(stand, ".");
    hear(stand, "250");
}

static inline void client_plain(struct stand *stand)
{
    dial(stand);
    hear(stand, "220 mx.a.test");
    send_message(stand);
    say(stand, "QUIT");
    hear(stand, "221");
    hear_end(stand);
    hang_up(stand);
}

static inline void client_is_reset(struct stand *stand)
{
    char c;
    dial(stand);
    ck_assert_int_eq(recv(stand->fd, &c, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    hang_up(stand);
}
