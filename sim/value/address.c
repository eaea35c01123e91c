#include "sim/value/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* The ports of our own connections, apart from those that servers listen on. */
enum { ADDRESS_PORT_FIRST = 20000, ADDRESS_PORTS = 40000 };

static const unsigned char ADDRESS_V4[12] = {[10] = 0xff, [11] = 0xff};

int address_from_text(struct slice text, struct address *address)
{
    char copy[INET6_ADDRSTRLEN + 1];
    struct in_addr v4;
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, '\0', text.len) != NULL)
        return -1;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        memcpy(address->bytes, ADDRESS_V4, sizeof ADDRESS_V4);
        memcpy(address->bytes + 12, &v4, 4);
        return 0;
    }
    return inet_pton(AF_INET6, copy, address->bytes) == 1 ? 0 : -1;
}

const char *address_to_text(const struct address *address, char text[ADDRESS_TEXT_BYTES])
{
    bool v4 = address_is_ipv4(address);
    if (inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? 12 : 0), text,
                  ADDRESS_TEXT_BYTES) == NULL)
        text[0] = '\0';
    return text;
}

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, ADDRESS_V4, sizeof ADDRESS_V4) == 0;
}

bool address_is_of_a_host(const struct address *address)
{
    static const struct prefix NONE[] = {
        /* IPv4: 0/8, 127/8, 224/4, 255.255.255.255 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0}}, 104},
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104},
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 224}}, 100},
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 255, 255, 255, 255}}, 128},
        /* IPv6: ::, ::1, fe80::/10, ff00::/8 */
        {{{0}}, 128},
        {{{[15] = 1}}, 128},
        {{{0xfe, 0x80}}, 10},
        {{{0xff}}, 8},
    };
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        if (prefix_holds(&NONE[i], address))
            return false;
    }
    return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void address_from_socket(const struct sockaddr *sa, struct address *address, uint16_t *port)
{
    *address = (struct address){0};
    *port = 0;
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(address->bytes, ADDRESS_V4, sizeof ADDRESS_V4);
        memcpy(address->bytes + 12, &in.sin_addr, 4);
        *port = ntohs(in.sin_port);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(address->bytes, &in6.sin6_addr, 16);
        *port = ntohs(in6.sin6_port);
    }
}

socklen_t address_to_socket(const struct address *address, uint16_t port,
                            struct sockaddr_storage *sa)
{
    *sa = (struct sockaddr_storage){0};
    if (address_is_ipv4(address)) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&in.sin_addr, address->bytes + 12, 4);
        memcpy(sa, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&in6.sin6_addr, address->bytes, 16);
    memcpy(sa, &in6, sizeof in6);
    return sizeof in6;
}

/* With each of `ADDRESS_PORTS` once at most, then with what the kernel chooses. */
static bool address_bind(int fd, const struct address *source)
{
    static _Atomic unsigned taken;
    struct sockaddr_storage sa;
    for (unsigned tries = 0; tries < ADDRESS_PORTS; tries++) {
        unsigned port = ADDRESS_PORT_FIRST + taken++ % ADDRESS_PORTS;
        socklen_t len = address_to_socket(source, (uint16_t)port, &sa);
        if (bind(fd, (const struct sockaddr *)&sa, len) == 0)
            return true;
        if (errno != EADDRINUSE)
            return false;
    }
    socklen_t len = address_to_socket(source, 0, &sa);
    return bind(fd, (const struct sockaddr *)&sa, len) == 0;
}

/* Binds and connects; false with errno. */
static bool address_begin(int fd, const struct address *server, uint16_t port,
                          const struct address *source)
{
    struct sockaddr_storage sa;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (source != NULL && !address_bind(fd, source))
        return false;
    socklen_t len = address_to_socket(server, port, &sa);
    return connect(fd, (const struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS;
}

int address_connect(const struct address *server, uint16_t port, const struct address *source)
{
    if (source != NULL && address_is_ipv4(server) != address_is_ipv4(source)) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    int family = address_is_ipv4(server) ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || address_begin(fd, server, port, source))
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

void address_to_reverse_name(const struct address *address, struct buf *name)
{
    const unsigned char *b = address->bytes;
    if (address_is_ipv4(address)) {
        buf_format(name, "%u.%u.%u.%u.in-addr.arpa", b[15], b[14], b[13], b[12]);
        return;
    }
    for (size_t i = 16; i-- > 0;)
        buf_format(name, "%x.%x.", b[i] & 15U, b[i] >> 4U);
    buf_add_text(name, "ip6.arpa");
}

/* Keeps the first `bits` of the 128. */
static struct address address_keep(const struct address *address, unsigned bits)
{
    struct address result = *address;
    for (unsigned i = 0; i < 16; i++) {
        unsigned first = i * 8;
        if (first >= bits)
            result.bytes[i] = 0;
        else if (first + 8 > bits)
            result.bytes[i] &= (unsigned char)(0xff00U >> (bits - first));
    }
    return result;
}

struct address address_mask(const struct address *address, unsigned bits)
{
    return address_keep(address, address_is_ipv4(address) ? bits + 96 : bits);
}

int prefix_from_text(struct slice text, struct prefix *prefix)
{
    size_t slash = slice_find(text, '/');
    if (address_from_text(slice_first(text, slash == SIZE_MAX ? text.len : slash),
                          &prefix->address) != 0)
        return -1;
    unsigned most = address_is_ipv4(&prefix->address) ? 32 : 128;
    uint64_t bits = most;
    if (slash != SIZE_MAX && (text_to_u64(slice_skip(text, slash + 1), &bits) != 0 || bits > most))
        return -1;
    prefix->bits = (unsigned)bits + (128 - most);
    return 0;
}

bool prefix_holds(const struct prefix *prefix, const struct address *address)
{
    struct address network = address_keep(&prefix->address, prefix->bits);
    struct address masked = address_keep(address, prefix->bits);
    return address_equal(&network, &masked);
}

int address_read(struct spec spec, struct address *address, struct err *err)
{
    if (!spec_is_text(spec) || address_from_text(slice_of(spec.json->valuestring), address) != 0)
        return spec_expected(spec, err,
                             "an IP address like \"198.18.1.1\" or \"2001:db8:18:1::1\"");
    return 0;
}

int prefix_read(struct spec spec, struct prefix *prefix, struct err *err)
{
    if (!spec_is_text(spec) || prefix_from_text(slice_of(spec.json->valuestring), prefix) != 0)
        return spec_expected(spec, err, "a prefix like \"192.0.2.0/24\" or \"2001:db8::/32\"");
    struct address network = address_keep(&prefix->address, prefix->bits);
    if (!address_equal(&network, &prefix->address)) {
        char text[ADDRESS_TEXT_BYTES];
        return spec_error(spec, err, "\"%s\" has bits behind its prefix; did you mean \"%s/%u\"?",
                          spec.json->valuestring, address_to_text(&network, text),
                          address_is_ipv4(&network) ? prefix->bits - 96 : prefix->bits);
    }
    return 0;
}
