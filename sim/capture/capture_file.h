/*
 * Reads packets back out of a pcapng file of this machine's byte order (such as sim/capture
 * writes), for reports and tests. Pure over bytes; capture_file_open() maps a file. Blocks of other
 * kinds are passed over. Packets are numbered from 1, as Wireshark does.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

struct capture_packet {
    uint64_t number;
    int64_t at_us; /* since 1970; virtual time in a world */
    uint16_t link_type;
    struct slice data; /* borrowed from the file */
    uint32_t original_bytes;
    struct slice comment; /* empty if there is none */
};

/* The caller's storage for a walk; fields are read freely. */
struct capture_file {
    struct slice bytes;
    size_t offset;
    uint64_t packets; /* so far */
    uint64_t secrets; /* Decryption Secrets Blocks so far */
    uint64_t dropped; /* that the kernel says it dropped, known at the end */
    uint16_t link_type;
    bool section_seen;
    bool interface_seen;
    bool mapped;
};

/* Starts at the front of bytes that stay alive during the walk. */
void capture_file_init(struct capture_file *file, struct slice bytes);
/* Maps a file; -1 with the path in `err`. */
int capture_file_open(struct capture_file *file, const char *path, struct err *err) MUST_CHECK;
void capture_file_close(struct capture_file *file);

/* 1 with the next packet, 0 at the end, -1 with the offset in `err` where the file is broken (a cut
 * last block included). */
int capture_file_next(struct capture_file *file, struct capture_packet *packet,
                      struct err *err) MUST_CHECK;
