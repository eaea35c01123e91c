/*
 * The operator of the server under test: says the commands of its adapter (mta_operation.h), one
 * after the other, in the server's network, on the caller's event loop. What they print is appended
 * to the server's log, or kept in a file of its own.
 */
#pragma once

#include <event2/event.h>

#include "sim/mta/mta_place.h"

struct mta_operator;

/* One command. The texts are copied. */
struct mta_order {
    enum mta_operation operation;
    const char *queue_id; /* NULL = all mail */
    const char *output;   /* file that takes what it prints, anew; NULL = the server's log */
    void *subject;        /* the caller's, given back */
};

/* The command has ended: with its exit code, or -signal. */
typedef void mta_operator_done(void *context, const struct mta_order *order, int status);

struct mta_operator_options {
    struct event_base *base;
    struct mta_setup setup;
    int network_fd;     /* where the commands run; -1 = where we are */
    const char *output; /* the server's log */
    mta_operator_done *done;
    void *context;
};

struct mta_operator *mta_operator_new(const struct mta_operator_options *options);
/* Ends what runs, and tells of nothing more; sets NULL; accepts NULL. */
void mta_operator_free(struct mta_operator **op_at);

/* Has it said behind those that are still to be said. -1 if its words cannot be filled in. */
int mta_operator_say(struct mta_operator *op, const struct mta_order *order,
                     struct err *err) MUST_CHECK;

/* True when nothing is left to be said. */
bool mta_operator_is_idle(const struct mta_operator *op);
