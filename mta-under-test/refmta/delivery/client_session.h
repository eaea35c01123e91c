/*
 * One SMTP session as a client, without I/O: replies of the server go in, commands come out.
 *
 *     client_session_feed()  CLIENT_EVENT_READY    a transaction may begin: client_session_begin(),
 *                                                  or client_session_quit()
 *                            CLIENT_EVENT_STARTTLS write session->out, do the handshake, then
 *                                                  client_session_secured()
 *                            CLIENT_EVENT_CONTENT  client_session_content() until all is given,
 *                                                  then client_session_content_end()
 *                            CLIENT_EVENT_DONE     each recipient has its result; the session is
 *                                                  ready again, unless session->closing is set
 *                            CLIENT_EVENT_FAILED   the session is of no use, session->failure says
 *                                                  why; recipients without a result have none
 *                            CLIENT_EVENT_CLOSED   QUIT was answered
 *
 * RFC 5321; PIPELINING 2920, SIZE 1870, 8BITMIME 6152, DSN 3461, SMTPUTF8 6531, STARTTLS 3207, AUTH
 * 4954, REQUIRETLS 8689, CHUNKING and BINARYMIME 3030, MT-PRIORITY 6710.
 */
#pragma once

#include "mta-under-test/refmta/delivery/client_reply.h"
#include "mta-under-test/refmta/message/envelope.h"
#include "mta-under-test/refmta/message/reason.h"
#include "mta-under-test/refmta/tlspolicy/tls_policy.h"

#define CLIENT_STATES(X)                                                      \
    X(CLIENT_STATE_GREETING, "greeting")                                      \
    X(CLIENT_STATE_EHLO, "EHLO")                                              \
    X(CLIENT_STATE_HELO, "HELO")                                              \
    X(CLIENT_STATE_STARTTLS, "STARTTLS")                                      \
    X(CLIENT_STATE_SECURING, "the TLS handshake") /* with the owner */        \
    X(CLIENT_STATE_AUTH_USER, "AUTH")                                         \
    X(CLIENT_STATE_AUTH_PASSWORD, "AUTH")                                     \
    X(CLIENT_STATE_AUTH, "AUTH")                                              \
    X(CLIENT_STATE_READY, "idle")                                             \
    X(CLIENT_STATE_RSET, "RSET")                                              \
    X(CLIENT_STATE_MAIL, "MAIL FROM")                                         \
    X(CLIENT_STATE_RCPT, "RCPT TO")                                           \
    X(CLIENT_STATE_DATA, "DATA")                                              \
    X(CLIENT_STATE_CONTENT, "the message")  /* the owner gives the content */ \
    X(CLIENT_STATE_FINAL, "end of message") /* waiting for the last reply */  \
    X(CLIENT_STATE_QUIT, "QUIT")                                              \
    X(CLIENT_STATE_CLOSED, "closed")

enum client_state {
#define X(name, text) name,
    CLIENT_STATES(X)
#undef X
};

enum client_event {
    CLIENT_EVENT_NONE,
    CLIENT_EVENT_READY,
    CLIENT_EVENT_STARTTLS,
    CLIENT_EVENT_CONTENT,
    CLIENT_EVENT_DONE,
    CLIENT_EVENT_FAILED,
    CLIENT_EVENT_CLOSED,
};

enum client_extension {
    CLIENT_PIPELINING = 1,
    CLIENT_SIZE = 2,
    CLIENT_8BITMIME = 4,
    CLIENT_STARTTLS = 8,
    CLIENT_DSN = 16,
    CLIENT_SMTPUTF8 = 32,
    CLIENT_AUTH_PLAIN = 64,
    CLIENT_AUTH_LOGIN = 128,
    CLIENT_REQUIRETLS = 256,
    CLIENT_CHUNKING = 512,
    CLIENT_BINARYMIME = 1024,
    CLIENT_MT_PRIORITY = 2048,
};

enum client_verdict { CLIENT_NONE, CLIENT_ACCEPTED, CLIENT_DEFERRED, CLIENT_REFUSED };

struct client_recipient {
    const char *address;
    const char *orcpt; /* NULL: none */
    uint8_t notify;
    bool at_rcpt; /* the result is the reply to RCPT */
    int code;     /* of that reply; 0: none */
    enum client_verdict verdict;
    struct reason reason;
};

/* The owner's; stays until CLIENT_EVENT_DONE or CLIENT_EVENT_FAILED. */
struct client_transaction {
    const char *sender;
    const char *envid; /* NULL: none */
    enum envelope_body body;
    enum envelope_ret ret;
    bool smtputf8;
    bool require_tls; /* MAIL says REQUIRETLS where it is offered in TLS */
    int8_t priority;  /* told where MT-PRIORITY is offered (RFC 6710 4.4); 0: none */
    uint64_t bytes;
    const char
        *obstacle; /* why the content has no plainer form, for a bounce; NULL: nobody tried */
    struct client_recipient *recipients;
    size_t recipient_count;
};

struct client_setup {
    const char *hostname; /* ours, for EHLO */
    const char *peer;     /* the server's name, for reasons */
    enum tls_use tls;
    bool needs_requiretls; /* the server must offer REQUIRETLS, and each MAIL says it */
    const char *user;      /* logs in, in TLS only; NULL: does not */
    const char *password;
    bool chunks;  /* ordinary content goes by BDAT where CHUNKING is offered, too */
    bool is_tls;  /* from the first byte on (RFC 8314) */
    bool is_lmtp; /* RFC 2033: each recipient has a reply of its own behind the content */
};

struct client_session {
    struct client_setup setup;
    enum client_state state;
    struct buf out;
    struct client_reply reply;
    unsigned extensions; /* enum client_extension, as bits */
    uint64_t size_limit; /* 0: none was told */
    bool is_tls;
    bool tls_refused; /* STARTTLS was offered and then refused: we go on in clear */
    bool closing;     /* the server has said 421 or the session must not be used again */
    bool needs_rset;  /* the last transaction was not ended by its content */
    bool pipelined;   /* all commands of the transaction are already sent */
    bool chunked;     /* the content goes by BDAT, as one chunk */
    bool mail_refused;
    bool at_line_start; /* of the content */
    size_t index;       /* of the recipient whose reply comes next */
    struct client_transaction *transaction;
    enum client_verdict failure_verdict; /* CLIENT_DEFERRED or CLIENT_REFUSED */
    struct reason failure;
};

const char *client_state_name(enum client_state state);

void client_session_init(struct client_session *session, const struct client_setup *setup);
void client_session_deinit(struct client_session *session);

enum client_event client_session_feed(struct client_session *session, struct buf *in) MUST_CHECK;

/* The handshake is done: says EHLO again. */
void client_session_secured(struct client_session *session);
/* In CLIENT_STATE_READY. CLIENT_EVENT_DONE: the server cannot take it, nothing was sent. */
enum client_event client_session_begin(struct client_session *session,
                                       struct client_transaction *transaction) MUST_CHECK;
/* Content in any parts, in all transaction->bytes of them. Where it goes by DATA it has CRLF line
 * ends, and dots are stuffed here. */
void client_session_content(struct client_session *session, struct slice part);
void client_session_content_end(struct client_session *session);
void client_session_quit(struct client_session *session);
/* CLIENT_EVENT_DONE came of a server that offered CHUNKING and does not know BDAT: the same content
 * may go by DATA, on another connection, since this one may have read it as commands. */
bool client_session_chunk_unknown(const struct client_session *session);

/* Gives the open recipients this result: for an end that the session cannot see. */
void client_session_abort(struct client_session *session, enum client_verdict verdict,
                          const struct reason *reason);
