/*
 * What clients of the scenario say to the server under test, word by word ("clients"): strangers,
 * users with a login, hostile ones, programs that speak HTTP. A dialogue is a list of steps; in
 * each the client waits, says something, and hears the reply. What a reply must look like is part
 * of the script.
 */
#pragma once

#include "sim/client/client_login.h"
#include "sim/client/client_mail.h"
#include "sim/tls/tls_identity.h"
#include "sim/value/address.h"
#include "sim/value/pattern.h"

enum { CLIENT_STEPS_MAX = 1000, CLIENT_BYTES_MAX = 64 * 1024 * 1024 };

struct client_step {
    int64_t wait_us;                    /* before anything is said */
    const char *text;                   /* what is said; NULL: nothing */
    bool is_line;                       /* CRLF comes behind it */
    const struct client_login *login;   /* is made instead; the reply is the one at its end */
    const struct client_letter *letter; /* that a request hands in; NULL: none */
    int64_t times;                      /* how often, at least 1 */
    int64_t every_us;                   /* between two times; 0: all at once */
    bool hears;                         /* waits for a reply, */
    struct pattern *reply; /* which must fit, such as "550 5.7.1 *"; NULL: any of 2xx, 3xx */
    bool closed;     /* waits for the end of the connection, which must come without a reply */
    bool begins_tls; /* at the end: a handshake */
};

struct client_script {
    const char *id;
    int64_t at_us; /* since the start */
    struct address source;
    bool has_source; /* else the network's gateway, which is a neighbour of the server */
    int port;
    bool is_http;            /* it speaks HTTP, not SMTP */
    bool is_tls;             /* from the first byte on */
    const char *certificate; /* whose name stands in the one that it shows in TLS; NULL: none */
    enum tls_identity_kind identity; /* of it */
    const struct client_step *steps;
    size_t step_count;
    struct spec spec;
};

struct client_list {
    const char *hostname; /* of the server under test, for the Host field; set by the caller */
    const struct client_script *items;
    size_t count;
};

/* Items are all in `arena`; release with client_list_release(). -1 with the place. */
int client_list_parse(struct spec spec, struct arena *arena, struct client_list *list,
                      struct err *err) MUST_CHECK;
void client_list_release(struct client_list *list);

/* The plan in words, a line each client. */
void client_list_explain(const struct client_list *list, struct buf *out);
