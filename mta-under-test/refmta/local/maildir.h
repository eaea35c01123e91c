/*
 * Delivery into a Maildir: a file is written whole and synced in tmp/, then appears in new/ by one
 * rename, so that a reader never sees a part and a crash never loses what was reported as
 * delivered. The names tell the size (",S=1234"), so that a quota needs no look into the files.
 * Blocks on the disk: for a thread of its own.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/slice.h"

struct maildir_request {
    const char *path;     /* of the Maildir; made if it is missing */
    const char *hostname; /* part of the file's name */
    const char *sender;   /* becomes Return-Path */
    const char *address;  /* becomes Delivered-To */
    struct slice content; /* CRLF becomes LF */
    uint64_t quota_bytes; /* 0: none */
};

enum maildir_result {
    MAILDIR_DELIVERED,
    MAILDIR_FULL,      /* of its quota, or the disk */
    MAILDIR_TOO_LARGE, /* the message alone is more than the quota: waiting helps nobody */
    MAILDIR_FAILED,    /* a text says why */
};

enum maildir_result maildir_deliver(const struct maildir_request *request,
                                    struct err *err) MUST_CHECK;

/* What is in new/ and cur/, in bytes, from the names. */
uint64_t maildir_used_bytes(const char *path);
