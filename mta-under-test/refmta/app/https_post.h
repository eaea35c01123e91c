/*
 * A POST by HTTPS to a URL whose host is looked up first, with the server's own resolver: for TLS
 * reports and webhooks.
 */
#pragma once

#include "mta-under-test/refmta/delivery/resolver.h"
#include "mta-under-test/refmta/net/https_client.h"

/* Borrowed during the call, but for the first two and `arg`. */
struct https_post {
    struct resolver *resolver;
    struct https_client *client;
    const char *url;
    const char *content_type;
    const char *const *fields; /* more header fields, "Name: value" */
    size_t field_count;
    struct slice body;
    /* Called once, later or from inside the call. */
    void (*done)(void *arg, const struct https_response *response);
    void *arg;
};

void https_post_start(const struct https_post *post);

/* Whether it is "https://", a host, perhaps a port, perhaps a path. */
bool https_post_is_url(const char *url);
