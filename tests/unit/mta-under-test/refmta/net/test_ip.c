#include "mta-under-test/refmta/net/ip.h"

#include "tests/unit/unit.h"

static struct ip_address address_of(const char *text)
{
    struct ip_address address;
    ck_assert_msg(ip_address_from_text(slice_of(text), &address) == 0, "%s", text);
    return address;
}

START_TEST(addresses_are_read_and_written)
{
    static const char *const SAME[] = {"192.0.2.1", "2001:db8::1", "::1"};
    char text[IP_TEXT_BYTES];
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0]; i++) {
        struct ip_address address = address_of(SAME[i]);
        ck_assert_str_eq(ip_address_to_text(&address, text), SAME[i]);
    }
    struct ip_address mapped = address_of("::ffff:192.0.2.1");
    ck_assert_str_eq(ip_address_to_text(&mapped, text), "192.0.2.1");
    struct ip_address address;
    static const char *const BAD[] = {"", "192.0.2", "192.0.2.256", "2001:db8", "x", "1.2.3.4 "};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        ck_assert_msg(ip_address_from_text(slice_of(BAD[i]), &address) == -1, "%s", BAD[i]);
}
END_TEST

START_TEST(endpoints_have_a_port)
{
    static const struct {
        const char *text;
        int result;
        uint16_t port;
    } CASES[] = {{"192.0.2.1", 0, 53},       {"192.0.2.1:5353", 0, 5353},
                 {"2001:db8::1", 0, 53},     {"[2001:db8::1]:99", 0, 99},
                 {"[2001:db8::1]", 0, 53},   {"192.0.2.1:0", -1, 0},
                 {"192.0.2.1:65536", -1, 0}, {"[2001:db8::1]x", -1, 0},
                 {"[2001:db8::1", -1, 0},    {":53", -1, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ip_endpoint endpoint;
        ck_assert_msg(ip_endpoint_from_text(slice_of(CASES[i].text), 53, &endpoint) ==
                          CASES[i].result,
                      "%s", CASES[i].text);
        if (CASES[i].result == 0)
            ck_assert_uint_eq(endpoint.port, CASES[i].port);
    }
}
END_TEST

START_TEST(networks_contain_addresses)
{
    static const struct {
        const char *network;
        const char *address;
        bool contains;
    } CASES[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::/0", "192.0.2.1", false},
        {"0.0.0.0/0", "::1", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ip_network network;
        struct ip_address address = address_of(CASES[i].address);
        ck_assert_int_eq(ip_network_from_text(slice_of(CASES[i].network), &network), 0);
        ck_assert_msg(ip_network_contains(&network, &address) == CASES[i].contains, "%s %s",
                      CASES[i].network, CASES[i].address);
    }
    struct ip_network network;
    ck_assert_int_eq(ip_network_from_text(SLICE("192.0.2.1/24"), &network), -1);
    ck_assert_int_eq(ip_network_from_text(SLICE("192.0.2.0/33"), &network), -1);
    ck_assert_int_eq(ip_network_from_text(SLICE("192.0.2.0/"), &network), -1);
}
END_TEST

UNIT_MAIN(addresses_are_read_and_written, endpoints_have_a_port, networks_contain_addresses)
