/*
 * The header of HAProxy's PROXY protocol, versions 1 (text) and 2 (binary): what a proxy in front
 * of a server says about the client. Only to be believed from proxies that are known. No I/O.
 */
#pragma once

#include "mta-under-test/refmta/net/ip.h"

enum proxy_header_result {
    PROXY_HEADER_MORE,   /* it is not whole yet */
    PROXY_HEADER_CLIENT, /* *client is who is there */
    PROXY_HEADER_OWN,    /* the proxy speaks for itself: a health check, or an unknown family */
    PROXY_HEADER_BAD,
};

/* Looks at the front of `bytes`; *used says how many bytes the header has. */
enum proxy_header_result proxy_header_parse(struct slice bytes, struct ip_endpoint *client,
                                            size_t *used);
