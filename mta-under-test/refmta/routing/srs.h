/*
 * The Sender Rewriting Scheme: mail that an alias passes on leaves with a reverse-path of ours, so
 * that SPF at the next receiver passes, and a bounce comes back here and is sent on to the sender.
 *
 *     ann@first.test                         comes through b@ours.test and becomes
 *     SRS0=HASH=DD=first.test=ann@ours.test  and behind the next forwarder that knows the scheme
 *     SRS1=HASH=ours.test==HASH=DD=first.test=ann@theirs.test
 *
 * DD is the day in two letters of base32 (RFC 4648), modulo 1024. HASH is the beginning of an
 * HMAC-SHA256 over the rest in lower case, in base32, since servers on the way may change the case.
 * SRS1 names the first forwarder only, to which a bounce goes at once: the chain never grows. Only
 * who has the key can make an address that is sent on from here: it is no open relay. Pure
 * functions.
 */
#pragma once

#include "mta-under-test/base/buf.h"

struct srs_scheme {
    const char *domain; /* ours, behind the "@" */
    const char *keys;   /* a line each: the first one signs, all are taken */
    int64_t life_us;    /* how long a bounce may take */
};

/* The reverse-path to send on with. False when the sender has a form that the scheme cannot hold (a
 * quoted local part, no domain): then it stays as it is. */
bool srs_forward(const struct srs_scheme *scheme, const char *sender, int64_t now_us,
                 struct buf *out) MUST_CHECK;

enum srs_verdict {
    SRS_OTHER,  /* this is no such address */
    SRS_GOOD,   /* `out` has the address that it stands for */
    SRS_FORGED, /* it was not made here */
    SRS_EXPIRED,
};

/* `local` is what stands before the "@" of an address in the scheme's domain. */
enum srs_verdict srs_reverse(const struct srs_scheme *scheme, struct slice local, int64_t now_us,
                             struct buf *out) MUST_CHECK;
