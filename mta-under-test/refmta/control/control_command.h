/*
 * The commands that an operator can give to a running server. A command is one line of words; the
 * answer is text for people, or JSON where the command says so. No I/O.
 *
 *     list                 one JSON object for each message, a line each
 *     show ID              one JSON object with all that is known of a message
 *     explain ID           in words: what each recipient waits for, until when, and why
 *     flush [DESTINATION]  tries now what waits
 *     stats                one JSON object with counts
 */
#pragma once

#include "mta-under-test/refmta/queue/queue.h"

/* Writes the answer; false if the command is none, with a text for people in the answer. */
bool control_command_run(struct queue *queue, const struct config *config, struct slice line,
                         struct buf *answer);
