#include "sim/dns/dns_server.h"

#include <event2/event.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/rng.h"
#include "tests/unit/sim/dns/dns_test.h"

#include "mta-under-test/base/poison.h"

enum { WAIT_MS = 20000, MESSAGE_BYTES = 65535 };

#define ZONES                                                                                      \
    "\"zones\": { \"a.test\": [ \"@ SOA ns hm 1 2 3 4 60\", \"@ MX 10 mx\", \"mx A 192.0.2.1\" ] " \
    "}"

/* A server with its loop and log, in this process. */
struct bench {
    struct event_base *base;
    struct dns_model *model;
    struct event_log *log;
    int log_fd; /* to read what the log wrote */
    struct dns_server *server;
};

static void bench_open(struct bench *bench, const char *json, const struct dns_server_options *more)
{
    struct err err;
    struct dns_server_options options = {.ipv4 = "127.0.0.1"};
    if (more != NULL)
        options = *more;
    options.answer.start_us = time_now_us();
    options.answer.seed = 1;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    bench->log_fd = dup(fileno(file));
    bench->log = event_log_new(dup(fileno(file)), options.answer.start_us);
    fclose(file);
    bench->base = event_base_new();
    bench->model = ask_scenario(json);
    bench->server = dns_server_open(bench->base, bench->model, bench->log, &options, &err);
    if (bench->server == NULL)
        ck_abort_msg("%s", err.text);
}

/* Closes all; gives the log's text (free it). */
static char *bench_close(struct bench *bench)
{
    struct err err;
    struct buf text;
    buf_init(&text, 1 << 28);
    dns_server_close(&bench->server);
    event_base_free(bench->base);
    dns_model_free(&bench->model);
    ck_assert_int_eq(event_log_free(&bench->log, &err), 0);
    ck_assert_int_eq(lseek(bench->log_fd, 0, SEEK_SET), 0);
    for (;;) {
        char *room = buf_reserve(&text, 4096);
        ck_assert_ptr_nonnull(room);
        ssize_t n = read(bench->log_fd, room, 4096);
        if (n <= 0)
            break;
        buf_commit(&text, (size_t)n);
    }
    close(bench->log_fd);
    return buf_take(&text);
}

static int connect_to(const struct bench *bench, const char *address, int type)
{
    struct sockaddr_storage sa;
    struct address to = ask_address(address);
    socklen_t len = address_to_socket(&to, dns_server_port(bench->server), &sa);
    int fd = socket(sa.ss_family, type | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    int result = connect(fd, (const struct sockaddr *)&sa, len);
    ck_assert(result == 0 || errno == EINPROGRESS);
    return fd;
}

/* Runs the loop until `fd` can be read; false after a long time. */
static bool wait_readable(const struct bench *bench, int fd)
{
    for (int64_t end_us = time_monotonic_us() + WAIT_MS * TIME_MS; time_monotonic_us() < end_us;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
        if (poll(&poll_fd, 1, 1) > 0)
            return true;
    }
    return false;
}

/* One reply by UDP, as text (free it). */
static char *receive_udp(const struct bench *bench, int fd)
{
    char bytes[4096];
    struct buf text;
    buf_init(&text, 1 << 20);
    ck_assert(wait_readable(bench, fd));
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    ck_assert_int_gt(n, 0);
    ask_text(slice_from(bytes, (size_t)n), &text);
    return buf_take(&text);
}

static void send_udp(int fd, const char *name, const char *type)
{
    struct buf query;
    buf_init(&query, 1000);
    ask_bytes(name, type, ASK_RD, &query);
    ck_assert_int_eq(send(fd, query.data, query.len, 0), (ssize_t)query.len);
    buf_deinit(&query);
}

/* Appends a query with its length in front. */
static void add_tcp(struct buf *out, const char *name, const char *type)
{
    struct buf query;
    buf_init(&query, 1000);
    ask_bytes(name, type, ASK_RD, &query);
    buf_add_char(out, (char)(query.len >> 8));
    buf_add_char(out, (char)query.len);
    buf_add_slice(out, buf_slice(&query));
    buf_deinit(&query);
}

/* `len` bytes from TCP; false at its end. */
static bool receive_bytes(const struct bench *bench, int fd, unsigned char *bytes, size_t len)
{
    for (size_t have = 0; have < len;) {
        ck_assert(wait_readable(bench, fd));
        ssize_t n = recv(fd, bytes + have, len - have, 0);
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

static char *receive_tcp(const struct bench *bench, int fd)
{
    static unsigned char bytes[MESSAGE_BYTES];
    struct buf text;
    buf_init(&text, 1 << 20);
    if (!receive_bytes(bench, fd, bytes, 2)) {
        buf_add_text(&text, "closed");
        return buf_take(&text);
    }
    size_t len = (size_t)bytes[0] << 8 | bytes[1];
    ck_assert(receive_bytes(bench, fd, bytes, len));
    ask_text(slice_from((const char *)bytes, len), &text);
    return buf_take(&text);
}

static void expect(char *text, const char *expected)
{
    ck_assert_str_eq(text, expected);
    free(text);
}

#define MX "NOERROR rd ra\nan a.test. 300 IN MX 10 mx.a.test."
#define MX_A "NOERROR rd ra\nan mx.a.test. 300 IN A 192.0.2.1"

START_TEST(test_udp_and_its_event)
{
    struct bench bench;
    bench_open(&bench, "{ " ZONES " }", NULL);
    int fd = connect_to(&bench, "127.0.0.1", SOCK_DGRAM);
    send_udp(fd, "A.Test", "MX");
    expect(receive_udp(&bench, fd), "NOERROR rd ra\nan A.Test. 300 IN MX 10 mx.a.test.");
    close(fd);
    char *log = bench_close(&bench);
    const char *facts =
        "\"source\":\"dns\",\"kind\":\"query\",\"name\":\"a.test\",\"type\":\"MX\",\"transport\":"
        "\"udp\",\"client\":\"127.0.0.1\",\"server\":\"127.0.0.1\",\"rcode\":\"NOERROR\","
        "\"answers\":1,\"data\":[\"10 mx.a.test\"],\"truncated\":false,\"authenticated\":false}\n";
    ck_assert_ptr_nonnull(strstr(log, facts));
    free(log);
}
END_TEST

/* A network of its own, so that nothing but this test meets a socket on every address. False where
 * this machine does not give one. */
static bool enter_own_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up;
}

/* 127.0.0.2 is ours too where 0.0.0.0 is bound; the client's socket takes answers from nowhere
 * else. */
START_TEST(test_the_address_that_was_asked_answers)
{
    struct bench bench;
    struct address resolver = ask_address("127.0.0.2");
    const struct dns_server_options options = {
        .ipv4 = "0.0.0.0", .answer = {.resolvers = &resolver, .resolver_count = 1}};
    if (!enter_own_network())
        return;
    bench_open(&bench, "{ " ZONES " }", &options);
    int fd = connect_to(&bench, "127.0.0.2", SOCK_DGRAM);
    int other = connect_to(&bench, "127.0.0.3", SOCK_DGRAM);
    int tcp = connect_to(&bench, "127.0.0.3", SOCK_STREAM);
    struct buf query;
    buf_init(&query, 1000);
    send_udp(fd, "mx.a.test", "A");
    expect(receive_udp(&bench, fd), MX_A);
    send_udp(other, "mx.a.test", "A");
    expect(receive_udp(&bench, other), "NOERROR aa rd\nan mx.a.test. 300 IN A 192.0.2.1");
    add_tcp(&query, "mx.a.test", "A");
    event_base_loop(bench.base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(send(tcp, query.data, query.len, 0), (ssize_t)query.len);
    expect(receive_tcp(&bench, tcp), "NOERROR aa rd\nan mx.a.test. 300 IN A 192.0.2.1");
    buf_deinit(&query);
    close(fd);
    close(other);
    close(tcp);
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_ipv6)
{
    struct bench bench;
    const struct dns_server_options options = {.ipv4 = "127.0.0.1", .ipv6 = "::1"};
    int probe = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_storage sa;
    struct address loopback = ask_address("::1");
    socklen_t len = address_to_socket(&loopback, 0, &sa);
    bool here = probe >= 0 && bind(probe, (const struct sockaddr *)&sa, len) == 0;
    if (probe >= 0)
        close(probe);
    /* A machine without IPv6 cannot show it. */
    if (!here)
        return;
    bench_open(&bench, "{ " ZONES " }", &options);
    int fd = connect_to(&bench, "::1", SOCK_DGRAM);
    send_udp(fd, "a.test", "MX");
    expect(receive_udp(&bench, fd), MX);
    close(fd);
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_tcp_several_queries_in_pieces)
{
    struct bench bench;
    struct buf queries;
    bench_open(&bench, "{ " ZONES " }", NULL);
    buf_init(&queries, 100000);
    int fd = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    add_tcp(&queries, "a.test", "MX");
    add_tcp(&queries, "mx.a.test", "A");
    /* Byte by byte, and the loop runs in between. */
    event_base_loop(bench.base, EVLOOP_NONBLOCK);
    for (size_t i = 0; i < queries.len; i++) {
        ck_assert_int_eq(send(fd, queries.data + i, 1, 0), 1);
        event_base_loop(bench.base, EVLOOP_NONBLOCK);
    }
    expect(receive_tcp(&bench, fd), MX);
    expect(receive_tcp(&bench, fd), MX_A);
    /* A hundred at once. */
    buf_reset(&queries);
    for (int i = 0; i < 100; i++)
        add_tcp(&queries, "mx.a.test", "A");
    ck_assert_int_eq(send(fd, queries.data, queries.len, 0), (ssize_t)queries.len);
    for (int i = 0; i < 100; i++)
        expect(receive_tcp(&bench, fd), MX_A);
    /* The client closes its side and still gets what it asked for. */
    buf_reset(&queries);
    add_tcp(&queries, "a.test", "MX");
    ck_assert_int_eq(send(fd, queries.data, queries.len, 0), (ssize_t)queries.len);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    expect(receive_tcp(&bench, fd), MX);
    expect(receive_tcp(&bench, fd), "closed");
    close(fd);
    buf_deinit(&queries);
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_tcp_limits)
{
    struct bench bench;
    const struct dns_server_options options = {
        .ipv4 = "127.0.0.1", .tcp_connections_max = 2, .tcp_idle_us = 30 * TIME_MS};
    bench_open(&bench, "{ " ZONES " }", &options);
    int first = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    int second = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    int third = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    /* The third takes the place of the first; all are closed when nothing comes. */
    expect(receive_tcp(&bench, first), "closed");
    expect(receive_tcp(&bench, second), "closed");
    expect(receive_tcp(&bench, third), "closed");
    /* What is shorter than a header is no DNS. */
    int fourth = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    event_base_loop(bench.base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(send(fourth, "\0\3abc", 5, 0), 5);
    expect(receive_tcp(&bench, fourth), "closed");
    close(first);
    close(second);
    close(third);
    close(fourth);
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_delay_none_and_reset)
{
    struct bench bench;
    struct buf query;
    bench_open(&bench,
               "{ " ZONES
               ", \"faults\": [ { \"name\": \"mx.*\", \"type\": \"A\", \"delay\": \"50ms\" },"
               " { \"name\": \"mx.*\", \"type\": \"TXT\", \"answer\": \"none\" },"
               " { \"name\": \"a.test\", \"answer\": \"tcp-refused\" } ] }",
               NULL);
    buf_init(&query, 1000);
    int fd = connect_to(&bench, "127.0.0.1", SOCK_DGRAM);
    int tcp = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    int64_t asked_us = time_monotonic_us();
    send_udp(fd, "mx.a.test", "TXT");
    send_udp(fd, "mx.a.test", "A");
    send_udp(fd, "a.test", "MX");
    expect(receive_udp(&bench, fd), MX);
    expect(receive_udp(&bench, fd), MX_A);
    /* The loop's own time may be a little behind. */
    ck_assert_int_ge(time_monotonic_us() - asked_us, 40 * TIME_MS);
    add_tcp(&query, "mx.a.test", "A");
    add_tcp(&query, "a.test", "MX");
    ck_assert_int_eq(send(tcp, query.data, query.len, 0), (ssize_t)query.len);
    char byte;
    ck_assert(wait_readable(&bench, tcp));
    ck_assert_int_eq(recv(tcp, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    /* One delayed answer is never sent: it must not outlive the server. */
    send_udp(fd, "mx.a.test", "A");
    event_base_loop(bench.base, EVLOOP_NONBLOCK);
    close(fd);
    close(tcp);
    buf_deinit(&query);
    char *log = bench_close(&bench);
    ck_assert_ptr_nonnull(strstr(log, "\"fault\":\"$.faults[0]\",\"delay\":50000}"));
    ck_assert_ptr_nonnull(strstr(log, "\"type\":\"TXT\",\"transport\":\"udp\",\"client\":"
                                      "\"127.0.0.1\",\"server\":\"127.0.0.1\",\"rcode\":\"\""));
    ck_assert_ptr_nonnull(strstr(log, "\"fault\":\"$.faults[2]\""));
    free(log);
}
END_TEST

/* A client that asks and never reads is not served without end, and others are. */
START_TEST(test_a_client_that_never_reads)
{
    struct bench bench;
    struct buf queries;
    bench_open(&bench, "{ " ZONES " }", NULL);
    buf_init(&queries, 1 << 20);
    for (int i = 0; i < 20000; i++)
        add_tcp(&queries, "mx.a.test", "A");
    int deaf = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    int fd = connect_to(&bench, "127.0.0.1", SOCK_DGRAM);
    for (int round = 0; round < 200; round++) {
        (void)send(deaf, queries.data, queries.len, MSG_NOSIGNAL);
        event_base_loop(bench.base, EVLOOP_NONBLOCK);
    }
    /* Nothing is left to do, so the loop rests, as it must under a clock that waits for it. */
    const struct timeval moment = {.tv_usec = 200 * 1000};
    clock_t before = clock();
    event_base_loopexit(bench.base, &moment);
    event_base_dispatch(bench.base);
    ck_assert_int_lt(clock() - before, CLOCKS_PER_SEC / 10);
    send_udp(fd, "a.test", "MX");
    expect(receive_udp(&bench, fd), MX);
    close(deaf);
    close(fd);
    buf_deinit(&queries);
    free(bench_close(&bench));
}
END_TEST

/* Random bytes, right queries with random bytes put in, connections that end anywhere. */
START_TEST(test_nonsense_by_udp_and_tcp)
{
    enum { ROUNDS = 300, OPEN = 20 };
    struct bench bench;
    struct rng rng;
    struct buf query;
    int open_fds[OPEN];
    bench_open(&bench, "{ " ZONES ", \"faults\": [ { \"name\": \"mx.*\", \"delay\": \"1ms\" } ] }",
               NULL);
    buf_init(&query, 4096);
    rng_init(&rng, 1);
    int udp = connect_to(&bench, "127.0.0.1", SOCK_DGRAM);
    for (int i = 0; i < OPEN; i++)
        open_fds[i] = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
    for (int round = 0; round < ROUNDS; round++) {
        size_t at = rng_below(&rng, OPEN);
        buf_reset(&query);
        for (uint64_t n = rng_below(&rng, 4); n > 0; n--)
            add_tcp(&query, n % 2 == 0 ? "mx.a.test" : "a.test", "A");
        for (uint64_t n = rng_below(&rng, 8); n > 0 && query.len > 0; n--)
            query.data[rng_below(&rng, query.len)] = (char)rng_below(&rng, 256);
        (void)send(open_fds[at], query.data, query.len, MSG_NOSIGNAL);
        if (query.len > 2)
            (void)send(udp, query.data + 2, query.len - 2, MSG_NOSIGNAL);
        event_base_loop(bench.base, EVLOOP_NONBLOCK);
        if (rng_below(&rng, 3) == 0) {
            close(open_fds[at]);
            open_fds[at] = connect_to(&bench, "127.0.0.1", SOCK_STREAM);
        }
    }
    int fd = connect_to(&bench, "127.0.0.1", SOCK_DGRAM);
    send_udp(fd, "a.test", "MX");
    expect(receive_udp(&bench, fd), MX);
    for (int i = 0; i < OPEN; i++)
        close(open_fds[i]);
    close(fd);
    close(udp);
    buf_deinit(&query);
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_a_taken_port_is_an_error)
{
    struct bench bench;
    struct err err = {0};
    bench_open(&bench, "{ " ZONES " }", NULL);
    const struct dns_server_options options = {.ipv4 = "127.0.0.1",
                                               .port = dns_server_port(bench.server)};
    ck_assert_ptr_null(dns_server_open(bench.base, bench.model, NULL, &options, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot bind DNS to 127.0.0.1"));
    const struct dns_server_options wrong = {.ipv4 = "localhost"};
    ck_assert_ptr_null(dns_server_open(bench.base, bench.model, NULL, &wrong, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "\"localhost\" is no address"));
    free(bench_close(&bench));
}
END_TEST

START_TEST(test_the_event_of_a_change)
{
    static const char *const RECORDS[] = {"@ MX 10 mx2", "mx2 A 192.0.2.2"};
    struct bench bench;
    bench_open(&bench, "{ " ZONES " }", NULL);
    dns_server_log_change(bench.log, "a.test", RECORDS, 2);
    char *log = bench_close(&bench);
    ck_assert_ptr_nonnull(strstr(log, "\"source\":\"dns\",\"kind\":\"changed\",\"zone\":\"a.test\","
                                      "\"records\":[\"@ MX 10 mx2\",\"mx2 A 192.0.2.2\"]}"));
    free(log);
}
END_TEST

UNIT_MAIN(test_udp_and_its_event, test_the_address_that_was_asked_answers, test_ipv6,
          test_tcp_several_queries_in_pieces, test_tcp_limits, test_delay_none_and_reset,
          test_a_client_that_never_reads, test_nonsense_by_udp_and_tcp,
          test_a_taken_port_is_an_error, test_the_event_of_a_change)
