/*
 * The inside of a session, for the files that make it up: mx_session.c, the verbs, the linter and
 * the reports. Nobody else includes this.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_data.h"
#include "sim/mx/mx_lint.h"
#include "sim/mx/mx_session.h"

#define MX_STATES(X)                                                          \
    X(NEW, "new")                                                             \
    X(CONNECTED, "connected") /* banner sent; EHLO is awaited */              \
    X(REFUSED, "refused")     /* the banner refused: only QUIT is good */     \
    X(READY, "ready")         /* after EHLO, no transaction */                \
    X(MAIL, "mail")           /* MAIL was taken */                            \
    X(RCPT, "rcpt")           /* and at least one RCPT */                     \
    X(DATA, "data")           /* the message is coming */                     \
    X(CHUNK, "chunk")         /* the bytes of a BDAT are coming */            \
    X(BDAT, "bdat")           /* between two BDATs */                         \
    X(AUTH, "auth")           /* an answer to an AUTH challenge is awaited */ \
    X(TLS, "tls")             /* a handshake is going on */                   \
    X(CLOSED, "closed")

enum mx_state_name {
#define X(name, word) MX_STATE_##name,
    MX_STATES(X)
#undef X
        MX_STATE_COUNT,
};

#define MX_STATE_BIT(state) (1u << (unsigned)(state))

/* What the next line of an AUTH exchange is. */
enum mx_auth_step { MX_AUTH_PLAIN, MX_AUTH_LOGIN_USER, MX_AUTH_LOGIN_PASSWORD };

/* One mail transaction; all of it goes with the arena. */
struct mx_transaction {
    struct arena arena;
    const char *sender;
    const char *mail_parameters;
    const char **recipients;
    const char **rcpt_parameters; /* of each recipient */
    size_t recipient_count;
    size_t recipient_size;
    int64_t declared_bytes; /* SIZE=, or -1 */
    bool eight_bit;         /* BODY=8BITMIME or BINARYMIME */
    bool binary;            /* BODY=BINARYMIME: BDAT alone can carry it */
    bool utf8;
    bool chunked; /* came with BDAT */
    struct mx_data data;
    struct buf content;
    size_t next_step; /* of the content at which data-body is asked again */
    bool body_rule_fired;
    bool is_refused;   /* a rule of data-body has replied: the rest is read and thrown away */
    size_t chunk_left; /* bytes of the present BDAT that have not come yet */
    bool chunk_is_last;
    bool chunk_refused; /* its bytes are thrown away */
    /* LMTP, once the content is whole: for whom it was taken; NULL before and in SMTP. */
    bool *verdicts;
    size_t verdict_count;
    bool has_lost_reply; /* of one of those */
};

/* The answer to the command at hand, while it waits to be sent. */
struct mx_answer {
    enum mx_stage stage;
    bool is_reply; /* false: nothing is sent */
    struct mx_reply reply;
    const char *raw; /* bytes in place of the reply, or NULL */
    enum mx_spoil spoil;
    const char *rule;
    const char *recipient;
    bool accepts; /* the message is taken when this goes out */
};

struct mx_session {
    struct mx_session_options options;
    enum mx_state_name state;
    enum mx_need need;
    enum mx_need next_need; /* once the delay is over */
    int64_t delay_us;
    int64_t drip;
    struct mx_facts facts;
    struct mx_effects effects;
    struct mx_answer answer;
    struct mx_transaction transaction;
    struct mx_auth auth; /* what was found out in this transaction */
    struct mx_lint lint;
    struct mx_limit limit; /* that a rule has put on this connection */
    struct buf output;
    struct buf text; /* of a reply that is made */
    char name[300];  /* a host name is at most 255 bytes */
    char *helo;
    char *user;
    char *client_name;
    char tls_session[72];
    char tls_version[16];
    bool esmtp; /* EHLO, not HELO */
    bool verified;
    bool greeted; /* the greeting went out */
    bool quit;
    bool ended;
    bool starting_tls; /* the reply to STARTTLS is still held back */
    enum mx_tls_fault tls_fault;
    uint64_t commands;
    size_t bad_commands;
    enum mx_auth_step auth_step;
    char *auth_user;                    /* AUTH LOGIN: what came first */
    const struct mx_call_back *calling; /* an answer that waits for a call back */
    char judged_text[128];              /* what the provider has against it, "NAME: reason" */
    const char *judged_by;              /* the provider's reason for the reply at hand, or NULL */
};

/* ---- mx_session.c */

void mx_session_set_state(struct mx_session *session, enum mx_state_name state);
/* TLS comes next: asks the rules of that stage. */
void mx_session_start_tls(struct mx_session *session);

/* Is it offered in this session as it is now: after EHLO, and REQUIRETLS only inside TLS (RFC 8689
 * 2)? */
bool mx_session_offers(const struct mx_session *session, enum mx_extension extension);

/* The largest message that is taken; 0 = no limit is told. */
int64_t mx_session_size_max(const struct mx_session *session);

/* ---- mx_session_auth.c */

/* Looks at SPF, DKIM and the like, as far as the host and the stage want it. */
void mx_session_authenticate(struct mx_session *session, enum mx_stage stage);

/* ---- mx_session_answer.c */

/* Asks the rules of a stage; what they say is in session->effects. */
void mx_session_ask(struct mx_session *session, enum mx_stage stage);
/* Turns the effects into an answer; true if the command takes effect. */
bool mx_session_apply(struct mx_session *session, enum mx_stage stage,
                      const struct mx_reply *usual);
/* The answer goes out. */
void mx_session_release(struct mx_session *session);
enum mx_need mx_need_of(enum mx_ending ending);
/*
 * Asks the rules of `stage` and answers: with what they say, else with the usual reply. True if the
 * command takes effect. The text of `usual` must live until the next command (a literal, or
 * session->text).
 */
bool mx_session_answer(struct mx_session *session, enum mx_stage stage,
                       const struct mx_reply *usual);
/* Asks the rules of data-body; true if the session goes on reading at once. */
bool mx_session_ask_body(struct mx_session *session);
/* Answers without asking the rules: syntax and order of commands. */
void mx_session_refuse(struct mx_session *session, enum mx_stage stage, int code,
                       const char *enhanced, const char *text);
/* Likewise, and it counts as a bad command. */
void mx_session_refuse_bad(struct mx_session *session, enum mx_stage stage, int code,
                           const char *enhanced, const char *text);
/* A reply that is made: the text goes to session->text. */
struct mx_reply mx_session_reply(struct mx_session *session, int code, const char *enhanced,
                                 const char *format, ...) PRINTF_LIKE(4, 5);
/* Tells the counters. */
void mx_session_note(struct mx_session *session, enum mx_happening_kind kind, enum mx_count count,
                     int64_t amount);

/* ---- mx_judge.c */

/* Asks the host's provider, where the rules have not decided: true with the reply that it wants. */
bool mx_session_judge(struct mx_session *session, enum mx_stage stage, struct mx_reply *reply);
/* Tells the provider of a recipient. */
void mx_session_judge_recipient(struct mx_session *session, bool unknown);

/* ---- mx_transaction.c */

void mx_transaction_begin(struct mx_session *session, struct slice sender, struct slice parameters);
void mx_transaction_add_recipient(struct mx_session *session, struct slice recipient,
                                  struct slice parameters);
/* Takes back the recipient that was added last. */
void mx_transaction_drop_recipient(struct mx_session *session);
/* Ends it, whatever came of it; the state is READY again if a transaction was open. */
void mx_transaction_reset(struct mx_session *session);
void mx_transaction_deinit(struct mx_session *session);
/* The whole message is here: sets the facts about its content. */
void mx_transaction_close_content(struct mx_session *session);
/* Stores it and logs that it was accepted. */
void mx_transaction_accept(struct mx_session *session, bool reply_sent);

/* ---- mx_lmtp.c (RFC 2033) */

/* The content is whole: from now on the recipients are decided on, one after the other. */
void mx_lmtp_begin(struct mx_session *session);
/* Between mx_lmtp_begin() and the last verdict. */
bool mx_lmtp_is_deciding(const struct mx_session *session);
/* The answer at hand goes out: it is the verdict on its recipient. */
void mx_lmtp_note(struct mx_session *session);
/* Asks the rules about the next recipient; false if there is none, or the session is to end: then
 * the message is taken or declined. */
bool mx_lmtp_next(struct mx_session *session);
/* No more verdicts will come. */
void mx_lmtp_finish(struct mx_session *session);

/* ---- mx_verb_*.c */

/* Bytes of the message, of a chunk; an answer to a challenge. Return what was consumed. */
size_t mx_verb_data_feed(struct mx_session *session, struct slice input);
/* Rules of data-body: asked when the first byte comes, and again after each step, until one fires.
 * True if the session goes on reading. */
bool mx_verb_data_ask_body(struct mx_session *session);
size_t mx_verb_bdat_feed(struct mx_session *session, struct slice input);
void mx_verb_auth_feed(struct mx_session *session, struct slice line);
/* The content is whole: asks the rules of data-end and answers. */
void mx_verb_data_finish(struct mx_session *session);
/* The same for the next recipient, in LMTP. */
void mx_verb_data_answer(struct mx_session *session);
