/*
 * IP addresses as the checks need them: read from text, matched against networks, reversed for
 * look-ups.
 */
#pragma once

#include "mta-under-test/base/buf.h"

struct ip_address {
    bool is_v6;
    unsigned char bytes[16]; /* 4 or 16 of them, network order */
};

enum { IP_TEXT_BYTES = 64, IP_REVERSE_BYTES = 80 };

/* Reads "192.0.2.1" or "2001:db8::1"; an IPv4-mapped IPv6 address becomes the IPv4 address (RFC
 * 7208 section 5). False if it is neither. */
bool ip_parse(struct slice text, struct ip_address *ip);
/* The two families alone, without mapping: dotted quad without leading zeros; RFC 4291 2.2. */
bool ip_parse_v4(struct slice text, unsigned char bytes[4]);
bool ip_parse_v6(struct slice text, unsigned char bytes[16]);

/* The first `bits` bits of both are equal (bits <= 32 or 128, by family). */
bool ip_bits_match(const unsigned char *a, const unsigned char *b, unsigned bits);

/* In usual form (RFC 5952). Returns `text`. */
const char *ip_to_text(const struct ip_address *ip, char text[IP_TEXT_BYTES]);

/* The labels in reverse, without a suffix: "1.2.0.192", or 32 nibbles. Returns `text`. */
const char *ip_to_reverse(const struct ip_address *ip, char text[IP_REVERSE_BYTES]);
/* The name for a PTR query: with ".in-addr.arpa" or ".ip6.arpa". Returns `text`. */
const char *ip_to_arpa(const struct ip_address *ip, char text[IP_REVERSE_BYTES]);
