/*
 * What the files of the store share: store.c (the loop's side), store_writer.c (the writer, in its
 * thread or called from the loop) and store_recover.c (the start).
 */
#pragma once

#include <pthread.h>

#include "mta-under-test/refmta/queue/segment.h"

enum {
    STORE_SPARES_MAX = 4,
    STORE_QUIET_MAX = 64, /* so many quiet commits may be done before the loop is woken for them */
};

struct store {
    /* The loop's own. */
    struct event_base *base;
    struct event *done_event;  /* the thread has finished something, or there is no thread */
    struct event *wake_event;  /* behind all that the loop has at hand: the thread has work */
    struct event *stuck_timer; /* set only while something is stuck */
    struct list segments;      /* oldest first; the last one is being written */
    struct list stuck;         /* commits that must be written and could not be */
    uint64_t live_bytes;
    int error; /* of the last record */
    void (*on_trouble)(void *arg, int error);
    void *arg;
    uint64_t total_bytes;
    bool sync;
    bool threaded;
    uint64_t segment_bytes;
    int folder_fd;
    int lock_fd;
    /* Shared, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list pending;
    struct list done;
    struct list trash; /* segments to be deleted */
    unsigned untold;   /* of what is done, so many commits that the loop was not woken for */
    bool stopping;
    bool blocked; /* a commit that must succeed did not: the later ones must wait behind it */
    int done_fd;
    /* The writer's own (the thread's, or the loop's where there is none). */
    struct store_segment *active;
    uint64_t offset; /* where the next record goes; segment_bytes when no more may come */
    uint64_t end;    /* behind the last good record */
    bool failed;     /* something of the last batch was not written */
    uint32_t next_number;
    uint32_t spares[STORE_SPARES_MAX]; /* numbers of files to be used again */
    size_t spare_count;
    pthread_t thread;
};

static inline uint64_t store_commit_bytes(const struct store_commit *commit)
{
    return RECORD_HEADER_BYTES + commit->meta.len + commit->content.len;
}

/* The main function of the writer's thread. */
void *store_writer_main(void *store);
/* Without a thread: writes all that waits, before it returns. */
void store_write_here(struct store *store);

/* Sets where a message is; the loop's side only. */
void store_entry_place(struct store *store, struct store_entry *entry,
                       struct store_segment *segment, uint64_t record_offset,
                       const struct record_header *header);
/* Counts a segment that is new or has become longer. */
void store_segment_grown(struct store *store, struct store_segment *segment, uint64_t bytes);
