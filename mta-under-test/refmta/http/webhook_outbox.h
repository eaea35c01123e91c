/*
 * Events that wait for their webhook, in the order in which they happened, kept in a file so that a
 * restart or a crash of the process loses none; a power cut may take the last seconds.
 *
 * A line of the file is "NUMBER MICROSECONDS JSON", or "done NUMBER": that event and all before it
 * have left. It is written anew when it is opened, and when it has grown long.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"

struct webhook_outbox;

/* NULL with a text. Lines that are none are left out. */
struct webhook_outbox *webhook_outbox_open(const char *path, struct err *err) MUST_CHECK;
void webhook_outbox_close(struct webhook_outbox **outbox);

/* Adds an event that is JSON on one line. -1: there is no room for more, and it is lost; or it is
 * in memory only. */
int webhook_outbox_add(struct webhook_outbox *outbox, struct slice json, int64_t now_us,
                       struct err *err);

size_t webhook_outbox_count(const struct webhook_outbox *outbox);
/* When the oldest one happened; only where there is one. */
int64_t webhook_outbox_oldest_us(const struct webhook_outbox *outbox);

/* Writes a JSON array of the oldest events, at most `max`, each with its number as "id"; returns
 * how many. */
size_t webhook_outbox_write(const struct webhook_outbox *outbox, size_t max, struct buf *out);

/* The oldest `count` have left. -1: after a restart they may leave again. */
int webhook_outbox_done(struct webhook_outbox *outbox, size_t count, struct err *err);
