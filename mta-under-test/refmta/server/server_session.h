/*
 * One SMTP session as a server, without I/O: bytes of the client go in, replies come out, and what
 * the session cannot do by itself is an event for whoever drives it:
 *
 *     for (;;) switch (server_session_feed(session, in)) {
 *     case SERVER_EVENT_NONE:     write what is in session->out, wait for more bytes
 *     case SERVER_EVENT_MESSAGE:  store session->envelope and session->content, then
 *                                 server_session_stored()
 *     case SERVER_EVENT_CHECK:    run session->check, then server_session_checked(), whose event is
 *                                 the next
 *     case SERVER_EVENT_STARTTLS: write session->out, do the handshake, server_session_secured()
 *     case SERVER_EVENT_CLIENT:   the client is somebody else from now on (XCLIENT); session->out
 * has the greeting for him, or whatever is said instead case SERVER_EVENT_DELAY:    wait
 * session->delay_us, then server_session_delayed() case SERVER_EVENT_CLOSE:    write session->out,
 * close
 *     }
 *
 * RFC 5321; PIPELINING 2920, SIZE 1870, 8BITMIME 6152, ENHANCEDSTATUSCODES 2034, DSN 3461,
 * SMTPUTF8 6531, STARTTLS 3207, AUTH 4954, CHUNKING and BINARYMIME 3030, REQUIRETLS 8689, LIMITS
 * 9422, DELIVERBY 2852, MT-PRIORITY 6710, FUTURERELEASE 4865, ETRN 1985; XCLIENT as in Postfix.
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_exchange.h"
#include "mta-under-test/refmta/auth/auth_guard.h"
#include "mta-under-test/refmta/check/check.h"
#include "mta-under-test/refmta/config/config.h"
#include "mta-under-test/refmta/log/log.h"
#include "mta-under-test/refmta/message/envelope.h"
#include "mta-under-test/refmta/report/one_click.h"
#include "mta-under-test/refmta/server/server_content.h"
#include "mta-under-test/refmta/server/server_limits.h"
#include "mta-under-test/refmta/server/server_policy.h"
#include "mta-under-test/refmta/sign/signer.h"

#define SERVER_STATES(X)                                                                   \
    X(SERVER_STATE_START, "start")         /* before EHLO or HELO */                       \
    X(SERVER_STATE_READY, "ready")         /* between transactions */                      \
    X(SERVER_STATE_MAIL, "mail")           /* MAIL was accepted */                         \
    X(SERVER_STATE_RCPT, "rcpt")           /* at least one RCPT was accepted */            \
    X(SERVER_STATE_SCREENING, "screening") /* a RCPT waits for server_session_checked() */ \
    X(SERVER_STATE_DATA, "data")           /* the content is coming */                     \
    X(SERVER_STATE_CHUNK, "chunk")         /* the bytes of a BDAT are coming */            \
    X(SERVER_STATE_CHUNKS, "chunks")       /* between two of them */                       \
    X(SERVER_STATE_CHECKING, "checking")   /* so does the content */                       \
    X(SERVER_STATE_STORING, "storing")     /* waiting for server_session_stored() */       \
    X(SERVER_STATE_AUTH, "auth")           /* the next line answers a challenge */         \
    X(SERVER_STATE_DELAY, "delay")         /* waiting for server_session_delayed() */      \
    X(SERVER_STATE_SECURING, "securing")   /* waiting for server_session_secured() */      \
    X(SERVER_STATE_CLOSED, "closed")       /* no more commands are heard */

enum server_state {
#define X(name, text) name,
    SERVER_STATES(X)
#undef X
};

enum server_event {
    SERVER_EVENT_NONE,
    SERVER_EVENT_MESSAGE,
    SERVER_EVENT_CHECK,
    SERVER_EVENT_STARTTLS,
    SERVER_EVENT_CLIENT,
    SERVER_EVENT_DELAY,
    SERVER_EVENT_CLOSE,
};

/* What the session needs to know; stays the same for its whole life. */
struct server_setup {
    const struct config *config;
    const struct config_listener *listener;
    const struct server_limits *limits;
    struct log *log;
    const struct auth_users *users;     /* NULL: nobody has a password */
    const struct auth_issuers *issuers; /* NULL: nobody has a token */
    struct auth_guard *guard;           /* where anybody can log in */
    struct policy_memory *memory;       /* of the checks */
    const struct signer *signer;        /* NULL: nothing is signed */
    const struct one_click *one_click;  /* NULL: nobody unsubscribes by it */
    /* Gets what DMARC found in a message of a domain that wants reports; NULL: there are none. */
    void (*on_dmarc)(void *reporter, const struct dmarc_report *one);
    void *reporter;
    struct ip_endpoint client;
    uint64_t number;               /* of the session, for the log */
    bool may_xclient;              /* is trusted to say who the client is */
    uint64_t (*new_id)(void *arg); /* a queue id for the next message */
    /* Tries now what waits for the domain; returns for how many recipients. */
    size_t (*flush)(void *arg, struct slice domain);
    void *arg;
};

struct server_session {
    struct server_setup setup;
    enum server_state state;
    bool is_esmtp; /* the client said EHLO */
    bool is_tls;
    const char *tls_text;           /* "TLSv1.3 with cipher ...", for Received; borrowed */
    struct auth_channel channel;    /* of TLS */
    char *helo;                     /* what the client called itself, NULL before */
    char *user;                     /* who has logged in; NULL: nobody */
    struct auth_exchange *exchange; /* in SERVER_STATE_AUTH */
    int64_t delay_us;               /* with SERVER_EVENT_DELAY */
    unsigned auth_failures;
    struct buf out; /* replies that wait to be written */
    struct envelope envelope;
    uint64_t declared_bytes;   /* of the message, as MAIL said (RFC 1870); 0: it did not */
    struct check *check;       /* of this transaction; NULL: nothing was asked yet */
    struct policy_notes notes; /* likewise */
    const char *waiting_rcpt;  /* the argument of the RCPT that waits; in SERVER_STATE_SCREENING */
    enum server_state waiting_in; /* the state before that */
    struct buf content;
    struct server_content scanner;
    uint64_t chunk_left; /* bytes of the chunk at hand that are still to come */
    bool chunk_is_last;
    bool chunk_is_refused; /* it is only read to be thrown away */
    size_t trace_bytes;    /* of the content: our own fields on top */
    uint64_t id;           /* of the message at hand */
    const char *limit;     /* the name of the limit that the next reply is about, for the log */
    unsigned error_count;
    unsigned idle_command_count; /* since the last message */
    int64_t content_since_us;    /* when the content began to come; monotonic */
    unsigned transaction_count;
    unsigned accepted_count; /* messages */
};

const char *server_state_name(enum server_state state);

static inline bool server_session_is_in_content(const struct server_session *session)
{
    return session->state == SERVER_STATE_DATA || session->state == SERVER_STATE_CHUNK ||
           session->state == SERVER_STATE_CHUNKS;
}

/* Starts with the greeting in session->out. */
void server_session_init(struct server_session *session, const struct server_setup *setup);
void server_session_deinit(struct server_session *session);

/* Takes off `in` what it understands and says what is to be done. */
enum server_event server_session_feed(struct server_session *session, struct buf *in) MUST_CHECK;

/* The checks are done: answers the RCPT that waits; or refuses the message, or hands it over. */
enum server_event server_session_checked(struct server_session *session);
/* The message is durable (0), or could not be stored (an errno). */
void server_session_stored(struct server_session *session, int error);
/* The handshake is done; `text` says what was agreed, and must stay. */
void server_session_secured(struct server_session *session, const char *text);
/* The time of SERVER_EVENT_DELAY is over: the answer comes. */
void server_session_delayed(struct server_session *session);
/* The client has hit the limit of that name: 421, and nothing more is heard. */
void server_session_limit(struct server_session *session, const char *limit, const char *status,
                          const char *text);
/* The client spoke before the greeting, which is dropped: 554, and nothing is heard. */
void server_session_spoke_early(struct server_session *session);
/* The server stops, or the client is too slow: 421, and nothing more is heard. */
void server_session_shut(struct server_session *session, const char *status, const char *text);
