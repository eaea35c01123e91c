/*
 * The addresses in header fields: address-list of RFC 5322 section 3.4 with the obsolete forms of
 * section 4.4 that a reader must take, and UTF-8 (RFC 6532).
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { ADDRESS_LIST_MAX = 10000 };

struct address_mailbox {
    struct slice display_name; /* unquoted; empty if there is none */
    struct slice local_part;   /* unquoted */
    struct slice domain;       /* without comments and white space; a literal with its brackets */
};

struct address_list {
    size_t count; /* mailboxes, those in groups included */
    struct address_mailbox *mailboxes;
    size_t groups;
};

/* Reads the value of From, To, Sender and the like. Returns NULL, or in few words what is wrong;
 * the mailboxes read so far then stay in the list. */
const char *address_list_parse(struct arena *arena, struct slice value, struct address_list *list);
