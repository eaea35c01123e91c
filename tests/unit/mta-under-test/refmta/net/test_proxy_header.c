#include "mta-under-test/refmta/net/proxy_header.h"

#include "tests/unit/unit.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

START_TEST(both_versions_tell_the_client)
{
    const struct {
        struct slice bytes;
        enum proxy_header_result result;
        const char *client;
        uint16_t port;
        size_t left;
    } CASES[] = {
        {SLICE("PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\nEHLO"), PROXY_HEADER_CLIENT,
         "192.0.2.1", 56324, 4},
        {SLICE("PROXY TCP6 2001:db8::1 2001:db8::2 1 25\r\n"), PROXY_HEADER_CLIENT, "2001:db8::1",
         1, 0},
        {SLICE("PROXY UNKNOWN\r\n"), PROXY_HEADER_OWN, NULL, 0, 0},
        {SLICE("PROXY TCP6 192.0.2.1 198.51.100.1 1 25\r\n"), PROXY_HEADER_BAD, NULL, 0, 0},
        {SLICE("PROXY TCP4 192.0.2.1 198.51.100.1 70000 25\r\n"), PROXY_HEADER_BAD, NULL, 0, 0},
        {SLICE("PROXY TCP4 192.0.2.1\r\n"), PROXY_HEADER_BAD, NULL, 0, 0},
        {SLICE("EHLO client.test\r\n"), PROXY_HEADER_BAD, NULL, 0, 0},
        {SLICE(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\1\2\0\x19x"), PROXY_HEADER_CLIENT,
         "192.0.2.1", 258, 1},
        {SLICE(V2 "\x20\0\0\0"), PROXY_HEADER_OWN, NULL, 0, 0},
        {SLICE(V2 "\x21\x11\0\4\xc0\0\2\1"), PROXY_HEADER_BAD, NULL, 0, 0},
        {SLICE(V2 "\x31\x11\0\0"), PROXY_HEADER_BAD, NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ip_endpoint client = {.port = 0};
        char text[IP_TEXT_BYTES];
        size_t used = 0;
        ck_assert_msg(proxy_header_parse(CASES[i].bytes, &client, &used) == CASES[i].result,
                      "case %zu", i);
        if (CASES[i].client == NULL)
            continue;
        ck_assert_str_eq(ip_address_to_text(&client.address, text), CASES[i].client);
        ck_assert_uint_eq(client.port, CASES[i].port);
        ck_assert_uint_eq(used, CASES[i].bytes.len - CASES[i].left);
        for (size_t len = 0; len < used; len++)
            ck_assert_int_eq(proxy_header_parse(slice_first(CASES[i].bytes, len), &client, &used),
                             PROXY_HEADER_MORE);
    }
}
END_TEST

UNIT_MAIN(both_versions_tell_the_client)
