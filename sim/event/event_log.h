/*
 * The event log of a run, events.jsonl: one JSON object a line, in the order in which things
 * happened. It is the single source of truth; checks, reports and comparisons read it and nothing
 * else. docs/events.md lists every kind with its facts.
 *
 * Every event has `seq` (from 0), `at` (microseconds of virtual time since the start of the run),
 * `source` (who saw it: mx, dns, ...) and `kind`; then its own facts.
 * Nothing goes in that differs between two runs of the same scenario and seed: no process ids, no
 * ephemeral ports, no packet numbers.
 *
 *     struct json_out *event = event_begin(log, "mx", "reply", session);
 *     json_out_int(event, "code", 250);
 *     event_end(log);
 *
 * Belongs to the thread that runs the event loop. Lines are collected, and its owner has them
 * written when the loop is about to rest, so that a line costs no system call.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/json_out.h"

struct event_log;

/* Called after each event with its number and its line (without the newline, borrowed): for whoever
 * keeps what must not stand in the log itself (the capture notes which packet an event belongs to),
 * or acts on what happens (the run ends when every recipient has its end). It must not log. */
typedef void event_listener(void *context, uint64_t seq, struct slice line);

enum { EVENT_LISTENERS_MAX = 4 };

/* Writes to `fd`, which it then owns. `start_us` is the virtual time that counts as 0. */
struct event_log *event_log_new(int fd, int64_t start_us);
/* Flushes, closes, sets NULL; accepts NULL. -1 if a write had failed (no space): the log is then
 * not whole, and the run must say so. */
int event_log_free(struct event_log **log, struct err *err) MUST_CHECK;

void event_log_listen(struct event_log *log, event_listener *listener, void *context);

/* Starts an event at the present time; `session` may be NULL. Only one event may be open. The
 * writer is inside the event's object. */
struct json_out *event_begin(struct event_log *log, const char *source, const char *kind,
                             const char *session);
void event_end(struct event_log *log);

/* Hands what is collected to the kernel. Errors are kept for event_log_free(). */
void event_log_flush(struct event_log *log);
/* The same, but keeps what would be a begun page of the file: for a log that nobody waits for
 * while it grows, in fewer writes, none of which makes the kernel clear the rest of a page. */
void event_log_flush_pages(struct event_log *log);
/* True once a write has failed; the run then ends. */
bool event_log_failed(const struct event_log *log);

/* Microseconds since the start of the run. */
int64_t event_log_now_us(const struct event_log *log);
