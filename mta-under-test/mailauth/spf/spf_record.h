/*
 * An SPF record (RFC 7208 section 4.5, 4.6.1 and 12) read into its terms. The whole record is read
 * before anything of it is evaluated, since a syntax error anywhere makes it a permerror.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { SPF_TERMS_MAX = 2000 };

enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

struct spf_term {
    enum spf_mechanism mechanism;
    char qualifier;            /* '+', '-', '~' or '?' */
    struct slice text;         /* as it stands in the record */
    struct slice domain;       /* the domain-spec; empty if there is none */
    unsigned char network[16]; /* ip4, ip6 */
    unsigned bits_v4;          /* CIDR lengths; 32 and 128 where none stands */
    unsigned bits_v6;
};

struct spf_record {
    size_t count;
    struct spf_term *terms;
    bool has_all;
    struct slice redirect; /* domain-spec; data == NULL if there is none */
    struct slice exp;
};

/* The text starts with "v=spf1" and a space or the end (4.5); the version is read without case. */
bool spf_record_is(struct slice text);

/* Reads a record for which spf_record_is() holds. Returns NULL, or in few words what is wrong;
 * then *where is the term in question. The slices point into `text`. */
const char *spf_record_parse(struct arena *arena, struct slice text, struct spf_record *record,
                             struct slice *where);
