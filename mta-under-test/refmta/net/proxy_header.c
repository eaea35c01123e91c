#include "mta-under-test/refmta/net/proxy_header.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    V1_BYTES_MAX = 107, /* with CRLF */
    V2_FIXED_BYTES = 16,
    V2_BYTES_MAX = 2048,
    V2_LOCAL = 0x20,
    V2_PROXY = 0x21,
    V2_TCP4 = 0x11,
    V2_TCP6 = 0x21,
    TCP4_BYTES = 12,
    TCP6_BYTES = 36,
};

static const char V2_SIGNATURE[] = "\r\n\r\n\0\r\nQUIT\n";
enum { V2_SIGNATURE_BYTES = sizeof V2_SIGNATURE - 1 };

/* "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25", "PROXY UNKNOWN ...". */
static enum proxy_header_result parse_line(struct slice line, struct ip_endpoint *client)
{
    enum { WORDS = 6 };
    struct slice words[WORDS];
    size_t count = 0;
    uint64_t port = 0;
    while (count < WORDS && slice_split(&line, ' ', &words[count]))
        count++;
    if (count >= 2 && slice_is(words[1], "UNKNOWN"))
        return PROXY_HEADER_OWN;
    if (count != WORDS || line.len > 0 || text_to_u64(words[4], &port) != 0 || port > UINT16_MAX ||
        ip_address_from_text(words[2], &client->address) != 0)
        return PROXY_HEADER_BAD;
    client->port = (uint16_t)port;
    sa_family_t family = slice_is(words[1], "TCP4")   ? AF_INET
                         : slice_is(words[1], "TCP6") ? AF_INET6
                                                      : 0;
    return client->address.family == family ? PROXY_HEADER_CLIENT : PROXY_HEADER_BAD;
}

static enum proxy_header_result parse_text(struct slice bytes, struct ip_endpoint *client,
                                           size_t *used)
{
    struct slice start = SLICE("PROXY ");
    if (!slice_starts_with(slice_first(start, bytes.len), slice_first(bytes, start.len)))
        return PROXY_HEADER_BAD;
    size_t end = slice_find(bytes, '\n');
    if (end == SIZE_MAX)
        return bytes.len < V1_BYTES_MAX ? PROXY_HEADER_MORE : PROXY_HEADER_BAD;
    if (end + 1 > V1_BYTES_MAX || bytes.data[end - 1] != '\r')
        return PROXY_HEADER_BAD;
    *used = end + 1;
    return parse_line(slice_first(bytes, end - 1), client);
}

static unsigned byte_at(struct slice bytes, size_t index)
{
    return (unsigned char)bytes.data[index];
}

static enum proxy_header_result parse_binary(struct slice bytes, struct ip_endpoint *client,
                                             size_t *used)
{
    if (bytes.len < V2_FIXED_BYTES)
        return PROXY_HEADER_MORE;
    size_t len = byte_at(bytes, 14) << 8 | byte_at(bytes, 15);
    unsigned command = byte_at(bytes, 12);
    unsigned family = byte_at(bytes, 13);
    if (len > V2_BYTES_MAX || (command != V2_LOCAL && command != V2_PROXY))
        return PROXY_HEADER_BAD;
    if (bytes.len < V2_FIXED_BYTES + len)
        return PROXY_HEADER_MORE;
    *used = V2_FIXED_BYTES + len;
    if (command == V2_LOCAL || (family != V2_TCP4 && family != V2_TCP6))
        return PROXY_HEADER_OWN;
    bool is_v4 = family == V2_TCP4;
    if (len < (is_v4 ? TCP4_BYTES : TCP6_BYTES))
        return PROXY_HEADER_BAD;
    size_t size = is_v4 ? 4 : 16;
    size_t port = V2_FIXED_BYTES + 2 * size;
    *client = (struct ip_endpoint){.address = {.family = is_v4 ? AF_INET : AF_INET6}};
    memcpy(client->address.bytes, bytes.data + V2_FIXED_BYTES, size);
    client->port = (uint16_t)(byte_at(bytes, port) << 8 | byte_at(bytes, port + 1));
    return PROXY_HEADER_CLIENT;
}

enum proxy_header_result proxy_header_parse(struct slice bytes, struct ip_endpoint *client,
                                            size_t *used)
{
    struct slice signature = slice_from(V2_SIGNATURE, V2_SIGNATURE_BYTES);
    *used = 0;
    if (bytes.len == 0)
        return PROXY_HEADER_MORE;
    if (slice_starts_with(slice_first(signature, bytes.len),
                          slice_first(bytes, V2_SIGNATURE_BYTES)))
        return parse_binary(bytes, client, used);
    return parse_text(bytes, client, used);
}
