/*
 * One file of the store's log. A segment has a number, which its name and each of its records hold.
 * Used by the store only.
 */
#pragma once

#include <sys/uio.h>

#include "mta-under-test/refmta/queue/store.h"

struct store_segment {
    struct list link;    /* in the store's list, oldest first */
    struct list entries; /* of live messages */
    uint32_t number;
    int fd;
    bool listed;    /* the loop knows of it */
    bool written;   /* the writer has put a record into it */
    uint64_t bytes; /* up to the end of the last whole record */
    uint64_t live_bytes;
};

/* Makes a new file; NULL with errno. `sync`: its name is on the disk when this returns. */
struct store_segment *segment_create(int folder_fd, uint32_t number, bool sync) MUST_CHECK;
/* Opens an existing one; NULL with errno. */
struct store_segment *segment_open(int folder_fd, uint32_t number) MUST_CHECK;
void segment_close(struct store_segment **segment);
/* Removes the file and closes it. */
void segment_delete(int folder_fd, struct store_segment **segment, bool sync);

/* Writes at `offset`, going on after short writes; 0 or an errno. The list is changed. */
int segment_write(const struct store_segment *segment, struct iovec *parts, int count,
                  uint64_t offset) MUST_CHECK;

/* The numbers of all segments in the folder in rising order (release with free()); -1 with errno.
 */
int segment_list(int folder_fd, uint32_t **numbers, size_t *count) MUST_CHECK;

/*
 * Walks the records. `take` gets each whole record: where its content is, and its changes. Bytes
 * that are no record are passed over and counted. -1 with errno if the file cannot be read.
 */
int segment_walk(struct store_segment *segment,
                 void (*take)(void *arg, const struct record_header *header, uint64_t offset,
                              struct slice meta),
                 void *arg, uint64_t *damaged_bytes) MUST_CHECK;
