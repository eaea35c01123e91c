/*
 * A TCP connection on a libevent loop, in clear or in TLS: bytes in, bytes out, one time limit.
 * The owner's callbacks are called from the loop, never from inside conn_write() or conn_new().
 * A callback may close the connection.
 *
 * The time limit is on silence: it starts again with each byte that comes or leaves. It is the only
 * timer of a connection, and there is none while the limit is 0.
 */
#pragma once

#include <event2/event.h>
#include <openssl/ssl.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/refmta/net/ip.h"

struct conn;

enum conn_end {
    CONN_END_CLOSED,  /* the peer closed */
    CONN_END_ERROR,   /* a socket error */
    CONN_END_TIMEOUT, /* silence for too long */
    CONN_END_TLS,     /* the handshake or a record failed */
    CONN_END_FLUSHED, /* all was written after conn_finish() */
};

enum conn_progress {
    CONN_UNSENT,         /* it never left this machine: the peer cannot have it */
    CONN_UNACKNOWLEDGED, /* the peer's TCP has not confirmed it, and may have it or not */
    CONN_ACKNOWLEDGED,   /* the peer's machine has it, or the kernel does not tell */
};

struct conn_handler {
    /* Bytes were added to conn_input(); take off what was understood. */
    void (*on_input)(void *owner);
    /* The connection is up (only after conn_connect()). */
    void (*on_connected)(void *owner);
    /* The handshake is done. */
    void (*on_secured)(void *owner);
    /* All that was written has left; may be NULL. */
    void (*on_drained)(void *owner);
    /* It is over; the owner calls conn_close(). `text` says why, for the log. */
    void (*on_end)(void *owner, enum conn_end end, const char *text);
};

/* Takes over `fd` (nonblocking), a connected socket. */
struct conn *conn_new(struct event_base *base, int fd, const struct conn_handler *handler,
                      void *owner, size_t input_bytes_max) MUST_CHECK;
/* Starts to connect, from `source` if that is not NULL; NULL with errno at an immediate error. */
struct conn *conn_connect(struct event_base *base, const struct ip_endpoint *to,
                          const struct ip_address *source, const struct conn_handler *handler,
                          void *owner, size_t input_bytes_max) MUST_CHECK;
/* Closes at once, without waiting for what is not yet written. */
void conn_close(struct conn **conn);

struct buf *conn_input(struct conn *conn);
/* From now on `trace` sees all bytes, in clear text, before they are in the input or the output. */
void conn_set_trace(struct conn *conn,
                    void (*trace)(void *owner, bool is_sent, struct slice bytes));
/* The bytes that wait to be written. */
size_t conn_pending(const struct conn *conn);
/* How far the last byte that was written has come. */
enum conn_progress conn_progress(const struct conn *conn);
void conn_write(struct conn *conn, struct slice bytes);
/* For on_end() only: tries once to send a last line to a peer that was silent for too long. */
void conn_last_words(struct conn *conn, struct slice bytes);
/*
 * Lets go of an open connection in an orderly way: writes `bytes` (such as QUIT), waits for one
 * answer or the end, at most `timeout_us`, and closes by itself. A connection that is over is only
 * closed.
 */
void conn_part(struct conn **conn, struct slice bytes, int64_t timeout_us);
/* No more input is read; when all is written, on_end(CONN_END_FLUSHED) is called. */
void conn_finish(struct conn *conn);
/* Stops and goes on with reading, so that a peer cannot fill the memory while we wait. */
void conn_pause(struct conn *conn, bool paused);
void conn_set_timeout(struct conn *conn, int64_t timeout_us);

/* Starts TLS with a context of the owner's; `server_name` (client only) sets
 * SNI, and the name that the certificate is checked for. Bytes that are
 * in the input in clear text are thrown away (RFC 3207 section 6: they were not protected). */
void conn_start_tls(struct conn *conn, SSL_CTX *context, bool is_server, const char *server_name);
/* NULL in clear text. */
SSL *conn_tls(struct conn *conn);

struct ip_endpoint conn_peer(const struct conn *conn);
