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

/* Makes a new file; NULL with errno. `sync`: its name is on the disk when this returns. `spare`, if
 * it is not NULL, is the number of a spare file that is used again. */
struct store_segment *segment_create(int folder_fd, uint32_t number, const uint32_t *spare,
                                     bool sync) MUST_CHECK;
/* Opens an existing one; NULL with errno. */
struct store_segment *segment_open(int folder_fd, uint32_t number) MUST_CHECK;
void segment_close(struct store_segment **segment);
/*
 * Removes the file and closes it, or keeps it as a spare: writing over blocks that a file already
 * has needs no change of its metadata, which makes each sync almost twice as fast on ext4. The old
 * records in it are harmless: they have the seal of another segment.
 */
void segment_delete(int folder_fd, struct store_segment **segment, bool keep, bool sync);
void segment_delete_spare(int folder_fd, uint32_t number);
/* Cuts the file behind its last record. */
void segment_trim(const struct store_segment *segment, uint64_t bytes);

/* Writes at `offset`, going on after short writes; 0 or an errno. The list is changed. */
int segment_write(const struct store_segment *segment, struct iovec *parts, int count,
                  uint64_t offset) MUST_CHECK;

/* The numbers of all segments (or all spare files) in the folder in rising order (release with
 * free()); -1 with errno. */
int segment_list(int folder_fd, bool spares, uint32_t **numbers, size_t *count) MUST_CHECK;

/*
 * Walks the records. `take` gets each whole record: where its content is, and its changes. Bytes
 * that are no record are passed over and counted. -1 with errno if the file cannot be read.
 */
int segment_walk(struct store_segment *segment,
                 void (*take)(void *arg, const struct record_header *header, uint64_t offset,
                              struct slice meta),
                 void *arg, uint64_t *damaged_bytes) MUST_CHECK;
