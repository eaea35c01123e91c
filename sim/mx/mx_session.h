/*
 * One SMTP session on the receiver's side (RFC 5321), without any input or output: bytes go in,
 * replies come out in a buf, events go to the log, and what must happen to the connection (wait,
 * start TLS, close, reset, ...) is told as a need that the driver fulfils. Time is handed in.
 *
 *     session = mx_session_new(&options);
 *     mx_session_open(session, now_us);
 *     for (;;) {
 *         write what is in mx_session_output(session), slowly if mx_session_drip(session) > 0;
 *         switch (mx_session_need(session)) {
 *         case MX_NEED_INPUT:  consumed = mx_session_feed(session, now_us, input); break;
 *         case MX_NEED_DELAY:  wait mx_session_delay_us(); mx_session_continue(session, now_us);
 *         case MX_NEED_TLS:    handshake; mx_session_tls_started(...) or mx_session_tls_failed();
 *         case MX_NEED_CLOSE:  ... }
 *     }
 *     mx_session_end(session, now_us, "client");
 *     mx_session_free(&session);
 *
 * A need other than input or delay is to be fulfilled when all output is written.
 */
#pragma once

#include "sim/mx/mx_host.h"

struct mx_session;
struct mx_verifier;

/* Gets each accepted message, with its number at this host. */
typedef void mx_store(void *context, const struct mx_host *host, uint64_t number,
                      struct slice content);

/* Is told of each accepted message, once for each recipient. */
typedef void mx_received(void *context, const char *recipient, struct slice content);

struct mx_session_options {
    struct mx_host *host; /* its rulebook must be started */
    const struct mx_limits *limits;
    struct event_log *log; /* may be NULL */
    int64_t start_us;      /* of the run */
    struct address client;
    struct address server;
    uint16_t port;                /* of the server */
    bool tls_first;               /* implicit TLS (RFC 8314): a handshake comes before the banner */
    const char *client_name;      /* PTR, "" if there is none */
    struct mx_verifier *verifier; /* NULL: the host cannot look at SPF, DKIM and the like */
    mx_store *store;              /* may be NULL */
    void *store_context;
    mx_received *received; /* may be NULL */
    void *received_context;
    size_t *content_total; /* bytes that all sessions hold; may be NULL */
};

enum mx_need {
    MX_NEED_INPUT,
    MX_NEED_DELAY,
    MX_NEED_TLS,
    MX_NEED_CALL, /* ask the sender's mail host; then mx_session_called_back() */
    MX_NEED_CLOSE,
    MX_NEED_RESET,
    MX_NEED_HANG,       /* nothing any more until the client goes */
    MX_NEED_HALF_CLOSE, /* send FIN; then mx_session_continue() */
};

/* Facts about a TLS handshake; texts are borrowed. */
struct mx_tls_facts {
    const char *version;
    const char *cipher;
    const char *sni;     /* "" if none was sent */
    const char *session; /* names the TLS session */
    bool resumed;
    const char *client; /* subject of the client's certificate, RFC 2253; "" if it showed none */
};

struct mx_session *mx_session_new(const struct mx_session_options *options);
/* Frees it, ended or not. */
void mx_session_free(struct mx_session **session);

void mx_session_open(struct mx_session *session, int64_t now_us);

/* True until the greeting was handed to the output: what comes from the client now is too early,
 * and mx_session_note_early_input() says so to the linter. */
bool mx_session_awaits_greeting(const struct mx_session *session);
void mx_session_note_early_input(struct mx_session *session);

/* Returns how many bytes were consumed; fewer than all when a need came up or a line is not whole.
 * What is not consumed must be given again, together with what comes behind it. */
size_t mx_session_feed(struct mx_session *session, int64_t now_us, struct slice input);

struct buf *mx_session_output(struct mx_session *session);
enum mx_need mx_session_need(const struct mx_session *session);
int64_t mx_session_delay_us(const struct mx_session *session);
/* How fast the present output is to be written, bytes a second; 0 = at once. Until it is written no
 * input is to be fed; then mx_session_drip_done(). */
int64_t mx_session_drip(const struct mx_session *session);
void mx_session_drip_done(struct mx_session *session);

/* The delay is over, or the half close is done. */
void mx_session_continue(struct mx_session *session, int64_t now_us);

/* Whom to ask about, and through which resolver, once MX_NEED_CALL stands. */
const char *mx_session_call_mailbox(const struct mx_session *session);
struct mx_verifier *mx_session_verifier(const struct mx_session *session);
/* What the sender's mail host said to RCPT; code 0 where it could not be asked. */
void mx_session_called_back(struct mx_session *session, int64_t now_us, int code, const char *text);

/* How the handshake is to go wrong, once MX_NEED_TLS stands. */
enum mx_tls_fault mx_session_tls_fault(const struct mx_session *session);
/* Input that had come behind STARTTLS in clear must be thrown away; `stray` says that there was
 * some. */
void mx_session_tls_started(struct mx_session *session, int64_t now_us,
                            const struct mx_tls_facts *facts, bool stray);
/* The connection is lost with it. */
void mx_session_tls_failed(struct mx_session *session, int64_t now_us, const char *error);

/* The idle time is over: 421, then the need is to close. */
void mx_session_time_out(struct mx_session *session, int64_t now_us);

/* The connection is gone: `by` is client, server, reset, timeout or end (of the run). Call once. */
void mx_session_end(struct mx_session *session, int64_t now_us, const char *by);
