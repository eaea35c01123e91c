#include "mta-under-test/refmta/net/ip.h"

#include <arpa/inet.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static void unmap(struct ip_address *address)
{
    static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address->family != AF_INET6 || memcmp(address->bytes, MAPPED, sizeof MAPPED) != 0)
        return;
    address->family = AF_INET;
    memmove(address->bytes, address->bytes + 12, 4);
    memset(address->bytes + 4, 0, 12);
}

int ip_address_from_text(struct slice text, struct ip_address *address)
{
    char copy[IP_TEXT_BYTES];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, '\0', text.len) != NULL)
        return -1;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *address = (struct ip_address){0};
    if (inet_pton(AF_INET, copy, address->bytes) == 1)
        address->family = AF_INET;
    else if (inet_pton(AF_INET6, copy, address->bytes) == 1)
        address->family = AF_INET6;
    else
        return -1;
    unmap(address);
    return 0;
}

static int port_from_text(struct slice text, uint16_t *port)
{
    uint64_t number = 0;
    if (text_to_u64(text, &number) != 0 || number == 0 || number > UINT16_MAX)
        return -1;
    *port = (uint16_t)number;
    return 0;
}

int ip_endpoint_from_text(struct slice text, uint16_t default_port, struct ip_endpoint *endpoint)
{
    endpoint->port = default_port;
    if (ip_address_from_text(text, &endpoint->address) == 0)
        return 0;
    if (text.len > 0 && text.data[0] == '[') {
        size_t close = slice_find(text, ']');
        if (close == SIZE_MAX)
            return -1;
        struct slice inner = slice_from(text.data + 1, close - 1);
        struct slice rest = slice_skip(text, close + 1);
        if (ip_address_from_text(inner, &endpoint->address) != 0)
            return -1;
        if (rest.len == 0)
            return 0;
        return rest.data[0] == ':' ? port_from_text(slice_skip(rest, 1), &endpoint->port) : -1;
    }
    size_t colon = slice_find_last(text, ':');
    if (colon == SIZE_MAX ||
        ip_address_from_text(slice_first(text, colon), &endpoint->address) != 0)
        return -1;
    return port_from_text(slice_skip(text, colon + 1), &endpoint->port);
}

static unsigned address_bits(const struct ip_address *address)
{
    return address->family == AF_INET ? 32 : 128;
}

static unsigned bit_of(const struct ip_address *address, unsigned index)
{
    return ((unsigned)address->bytes[index / 8] >> (7 - index % 8)) & 1U;
}

int ip_network_from_text(struct slice text, struct ip_network *network)
{
    size_t slash = slice_find(text, '/');
    if (ip_address_from_text(slice_first(text, slash), &network->address) != 0)
        return -1;
    network->prefix_bits = address_bits(&network->address);
    if (slash == SIZE_MAX)
        return 0;
    uint64_t bits = 0;
    if (text_to_u64(slice_skip(text, slash + 1), &bits) != 0 || bits > network->prefix_bits)
        return -1;
    network->prefix_bits = (unsigned)bits;
    for (unsigned i = network->prefix_bits; i < address_bits(&network->address); i++)
        if (bit_of(&network->address, i) != 0)
            return -1;
    return 0;
}

const char *ip_address_to_text(const struct ip_address *address, char text[IP_TEXT_BYTES])
{
    if (address->family == 0 ||
        inet_ntop(address->family, address->bytes, text, IP_TEXT_BYTES) == NULL)
        memcpy(text, "unknown", sizeof "unknown");
    return text;
}

bool ip_network_contains(const struct ip_network *network, const struct ip_address *address)
{
    if (network->address.family != address->family)
        return false;
    unsigned whole = network->prefix_bits / 8;
    if (memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    for (unsigned i = whole * 8; i < network->prefix_bits; i++)
        if (bit_of(&network->address, i) != bit_of(address, i))
            return false;
    return true;
}

socklen_t ip_to_sockaddr(const struct ip_endpoint *endpoint, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (endpoint->address.family == AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
        memcpy(&in.sin_addr, endpoint->address.bytes, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
    memcpy(&in6.sin6_addr, endpoint->address.bytes, 16);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

void ip_from_sockaddr(const struct sockaddr_storage *in, struct ip_endpoint *endpoint)
{
    *endpoint = (struct ip_endpoint){0};
    if (in->ss_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, in, sizeof in4);
        endpoint->address.family = AF_INET;
        memcpy(endpoint->address.bytes, &in4.sin_addr, 4);
        endpoint->port = ntohs(in4.sin_port);
    } else if (in->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, in, sizeof in6);
        endpoint->address.family = AF_INET6;
        memcpy(endpoint->address.bytes, &in6.sin6_addr, 16);
        endpoint->port = ntohs(in6.sin6_port);
        unmap(&endpoint->address);
    }
}

struct slice ip_address_site(const struct ip_address *address)
{
    return slice_from((const char *)address->bytes, address->family == AF_INET ? 4 : 8);
}

bool ip_address_is_loopback(const struct ip_address *address)
{
    static const uint8_t ONE[16] = {[15] = 1};
    return address->family == AF_INET
               ? address->bytes[0] == 127
               : address->family == AF_INET6 && memcmp(address->bytes, ONE, sizeof ONE) == 0;
}
