/*
 * Hosts on the loopback, with a client in a thread of its own.
 */
#include "sim/mx/mx_server.h"

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

static void stand_open(struct stand *stand, const char *hosts, const char *host, uint16_t as_port)
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

static void *client_main(void *context)
{
    struct stand *stand = context;
    stand->client(stand);
    ck_assert_int_eq(write(stand->done[1], "x", 1), 1);
    return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(context);
}

/* Serves until the client is done. */
static void stand_serve(struct stand *stand, void (*client)(struct stand *stand))
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

static void stand_check_log(struct stand *stand, const char *text)
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

static void stand_close(struct stand *stand)
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

static int dial(struct stand *stand)
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

static void hang_up(struct stand *stand)
{
    SSL_free(stand->ssl);
    stand->ssl = NULL;
    close(stand->fd);
}

static void say(struct stand *stand, const char *line)
{
    char text[LINE_BYTES];
    int len = snprintf(text, sizeof text, "%s\r\n", line);
    if (stand->ssl != NULL)
        ck_assert_int_eq(SSL_write(stand->ssl, text, len), len);
    else
        ck_assert_int_eq(send(stand->fd, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* One byte, 0 at the end, -1 with errno. */
static int hear_byte(struct stand *stand, char *c)
{
    if (stand->ssl == NULL)
        return (int)recv(stand->fd, c, 1, 0);
    return SSL_read(stand->ssl, c, 1) == 1 ? 1 : 0;
}

/* The next reply: its last line must begin with `wanted`. */
static void hear(struct stand *stand, const char *wanted)
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

static void hear_end(struct stand *stand)
{
    char c;
    ck_assert_int_eq(hear_byte(stand, &c), 0);
}

static void send_message(struct stand *stand)
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

/* ---- plain */

static void client_plain(struct stand *stand)
{
    dial(stand);
    hear(stand, "220 mx.a.test");
    send_message(stand);
    say(stand, "QUIT");
    hear(stand, "221");
    hear_end(stand);
    hang_up(stand);
}

START_TEST(test_a_message_is_taken_and_stored)
{
    struct stand stand = {0};
    struct buf content;
    struct err err;
    char path[128];
    strncpy(stand.store, "/tmp/mx-store-XXXXXX", sizeof stand.store - 1);
    ck_assert_ptr_nonnull(mkdtemp(stand.store));
    stand.options.store_folder = stand.store;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_plain);
    stand_check_log(&stand, "\"kind\":\"accepted\"");
    stand_check_log(&stand, "\"by\":\"server\",\"quit\":true,\"commands\":5,\"accepted\":1");
    snprintf(path, sizeof path, "%s/mx.a.test/1.eml", stand.store);
    buf_init(&content, 10000);
    ck_assert_msg(file_read(path, &content, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buf_text(&content), "Subject: hello\r\n\r\n.body\r\n");
    ck_assert(!mx_server_failed(stand.server, &err));
    buf_deinit(&content);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(stand.store);
    stand_close(&stand);
}
END_TEST

START_TEST(test_a_store_without_room_is_told)
{
    struct stand stand = {0};
    struct err err = {0};
    stand.options.store_folder = "/proc/nowhere";
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_plain);
    ck_assert(mx_server_failed(stand.server, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/nowhere"));
    stand_close(&stand);
}
END_TEST

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
    stand_check_log(&stand,
                    "\"ok\":true,\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_"
                    "SHA384\",\"sni\":\"mx.a.test\",\"resumed\":false,\"identity\":\"valid\"");
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

/* ---- endings */

static void client_is_reset(struct stand *stand)
{
    char c;
    dial(stand);
    ck_assert_int_eq(recv(stand->fd, &c, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    hang_up(stand);
}

START_TEST(test_reset_by_a_rule)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"connect\",\"then\":{\"reset\":true}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"by\":\"reset\"");
    stand_close(&stand);
}
END_TEST

START_TEST(test_an_address_that_no_host_has)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{\"addresses\":\"127.0.0.99\"}}", NULL, 25);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"kind\":\"refused\",\"host\":\"\",\"server\":\"127.0.0.1\","
                            "\"client\":\"127.0.0.1\",\"port\":25");
    stand_close(&stand);
}
END_TEST

START_TEST(test_the_address_says_which_host_answers)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.b.test\":{\"addresses\":\"127.0.0.99\"},"
               "\"mx.a.test\":{\"addresses\":\"127.0.0.1\"}}",
               NULL, 25);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

START_TEST(test_a_host_that_is_down)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.b.test", true), -1);
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.a.test", true), 0);
    stand_serve(&stand, client_is_reset);
    stand_check_log(&stand, "\"kind\":\"refused\",\"host\":\"mx.a.test\"");
    ck_assert_int_eq(mx_server_set_down(stand.server, "mx.a.test", false), 0);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

static void client_half_closed(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hear(stand, "250");
    hear_end(stand);
    say(stand, "QUIT"); /* it can still be sent; nobody answers */
    hang_up(stand);
}

START_TEST(test_half_close)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"ehlo\",\"then\":{\"half-close\":true}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_half_closed);
    stand_close(&stand);
}
END_TEST

static void client_leaves_during_a_delay(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    say(stand, "EHLO client.test");
    hang_up(stand);
    /* The server sees it without its timer of an hour: the next client is answered after that. */
    dial(stand);
    hear(stand, "220");
    hang_up(stand);
}

START_TEST(test_leaving_during_a_delay)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"rules\":[{\"at\":\"ehlo\",\"then\":{\"delay\":\"1h\"}}]}}",
               "mx.a.test", 25);
    stand_serve(&stand, client_leaves_during_a_delay);
    stand_check_log(&stand, "\"session\":\"mx.a.test#1\",\"by\":\"client\"");
    stand_close(&stand);
}
END_TEST

/* ---- slowness */

START_TEST(test_drip_latency_bandwidth)
{
    struct stand stand = {0};
    stand_open(&stand,
               "{\"mx.a.test\":{\"latency\":\"2ms\",\"bandwidth\":\"100kB\",\"rules\":["
               "{\"at\":\"banner\",\"then\":{\"drip\":2000,\"delay\":\"5ms\"}}]}}",
               "mx.a.test", 25);
    int64_t before_us = time_monotonic_us();
    stand_serve(&stand, client_plain);
    /* nine round trips of 2 ms, and 17 bytes of banner at 2,000 a second */
    ck_assert_int_ge(time_monotonic_us() - before_us, 18 * TIME_MS);
    stand_close(&stand);
}
END_TEST

/* ---- many, and hostile ones */

static void client_crowd(struct stand *stand)
{
    int fds[CROWD];
    for (int i = 0; i < CROWD; i++)
        fds[i] = dial(stand);
    for (int i = 0; i < CROWD; i++) {
        stand->fd = fds[i];
        hear(stand, "220");
        send_message(stand);
    }
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
}

START_TEST(test_many_at_once)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_crowd);
    stand_check_log(&stand, "\"session\":\"mx.a.test#300\",\"host\"");
    stand_close(&stand);
}
END_TEST

static void client_one_too_many(struct stand *stand)
{
    int first = dial(stand);
    hear(stand, "220");
    client_is_reset(stand);
    close(first);
}

START_TEST(test_connections_are_limited)
{
    struct stand stand = {.limits = MX_LIMITS_DEFAULT};
    stand.limits.connections_max = 1;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_one_too_many);
    stand_close(&stand);
}
END_TEST

static void client_without_room(struct stand *stand)
{
    struct rlimit limit;
    int first = dial(stand);
    hear(stand, "220");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)second + 1; /* nothing can be opened any more */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(mx_server_port(stand->server, 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    char c;
    ck_assert_int_eq(connect(second, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(recv(second, &c, 1, 0), -1);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(first);
    close(second);
}

START_TEST(test_no_descriptor_is_left)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_without_room);
    stand_serve(&stand, client_plain);
    stand_close(&stand);
}
END_TEST

static void client_never_reads(struct stand *stand)
{
    dial(stand);
    fcntl(stand->fd, F_SETFL, O_NONBLOCK);
    /* Until nothing more goes in: the server has stopped reading. */
    char noops[6000];
    for (size_t i = 0; i < sizeof noops; i += 6)
        memcpy(noops + i, "NOOP\r\n", 6);
    int refused = 0;
    for (int i = 0; i < 100000 && refused < 1000; i++) {
        if (send(stand->fd, noops, sizeof noops, MSG_NOSIGNAL) < 0) {
            refused++;
            sched_yield();
        } else {
            refused = 0;
        }
    }
    ck_assert_int_eq(refused, 1000);
    /* Others are served all the same. */
    int hostile = stand->fd;
    client_plain(stand);
    close(hostile);
}

START_TEST(test_a_client_that_never_reads)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_never_reads);
    stand_close(&stand);
}
END_TEST

static void client_idles(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
    hear(stand, "421 ");
    hear_end(stand);
    hang_up(stand);
}

START_TEST(test_idle_clients_are_sent_away)
{
    struct stand stand = {.limits = MX_LIMITS_DEFAULT};
    stand.limits.idle_us = 20 * TIME_MS;
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_idles);
    stand_close(&stand);
}
END_TEST

static void client_stays(struct stand *stand)
{
    dial(stand);
    hear(stand, "220");
}

START_TEST(test_closing_ends_sessions)
{
    struct stand stand = {0};
    stand_open(&stand, "{\"mx.a.test\":{}}", "mx.a.test", 25);
    stand_serve(&stand, client_stays);
    ck_assert_uint_eq(mx_server_connection_count(stand.server), 1);
    mx_server_close(&stand.server);
    stand_check_log(&stand, "\"by\":\"end\"");
    close(stand.fd);
    stand_close(&stand);
}
END_TEST

UNIT_MAIN(test_a_message_is_taken_and_stored, test_a_store_without_room_is_told, test_starttls,
          test_implicit_tls_with_a_version_and_an_identity, test_tls_faults,
          test_a_client_that_speaks_no_tls, test_reset_by_a_rule, test_an_address_that_no_host_has,
          test_the_address_says_which_host_answers, test_a_host_that_is_down, test_half_close,
          test_leaving_during_a_delay, test_drip_latency_bandwidth, test_many_at_once,
          test_connections_are_limited, test_no_descriptor_is_left, test_a_client_that_never_reads,
          test_idle_clients_are_sent_away, test_closing_ends_sessions)
