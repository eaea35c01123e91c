/*
 * How reports of our own that are mails (TLS, DMARC) get on their way: signed, and into the queue.
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"
#include "mta-under-test/refmta/sign/signer.h"

struct report_sender {
    struct log *log;
    struct queue *queue;
    /* What is in force when a mail is made; may return NULL: it is not signed. */
    const struct signer *(*signer)(void *arg);
    void *arg;
};

/* Empties `mail`. done() as with queue_accept(). */
void report_sender_send(const struct report_sender *sender, const char *from, const char *to,
                        struct buf *mail, void (*done)(void *arg, int error), void *arg);
