/*
 * The inside of a connection, for mx_connection.c and mx_handshake.c.
 */
#pragma once

#include <event2/event_struct.h>

#include "sim/mx/mx_caller.h"
#include "sim/mx/mx_connection.h"
#include "sim/mx/mx_line.h"

/* What a connection waits for. */
#define MX_PHASES(X)                                              \
    X(INPUT, "input")     /* bytes from the client */             \
    X(OUTPUT, "output")   /* room in the socket */                \
    X(DELAY, "delay")     /* a rule's delay */                    \
    X(LATENCY, "latency") /* what was read is on its way */       \
    X(DRIP, "drip")       /* the next bytes of a slow reply */    \
    X(CALL, "call")       /* what the sender's mail host says */  \
    X(HANDSHAKE, "handshake")                                     \
    X(HANG, "hang")           /* for the client to give up */     \
    X(VANISHED, "vanished")   /* for nothing: the line is dead */ \
    X(TLS_FAULT, "tls-fault") /* for the ClientHello that will not be answered well */

enum mx_phase {
#define X(name, word) MX_PHASE_##name,
    MX_PHASES(X)
#undef X
        MX_PHASE_COUNT,
};

struct mx_connection {
    struct list link;
    struct mx_connection_home *home;
    struct mx_host *host;
    struct mx_session *session;
    int fd;
    enum mx_phase phase;
    bool opened; /* the session has begun */
    SSL *ssl;    /* once STARTTLS was answered */
    struct event reading;
    struct event writing;
    struct event closing; /* the peer's FIN while nothing is read */
    struct event timer;
    bool is_reading; /* the event is pending */
    bool is_closing;
    struct mx_caller *caller; /* while the sender's mail host is asked */
    int64_t idle_deadline_us;
    struct mx_line line;
    struct buf input; /* what the session has not consumed yet */
};

/* Goes on as far as possible without waiting. May free the connection. */
void mx_connection_run(struct mx_connection *connection);
/* The end; `by` as in the event. Frees it. */
void mx_connection_end(struct mx_connection *connection, const char *by);

void mx_connection_set_phase(struct mx_connection *connection, enum mx_phase phase);
void mx_connection_watch(struct mx_connection *connection, bool reading, bool closing);
void mx_connection_set_timer(struct mx_connection *connection, int64_t wait_us);

/* ---- mx_handshake.c */

/* The session needs TLS. */
void mx_handshake_begin(struct mx_connection *connection);
/* The socket is ready again. May free the connection. */
void mx_handshake_step(struct mx_connection *connection);
/* Half of the record that the output would have made goes out; the end is then to follow. */
void mx_handshake_cut_record(struct mx_connection *connection);
/* A ClientHello has come that will not be answered well. */
void mx_handshake_fail(struct mx_connection *connection);
