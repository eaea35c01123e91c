/*
 * IP addresses and prefixes, one type for both families (IPv4 is kept as ::ffff:a.b.c.d inside).
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "mta-under-test/base/buf.h"
#include "sim/value/spec.h"

struct address {
    unsigned char bytes[16];
};

struct prefix {
    struct address address;
    unsigned bits; /* of the 128; an IPv4 /24 is 120 */
};

enum { ADDRESS_TEXT_BYTES = 64 };

int address_from_text(struct slice text, struct address *address) MUST_CHECK;
/* "192.0.2.1" or RFC 5952 text; returns `text`. */
const char *address_to_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]);
bool address_is_ipv4(const struct address *address);
/* One that a host on a network can have: not 0.0.0.0, loopback, link-local, multicast or broadcast.
 */
bool address_is_of_a_host(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
/* From and to the kernel's form; `port` in host order. Returns the length of the socket address. */
void address_from_socket(const struct sockaddr *sa, struct address *address, uint16_t *port);
socklen_t address_to_socket(const struct address *address, uint16_t port,
                            struct sockaddr_storage *sa);
/* A TCP socket (non-blocking, close-on-exec, without Nagle's delay) that is bound to `source`, NULL
 * = to any, and whose connection to `server` is under way or there; the caller's to close. -1 with
 * errno: EAFNOSUPPORT where the two are of different families, or what the kernel says at once.
 * What becomes of a connection under way is told by the socket.
 *
 * Ports of a source are taken in turn: so they are the same in each run, and a server that still
 * remembers a connection with the last one does not mistake the new one for it. */
int address_connect(const struct address *server, uint16_t port, const struct address *source);
/* "2.0.0.127.in-addr.arpa" or the ip6.arpa form. */
void address_to_reverse_name(const struct address *address, struct buf *name);

/* The address with all bits behind the first `bits` (of its family: 24 of an IPv4 address) zero. */
struct address address_mask(const struct address *address, unsigned bits);

int prefix_from_text(struct slice text, struct prefix *prefix) MUST_CHECK; /* "192.0.2.0/24" */
bool prefix_holds(const struct prefix *prefix, const struct address *address);

int address_read(struct spec spec, struct address *address, struct err *err) MUST_CHECK;
int prefix_read(struct spec spec, struct prefix *prefix, struct err *err) MUST_CHECK;
