/*
 * A message as received (RFC 5322 section 2.1), cut into header fields and body. Nothing is copied
 * or changed: slices point into the message's bytes. Lines end in CRLF.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { MESSAGE_FIELDS_MAX = 200000 };
#define MESSAGE_NO_FIELD UINT32_MAX

struct message_field {
    struct slice name;  /* without white space before the colon; empty: the line is no field */
    struct slice value; /* behind the colon, folding included, without the final CRLF */
    struct slice raw;   /* the whole field without the final CRLF */
    uint32_t name_id;   /* fields whose names are equal without case have the same one */
    uint32_t above;     /* the next field of that name towards the top, or MESSAGE_NO_FIELD */
};

struct message {
    size_t count;
    struct message_field *fields; /* from the top */
    size_t name_count;            /* how many different names there are */
    uint32_t *lowest;             /* for each name id: the lowest field of that name */
    struct slice body;            /* behind the empty line; empty if there is none */
    size_t name_buckets;          /* for message_name_id() */
    uint32_t *buckets;
};

/* Cuts a message. A first line "From " of an mbox is left out. Returns false when there are more
 * than MESSAGE_FIELDS_MAX fields. */
bool message_parse(struct arena *arena, struct slice bytes, struct message *message) MUST_CHECK;

/* The id of a name, or MESSAGE_NO_FIELD if no field has it. */
uint32_t message_name_id(const struct message *message, struct slice name);

/* The topmost field of that name, or NULL; how many there are. */
const struct message_field *message_find(const struct message *message, const char *name);
size_t message_count(const struct message *message, const char *name);
/* The field below `field` with the same name, or NULL. */
const struct message_field *message_next(const struct message *message,
                                         const struct message_field *field);

/* A copy of the value on one line, without white space at its ends: CRLF goes, the white space
 * behind it stays (RFC 5322 section 2.2.3). */
struct slice message_unfold(struct arena *arena, struct slice value);
