/*
 * The log: one JSON object a line (JSON Lines), on stderr or at the end of a file. Each line has
 * `time` (RFC 3339), `event` and, where it is about a message, `queue-id`; the README of refmta
 * lists the events and their fields. Lines that belong to one turn of the event loop are written
 * together. A log that cannot be written (disk full) loses lines, it never stops the mail.
 *
 *     struct log_line line;
 *     log_begin(&line, log, "delivered");
 *     json_out_text(&line.json, "recipient", recipient);
 *     log_end(&line);
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/json_out.h"

struct log;

struct log_line {
    struct log *log;
    struct json_out json;
};

/* `path` is "stderr" or a file. Without a loop (NULL) each line is written at once. */
struct log *log_open(const char *path, struct event_base *base, struct err *err) MUST_CHECK;
void log_close(struct log **log);

/* How many lines of each event there were, in the order of their first. */
void log_each_event(const struct log *log,
                    void (*visit)(void *arg, const char *event, uint64_t count), void *arg);

/* Only one line may be begun at a time. A NULL log swallows the line. */
void log_begin(struct log_line *line, struct log *log, const char *event);
void log_end(struct log_line *line);

/* A line that has only a text. */
void log_text(struct log *log, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* Opens the file again, for log rotation. */
void log_reopen(struct log *log);
