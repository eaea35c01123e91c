/* Policy hosts on the loopback, with a client in a thread of its own. */
#include "sim/policy/policy_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/policy/policy_spec.h"
#include "tests/unit/unit.h"

enum { ANSWER_BYTES = 2 * 1024 * 1024 };

static const char GET[] = "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: x\r\n\r\n";

struct stand {
    struct arena arena;
    struct spec_document *document;
    struct policy_model *model;
    struct event_base *base;
    struct event_log *log;
    int log_fd;
    struct tls_authority *authority;
    struct policy_server *server;
    const char *request;
    bool over_tls;
    char *answer;
    size_t answer_len;
    bool was_reset;
    int done[2];
};

static void stand_open(struct stand *stand, const char *policy, const char *host)
{
    struct err err;
    memset(stand, 0, sizeof *stand);
    stand->over_tls = true;
    stand->answer = mem_alloc(ANSWER_BYTES);
    stand->document = spec_document_parse("policy", slice_of(policy), &err);
    ck_assert_msg(stand->document != NULL, "%s", err.text);
    ck_assert_msg(
        policy_spec_parse(spec_root(stand->document), &stand->arena, &stand->model, &err) == 0,
        "%s", err.text);
    stand->log_fd = memfd_create("events", 0);
    stand->log = event_log_new(dup(stand->log_fd), time_now_us());
    stand->base = event_base_new();
    stand->authority = tls_authority_new(time_now_us(), 1, &err);
    const struct policy_server_options options = {
        .http = {.ipv4 = "127.0.0.1"},
        .start_us = time_now_us(),
        .authority = stand->authority,
        .only_host = host,
    };
    stand->server = policy_server_open(stand->base, stand->model, stand->log, &options, &err);
    ck_assert_msg(stand->server != NULL, "%s", err.text);
}

static void stand_close(struct stand *stand)
{
    struct err err;
    policy_server_close(&stand->server);
    ck_assert_int_eq(event_log_free(&stand->log, &err), 0);
    close(stand->log_fd);
    tls_authority_free(&stand->authority);
    policy_model_release(&stand->model);
    spec_document_free(&stand->document);
    arena_deinit(&stand->arena);
    event_base_free(stand->base);
    free(stand->answer);
}

/* ---- the client's side */

static void talk_tls(struct stand *stand, int fd)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, stand->request, (int)strlen(stand->request)) > 0) {
        int got = 0;
        while ((got = SSL_read(ssl, stand->answer + stand->answer_len,
                               ANSWER_BYTES - 1 - (int)stand->answer_len)) > 0)
            stand->answer_len += (size_t)got;
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static void *client_main(void *context)
{
    struct stand *stand = context;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(policy_server_port(stand->server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (stand->over_tls) {
        talk_tls(stand, fd);
    } else {
        char byte;
        ck_assert_int_gt(send(fd, stand->request, strlen(stand->request), MSG_NOSIGNAL), 0);
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    }
    close(fd);
    ck_assert_int_eq(write(stand->done[1], "x", 1), 1);
    return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(context);
}

/* What the server answers to a request; good until stand_close(). */
static const char *ask(struct stand *stand, const char *request)
{
    pthread_t thread;
    stand->request = request;
    ck_assert_int_eq(pipe(stand->done), 0);
    struct event *done = event_new(stand->base, stand->done[0], EV_READ, on_done, stand->base);
    event_add(done, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, client_main, stand), 0);
    event_base_dispatch(stand->base);
    pthread_join(thread, NULL);
    event_base_loop(stand->base, EVLOOP_NONBLOCK);
    event_base_loop(stand->base, EVLOOP_NONBLOCK);
    event_free(done);
    close(stand->done[0]);
    close(stand->done[1]);
    stand->answer[stand->answer_len] = '\0';
    return stand->answer;
}

static bool is_in_log(struct stand *stand, const char *text, struct buf *all)
{
    char path[64];
    struct err err;
    event_log_flush(stand->log);
    snprintf(path, sizeof path, "/proc/self/fd/%d", stand->log_fd);
    buf_init(all, 1024 * 1024);
    ck_assert_msg(file_read(path, all, &err) == 0, "%s", err.text);
    return slice_find_slice(buf_slice(all), slice_of(text)) != SIZE_MAX;
}

static void check_log(struct stand *stand, const char *text)
{
    struct buf all;
    ck_assert_msg(is_in_log(stand, text, &all), "not in the log: %s\n%s", text, buf_text(&all));
    buf_deinit(&all);
}

static void check_not_in_log(struct stand *stand, const char *text)
{
    struct buf all;
    ck_assert_msg(!is_in_log(stand, text, &all), "in the log: %s\n%s", text, buf_text(&all));
    buf_deinit(&all);
}

/* ---- */

START_TEST(test_the_policy_is_served)
{
    struct stand stand;
    stand_open(&stand, "{\"mta-sts\":{\"a.test\":{\"mx\":\"mx.a.test\"}}}", "mta-sts.a.test");
    ck_assert_str_eq(ask(&stand, GET),
                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 63\r\n"
                     "Connection: close\r\n\r\nversion: STSv1\r\nmode: enforce\r\n"
                     "mx: mx.a.test\r\nmax_age: 604800\r\n");
    check_log(&stand, "\"kind\":\"request\",\"host\":\"mta-sts.a.test\",\"client\":\"127.0.0.1\","
                      "\"method\":\"GET\",\"path\":\"/.well-known/mta-sts.txt\",\"status\":200");
    stand_close(&stand);
}
END_TEST

START_TEST(test_faults_are_seen)
{
    static const struct {
        const char *fault;
        const char *answer; /* its beginning */
        size_t len_min;
        size_t len_max;
    } CASES[] = {
        {"404", "HTTP/1.1 404 Not Found\r\n", 10, 200},
        {"503", "HTTP/1.1 503 Service Unavailable\r\n", 10, 200},
        {"redirect", "HTTP/1.1 301 Moved Permanently\r\nLocation: https://mta-sts.a.test/moved/",
         10, 300},
        {"empty", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n", 10, 100},
        {"malformed", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", 100, 300},
        {"wrong-type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", 100, 300},
        {"huge", "HTTP/1.1 200 OK\r\n", 1000000, 1100000},
        {"cut", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 63\r\n", 100, 130},
        {"close", "", 0, 0},
        {"reset", "", 0, 0},
        {"garbage", "\x01\x02this is no HTTP", 10, 100},
        {"refused", "", 0, 0},
        {"tls-close", "", 0, 0},
        {"tls-alert", "", 0, 0},
        {"tls-garbage", "", 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct stand stand;
        char policy[200];
        snprintf(policy, sizeof policy,
                 "{\"mta-sts\":{\"a.test\":{\"mx\":\"mx.a.test\",\"fault\":\"%s\"}}}",
                 CASES[i].fault);
        stand_open(&stand, policy, "mta-sts.a.test");
        const char *answer = ask(&stand, GET);
        ck_assert_msg(strncmp(answer, CASES[i].answer, strlen(CASES[i].answer)) == 0, "%s: %.200s",
                      CASES[i].fault, answer);
        ck_assert_msg(stand.answer_len >= CASES[i].len_min && stand.answer_len <= CASES[i].len_max,
                      "%s: %zu bytes", CASES[i].fault, stand.answer_len);
        char logged[100];
        snprintf(logged, sizeof logged, "\"fault\":\"%s\"", CASES[i].fault);
        check_log(&stand, logged);
        check_not_in_log(&stand, "\"mode\"");
        stand_close(&stand);
    }
}
END_TEST

/* The policy's mode is told as its text says it, and where the text is a policy. */
START_TEST(test_the_mode_is_that_of_the_file)
{
    struct stand stand;
    stand_open(&stand,
               "{\"mta-sts\":{\"a.test\":{\"text\":"
               "\"version: STSv1\\nmode: testing\\nmx: *.a.test\\nmax_age: 100\\n\"}}}",
               "mta-sts.a.test");
    ask(&stand, GET);
    check_log(&stand, "\"error\":\"\",\"mode\":\"testing\",\"max-age\":100}");
    stand_close(&stand);
    stand_open(&stand, "{\"mta-sts\":{\"a.test\":{\"text\":\"version: STSv2\"}}}",
               "mta-sts.a.test");
    ask(&stand, GET);
    check_log(&stand, "\"status\":200");
    check_not_in_log(&stand, "\"mode\"");
    stand_close(&stand);
}
END_TEST

START_TEST(test_reports_are_judged)
{
    static const char REPORT[] =
        "{\"organization-name\":\"Sender\",\"date-range\":{\"start-datetime\":"
        "\"2026-03-02T00:00:00Z\",\"end-datetime\":\"2026-03-02T23:59:59Z\"},\"contact-info\":"
        "\"a@sender.test\",\"report-id\":\"r1\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\","
        "\"policy-domain\":\"%s\"},\"summary\":{\"total-successful-session-count\":5,"
        "\"total-failure-session-count\":1},\"failure-details\":[{\"result-type\":"
        "\"%s\",\"failed-session-count\":1}]}]}";
    static const struct {
        const char *type;
        const char *domain;
        const char *result;
        const char *logged;
    } CASES[] = {
        {"application/tlsrpt+json", "a.test", "certificate-expired",
         "\"id\":\"r1\",\"valid\":true,\"problem\":\"\",\"policies\":[\"sts\"],\"successful\":5,"
         "\"failed\":1,\"results\":[\"certificate-expired\"]"},
        {"application/json", "a.test", "certificate-expired",
         "\"valid\":false,\"problem\":\"Content-Type"},
        {"application/tlsrpt+gzip", "a.test", "certificate-expired",
         "\"problem\":\"not compressed, but the Content-Type says it is\""},
        {"application/tlsrpt+json", "b.test", "certificate-expired",
         "\"problem\":\"it is about b.test\""},
        {"application/tlsrpt+json", "a.test", "bad-day",
         "\"problem\":\"result-type \\\"bad-day\\\" is unknown\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct stand stand;
        char body[1000];
        char request[1500];
        snprintf(body, sizeof body, REPORT, CASES[i].domain, CASES[i].result);
        snprintf(request, sizeof request,
                 "POST /v1/tls-rpt HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 CASES[i].type, strlen(body), body);
        stand_open(&stand, "{\"tls-reports\":{\"a.test\":{}}}", "tls-reports.a.test");
        ck_assert_ptr_eq(strstr(ask(&stand, request), "HTTP/1.1 201 Created"), stand.answer);
        check_log(&stand, CASES[i].logged);
        stand_close(&stand);
    }
}
END_TEST

#define POST "POST /u/42?x=1 HTTP/1.1\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "

START_TEST(test_only_a_post_unsubscribes)
{
    static const struct {
        const char *request;
        const char *answer;
        bool logged;
    } CASES[] = {
        {POST FORM "26\r\n\r\nList-Unsubscribe=One-Click", "HTTP/1.1 200 OK", true},
        {POST FORM "30\r\n\r\na=b&List-Unsubscribe=One-Click", "HTTP/1.1 200 OK", true},
        {POST "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 75\r\n\r\n"
              "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
              "One-Click\r\n--b--\r\n",
         "HTTP/1.1 200 OK", true},
        {POST "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 71\r\n\r\n"
              "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
              "Later\r\n--b--\r\n",
         "HTTP/1.1 400 Bad Request", false},
        {"GET /u/42 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", false},
        {POST FORM "2\r\n\r\nok", "HTTP/1.1 400 Bad Request", false},
        {POST FORM "28\r\n\r\nXList-Unsubscribe=One-Click!", "HTTP/1.1 400 Bad Request", false},
        {POST "Content-Length: 26\r\n\r\nList-Unsubscribe=One-Click", "HTTP/1.1 400 Bad Request",
         false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct stand stand;
        stand_open(&stand, "{\"unsubscribe\":{\"news.a.test\":{}}}", "news.a.test");
        ck_assert_ptr_eq(strstr(ask(&stand, CASES[i].request), CASES[i].answer), stand.answer);
        check_log(&stand, CASES[i].logged ? "\"kind\":\"unsubscribe\",\"host\":\"news.a.test\","
                                            "\"target\":\"/u/42?x=1\""
                                          : "\"kind\":\"request\"");
        stand_close(&stand);
    }
}
END_TEST

START_TEST(test_a_webhook_must_be_signed)
{
    struct stand stand;
    stand_open(&stand, "{\"webhooks\":{\"hooks.a.test\":{\"secret\":\"key\"}}}", "hooks.a.test");
    ck_assert_ptr_eq(strstr(ask(&stand, "POST /hook HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]"),
                            "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\n"),
                     stand.answer);
    ck_assert_ptr_nonnull(strstr(stand.answer, "\r\n\r\nnot signed\n"));
    check_log(&stand, "\"status\":401,\"bytes\":11,\"fault\":\"\",\"error\":\"not signed\"");
    stand_close(&stand);
}
END_TEST

START_TEST(test_a_client_that_talks_nonsense_is_told_of)
{
    struct stand stand;
    stand_open(&stand, "{\"mta-sts\":{\"a.test\":{\"mx\":\"mx.a.test\"}}}", "mta-sts.a.test");
    ck_assert_ptr_eq(strstr(ask(&stand, "nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request"),
                     stand.answer);
    check_log(&stand, "\"status\":400,\"bytes\":0,\"fault\":\"\",\"error\":\"no proper request\"");
    stand.over_tls = false;
    ask(&stand, GET);
    check_log(&stand, "\"error\":\"http request\"");
    stand_close(&stand);
}
END_TEST

UNIT_MAIN(test_the_policy_is_served, test_faults_are_seen, test_the_mode_is_that_of_the_file,
          test_reports_are_judged, test_only_a_post_unsubscribes, test_a_webhook_must_be_signed,
          test_a_client_that_talks_nonsense_is_told_of)
