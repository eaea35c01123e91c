/*
 * A record of the store: a list of changes that happen together or not at all, and at most one
 * message's content. On the disk:
 *
 *     magic, meta_len, content_len, content_crc, meta_crc   each 4 bytes, little endian
 *     meta: the changes, one behind the other
 *     content
 *
 * meta_crc covers the segment's number, the lengths, content_crc and the meta, so that neither a
 * torn write nor a record of another file can pass for a whole one.
 */
#pragma once

#include "mta-under-test/base/buf.h"

struct message;
struct message_recipient;

enum {
    RECORD_HEADER_BYTES = 20,
    RECORD_META_BYTES_MAX = 64 << 20,
};

/* The kinds of changes; the numbers stand on the disk. */
enum record_change {
    RECORD_NONE = 0,
    RECORD_ADD = 1,    /* a message, with all its states; replaces what was known of it */
    RECORD_UPDATE = 2, /* the state of one recipient */
    RECORD_REMOVE = 3, /* a message that has no more to do */
    RECORD_WARNED = 4, /* the sender was told of the delay */
};

struct record_header {
    uint32_t meta_len;
    uint32_t content_len;
    uint32_t content_crc;
    uint32_t meta_crc;
};

/* Writing: each adds one change behind what `meta` has. */
void record_add(struct buf *meta, const struct message *message);
void record_update(struct buf *meta, uint64_t id, uint32_t index,
                   const struct message_recipient *recipient);
void record_remove(struct buf *meta, uint64_t id);
void record_warned(struct buf *meta, uint64_t id);

/* Writes the header of a record that will stand in segment `segment`. */
void record_seal(char header[RECORD_HEADER_BYTES], uint32_t segment, struct slice meta,
                 struct slice content);

/* Reads a header; false if it is none. The lengths are not yet to be trusted. */
bool record_open(const char header[RECORD_HEADER_BYTES], struct record_header *out);
/* Whether the meta belongs to the header; the same for the content. */
bool record_meta_is_right(const struct record_header *header, uint32_t segment, struct slice meta);
bool record_content_is_right(const struct record_header *header, struct slice content);
/* The index of the next place in `bytes`, from `from` on, where a record may begin; SIZE_MAX. */
size_t record_search(struct slice bytes, size_t from);

/* Reading the changes back. */
struct record_reader {
    struct slice rest;
};

struct record_item {
    enum record_change change;
    uint64_t id;
    struct message *message; /* RECORD_ADD: a new message, the caller's */
    uint32_t index;          /* RECORD_UPDATE from here */
    uint8_t state;
    uint32_t attempts;
    int64_t due_us;
    struct slice status; /* data NULL: none */
};

/* 1: *item is set; 0: the end; -1: this is no list of changes. */
int record_next(struct record_reader *reader, struct record_item *item) MUST_CHECK;

/* Puts the state that a RECORD_UPDATE tells into the message; the index is one of its recipients.
 */
void record_apply(struct message *message, const struct record_item *item);
