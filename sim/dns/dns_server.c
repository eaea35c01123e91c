#include "sim/dns/dns_server.h"

#include <errno.h>
#include <unistd.h>

#include "sim/dns/dns_tcp.h"
#include "sim/dns/dns_udp.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_FAMILIES = 2,
    DNS_PORT_TRIES = 32, /* to find a port that is free for UDP and TCP of both families */
    DNS_TCP_CONNECTIONS_MAX = 512,
};

#define DNS_TCP_IDLE_US (10 * TIME_SECOND)

struct dns_server {
    struct dns_service service;
    uint16_t port;
    struct dns_udp *udp[DNS_FAMILIES];
    struct dns_tcp *tcp[DNS_FAMILIES];
};

/* Bound sockets of one family; -1 is none. */
struct dns_sockets {
    int udp;
    int tcp;
};

/* A bound socket, or -1 with errno; *port 0 is replaced by the one that was given. */
static int dns_socket_bind(const struct address *address, int type, uint16_t *port)
{
    struct sockaddr_storage sa;
    socklen_t len = address_to_socket(address, *port, &sa);
    const int on = 1;
    int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if ((sa.ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
        bind(fd, (const struct sockaddr *)&sa, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0) {
        int kept = errno;
        close(fd);
        errno = kept;
        return -1;
    }
    struct address bound;
    address_from_socket((const struct sockaddr *)&sa, &bound, port);
    return fd;
}

static void dns_sockets_close(struct dns_sockets *sockets)
{
    int kept = errno;
    for (size_t i = 0; i < DNS_FAMILIES; i++) {
        if (sockets[i].udp >= 0)
            close(sockets[i].udp);
        if (sockets[i].tcp >= 0)
            close(sockets[i].tcp);
        sockets[i] = (struct dns_sockets){-1, -1};
    }
    errno = kept;
}

/* All sockets on one port. */
static int dns_sockets_bind(struct dns_sockets *sockets, const struct address *addresses,
                            const bool *wanted, uint16_t *port)
{
    for (size_t i = 0; i < DNS_FAMILIES; i++) {
        if (!wanted[i])
            continue;
        sockets[i].udp = dns_socket_bind(&addresses[i], SOCK_DGRAM, port);
        if (sockets[i].udp >= 0)
            sockets[i].tcp = dns_socket_bind(&addresses[i], SOCK_STREAM, port);
        if (sockets[i].tcp < 0) {
            dns_sockets_close(sockets);
            return -1;
        }
    }
    return 0;
}

static int dns_server_bind(const struct dns_server_options *options, struct dns_sockets *sockets,
                           uint16_t *port, struct err *err)
{
    const char *const texts[DNS_FAMILIES] = {options->ipv4, options->ipv6};
    struct address addresses[DNS_FAMILIES] = {0};
    bool wanted[DNS_FAMILIES] = {false};
    for (size_t i = 0; i < DNS_FAMILIES; i++) {
        wanted[i] = texts[i] != NULL;
        if (wanted[i] && address_from_text(slice_of(texts[i]), &addresses[i]) != 0)
            return err_set(err, "\"%s\" is no address to bind DNS to", texts[i]);
    }
    int tries = options->port == 0 ? DNS_PORT_TRIES : 1;
    while (tries-- > 0) {
        *port = options->port;
        if (dns_sockets_bind(sockets, addresses, wanted, port) == 0)
            return 0;
    }
    return err_set_errno(err, "cannot bind DNS to %s %s port %u",
                         options->ipv4 != NULL ? options->ipv4 : "",
                         options->ipv6 != NULL ? options->ipv6 : "", (unsigned)*port);
}

/* Hands the sockets to the transports; each that was handed over is marked. */
static int dns_server_start(struct dns_server *server, struct dns_sockets *sockets,
                            const struct dns_tcp_limits *limits, struct err *err)
{
    for (size_t i = 0; i < DNS_FAMILIES; i++) {
        if (sockets[i].udp < 0)
            continue;
        server->udp[i] = dns_udp_open(&server->service, sockets[i].udp, err);
        sockets[i].udp = -1;
        if (server->udp[i] == NULL)
            return -1;
        server->tcp[i] = dns_tcp_open(&server->service, sockets[i].tcp, limits, err);
        sockets[i].tcp = -1;
        if (server->tcp[i] == NULL)
            return -1;
    }
    return 0;
}

struct dns_server *dns_server_open(struct event_base *base, struct dns_model *model,
                                   struct event_log *log, const struct dns_server_options *options,
                                   struct err *err)
{
    struct dns_sockets sockets[DNS_FAMILIES] = {{-1, -1}, {-1, -1}};
    uint16_t port = 0;
    if (dns_server_bind(options, sockets, &port, err) != 0)
        return NULL;
    struct dns_server *server = mem_alloc(sizeof *server);
    const struct dns_tcp_limits limits = {
        .connections_max = options->tcp_connections_max > 0 ? options->tcp_connections_max
                                                            : DNS_TCP_CONNECTIONS_MAX,
        .idle_us = options->tcp_idle_us > 0 ? options->tcp_idle_us : DNS_TCP_IDLE_US,
    };
    dns_service_init(&server->service, base);
    server->service.log = log;
    server->service.answerer = dns_answerer_new(model, &options->answer);
    server->port = port;
    if (dns_server_start(server, sockets, &limits, err) != 0) {
        dns_sockets_close(sockets);
        dns_server_close(&server);
    }
    return server;
}

void dns_server_close(struct dns_server **server)
{
    if (*server == NULL)
        return;
    for (size_t i = 0; i < DNS_FAMILIES; i++) {
        dns_udp_close(&(*server)->udp[i]);
        dns_tcp_close(&(*server)->tcp[i]);
    }
    dns_service_deinit(&(*server)->service);
    free(*server);
    *server = NULL;
}

void dns_server_silence(struct dns_server *server, const char *place)
{
    server->service.silenced_by = place;
}

uint16_t dns_server_port(const struct dns_server *server)
{
    return server->port;
}
