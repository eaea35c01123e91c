/*
 * A gate in a network namespace of its own: what a client's connect() says. Skipped where the
 * kernel gives no such namespace.
 */
#include "sim/net/net_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct {
    enum net_condition_kind kind;
    unsigned told;
} fx;

/* The loopback of the new namespace, with 127.0.0.0/8. */
static bool enter_network(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up;
}

static struct sockaddr_in address_of(const char *text, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    ck_assert_int_eq(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return address;
}

static int listen_at(uint16_t *port)
{
    struct sockaddr_in any = address_of("0.0.0.0", 0);
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    *port = ntohs(any.sin_port);
    return fd;
}

/* What connect() comes to; EINPROGRESS when nobody answers. */
static int dial(struct event_base *base, const char *address, uint16_t port)
{
    struct sockaddr_in to = address_of(address, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_loop(base, EVLOOP_NONBLOCK);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof error;
    if (error == EINPROGRESS && poll(&ready, 1, 0) == 1)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    close(fd);
    return error;
}

static enum net_condition_kind condition(void *context, const struct address *address)
{
    char text[ADDRESS_TEXT_BYTES];
    (void)context;
    return strcmp(address_to_text(address, text), "127.0.0.2") == 0 ? fx.kind : NET_OPEN;
}

static void turned_away(void *context, const struct net_syn *syn, enum net_condition_kind kind)
{
    (void)context;
    (void)syn;
    (void)kind;
    fx.told++;
}

START_TEST(test_what_a_client_is_told)
{
    static const struct {
        enum net_condition_kind kind;
        int error;
    } CASES[] = {
        {NET_REFUSED, ECONNREFUSED},
        {NET_UNREACHABLE, EHOSTUNREACH},
        {NET_PROHIBITED, EHOSTUNREACH},
        {NET_SILENT, EINPROGRESS},
    };
    struct err err;
    uint16_t port = 0;
    if (!enter_network())
        return;
    int listener = listen_at(&port);
    struct event_base *base = event_base_new();
    const struct net_gate_options options = {.listeners = &listener,
                                             .listener_count = 1,
                                             .condition = condition,
                                             .turned_away = turned_away};
    struct net_gate *gate = net_gate_open(base, &options, &err);
    ck_assert_msg(gate != NULL, "%s", err.text);
    struct address shut;
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.2"), &shut), 0);
    ck_assert_msg(net_gate_shut(gate, &shut, 1, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        fx.kind = CASES[i].kind;
        fx.told = 0;
        ck_assert_msg(dial(base, "127.0.0.2", port) == CASES[i].error, "%s",
                      NET_CONDITION_WORDS[CASES[i].kind]);
        ck_assert_uint_eq(fx.told, 1);
        ck_assert_int_eq(dial(base, "127.0.0.3", port), 0);
        ck_assert_uint_eq(fx.told, 1);
    }
    fx.kind = NET_OPEN;
    ck_assert_int_eq(net_gate_shut(gate, NULL, 0, &err), 0);
    ck_assert_int_eq(dial(base, "127.0.0.2", port), 0);
    net_gate_close(&gate);
    event_base_free(base);
    close(listener);
}
END_TEST

UNIT_MAIN(test_what_a_client_is_told)
