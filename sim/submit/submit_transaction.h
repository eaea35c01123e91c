/*
 * The mail transaction (RFC 5321 3.3) that hands in one message: what is said in it, what the
 * replies mean, and the fate of each recipient, which becomes an event (`accepted`, `refused`,
 * `broken`). No I/O.
 *
 * Each command waits for the reply to the one before it. Those of a message with "pipelining" are
 * said at once up to DATA where the server offers that (RFC 2920 3.1), and their replies come in
 * the same order; the content waits for the reply to DATA all the same.
 */
#pragma once

#include <event2/buffer.h>

#include "sim/event/event_log.h"
#include "sim/submit/submit_message.h"
#include "sim/submit/submit_reply.h"

/* What the server has offered in its reply to EHLO. */
struct submit_offers {
    bool size;           /* RFC 1870 */
    bool eight_bit_mime; /* RFC 6152 */
    bool pipelining;     /* RFC 2920 */
};

enum submit_step {
    SUBMIT_STEP_HEAR,    /* there are replies to come */
    SUBMIT_STEP_SAY,     /* submit_transaction_say goes on */
    SUBMIT_STEP_TAKEN,   /* it is over: the server answers for the message */
    SUBMIT_STEP_REFUSED, /* it is over: nothing is left of the message, RSET clears it away */
};

enum submit_fate { SUBMIT_NOT_ASKED, SUBMIT_TAKEN, SUBMIT_TURNED_DOWN };

/* The caller's storage. */
struct submit_transaction {
    struct event_log *log;
    const struct submit_message *message; /* at hand, or NULL */
    struct buf content;
    enum submit_fate *fates; /* of each recipient */
    size_t refused_count;    /* recipients */
    size_t said_count;       /* commands, with the content as the last of them */
    size_t heard_count;      /* replies */
};

void submit_transaction_init(struct submit_transaction *transaction, struct event_log *log);
void submit_transaction_deinit(struct submit_transaction *transaction);

/* A message is at hand, nothing is said yet. `content` is taken over (and emptied); the message
 * must live until the end. */
void submit_transaction_begin(struct submit_transaction *transaction,
                              const struct submit_message *message, struct buf *content);
void submit_transaction_end(struct submit_transaction *transaction);

/* The stage whose reply comes next, as events name it, and the recipient it is about, or NULL. */
const char *submit_transaction_stage(const struct submit_transaction *transaction);
const char *submit_transaction_recipient(const struct submit_transaction *transaction);

/* Adds what is to be said next to `out`; once at the beginning, then at each SUBMIT_STEP_SAY. */
void submit_transaction_say(struct submit_transaction *transaction,
                            const struct submit_offers *offers, struct evbuffer *out);
enum submit_step submit_transaction_hear(struct submit_transaction *transaction,
                                         const struct submit_reply *reply);

/* All recipients that are not refused yet are, by this reply. */
void submit_transaction_refuse(struct submit_transaction *transaction, const char *stage,
                               const struct submit_reply *reply);

/* The connection is gone. True if that decides nothing any more, since all recipients are refused;
 * else the message is not decided on (behind the content the server may have it all the same). */
bool submit_transaction_break(struct submit_transaction *transaction, const char *stage,
                              const char *reason);
