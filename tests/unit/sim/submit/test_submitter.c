/* The submitter against a scripted SMTP server on the loopback, in one event loop. */
#include "sim/submit/submitter.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <fcntl.h>
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
    const char *refuse; /* part of a command that gets a 550 */
    const struct submit_login *login;
    SSL_CTX *tls; /* what STARTTLS begins; NULL where it is not known */
    char received[65536];
};

static void fake_say(struct bufferevent *stream, const char *text)
{
    evbuffer_add(bufferevent_get_output(stream), text, strlen(text));
}

static void fake_on_read(struct bufferevent *stream, void *context);

/* A context with a certificate that it has signed itself. */
static SSL_CTX *fake_tls(void)
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

static void fake_begin_tls(struct fake *fake)
{
    fake_say(fake->stream, "220 2.0.0 go on\r\n");
    bufferevent_flush(fake->stream, EV_WRITE, BEV_FLUSH);
    fake->stream = bufferevent_openssl_filter_new(fake->base, fake->stream, SSL_new(fake->tls),
                                                  BUFFEREVENT_SSL_ACCEPTING,
                                                  BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    bufferevent_setcb(fake->stream, fake_on_read, NULL, NULL, fake);
    bufferevent_enable(fake->stream, EV_READ | EV_WRITE);
}

static void fake_line(struct fake *fake, struct bufferevent *stream, const char *line)
{
    size_t used = strlen(fake->received);
    snprintf(fake->received + used, sizeof fake->received - used, "%s\n", line);
    if (fake->in_data) {
        fake->in_data = strcmp(line, ".") != 0;
        if (!fake->in_data)
            fake_say(stream, "250 2.0.0 queued\r\n");
    } else if (fake->refuse != NULL && strstr(line, fake->refuse) != NULL) {
        fake_say(stream, "550 5.1.1 no such user\r\n");
    } else if (strcmp(line, "STARTTLS") == 0 && fake->tls != NULL) {
        fake_begin_tls(fake);
    } else if (strncmp(line, "EHLO", 4) == 0) {
        fake_say(stream, "250-fake.test\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n");
    } else if (strcmp(line, "DATA") == 0) {
        fake->in_data = true;
        fake_say(stream, "354 go on\r\n");
    } else {
        fake_say(stream, "250 2.0.0 OK\r\n");
    }
}

static void fake_on_read(struct bufferevent *stream, void *context)
{
    char *line = NULL;
    while ((line = evbuffer_readln(bufferevent_get_input(stream), NULL, EVBUFFER_EOL_CRLF)) !=
           NULL) {
        fake_line(context, stream, line);
        free(line);
        if (stream != ((struct fake *)context)->stream)
            return; /* what comes now is TLS */
    }
}

static void fake_on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                           struct sockaddr *address, int len, void *context)
{
    struct fake *fake = context;
    (void)listener;
    (void)address;
    (void)len;
    ck_assert_ptr_null(fake->stream);
    fake->stream = bufferevent_socket_new(fake->base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(fake->stream, fake_on_read, NULL, NULL, fake);
    bufferevent_enable(fake->stream, EV_READ | EV_WRITE);
    fake_say(fake->stream, "220 fake.test ESMTP\r\n");
}

static void fake_open(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    fake->base = event_base_new();
    fake->listener =
        evconnlistener_new_bind(fake->base, fake_on_accept, fake, LEV_OPT_CLOSE_ON_FREE, 16,
                                (const struct sockaddr *)&address, (int)len);
    ck_assert_ptr_nonnull(fake->listener);
    getsockname(evconnlistener_get_fd(fake->listener), (struct sockaddr *)&address, &len);
    fake->port = ntohs(address.sin_port);
}

static void fake_close(struct fake *fake)
{
    bufferevent_free(fake->stream);
    SSL_CTX_free(fake->tls);
    evconnlistener_free(fake->listener);
    event_base_free(fake->base);
}

/* Submits one message and returns the event log; `log_path` is the file's place. */
static void submit(struct fake *fake, const struct scenario_message *entry, char *log_path)
{
    int fd = mkstemp(log_path);
    struct scenario scenario = {.messages = entry, .message_count = 1};
    struct event_log *log = event_log_new(fd, time_now_us());
    struct submitter_options options = {.base = fake->base,
                                        .log = log,
                                        .scenario = &scenario,
                                        .port_override = fake->port,
                                        .login = fake->login,
                                        .helo = "client.test"};
    struct err err = {0};
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.server), 0);
    struct submitter *submitter = submitter_new(&options);
    submitter_start(submitter);
    while (!submitter_is_done(submitter))
        event_base_loop(fake->base, EVLOOP_ONCE);
    submitter_free(&submitter);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
}

/* A copy of the first event of the kind, or NULL. */
static cJSON *find(const char *log_path, const char *kind)
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

START_TEST(test_a_message_goes_in_with_dots_doubled)
{
    struct fake fake = {0};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = TO,
                                           .to_count = 2,
                                           .instances = 1,
                                           .text = ".dot\nend",
                                           NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nMAIL FROM:<s@z.test> SIZE="));
    ck_assert_ptr_nonnull(strstr(fake.received, "RCPT TO:<a@x.test>\nRCPT TO:<b@x.test>\nDATA\n"));
    ck_assert_ptr_nonnull(strstr(fake.received, "\n..dot\nend\n.\n"));
    cJSON *accepted = find(log_path, "accepted");
    ck_assert_ptr_nonnull(accepted);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(accepted, "to")), 2);
    ck_assert_ptr_null(find(log_path, "refused"));
    cJSON_Delete(accepted);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_a_login_is_in_tls_and_before_the_mail)
{
    const struct submit_login login = {"ann", "secret"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 1, .instances = 1, NO_PARAMETERS};
    struct fake fake = {.login = &login, .tls = fake_tls()};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    /* NUL ann NUL secret in base64 (RFC 4616) */
    ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nSTARTTLS\nEHLO client.test\n"
                                                "AUTH PLAIN AGFubgBzZWNyZXQ=\nMAIL FROM:<s@z"));
    ck_assert_ptr_nonnull(bufferevent_openssl_get_ssl(fake.stream));
    cJSON *accepted = find(log_path, "accepted");
    ck_assert_ptr_nonnull(accepted);
    cJSON_Delete(accepted);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

/* No mail goes to a server that does not know the user, nor a password to one without TLS. */
START_TEST(test_a_login_that_fails_refuses_the_message)
{
    static const char *const REFUSE[] = {"AUTH", "STARTTLS"};
    const struct submit_login login = {"ann", "secret"};
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 1, .instances = 1, NO_PARAMETERS};
    for (size_t i = 0; i < 2; i++) {
        char log_path[] = "/tmp/submitter-XXXXXX";
        struct fake fake = {.login = &login, .tls = fake_tls(), .refuse = REFUSE[i]};
        fake_open(&fake);
        submit(&fake, &entry, log_path);
        ck_assert_ptr_null(strstr(fake.received, "MAIL"));
        ck_assert(i == 0 || strstr(fake.received, "AUTH") == NULL);
        cJSON *refused = find(log_path, "refused");
        ck_assert_int_eq(event_int(refused, "code", 0), 550);
        cJSON_Delete(refused);
        fake_close(&fake);
        unlink(log_path);
    }
}
END_TEST

/* RFC 8689 4.3 */
START_TEST(test_a_message_that_requires_tls_goes_in_within_tls)
{
    static const char *const REFUSE[] = {NULL, "STARTTLS"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = TO,
                                           .to_count = 1,
                                           .instances = 1,
                                           .require_tls = true,
                                           .mail_parameters = " REQUIRETLS",
                                           .rcpt_parameters = ""};
    for (size_t i = 0; i < 2; i++) {
        char log_path[] = "/tmp/submitter-XXXXXX";
        struct fake fake = {.tls = fake_tls(), .refuse = REFUSE[i]};
        fake_open(&fake);
        submit(&fake, &entry, log_path);
        ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nSTARTTLS\n"));
        ck_assert_int_eq(strstr(fake.received, " REQUIRETLS\nRCPT TO:<a@x.test>\n") != NULL,
                         i == 0);
        cJSON *fate = find(log_path, i == 0 ? "accepted" : "refused");
        ck_assert_ptr_nonnull(fate);
        cJSON_Delete(fate);
        fake_close(&fake);
        unlink(log_path);
    }
}
END_TEST

START_TEST(test_one_refused_recipient_does_not_stop_the_other)
{
    struct fake fake = {.refuse = "TO:<a@"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 2, .instances = 1, NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    cJSON *accepted = find(log_path, "accepted");
    cJSON *refused = find(log_path, "refused");
    ck_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(accepted, "to"), 0)->valuestring,
                     "b@x.test");
    ck_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(refused, "to"), 0)->valuestring,
                     "a@x.test");
    ck_assert_int_eq(event_int(refused, "code", 0), 550);
    cJSON_Delete(accepted);
    cJSON_Delete(refused);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_addresses_with_utf8_and_wishes_for_notifications_are_told)
{
    struct fake fake = {0};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const char *const to[] = {"b\xc3\xb6"
                              "b@x.test"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = to,
                                           .to_count = 1,
                                           .instances = 1,
                                           .mail_parameters = " RET=HDRS",
                                           .rcpt_parameters = " NOTIFY=delay"};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    ck_assert_ptr_nonnull(strstr(fake.received, " SMTPUTF8 RET=HDRS\nRCPT TO:<b\xc3\xb6"
                                                "b@x.test> NOTIFY=delay\n"));
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_a_refused_sender_refuses_all)
{
    struct fake fake = {.refuse = "MAIL"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 2, .instances = 1, NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    cJSON *refused = find(log_path, "refused");
    ck_assert_str_eq(event_text(refused, "stage"), "mail");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(refused, "to")), 2);
    ck_assert_ptr_null(find(log_path, "accepted"));
    cJSON_Delete(refused);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

UNIT_MAIN(test_a_message_goes_in_with_dots_doubled, test_a_login_is_in_tls_and_before_the_mail,
          test_a_login_that_fails_refuses_the_message,
          test_a_message_that_requires_tls_goes_in_within_tls,
          test_one_refused_recipient_does_not_stop_the_other,
          test_addresses_with_utf8_and_wishes_for_notifications_are_told,
          test_a_refused_sender_refuses_all)
