/*
 * The BIMI assertion record at SELECTOR._bimi.DOMAIN (draft-brand-indicators-for-message-
 * identification section 4.2).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

struct bimi_record {
    struct slice location;   /* l=: an https: URI, or empty */
    struct slice evidence;   /* a=: an https: URI, or empty ("self" counts as empty) */
    struct slice preference; /* avp=: "brand" or "personal" */
    bool is_declined;        /* l= and a= are there and empty: the domain wants no indicator */
};

/* Reads one record. Returns NULL, or in few words what is wrong. */
const char *bimi_record_parse(struct arena *arena, struct slice text, struct bimi_record *record);
