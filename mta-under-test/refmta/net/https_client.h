/*
 * An HTTPS client on the loop (libcurl's multi interface): GET or POST, no redirects, certificates
 * always checked, a limit on time and bytes. Names are not looked up here: the caller says which
 * addresses the host has, so that the server's own resolver is asked and nothing blocks. libcurl is
 * loaded with the first request; where it cannot be, each request fails with the reason.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"
#include "mta-under-test/refmta/net/ip.h"

struct https_client;
struct https_response;

/* Borrowed during https_client_ask() only, but for `arg`. */
struct https_request {
    const char *url;  /* "https://host/path" */
    const char *host; /* of the URL */
    uint16_t port;    /* of the URL */
    const struct ip_address *addresses;
    size_t address_count;
    const char *content_type;  /* of the body; NULL: this is a GET */
    const char *const *fields; /* more header fields, "Name: value" */
    size_t field_count;
    struct slice body;
    size_t bytes_max; /* of the answer */
    int64_t timeout_us;
    void (*done)(void *arg, const struct https_response *response);
    void *arg;
};

/* Valid during done(). */
struct https_response {
    int status;        /* 0: there was no answer, `problem` says why */
    bool is_untrusted; /* ... since the certificate is wrong */
    const char *problem;
    const char *content_type; /* "" if none was told */
    struct slice body;
};

/* `trust` as for deliveries. */
struct https_client *https_client_open(struct event_base *base, const char *trust);
/* Open requests are dropped: their done() is not called. */
void https_client_close(struct https_client **client);

/* Calls done() once, later or from inside this call. */
void https_client_ask(struct https_client *client, const struct https_request *request);
