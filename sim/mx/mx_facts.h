/*
 * What is known about a session at the moment when rules are asked. The session keeps it up to
 * date; rules only read it.
 */
#pragma once

#include "sim/mx/mx_stage.h"
#include "sim/value/address.h"

struct mx_rule_list;
struct mx_auth;
struct provider;

struct mx_facts {
    int64_t now_us;   /* since 1970 */
    int64_t start_us; /* of the run, likewise */
    const char *host; /* name of the host */
    const char *session;
    struct address client;
    struct address server;
    uint64_t connection; /* number of the session at this host */
    const char *client_name;
    const char *helo;            /* "" before EHLO */
    const char *user;            /* "" before AUTH */
    bool has_sender;             /* MAIL was given; "" is then the null reverse-path */
    const char *sender;          /* "" if unknown */
    const char *mail_parameters; /* as they came with MAIL: "SIZE=120 SMTPUTF8" */
    const char *recipient; /* at rcpt the one at hand (in LMTP at data-end too), then the first; ""
                              if unknown */
    const char *const *recipients;
    const char *const *rcpt_parameters; /* of each recipient, likewise */
    size_t recipient_count;             /* with the one at hand */
    const char *tls_version;            /* "TLSv1.3"; "" in clear */
    const char *tls_session; /* names the TLS session, the same when it is resumed; "" in clear */
    int64_t size;            /* the SIZE parameter, then what was received; -1 = unknown */
    int64_t messages;        /* accepted in this connection */
    struct slice header;     /* from data-end on: of the message, then its body */
    struct slice body;
    const char *message_id;             /* "" if unknown */
    const char *message;                /* the scenario's id of it; "" if it has none */
    struct provider *judge;             /* of the host, or NULL */
    const struct mx_rule_list *profile; /* the profile that a rule switched to, or NULL */
    const struct mx_auth
        *auth; /* what the host found out about the sender; NULL = it does not look */
};
