#include "mta-under-test/mailauth/core/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "mta-under-test/base/poison.h"

static bool ip_parse_family(int family, struct slice text, unsigned char *bytes)
{
    char copy[IP_TEXT_BYTES];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, bytes) == 1;
}

bool ip_parse_v4(struct slice text, unsigned char bytes[4])
{
    return ip_parse_family(AF_INET, text, bytes);
}

bool ip_parse_v6(struct slice text, unsigned char bytes[16])
{
    return ip_parse_family(AF_INET6, text, bytes);
}

bool ip_parse(struct slice text, struct ip_address *ip)
{
    static const unsigned char MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(ip, 0, sizeof *ip);
    if (ip_parse_v4(text, ip->bytes))
        return true;
    if (!ip_parse_v6(text, ip->bytes))
        return false;
    ip->is_v6 = true;
    if (memcmp(ip->bytes, MAPPED, sizeof MAPPED) == 0) {
        memmove(ip->bytes, ip->bytes + 12, 4);
        memset(ip->bytes + 4, 0, 12);
        ip->is_v6 = false;
    }
    return true;
}

bool ip_bits_match(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0;
}

const char *ip_to_text(const struct ip_address *ip, char text[IP_TEXT_BYTES])
{
    if (inet_ntop(ip->is_v6 ? AF_INET6 : AF_INET, ip->bytes, text, IP_TEXT_BYTES) == NULL)
        text[0] = '\0';
    return text;
}

const char *ip_to_reverse(const struct ip_address *ip, char text[IP_REVERSE_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    if (!ip->is_v6) {
        snprintf(text, IP_REVERSE_BYTES, "%d.%d.%d.%d", ip->bytes[3], ip->bytes[2], ip->bytes[1],
                 ip->bytes[0]);
        return text;
    }
    for (size_t i = 0; i < 32; i++) {
        unsigned char byte = ip->bytes[15 - i / 2];
        text[i * 2] = DIGITS[i % 2 == 0 ? byte & 15 : byte >> 4];
        text[i * 2 + 1] = '.';
    }
    text[63] = '\0';
    return text;
}

const char *ip_to_arpa(const struct ip_address *ip, char text[IP_REVERSE_BYTES])
{
    ip_to_reverse(ip, text);
    size_t len = strlen(text);
    snprintf(text + len, IP_REVERSE_BYTES - len, "%s", ip->is_v6 ? ".ip6.arpa" : ".in-addr.arpa");
    return text;
}
