/*
 * The grammar of addresses on the envelope (RFC 5321 4.1.2): Path, Mailbox, Local-part as dot-atom
 * or quoted string, Domain, address literal; with SMTPUTF8 (RFC 6531 3.3) also UTF-8 in both parts.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/refmta/net/ip.h"

/* RFC 5321 4.5.3.1.1 to 4.5.3.1.3. */
enum { MAILBOX_LOCAL_BYTES_MAX = 64, MAILBOX_DOMAIN_BYTES_MAX = 255, MAILBOX_PATH_BYTES_MAX = 256 };

struct mailbox {
    struct slice whole; /* local-part@domain, without brackets and source route */
    struct slice local;
    struct slice domain;
    bool is_literal; /* the domain is [192.0.2.1] or [IPv6:2001:db8::1] */
    bool is_utf8;    /* holds anything but US-ASCII */
};

/* A Mailbox that is the whole text; 0, or -1 if it is none. */
int mailbox_parse(struct slice text, bool allow_utf8, struct mailbox *mailbox)
    __attribute__((warn_unused_result));

/*
 * A Path at the front of `text`: "<" [source route] Mailbox ">". A source route (RFC 5321 C) is
 * read and dropped. "<>" gives an empty mailbox. *used says how many bytes the path has. With
 * `allow_postmaster`, "<Postmaster>" without a domain is allowed (its domain is empty).
 */
int mailbox_parse_path(struct slice text, bool allow_utf8, bool allow_postmaster,
                       struct mailbox *mailbox, size_t *used) __attribute__((warn_unused_result));

/* A Domain (no address literal). */
bool mailbox_is_domain(struct slice text, bool allow_utf8);

/* The address inside an address literal; -1 if it is none that we know (RFC 5321 4.1.3). */
int mailbox_literal_address(struct slice domain, struct ip_address *address)
    __attribute__((warn_unused_result));
