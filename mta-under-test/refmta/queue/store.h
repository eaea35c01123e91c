/*
 * The durable store: a log of records (record.h) in numbered segment files. A message is appended
 * once with its content; each change of its state is a small record behind it. Many records share
 * one write and one sync (group commit), made by a thread of its own.
 *
 * Space comes back from the oldest end only: a segment is deleted when no live message is in it and
 * it is the oldest, so that the record that ends a message can never go before the message. What
 * keeps an old segment alive for too long is written again at the front (store_oldest_entry()).
 *
 * A record that could not be written is either reported (a new message: the client hears 452) or,
 * if it must not be lost (the state of a message that we have), kept and tried again, in order.
 *
 * With durability "off" there is no thread and no sync: records are written from the loop.
 */
#pragma once

#include <event2/event.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/refmta/queue/record.h"

struct store;
struct store_segment;

/* Where a message is. Part of the message; it must not move. */
struct store_entry {
    struct list link; /* in the segment's list of live messages */
    struct store_segment *segment;
    uint64_t content_offset;
    uint32_t content_len;
    uint32_t record_bytes;
};

/* One record on its way. */
struct store_commit {
    struct buf meta;           /* the changes, by record_add() and its kin */
    struct slice content;      /* must stay until done() */
    struct store_entry *entry; /* gets the place of the content; NULL if there is no RECORD_ADD */
    bool must_succeed;
    bool quiet; /* nobody waits for done(), which may come with that of a later commit; of no effect
                 * where there is an entry */
    void (*done)(void *arg, int error); /* 0 or an errno; may be NULL */
    void *arg;
    /* The store's own. */
    struct list link;
    struct store_segment *segment;
    uint64_t offset;
    int error;
    char header[RECORD_HEADER_BYTES];
};

struct store_options {
    const char *folder;
    bool sync;               /* false: durability "off" */
    uint64_t segment_bytes;  /* a new segment is begun behind this many; 0 for the default */
    struct event_base *base; /* NULL: nothing happens but in store_flush() */
    /* The disk has begun to take nothing (an errno), or takes records again (0). May be NULL. */
    void (*on_trouble)(void *arg, int error);
    void *arg;
};

/* What recovery found. */
struct store_found {
    uint64_t records;
    uint64_t damaged_bytes; /* passed over. Normal after a crash: a torn end, or what a file had
                             * that was used before */
};

void store_entry_init(struct store_entry *entry);

/* Locks the folder, so that two servers cannot share it. NULL with a text. */
struct store *store_open(const struct store_options *options, struct err *err) MUST_CHECK;
/* Writes what is waiting first. Entries of live messages are of no use any more behind it; they
 * must not be released before, which would tell the store that the messages are done. */
void store_close(struct store **store);

/*
 * Reads all segments from the oldest on, once, before anything is submitted. `take` gets each
 * change; a message of RECORD_ADD then belongs to it, and its entry knows its place.
 */
int store_recover(struct store *store, void (*take)(void *arg, struct record_item *item), void *arg,
                  struct store_found *found, struct err *err) MUST_CHECK;

struct store_commit *store_commit_new(void) MUST_CHECK;
/* Gives the commit to the store, which frees it after done(). done() is never called from here. */
void store_submit(struct store *store, struct store_commit *commit);
/* Writes all that waits and calls done() for each, before it returns. For tests and for the end:
 * there is no writer's thread any more behind it. */
void store_flush(struct store *store);

/* Calls done() for what is written already, quiet commits included. */
void store_catch_up(struct store *store);

/* The message is done: its end is on the disk (or it was replaced by another of the same id). */
void store_release(struct store *store, struct store_entry *entry);

/* Reads content; the bytes read (fewer only at its end), or -1 with errno. */
ssize_t store_read(const struct store_entry *entry, uint64_t offset, char *data,
                   size_t len) MUST_CHECK;

/* A live message of the oldest segment that is worth moving to the front (by a RECORD_ADD with the
 * same entry), or NULL. */
struct store_entry *store_oldest_entry(struct store *store);

/* What is on the disk, and how well it takes more. */
struct store_figures {
    uint64_t total_bytes; /* in all segments */
    uint64_t live_bytes;  /* of messages that are not done */
    int error;            /* why the last record was not written; 0 if it was */
};
void store_figures(const struct store *store, struct store_figures *figures);
