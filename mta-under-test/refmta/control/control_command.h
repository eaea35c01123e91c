/*
 * The commands that an operator can give to a running server. A command is one line of words; the
 * answer is text for people, or JSON where the command says so. FILTER is that of queue_filter.h; a
 * command that changes something for good, or shows a lot, wants one ("all" is one). No I/O.
 *
 *     list [FILTER]     one JSON object for each message, a line each
 *     show FILTER       one JSON object with all that is known of each message
 *     explain FILTER    in words: what each recipient waits for, until when, and why
 *     flush [FILTER]    tries now what waits
 *     hold FILTER       tries it no more, until it is released
 *     release FILTER    tries now what was held
 *     delete FILTER     ends it, and tells nobody
 *     bounce FILTER     ends it, and tells the sender
 *     stats [FILTER]    one JSON object with counts, and the destinations where most waits
 *     reload            reads the configuration anew
 *     trace WHAT        every byte of new sessions in the log, by trace.h; "off" ends it
 */
#pragma once

#include "mta-under-test/refmta/log/trace.h"
#include "mta-under-test/refmta/queue/queue_operate.h"

/* What the commands work on. */
struct control_scene {
    struct queue *queue;
    const struct config *config;
    struct trace *trace;
    int (*reload)(void *arg, struct err *err); /* -1 with a text */
    void *arg;
};

/* Writes the answer; false if the command is none or could not be done, with a text for people. */
bool control_command_run(const struct control_scene *scene, struct slice line, struct buf *answer);
